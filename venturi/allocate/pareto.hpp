// venturi/allocate/pareto.hpp
//
// Pareto fronts: what is left when everything goes that another beats.
#pragma once

#include "venturi/allocate/menu.hpp"
#include "venturi/core/views.hpp"

namespace venturi::allocate {

// points (n*d): lower is better in every column. Rows that no other row beats (at least as good in
// all columns, better in one), in lexicographic order; of equal rows the first. No NaN
// (InvalidArgument). O(n log n) for d <= 2, else O(n (log n + front d)).
std::vector<core::Index> pareto_front(const core::MatrixView& points);

// Indices of the choices that no other beats in bits, cost and distortion; of equal ones the first.
// O(k^2) at worst.
std::vector<std::size_t> undominated_with_cost(std::span<const Choice> menu);

}  // namespace venturi::allocate
