// bench/allocate/allocate_bench.cpp
//
// The room's members at the size it promises, 500 parts of 30 choices. Inputs come from a counter
// and a mixing function that bench/allocate/peers.py repeats, so that its peer gets the same
// numbers; answers are counters of the JSON output. Families of menus:
//   0 layers     1e4 to 1e7 weights, 1 to 8.25 bits each, distortion about weights 2^(-2 bits)
//   1 rough      bits below 1e6 and distortion in [0, 1), without structure
//   2 near_line  bits below 1e12, distortion the bits not spent and 1 % of noise
//   3 subset_sum bits below 1e6, distortion the bits not spent
//   4 coarse     bits below 100, distortion in [0, 1): the size at which a table over the budget
//   fits
#include <benchmark/benchmark.h>

#include <cmath>

#include "venturi/allocate/evolution.hpp"
#include "venturi/allocate/greedy.hpp"
#include "venturi/allocate/hull.hpp"
#include "venturi/allocate/knapsack.hpp"
#include "venturi/allocate/two_budgets.hpp"

namespace venturi::allocate {
namespace {

// splitmix64 of Steele, Lea, Flood (2014): 53 bits of its k-th output as a number in [0, 1).
double uniform(std::uint64_t k) {
  std::uint64_t z = (k + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

constexpr int kParts = 500;
constexpr int kChoices = 30;

Choice choice_of(std::int64_t family, std::uint64_t part, std::uint64_t k) {
  const std::uint64_t at = 4 * (part * kChoices + k);
  const double u = uniform(at);
  const double v = uniform(at + 1);
  const auto cost = static_cast<std::int64_t>(1e5 * uniform(at + 2));
  switch (family) {
    case 0: {
      const double weights = std::floor(1e4 * std::pow(1e3, uniform((1 << 20) + part)));
      const double bits = 1 + 0.25 * static_cast<double>(k);
      return {static_cast<std::int64_t>(weights * bits),
              weights * std::exp2(-2 * bits) * (1 + 0.2 * v) * 1e-6, cost};
    }
    case 1:
      return {static_cast<std::int64_t>(1e6 * u), v, cost};
    case 2:
      return {static_cast<std::int64_t>(1e12 * u), 1.01 - u + 0.01 * v, cost};
    case 3: {
      const double bits = std::floor(1e6 * u);
      return {static_cast<std::int64_t>(bits), 1e6 - bits, cost};
    }
    default:
      return {static_cast<std::int64_t>(100 * u), v, cost};
  }
}

struct Case {
  std::vector<Part> parts;
  std::int64_t budget = 0;  // what the least rates take and 3/10 of the way to the largest
};

Case make_case(std::int64_t family) {
  Case out;
  std::int64_t most = 0;
  for (std::uint64_t p = 0; p < kParts; ++p) {
    Part part{"", {}};
    std::int64_t largest = 0;
    for (std::uint64_t k = 0; k < kChoices; ++k) {
      part.choices.push_back(choice_of(family, p, k));
      largest = std::max(largest, part.choices.back().bits);
    }
    most += largest;
    out.parts.push_back(std::move(part));
  }
  const std::int64_t least = least_bits(out.parts);
  out.budget = least + (most - least) / 10 * 3;
  return out;
}

void report(benchmark::State& state, const Allocation& a, std::int64_t budget) {
  if (a.bits > budget) state.SkipWithError("above the budget");
  state.counters["distortion"] = a.distortion;
  state.counters["gap"] = a.distortion > 0 ? a.gap() / a.distortion : 0;
  state.counters["bits_left"] = static_cast<double>(budget - a.bits);
}

void BM_Knapsack(benchmark::State& state) {
  const Case c = make_case(state.range(0));
  Allocation a = knapsack(c.parts, c.budget);
  if (!a.proved()) state.SkipWithError("not proved");
  for (auto _ : state) benchmark::DoNotOptimize(a = knapsack(c.parts, c.budget));
  report(state, a, c.budget);
}
BENCHMARK(BM_Knapsack)
    ->Name("Knapsack/500x30_family")
    ->DenseRange(0, 4)
    ->Unit(benchmark::kMillisecond);

void BM_Lagrangian(benchmark::State& state) {
  const Case c = make_case(state.range(0));
  Allocation a;
  for (auto _ : state) benchmark::DoNotOptimize(a = lagrangian(c.parts, c.budget));
  report(state, a, c.budget);
}
BENCHMARK(BM_Lagrangian)
    ->Name("Lagrangian/500x30_family")
    ->DenseRange(0, 4)
    ->Unit(benchmark::kMillisecond);

void BM_Greedy(benchmark::State& state) {
  const Case c = make_case(state.range(0));
  Allocation a;
  for (auto _ : state) benchmark::DoNotOptimize(a = greedy(c.parts, c.budget));
  report(state, a, c.budget);
}
BENCHMARK(BM_Greedy)->Name("Greedy/500x30_family")->DenseRange(0, 4)->Unit(benchmark::kMillisecond);

// The textbook table over the budget, without the traceback.
double by_table(const Case& c) {
  std::vector<double> least(static_cast<std::size_t>(c.budget) + 1, 0.0);
  std::vector<double> next(least.size());
  for (const Part& part : c.parts) {
    std::fill(next.begin(), next.end(), HUGE_VAL);
    for (const Choice& one : part.choices) {
      for (std::int64_t b = one.bits; b <= c.budget; ++b) {
        next[b] = std::min(next[b], least[b - one.bits] + one.distortion);
      }
    }
    least.swap(next);
  }
  return least.back();
}

void BM_Table(benchmark::State& state) {
  const Case c = make_case(4);
  double found = by_table(c);
  const double ours = knapsack(c.parts, c.budget).distortion;
  if (std::abs(found - ours) > 1e-11 * ours) state.SkipWithError("the answers differ");
  for (auto _ : state) benchmark::DoNotOptimize(found = by_table(c));
  state.counters["distortion"] = found;
}
BENCHMARK(BM_Table)
    ->Name("peer:table_over_the_budget/500x30_family/4")
    ->Unit(benchmark::kMillisecond);

// The first `range(1)` parts; cost budget 3/10 of the way too.
void BM_TwoBudgets(benchmark::State& state) {
  Case c = make_case(state.range(0));
  c.parts.resize(static_cast<std::size_t>(state.range(1)));
  std::int64_t bits = 0;
  std::int64_t cost = 0;
  for (const Part& part : c.parts) {
    std::int64_t b = 0;
    std::int64_t k = 0;
    for (const Choice& one : part.choices) {
      b = std::max(b, one.bits);
      k = std::max(k, one.cost);
    }
    bits += b;
    cost += k;
  }
  const std::int64_t low_bits = least_bits(c.parts);
  const std::int64_t low_cost = least_cost(c.parts);
  bits = low_bits + (bits - low_bits) / 10 * 3;
  cost = low_cost + (cost - low_cost) / 10 * 3;
  Allocation a;
  for (auto _ : state) benchmark::DoNotOptimize(a = two_budgets(c.parts, bits, cost));
  if (a.cost > cost) state.SkipWithError("above the cost");
  report(state, a, bits);
  state.counters["cost_left"] = static_cast<double>(cost - a.cost);
}
BENCHMARK(BM_TwoBudgets)
    ->Name("TwoBudgets/30_choices_family_parts")
    ->ArgsProduct({{0, 1, 4}, {50, 500}})
    ->Unit(benchmark::kMillisecond);

// What the search itself takes, the loss being a sum: per evaluated allocation.
void BM_Evolution(benchmark::State& state) {
  const Case c = make_case(0);
  std::int64_t evaluations = 0;
  const Fitness sum = [&](std::span<const std::size_t> choice, std::int64_t) {
    double out = 0;
    for (std::size_t p = 0; p < choice.size(); ++p) out += c.parts[p].choices[choice[p]].distortion;
    return out;
  };
  const EvolutionOptions options{.generations = 10};
  for (auto _ : state) {
    Evolution e = start_evolution(c.parts, c.budget, sum, core::Key(1), options);
    evolve(c.parts, c.budget, sum, core::Key(1), options, e);
    evaluations += e.evaluations;
  }
  state.counters["evaluations_per_second"] =
      benchmark::Counter(static_cast<double>(evaluations), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_Evolution)->Name("Evolution/500_parts_10_generations")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace venturi::allocate
