// venturi/code/normalize.hpp
//
// Whole masses of least cost for given counts: minimises sum_i counts[i] * -log2(masses[i] / units)
// subject to sum_i masses[i] = units, moving one unit at a time, always the best move; optimal, as
// the cost is convex in each mass. Cost O((size + moves) log size), with about size / 2 moves. The
// choice is made in double with the C library's log1p: two machines may differ between tables of
// equal cost, so tables travel with the data.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace venturi::code {

// Slots that start with mass 0 keep it; the others start with 1, and end with at least 1. There
// must be such slots, at most `units` of them, one of which has a count.
void normalize_counts(std::span<const std::uint64_t> counts, std::uint32_t units,
                      std::vector<std::uint32_t>& masses);

}  // namespace venturi::code
