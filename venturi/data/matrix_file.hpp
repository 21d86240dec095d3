// venturi/data/matrix_file.hpp
//
// A table of plain numbers in full double precision: masses that must sum to one within 1e-9 do not
// survive the floats of a Dataset.
#pragma once

#include <filesystem>

#include "venturi/core/views.hpp"

namespace venturi::data {

// n*d out of .npy (one axis gives a column) or of a text table (.csv, .tsv, .txt, .data, .dat; a
// first line without any number is a header), each also packed by xz. Cells that say nan or inf
// come out as such. InvalidArgument for another ending; DataError naming the file for one that is
// missing, broken or empty, for more than two axes, and naming line and column for a cell that is
// no number. O(bytes).
core::Matrix read_matrix(const std::filesystem::path& path);

}  // namespace venturi::data
