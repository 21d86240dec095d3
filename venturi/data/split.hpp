// venturi/data/split.hpp
//
// Random parts of a data set: training, validation, test.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/data/dataset.hpp"

namespace venturi::data {

// Row numbers of each part, in random order; each of the n rows is in exactly one part. Rows are
// dealt in turn to the part that lacks most, so with K parts a size is off from n*fraction by less
// than one row above and K - 1 below (for two parts: less than one). With labels (n of them) the
// rows are dealt class by class, so a class's rows in a part are off by less than K.
// InvalidArgument unless the fractions are above 0 and sum to 1 (to 1e-9), or if labels are not n.
// The same key gives the same parts. O(n log n + n K).
std::vector<std::vector<std::size_t>> split_rows(std::size_t n, std::span<const double> fractions,
                                                 core::Key key,
                                                 std::span<const std::int32_t> labels = {});

// The parts of a data set; stratified if it has classes.
std::vector<Dataset> split(const Dataset& data, std::span<const double> fractions, core::Key key);

}  // namespace venturi::data
