#include "venturi/allocate/hull.hpp"

#include "tests/allocate/random_parts.hpp"
#include "tests/testing.hpp"
#include "venturi/allocate/greedy.hpp"
#include "venturi/allocate/knapsack.hpp"

namespace venturi::allocate {
namespace {

TEST(Hull, NoChoiceLiesBelowIt) {
  core::Random random{core::Key(1)};
  for (int trial = 0; trial < 500; ++trial) {
    const auto menu =
        random_parts(static_cast<Shape>(trial % kShapes), 1, 15, random).front().choices;
    const auto hull = lower_hull(menu);
    for (std::size_t k = 1; k < hull.size(); ++k) {
      const Choice& a = menu[hull[k - 1]];
      const Choice& b = menu[hull[k]];
      ASSERT_LT(a.bits, b.bits);
      ASSERT_GT(a.distortion, b.distortion);
      for (const Choice& c : menu) {
        if (c.bits < a.bits || c.bits > b.bits) continue;
        const double t =
            static_cast<double>(c.bits - a.bits) / static_cast<double>(b.bits - a.bits);
        // The line's height, to the rounding of its three operations.
        ASSERT_GE(c.distortion, (a.distortion * (1 - t) + b.distortion * t) * (1 - 1e-14));
      }
    }
  }
}

TEST(Hull, TheCurveBoundsEnumerationAndTouchesItAtItsVertices) {
  core::Random random{core::Key(2)};
  for (int trial = 0; trial < 300; ++trial) {
    const auto parts = random_parts(static_cast<Shape>(trial % kShapes), 4, 4, random);
    const RateCurve curve = rate_curve(parts);
    for_each_allocation(parts, [&](const Allocation& a) {
      ASSERT_LE(curve.bound(a.bits), a.distortion * (1 + 1e-13));  // sums of at most 16 terms
    });
    for (std::size_t s = 0; s <= curve.steps.size(); ++s) {
      const Allocation vertex = totals(parts, curve.choice_after(s));
      const std::int64_t bits = s == 0 ? curve.start_bits : curve.steps[s - 1].bits;
      ASSERT_EQ(vertex.bits, bits);
      ASSERT_EQ(curve.steps_within(bits), s);
      ASSERT_NEAR(vertex.distortion, curve.bound(bits), 1e-13 * vertex.distortion);
      ASSERT_NEAR(vertex.distortion, least_distortion(parts, bits), 1e-13 * vertex.distortion);
    }
    for (std::size_t s = 1; s < curve.steps.size(); ++s) {
      ASSERT_GE(curve.steps[s - 1].slope, curve.steps[s].slope);
    }
    EXPECT_EQ(curve.bound(curve.start_bits - 1), HUGE_VAL);
  }
}

TEST(Hull, RepairStaysWithinItsPromise) {
  core::Random random{core::Key(3)};
  for (int trial = 0; trial < 900; ++trial) {
    const auto parts = random_parts(static_cast<Shape>(trial % kShapes), 5, 5, random);
    const std::int64_t budget = random_budget(parts, random);
    const RateCurve curve = rate_curve(parts);
    const std::size_t k = curve.steps_within(budget);
    double drop = 0;
    if (k < curve.steps.size()) {
      drop = (k == 0 ? curve.start_distortion : curve.steps[k - 1].distortion) -
             curve.steps[k].distortion;
    }
    const Allocation a = lagrangian(parts, budget);
    const double best = least_distortion(parts, budget);
    ASSERT_LE(a.distortion, (best + drop) * (1 + 1e-13));
    ASSERT_GE(a.distortion, best * (1 - 1e-13));
  }
}

// Where menus are convex and all steps are of one size, always taking the best level is optimal.
TEST(Greedy, IsExactOnEqualConvexSteps) {
  core::Random random{core::Key(4)};
  for (int trial = 0; trial < 100; ++trial) {
    const auto parts = random_parts(Shape::convex, 6, 5, random);
    const std::int64_t budget = random_budget(parts, random);
    const Allocation a = greedy(parts, budget);
    ASSERT_NEAR(a.distortion, least_distortion(parts, budget), 1e-13 * a.distortion);
    ASSERT_EQ(a.bound, 0.0);
  }
}

TEST(Greedy, IsBlindBehindAPoorLevelAndKnapsackIsNot) {
  const std::vector<Part> parts{{"a", {{0, 10}, {1, 9.9}, {2, 0}}}, {"b", {{0, 10}, {2, 9}}}};
  EXPECT_EQ(greedy(parts, 2).distortion, 19.0);
  EXPECT_EQ(knapsack(parts, 2).distortion, 10.0);
  EXPECT_EQ(lagrangian(parts, 2).distortion, 10.0);
}

TEST(Greedy, FillLeavesNothingThatFits) {
  core::Random random{core::Key(5)};
  for (int trial = 0; trial < 300; ++trial) {
    const auto parts = random_parts(static_cast<Shape>(trial % kShapes), 5, 5, random);
    std::vector<std::size_t> first;
    for (const Part& part : parts) first.push_back(undominated(part.choices).front());
    Allocation a = totals(parts, first);
    const Budgets budgets{random_budget(parts, random), a.cost + 30, 0.5};
    fill(parts, budgets, a);
    ASSERT_LE(a.bits, budgets.bits);
    ASSERT_LE(a.cost, budgets.cost);
    for (std::size_t p = 0; p < parts.size(); ++p) {
      for (std::size_t k = 0; k < parts[p].choices.size(); ++k) {
        auto other = a.choice;
        other[p] = k;
        const Allocation b = totals(parts, other);
        ASSERT_FALSE(b.bits <= budgets.bits && b.cost <= budgets.cost &&
                     parts[p].choices[k].distortion < parts[p].choices[a.choice[p]].distortion);
      }
    }
  }
}

}  // namespace
}  // namespace venturi::allocate
