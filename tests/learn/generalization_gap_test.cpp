#include "venturi/learn/generalization_gap.hpp"

#include <cmath>
#include <map>

#include "tests/testing.hpp"

namespace venturi::learn {
namespace {

TEST(RankCorrelation, SharesRanksOfTies) {
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3}, {10, 100, 1000}), 1);
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3}, {3, 2, 1}), -1);
  // Ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: covariance 4.5, variances 4.5 and 5.
  EXPECT_NEAR(rank_correlation({1, 2, 2, 3}, {1, 2, 3, 4}), 4.5 / std::sqrt(4.5 * 5), 1e-12);
  EXPECT_EQ(rank_correlation({1, 1}, {1, 2}), 0);
  EXPECT_THROW(rank_correlation({1}, {1}), core::InvalidArgument);
  EXPECT_THROW(rank_correlation({1, 2}, {1, 2, 3}), core::InvalidArgument);
}

TEST(GapFigures, FewNetworks) {
  const auto figures = gap_figures(
      {.widths = {4, 16}, .decays = {0}, .sets = 2, .starts = 2, .rows = 60, .steps = 400},
      core::Key(1), core::silent());
  std::map<std::string, double> by_name;
  for (const core::Figure& f : figures) {
    EXPECT_TRUE(std::isfinite(f.value)) << f.name;
    by_name[f.name] = f.value;
  }
  EXPECT_EQ(by_name.at("networks"), 8);
  EXPECT_GT(by_name.at("largest loss gap"), 0);
  // Wider networks fit 60 noisy points better, and generalise worse.
  EXPECT_GT(by_name.at("parameters, loss gap"), 0);
}

TEST(GapFigures, RefusesOptionsOutOfRange) {
  EXPECT_THROW(gap_figures({.sets = 1}, core::Key(1), core::silent()), core::InvalidArgument);
  EXPECT_THROW(gap_figures({.steps = 10}, core::Key(1), core::silent()), core::InvalidArgument);
}

}  // namespace
}  // namespace venturi::learn
