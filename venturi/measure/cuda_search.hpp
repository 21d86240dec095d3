// venturi/measure/cuda_search.hpp
//
// find_neighbours() and count_within() on a CUDA device: the columns to the device and back
// (neighbours_cuda.hpp), one search and one count for each union of groups.
#pragma once

#include <span>
#include <string_view>

#include "venturi/measure/neighbours.hpp"

namespace venturi::measure {

// InvalidArgument in a build without VENTURI_CUDA.
void require_cuda(std::string_view where);

// As find_neighbours() and count_within(), on checked input; and InvalidArgument for k > 24, more
// than 64 columns or a build without CUDA, DataError if the device fails. What the device leaves
// unsettled (many ties) is searched here, O(n d) a point.
Neighbours cuda_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query);
std::vector<std::int32_t> cuda_count_within(const core::MatrixView& x,
                                            std::span<const double> radius, bool closed);

}  // namespace venturi::measure
