// venturi/data/dataset.hpp
//
// What every reader and every synthetic source gives: n samples of d features, with labels, with
// numbers to predict, or with neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::data {

enum class Task { kNone, kClasses, kRegression };

struct Dataset {
  std::string name;
  core::MatrixF x;                  // n*d; images scaled to [0, 1] from u8
  std::vector<std::int64_t> shape;  // of one sample: {1, 28, 28} or {d}
  Task task = Task::kNone;
  std::vector<std::int32_t> labels;  // n, each in [0, classes); kClasses
  int classes = 0;
  core::MatrixF y;                         // n*t; kRegression
  std::vector<std::string> feature_names;  // d or none
  std::vector<std::string> class_names;    // `classes` or none

  core::Index size() const { return x.rows(); }

  // The named rows, in that order; a row may be named twice. InvalidArgument for a row >= n.
  Dataset subset(std::span<const std::size_t> rows) const;

  // DataError, under the name `where`, unless the sizes agree, the product of `shape` is d, each
  // label is in [0, classes) and all of x and y is finite. O(n (d + t)).
  void check(std::string_view where) const;
};

struct DataPair {
  Dataset train;
  std::optional<Dataset> test;
};

}  // namespace venturi::data
