// venturi/data/idx.hpp
//
// IDX, the format of MNIST: a magic number (0, 0, element type, number of axes), the axes as
// big-endian u32, then the elements, big-endian. Source: LeCun, Cortes, Burges, "The MNIST database
// of handwritten digits", section "File formats".
#pragma once

#include <filesystem>
#include <string_view>

#include "venturi/core/views.hpp"
#include "venturi/data/array.hpp"

namespace venturi::data {

// A plain or gzipped file. u8, i8, i16, i32, f32, f64; 1 to 8 axes. DataError for anything else,
// for a size that the file cannot hold (before memory is taken), and for bytes too few or too many.
Array decode_idx(core::Bytes file);
Array read_idx(const std::filesystem::path& path);

// train-images, train-labels, t10k-images and t10k-labels as the MNIST family names them
// ("-idx3-ubyte" or ".idx3-ubyte", with or without ".gz"). The test part and the labels may be
// absent.
DataPair read_idx_folder(const std::filesystem::path& folder, std::string_view name);

}  // namespace venturi::data
