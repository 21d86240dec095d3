// venturi/allocate/knapsack.hpp
//
// The multiple-choice knapsack, exactly:
//   minimise sum_p d_p(c_p)  subject to  sum_p b_p(c_p) <= B,
// for whole bits of any size; no table over the budget is kept, so B = 2^60 costs what B = 60 does.
//
// 1. Dominated choices go. The hulls give a lower bound L with a price lambda, the repaired vertex
//    an upper bound U. A choice whose reduced cost d + lambda b - min(d + lambda b) is at least
//    U - L is in no better allocation and goes too. Mostly a small core of parts is left.
// 2. Part by part over the core, the partial sums (bits, distortion) of which none beats another in
//    both. A partial sum goes when its distortion plus the hull bound of the parts still to come
//    reaches U; its completion along the hulls may lower U.
// Steps 1 and 2 after Pisinger, EJOR 83 (1995) and Dyer, Riha, Walker, EJOR 34 (1988) in spirit;
// the bound by the whole remaining hull curve is taken from the relaxation in hull.hpp.
//
// The problem is NP-hard: menus can be made for which the number of partial sums explodes. It is
// bounded by `states` (tried with few first, eight times more in each pass); beyond, those with the
// worst bounds are dropped, and `bound` of the result says what dropping may have cost. Sums of
// distortion are rounded: a result is proved when it is within 1e-11 of its own distortion of the
// optimum.
#pragma once

#include "venturi/allocate/menu.hpp"
#include "venturi/core/options.hpp"

namespace venturi::allocate {

struct KnapsackOptions {
  std::int64_t states = std::int64_t{1} << 20;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("states", self.states, "partial sums kept altogether; memory is at most 64 bytes each",
          core::between(1024, 1 << 30));
  }
};

// O(K log K) plus O(k log k) a partial sum, k choices of a core part. Deterministic. Errors as
// check_budget().
Allocation knapsack(std::span<const Part> parts, std::int64_t budget,
                    const KnapsackOptions& options = {});

}  // namespace venturi::allocate
