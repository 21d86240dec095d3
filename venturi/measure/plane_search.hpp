// venturi/measure/plane_search.hpp
//
// find_neighbours() for two columns in all, by strips: the rows are cut into strips of equal
// numbers along one column, each strip sorted by the other, and a point looks along its own strip
// and, as far as its k-th distance reaches, along those beside it. Counts in one column are places
// in the sorted column. Exact in float64 as the tree is (rounding is monotone). Where strips do not
// help (lumps, lines along the strips) a point gives up after a bounded search and the tree
// answers.
//
// Cost: O(n (k + log n)) for data with a density, with three passes over the rows to build; the
// worst case is the tree's and a constant for each point. Memory: some 90 bytes a row. Sort, strips
// and search all run on the team of threads; results do not depend on it.
#pragma once

#include <span>

#include "venturi/measure/neighbour_kernels.hpp"
#include "venturi/measure/neighbours.hpp"

namespace venturi::measure {

inline constexpr int kPlaneMost = 32;  // nearest neighbours, at most

// Two columns, k <= kPlaneMost, reach strict or closed, and every union one group of one column?
bool plane_answers(std::span<const core::MatrixView> groups, const NeighbourQuery& query);

// As find_neighbours(), on checked input for which plane_answers().
Neighbours plane_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query,
                            const PlaneKernels& kernels);

}  // namespace venturi::measure
