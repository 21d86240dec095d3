// venturi/measure/point_tree.hpp
//
// Points in few dimensions under the maximum norm: k nearest and counts within a radius, exact in
// float64 (bounds of boxes are safe because rounding is monotone). One dimension is a sorted
// array; two to kTreeDims a balanced tree of boxes. Build O(d n log n); a query O(log n + what it
// returns) where boxes prune, which needs few dimensions.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::measure {

inline constexpr int kTreeDims = 8;

struct Neighbour {
  double distance;
  std::int32_t index;
  bool operator<(const Neighbour& other) const {
    return distance < other.distance || (distance == other.distance && index < other.index);
  }
};

class PointTree {
 public:
  PointTree() = default;
  PointTree(const PointTree&) = delete;
  PointTree& operator=(const PointTree&) = delete;
  virtual ~PointTree() = default;

  // The k nearest rows other than `row`, by (distance, index). If !ties, which of several equally
  // distant rows is named is left open; the distances are the same.
  virtual void nearest(std::int32_t row, int k, bool ties, std::vector<Neighbour>& out) const = 0;
  // Rows other than `row` at a distance < radius (<= radius, if closed).
  virtual std::int32_t count(std::int32_t row, double radius, bool closed) const = 0;
  // All rows, near ones together: queries in this order share cache lines.
  virtual std::span<const std::int32_t> order() const = 0;
};

// x: n*d with 1 <= d <= kTreeDims (InvalidArgument otherwise), finite.
std::unique_ptr<PointTree> make_point_tree(const core::MatrixView& x);

}  // namespace venturi::measure
