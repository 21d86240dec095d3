#include "venturi/allocate/knapsack.hpp"

#include "tests/allocate/random_parts.hpp"
#include "tests/testing.hpp"
#include "venturi/allocate/greedy.hpp"
#include "venturi/allocate/hull.hpp"

namespace venturi::allocate {
namespace {

// What knapsack() promises: a result is within 1e-11 of itself of the optimum.
constexpr double kTie = 1e-11;

void expect_sums(const Allocation& a, const std::vector<Part>& parts, std::int64_t budget) {
  const Allocation again = totals(parts, a.choice);
  ASSERT_EQ(a.bits, again.bits);
  ASSERT_EQ(a.cost, again.cost);
  ASSERT_EQ(a.distortion, again.distortion);
  ASSERT_LE(a.bits, budget);
  ASSERT_LE(a.bound, a.distortion);
}

TEST(Knapsack, EqualsEnumerationInAllShapes) {
  core::Random random{core::Key(1)};
  for (int trial = 0; trial < 1000 * kShapes; ++trial) {
    const auto shape = static_cast<Shape>(trial % kShapes);
    const auto parts = random_parts(shape, 1 + random.below(5), 5, random);
    const std::int64_t budget = random_budget(parts, random);
    const double best = least_distortion(parts, budget);
    const Allocation exact = knapsack(parts, budget);
    expect_sums(exact, parts, budget);
    ASSERT_LE(exact.distortion, best * (1 + kTie)) << trial;
    ASSERT_TRUE(exact.proved()) << trial;
    const Allocation hulls = lagrangian(parts, budget);
    expect_sums(hulls, parts, budget);
    ASSERT_LE(hulls.bound, best * (1 + kTie)) << trial;
    expect_sums(greedy(parts, budget), parts, budget);
  }
}

// The textbook table over the budget.
double by_table(const std::vector<Part>& parts, std::int64_t budget) {
  std::vector<double> least(budget + 1, 0.0);
  for (const Part& part : parts) {
    std::vector<double> next(least.size(), std::numeric_limits<double>::infinity());
    for (const Choice& c : part.choices) {
      for (std::int64_t b = c.bits; b <= budget; ++b) {
        next[b] = std::min(next[b], least[b - c.bits] + c.distortion);
      }
    }
    least = std::move(next);
  }
  return least.back();
}

TEST(Knapsack, EqualsTheTableOnLongerProblems) {
  core::Random random{core::Key(2)};
  for (int trial = 0; trial < 40 * kShapes; ++trial) {
    const auto shape = static_cast<Shape>(trial % kShapes);
    if (shape == Shape::wide) continue;
    const auto parts = random_parts(shape, 10 + random.below(40), 12, random);
    const std::int64_t budget = random_budget(parts, random);
    const Allocation exact = knapsack(parts, budget);
    expect_sums(exact, parts, budget);
    ASSERT_TRUE(exact.proved()) << trial;
    const double best = by_table(parts, budget);
    // The table adds in the order of the parts, as totals() does: equal sums, but for ties.
    ASSERT_LE(std::abs(exact.distortion - best), kTie * best) << trial;
  }
}

// Distortion is what is not spent, of rates of 30 random bits: the hull bound says that the budget
// can be spent to the last bit, and few states do not find out how.
std::vector<Part> hard_parts(core::Random& random) {
  std::vector<Part> parts(30);
  for (Part& part : parts) {
    for (int k = 0; k < 4; ++k) {
      const auto bits = static_cast<std::int64_t>(random.below(1u << 30));
      part.choices.push_back({bits, 0x1p30 - static_cast<double>(bits)});
    }
  }
  return parts;
}

TEST(Knapsack, FewStatesGiveAnHonestBound) {
  core::Random random{core::Key(3)};
  int unproved = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const auto parts = hard_parts(random);
    const std::int64_t budget = (least_bits(parts) + most_bits(parts)) / 2;
    const Allocation few = knapsack(parts, budget, {.states = 1024});
    const Allocation more = knapsack(parts, budget, {.states = 1 << 17});
    expect_sums(few, parts, budget);
    expect_sums(more, parts, budget);
    ASSERT_LE(more.distortion, few.distortion);
    ASSERT_LE(few.bound, more.distortion * (1 + kTie));
    unproved += few.proved() ? 0 : 1;
  }
  EXPECT_GT(unproved, 0);
  const auto table = random_parts(Shape::subset_sum, 40, 6, random);
  const std::int64_t budget = (least_bits(table) + most_bits(table)) / 2;
  const Allocation few = knapsack(table, budget, {.states = 1024});
  EXPECT_LE(few.bound, by_table(table, budget) * (1 + kTie));
}

TEST(Knapsack, HugeBudgetsCostNothing) {
  core::Random random{core::Key(4)};
  auto parts = random_parts(Shape::rough, 20, 8, random);
  for (const std::int64_t budget : {std::int64_t{1} << 60, kNoBudget}) {
    const Allocation all = knapsack(parts, budget);
    EXPECT_EQ(all.distortion, rate_curve(parts).bound(budget));
    EXPECT_TRUE(all.proved());
  }
  for (Part& part : parts) {
    for (Choice& c : part.choices) c.bits <<= 52;
  }
  const std::int64_t budget = least_bits(parts) + (std::int64_t{1} << 58);
  const Allocation scaled = knapsack(parts, budget);
  for (Part& part : parts) {
    for (Choice& c : part.choices) c.bits >>= 52;
  }
  EXPECT_EQ(scaled.distortion, by_table(parts, budget >> 52));
}

TEST(Knapsack, TheSameTwice) {
  core::Random random{core::Key(5)};
  const auto parts = random_parts(Shape::ties, 60, 8, random);
  const std::int64_t budget = (least_bits(parts) + most_bits(parts)) / 2;
  EXPECT_EQ(knapsack(parts, budget).choice, knapsack(parts, budget).choice);
}

TEST(Knapsack, BadInputIsNamed) {
  const std::vector<Part> parts{{"head", {{3, 1}, {5, 0}}}, {"tail", {{2, 1}}}};
  EXPECT_ERROR(knapsack(parts, 4), core::InvalidArgument,
               "at least 5 bits, the smallest reachable");
  EXPECT_ERROR(knapsack(parts, -1), core::InvalidArgument, "got -1");
  EXPECT_ERROR(knapsack({}, 4), core::InvalidArgument, "at least one part");
  EXPECT_ERROR(knapsack(parts, 9, {.states = 1}), core::InvalidArgument, "states");
  EXPECT_EQ(knapsack(parts, 5).choice, (std::vector<std::size_t>{0, 0}));
  EXPECT_EQ(knapsack(parts, 7).choice, (std::vector<std::size_t>{1, 0}));
}

}  // namespace
}  // namespace venturi::allocate
