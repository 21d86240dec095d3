// venturi/allocate/hull.hpp
//
// Allocation by convex hulls. For a price lambda >= 0 of a bit every part takes, on its own,
//   argmin_c d(c) + lambda b(c),
// a vertex of the lower convex hull of its menu; the sum of these is the best allocation at its own
// rate. All prices at once: the segments of all hulls, sorted by slope, are the lower hull of the
// rate-distortion curve of the whole. Between its vertices no allocation lies below the line
// (linear-programming bound), which is the room's certificate.
// Sources: Everett, Operations Research 11 (1963); Shoham, Gersho, IEEE TASSP 36 (1988); Sinha,
// Zoltners, Operations Research 27 (1979), for the relaxation.
#pragma once

#include "venturi/allocate/menu.hpp"

namespace venturi::allocate {

// Indices of the menu's choices on its lower convex hull, from the fewest bits to the least
// distortion; drop per bit strictly falls along it. O(k log k).
std::vector<std::size_t> lower_hull(std::span<const Choice> menu);

// The curve over all budgets: a start, and steps of which each moves one part to another choice.
struct RateCurve {
  struct Step {
    std::size_t part, choice;  // the part that moves, and where to
    double slope;              // distortion that a bit buys in this step; falls from step to step
    std::int64_t bits;         // of the whole, after the step
    double distortion;
  };
  std::vector<std::size_t> start;  // every part at its fewest bits
  std::int64_t start_bits = 0;
  double start_distortion = 0;
  std::vector<Step> steps;

  // How many steps fit the budget; 0 also where the start does not.
  std::size_t steps_within(std::int64_t budget) const;
  // The choices after that many steps.
  std::vector<std::size_t> choice_after(std::size_t steps) const;
  // No allocation of at most `budget` bits has less distortion; infinite below start_bits.
  double bound(std::int64_t budget) const;
};

// O(K log K), K choices in all. Errors as check_parts().
RateCurve rate_curve(std::span<const Part> parts);

// The curve's vertex within the budget, repaired: bits that are left go to whatever choice, on a
// hull or not, brings the largest drop per bit that they pay for. Distortion is above the optimum
// by less than the drop of the first step that did not fit. O(K log K). Errors as check_budget().
Allocation lagrangian(std::span<const Part> parts, std::int64_t budget);

}  // namespace venturi::allocate
