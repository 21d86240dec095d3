// venturi/allocate/greedy.hpp
//
// One step at a time, always the one that buys most.
#pragma once

#include "venturi/allocate/menu.hpp"

namespace venturi::allocate {

// From every part at its fewest bits: raise the part whose next level (the next undominated choice
// of its menu) drops the distortion most per bit, among those that the budget pays for. What
// mixed-precision tools do; best on convex menus but for the last few steps, and blind to what lies
// behind a poor level. bound 0. O(K log n), K choices in all. Errors as check_budget().
Allocation greedy(std::span<const Part> parts, std::int64_t budget);

// Spends what is left of the budgets. While one pays for it, the change of one part (to any choice
// of its menu) with the largest drop of distortion per price is made, where
//   price = max(bits added, 0) + cost_weight max(cost added, 0).
// O((n + changes) k log n).
struct Budgets {
  std::int64_t bits = kNoBudget;
  std::int64_t cost = kNoBudget;
  double cost_weight = 0;
};
void fill(std::span<const Part> parts, const Budgets& budgets, Allocation& allocation);

}  // namespace venturi::allocate
