#include "venturi/allocate/two_budgets.hpp"

#include "tests/allocate/random_parts.hpp"
#include "tests/testing.hpp"

namespace venturi::allocate {
namespace {

constexpr double kTie = 1e-11;  // of knapsack.hpp

struct Case {
  std::vector<Part> parts;
  std::int64_t bits, cost;
};

Case random_case(int trial, core::Random& random, std::size_t count, std::size_t choices) {
  Case out{random_parts(static_cast<Shape>(trial % kShapes), count, choices, random), 0, 0};
  out.bits = random_budget(out.parts, random);
  auto turned = out.parts;
  for (Part& part : turned) {
    for (Choice& c : part.choices) std::swap(c.bits, c.cost);
  }
  out.cost = random_budget(turned, random);
  return out;
}

TEST(TwoBudgets, EqualsEnumerationOrSaysWhatIsReachable) {
  core::Random random{core::Key(1)};
  int refused = 0;
  for (int trial = 0; trial < 400 * kShapes; ++trial) {
    const Case c = random_case(trial, random, 1 + random.below(5), 5);
    const double best = least_distortion(c.parts, c.bits, c.cost);
    if (std::isinf(best)) {
      std::int64_t least = kNoBudget;
      for_each_allocation(c.parts, [&](const Allocation& a) {
        if (a.cost <= c.cost) least = std::min(least, a.bits);
      });
      EXPECT_ERROR(two_budgets(c.parts, c.bits, c.cost), core::InvalidArgument,
                   fmt::format("at least {} bits, the smallest reachable within a cost of {}",
                               least, c.cost));
      ++refused;
      continue;
    }
    const Allocation exact = two_budgets(c.parts, c.bits, c.cost);
    const Allocation again = totals(c.parts, exact.choice);
    ASSERT_EQ(exact.bits, again.bits);
    ASSERT_EQ(exact.cost, again.cost);
    ASSERT_EQ(exact.distortion, again.distortion);
    ASSERT_LE(exact.bits, c.bits);
    ASSERT_LE(exact.cost, c.cost);
    ASSERT_LE(exact.distortion, best * (1 + kTie)) << trial;
    ASSERT_TRUE(exact.proved()) << trial;
    ASSERT_LE(exact.bound, exact.distortion);
  }
  EXPECT_GT(refused, 100);
}

// The textbook table over both budgets.
double by_table(const Case& c) {
  const std::int64_t wide = c.cost + 1;
  std::vector<double> least((c.bits + 1) * wide, 0.0);
  for (const Part& part : c.parts) {
    std::vector<double> next(least.size(), std::numeric_limits<double>::infinity());
    for (const Choice& one : part.choices) {
      for (std::int64_t b = one.bits; b <= c.bits; ++b) {
        for (std::int64_t k = one.cost; k <= c.cost; ++k) {
          double& to = next[b * wide + k];
          to = std::min(to, least[(b - one.bits) * wide + k - one.cost] + one.distortion);
        }
      }
    }
    least = std::move(next);
  }
  return least.back();
}

TEST(TwoBudgets, EqualsTheTableOnLongerProblems) {
  core::Random random{core::Key(2)};
  int compared = 0;
  for (int trial = 0; trial < 60; ++trial) {
    Case c = random_case(trial % 2 == 0 ? 0 : 2, random, 12, 6);
    c.bits = least_bits(c.parts) + static_cast<std::int64_t>(random.below(120));
    c.cost = least_cost(c.parts) + static_cast<std::int64_t>(random.below(120));
    const double best = by_table(c);
    if (std::isinf(best)) continue;
    const Allocation exact = two_budgets(c.parts, c.bits, c.cost);
    ASSERT_LE(std::abs(exact.distortion - best), kTie * best) << trial;
    ASSERT_TRUE(exact.proved());
    ++compared;
  }
  EXPECT_GT(compared, 20);
}

TEST(TwoBudgets, ALooseBudgetChangesNothing) {
  core::Random random{core::Key(3)};
  for (int trial = 0; trial < 50; ++trial) {
    auto parts = random_parts(Shape::rough, 20, 6, random);
    const std::int64_t budget = random_budget(parts, random);
    const double one = knapsack(parts, budget).distortion;
    EXPECT_NEAR(two_budgets(parts, budget, kNoBudget).distortion, one, kTie * one);
    for (Part& part : parts) {
      for (Choice& c : part.choices) std::swap(c.bits, c.cost);
    }
    EXPECT_NEAR(two_budgets(parts, kNoBudget, budget).distortion, one, kTie * one);
  }
}

TEST(TwoBudgets, FewStatesGiveAnHonestBound) {
  core::Random random{core::Key(4)};
  int unproved = 0;
  for (int trial = 0; trial < 20; ++trial) {
    Case c{random_parts(Shape::rough, 14, 8, random), 0, 0};
    c.bits = least_bits(c.parts) + 90;
    c.cost = least_cost(c.parts) + 90;
    const double best = by_table(c);
    if (std::isinf(best)) continue;
    const Allocation few = two_budgets(c.parts, c.bits, c.cost, {.states = 1024});
    ASSERT_LE(few.bound, best * (1 + kTie));
    ASSERT_GE(few.distortion, best * (1 - kTie));
    unproved += few.proved() ? 0 : 1;
  }
  EXPECT_GT(unproved, 0);
}

TEST(TwoBudgets, BudgetsThatCannotBeMet) {
  const std::vector<Part> parts{{"a", {{1, 1, 9}, {8, 0, 2}}}, {"b", {{1, 1, 1}}}};
  EXPECT_ERROR(two_budgets(parts, 1, 99), core::InvalidArgument, "at least 2 bits");
  EXPECT_ERROR(two_budgets(parts, 99, 2), core::InvalidArgument, "a cost of at least 3");
  EXPECT_ERROR(two_budgets(parts, 8, 5), core::InvalidArgument,
               "at least 9 bits, the smallest reachable within a cost of 5, got 8");
  EXPECT_EQ(two_budgets(parts, 9, 5).choice, (std::vector<std::size_t>{1, 0}));
}

}  // namespace
}  // namespace venturi::allocate
