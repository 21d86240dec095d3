// venturi/allocate/two_budgets.hpp
//
// Two budgets at once, exactly: bytes and latency, say.
//   minimise sum_p d_p(c_p)  subject to  sum_p b_p(c_p) <= B and sum_p c_p(c_p) <= C.
// For prices lambda, mu >= 0 of a bit and of a unit of cost,
//   L(lambda, mu) = sum_p min_c (d + lambda b + mu c) - lambda B - mu C
// is a lower bound; its largest value is the linear-programming bound. For a fixed mu the best
// lambda comes from the hulls (hull.hpp) of the menus with distortions d + mu c; over mu the bound
// is concave, and bisected. Then, as in knapsack.hpp: choices go by their reduced costs, and
// partial sums (bits, cost, distortion) by dominance and by the best of a few pairs of prices.
// Whether both budgets can be met together is found first, by minimising the bits within C with
// knapsack(), to 1e-11 of these bits.
#pragma once

#include "venturi/allocate/knapsack.hpp"

namespace venturi::allocate {

// O(60 K log K), K choices in all, plus O(k log n) a partial sum. `bound` certifies as in
// knapsack(). InvalidArgument, with the smallest reachable, where a budget is too small by itself,
// or B within C.
Allocation two_budgets(std::span<const Part> parts, std::int64_t bits, std::int64_t cost,
                       const KnapsackOptions& options = {});

}  // namespace venturi::allocate
