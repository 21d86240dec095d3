// venturi/measure/brute_search.hpp
//
// find_neighbours() by all pairs, in bytes or float32 with float64 where those cannot tell.
#pragma once

#include <span>

#include "venturi/measure/neighbour_kernels.hpp"
#include "venturi/measure/neighbours.hpp"

namespace venturi::measure {

// As find_neighbours(), on checked input. Cost: O(n^2 D / width), a vector of bytes or floats at a
// time.
Neighbours brute_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query,
                            const NeighbourKernels& kernels);

// As count_within(), on checked input.
std::vector<std::int32_t> brute_count_within(const core::MatrixView& x,
                                             std::span<const double> radius, bool closed,
                                             const NeighbourKernels& kernels);

}  // namespace venturi::measure
