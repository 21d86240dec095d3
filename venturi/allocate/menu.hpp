// venturi/allocate/menu.hpp
//
// What every member of the room takes and gives. A part (a layer, a head, a channel, a cache, a
// message) has a menu of choices; an allocation takes one choice of every part:
//   minimise sum_p d_p(c_p)  subject to  sum_p b_p(c_p) <= B.
// Rates are whole bits, so that sums are exact and a budget is either met or not; `cost` is a
// second quantity with a budget of its own (nanoseconds, bytes of traffic), whole units again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace venturi::allocate {

struct Choice {
  std::int64_t bits = 0;  // >= 0
  double distortion = 0;  // finite, >= 0; lower is better
  std::int64_t cost = 0;  // >= 0
};
// A noisy estimate of a distortion may be below zero: add a constant to all of its part's menu,
// which changes no comparison of allocations.

struct Part {
  std::string name;  // for messages
  std::vector<Choice> choices;
};

struct Allocation {
  std::vector<std::size_t> choice;  // one index a part, into its menu as given
  std::int64_t bits = 0;            // sums over the parts
  double distortion = 0;
  std::int64_t cost = 0;
  double bound = 0;  // no allocation within the budget has less distortion; 0: nothing is proved

  double gap() const { return distortion - bound; }
  // Proved to be the best, up to the rounding of sums (knapsack.hpp).
  bool proved() const { return gap() <= 1e-11 * distortion; }
};

inline constexpr std::int64_t kNoBudget = std::numeric_limits<std::int64_t>::max();

// A rate that is not whole (an estimated code length, bits a weight times weights) as the next
// whole number of bits. InvalidArgument unless 0 <= bits <= 2^62.
std::int64_t whole_bits(double bits);

// InvalidArgument, naming the part, unless there is a part, no menu is empty, and all numbers are
// in their ranges; also where the sum of the parts' largest rates, costs or distortions overflows,
// so that no sum over one choice a part can.
void check_parts(std::span<const Part> parts, std::string_view where);

// The sums of the parts' smallest rates and costs.
std::int64_t least_bits(std::span<const Part> parts);
std::int64_t least_cost(std::span<const Part> parts);

// check_parts(), and InvalidArgument if `budget` is below the smallest reachable, which it states.
void check_budget(std::span<const Part> parts, std::int64_t budget, std::string_view where);

// The sums of an allocation; bound 0. InvalidArgument unless `choice` has one index a part.
Allocation totals(std::span<const Part> parts, std::vector<std::size_t> choice);

// Indices of the choices that no other beats in bits and distortion (cost is not looked at), bits
// rising, distortion falling; the first of equal ones. O(k log k).
std::vector<std::size_t> undominated(std::span<const Choice> menu);

}  // namespace venturi::allocate
