#include "venturi/allocate/menu.hpp"

#include "tests/allocate/random_parts.hpp"
#include "tests/testing.hpp"
#include "venturi/allocate/evolution.hpp"
#include "venturi/allocate/greedy.hpp"
#include "venturi/allocate/hull.hpp"
#include "venturi/allocate/knapsack.hpp"
#include "venturi/allocate/two_budgets.hpp"

namespace venturi::allocate {
namespace {

TEST(Menu, RatesAreRoundedUpToWholeBits) {
  EXPECT_EQ(whole_bits(0), 0);
  EXPECT_EQ(whole_bits(12.0), 12);
  EXPECT_EQ(whole_bits(12.0001), 13);
  EXPECT_EQ(whole_bits(0x1p62), std::int64_t{1} << 62);
  for (const double bad : {-1e-9, 0x1p63, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_ERROR(whole_bits(bad), core::InvalidArgument, "bits in [0, 2^62]");
  }
}

// Every member meets the same door.
void expect_refused(const std::vector<Part>& parts, const std::string& text) {
  const Fitness none = [](std::span<const std::size_t>, std::int64_t) { return 0.0; };
  EXPECT_ERROR(knapsack(parts, 100), core::InvalidArgument, text);
  EXPECT_ERROR(lagrangian(parts, 100), core::InvalidArgument, text);
  EXPECT_ERROR(greedy(parts, 100), core::InvalidArgument, text);
  EXPECT_ERROR(rate_curve(parts), core::InvalidArgument, text);
  EXPECT_ERROR(two_budgets(parts, 100, 100), core::InvalidArgument, text);
  EXPECT_ERROR(start_evolution(parts, 100, none, core::Key(1)), core::InvalidArgument, text);
}

TEST(Menu, BadMenusAreNamed) {
  expect_refused({}, "at least one part");
  expect_refused({{"a", {{1, 1}}}, {"b", {}}}, "part 'b': expected at least one choice");
  expect_refused({{"a", {{1, 1}, {-1, 1}}}}, "part 'a', choice 1: expected bits >= 0, got -1");
  expect_refused({{"a", {{1, 1, -2}}}}, "expected cost >= 0, got -2");
  for (const double bad : {-1e-300, std::nan(""), HUGE_VAL}) {
    expect_refused({{"a", {{1, bad}}}}, "expected a finite distortion >= 0");
  }
  const std::int64_t half = std::int64_t{1} << 62;
  expect_refused({{"a", {{half, 1}}}, {"b", {{half, 1}}}}, "part 'b': the largest bits");
  expect_refused({{"a", {{0, 1, half}}}, {"b", {{0, 1, half}}}}, "overflow");
  expect_refused({{"a", {{0, 1e308}}}, {"b", {{0, 1e308}}}}, "overflow");
}

TEST(Menu, TotalsAreSums) {
  const std::vector<Part> parts{{"a", {{1, 0.5, 7}, {2, 0.25, 9}}}, {"b", {{10, 4, 100}}}};
  const Allocation a = totals(parts, {1, 0});
  EXPECT_EQ(a.bits, 12);
  EXPECT_EQ(a.distortion, 4.25);
  EXPECT_EQ(a.cost, 109);
  EXPECT_FALSE(a.proved());
  EXPECT_ERROR(totals(parts, {1}), core::InvalidArgument, "one choice a part (2), got 1");
  EXPECT_ERROR(totals(parts, {1, 1}), core::InvalidArgument, "part 'b': expected a choice below 1");
}

TEST(Menu, UndominatedByDefinition) {
  core::Random random{core::Key(1)};
  for (int trial = 0; trial < 500; ++trial) {
    const auto menu =
        random_parts(static_cast<Shape>(trial % kShapes), 1, 12, random).front().choices;
    std::vector<bool> kept(menu.size(), false);
    for (const std::size_t k : undominated(menu)) kept[k] = true;
    for (std::size_t k = 0; k < menu.size(); ++k) {
      bool beaten = false;
      for (std::size_t j = 0; j < menu.size(); ++j) {
        const bool equal = menu[j].bits == menu[k].bits && menu[j].distortion == menu[k].distortion;
        beaten = beaten || (menu[j].bits <= menu[k].bits &&
                            menu[j].distortion <= menu[k].distortion && (!equal || j < k));
      }
      ASSERT_EQ(kept[k], !beaten) << trial << " " << k;
    }
  }
}

}  // namespace
}  // namespace venturi::allocate
