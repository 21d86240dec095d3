// venturi/allocate/evolution.hpp
//
// Evolutionary search for losses that are no sum over parts: the network itself is asked.
//   minimise f(c_1, ..., c_P)  subject to  sum_p b_p(c_p) <= B,
// f measured on as much data as is asked for (a divergence from the uncompressed network, say).
// A generation, (1 + lambda) with multi-step selection:
// - offspring of the one parent by level switches: min(U{1..s}, U{1..s}) times one random part goes
//   a level up and random others go down until the budget is met again; then random parts go up a
//   level each while that fits, so that nothing is left that would buy a level (`fill`; without it,
//   half of the switches only lower one part, and nothing is filled up). The levels of a part are
//   its choices in order of their bits. Where all parts' levels cost the same, every offspring
//   spends exactly what its parent does. No offspring twice, none equal to the parent.
// - all offspring are measured on a little data, the best of them on more, the best of these on
//   all; the parent joins in the last stage only, so the loss on all data never rises.
// Source: Sieberling, Kuznedelev, Kurtic, Alistarh, "EvoPress", ICML 2025, section 3; `fill` and
// menus of any rates are ours.
#pragma once

#include <functional>

#include "venturi/allocate/menu.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"

namespace venturi::allocate {

// The loss of an allocation (one choice a part) on the first `data` units of data; lower is better,
// NaN is worst. Called from one thread; the same arguments must give the same value.
using Fitness = std::function<double(std::span<const std::size_t> choice, std::int64_t data)>;

struct EvolutionOptions {
  int generations = 150;
  int offspring = 128;  // lambda
  int switches = 3;     // s
  int initial = 16;     // random starts at near-uniform levels, of which the best is taken
  bool fill = true;     // false: allocations that leave bits are searched too
  std::vector<std::int64_t> survivors{16, 4, 1};
  std::vector<std::int64_t> data{2048, 16384, 131072};
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("generations", self.generations, "of the whole search", core::between(0, 1e9));
    visit("offspring", self.offspring, "a generation", core::between(1, 1e6));
    visit("switches", self.switches, "at most, of an offspring", core::between(1, 1e4));
    visit("initial", self.initial, "random starts", core::between(1, 1e6));
    visit("fill", self.fill, "spend what is left of the budget");
    visit("survivors", self.survivors, "of each stage of selection, falling to 1",
          core::between(1, 1e6));
    visit("data", self.data, "units of data of each stage, rising", core::at_least(1));
  }
};

// Where a search stands: what it has found, and all that it needs to go on.
struct Evolution {
  int generation = 0;           // done so far
  Allocation best;              // the parent; distortion is its loss on data.back(), bound 0
  std::vector<double> history;  // that loss at the start and after each generation
  std::int64_t evaluations = 0;
  std::int64_t data_used = 0;  // units, over all evaluations
};

// Generation 0: `start` if it is not empty (one choice a part, within the budget; knapsack() of the
// parts' own errors is a good one), else the best of random starts on data.front().
// Errors as check_budget(); InvalidArgument for a start above the budget.
Evolution start_evolution(std::span<const Part> parts, std::int64_t budget, const Fitness& fitness,
                          core::Key key, const EvolutionOptions& options = {},
                          std::vector<std::size_t> start = {});

// Runs `state` to options.generations; the monitor may stop it after any generation, and a second
// call with the same arguments goes on from there to the same result. Deterministic for a key.
// O(offspring (P + fitness)) a generation. DataError where the loss of the parent and of every
// survivor is NaN.
void evolve(std::span<const Part> parts, std::int64_t budget, const Fitness& fitness, core::Key key,
            const EvolutionOptions& options, Evolution& state,
            core::Monitor& monitor = core::silent());

}  // namespace venturi::allocate
