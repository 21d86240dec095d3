// venturi/measure/nearest_lists.hpp
//
// The k nearest neighbours of every row, with their names, for estimators that look at more than
// one distance (neighbours.hpp counts instead, and is faster).
//
// Shapes: x n*d. Exact in float64, by (distance, index); a row is not its own neighbour, a
// duplicate of it is, at distance 0. Cost: O(n^2 d) all pairs; the maximum norm in up to 4 columns
// O(n log n) by a tree. Memory n*k. Parallel over rows, the same for any number of threads.
// Errors: InvalidArgument unless 1 <= k < n < 2^31 and d >= 1; DataError for values that are not
// finite and below 1e150 (so that squares are).
#pragma once

#include <span>
#include <vector>

#include "venturi/core/views.hpp"
#include "venturi/measure/point_tree.hpp"

namespace venturi::measure {

enum class Norm { maximum, euclidean };

class NearestLists {
 public:
  NearestLists(const core::MatrixView& x, int k, Norm norm);
  // Of row i: k of them, nearest first.
  std::span<const Neighbour> of(core::Index i) const {
    return {found_.data() + i * k_, static_cast<std::size_t>(k_)};
  }

 private:
  int k_;
  std::vector<Neighbour> found_;
};

}  // namespace venturi::measure
