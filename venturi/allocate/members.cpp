#include "venturi/allocate/members.hpp"

#include <array>

#include "venturi/allocate/greedy.hpp"
#include "venturi/allocate/hull.hpp"
#include "venturi/allocate/knapsack.hpp"
#include "venturi/allocate/two_budgets.hpp"

namespace venturi::allocate {
namespace {

constexpr std::string_view kWhere = "allocate.members";

struct NoOptions {
  template <class Self, class Visit>
  static void fields(Self&, Visit&&) {}
};

template <class Options>
Options read(const core::Json& json) {
  Options out;
  core::options_from_json(out, json, kWhere);
  return out;
}

void expect_one_budget(const Problem& problem) {
  if (problem.cost)
    core::fail_argument(kWhere, "expected no budget of cost; two-budgets takes one");
}

void expect_sum(const Problem& problem) {
  if (problem.fitness) {
    core::fail_argument(kWhere,
                        "expected no loss beside the menus' distortions; evopress takes one");
  }
}

template <Allocation (*Allocate)(std::span<const Part>, std::int64_t)>
Allocation by_hand(const Problem& problem, const core::Json& options) {
  expect_one_budget(problem);
  expect_sum(problem);
  read<NoOptions>(options);
  return Allocate(problem.parts, problem.bits);
}

Allocation exactly(const Problem& problem, const core::Json& options) {
  expect_one_budget(problem);
  expect_sum(problem);
  return knapsack(problem.parts, problem.bits, read<KnapsackOptions>(options));
}

Allocation within_two(const Problem& problem, const core::Json& options) {
  expect_sum(problem);
  if (!problem.cost) core::fail_argument(kWhere, "two-budgets: expected a budget of cost");
  return two_budgets(problem.parts, problem.bits, *problem.cost, read<KnapsackOptions>(options));
}

Allocation by_evolution(const Problem& problem, const core::Json& options) {
  expect_one_budget(problem);
  const auto read_options = read<EvolutionOptions>(options);
  Fitness fitness = problem.fitness;
  if (!fitness) {
    fitness = [&](std::span<const std::size_t> choice, std::int64_t) {
      return totals(problem.parts, {choice.begin(), choice.end()}).distortion;
    };
  }
  Evolution state =
      start_evolution(problem.parts, problem.bits, fitness, problem.key, read_options);
  evolve(problem.parts, problem.bits, fitness, problem.key, read_options, state);
  return std::move(state.best);
}

using M = core::Member<Allocator>;
constexpr std::array kMembers{
    M{"knapsack", "one budget, exactly: partial sums pruned by hull bounds",
      "Dyer, Riha, Walker 1988; Pisinger 1995", "O(K log K), then as hard as the menus", exactly},
    M{"lagrangian", "one budget by convex hulls and repair, with a bound on what is lost",
      "Everett 1963; Shoham, Gersho 1988", "O(K log K)", by_hand<lagrangian>},
    M{"greedy", "one budget, always the level that buys most", "own", "O(K log n)",
      by_hand<greedy>},
    M{"two-budgets", "bits and a second cost, exactly: partial sums pruned by Lagrangian bounds",
      "own; Pisinger 1995", "O(60 K log K), then as hard as the menus", within_two},
    M{"evopress", "any loss within one budget: level switches, selection on growing data",
      "Sieberling et al., ICML 2025", "O(offspring (n + loss)) a generation", by_evolution},
};

}  // namespace

std::span<const core::Member<Allocator>> members() { return kMembers; }

}  // namespace venturi::allocate
