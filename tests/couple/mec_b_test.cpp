#include "venturi/couple/mec_b.hpp"

#include <algorithm>
#include <cmath>

#include "tests/couple/random_tables.hpp"
#include "tests/testing.hpp"
#include "venturi/couple/figures.hpp"
#include "venturi/couple/mec_b_game.hpp"

namespace venturi::couple {
namespace {

double second_largest(Vector p) {
  std::sort(p.data(), p.data() + p.size(), std::greater<>());
  return p.size() > 1 ? p[1] : 0;
}

TEST(Ebim, GapIsBelowTheSecondMass) {
  core::Random random{core::Key(1)};
  for (int trial = 0; trial < 2000; ++trial) {
    const Index n = 2 + static_cast<Index>(random.below(40));
    const Vector p = random_law(random, n, 1 + 2 * random.uniform());
    const double rate = entropy_bits(p) * random.uniform();
    const Ebim map = ebim_map(p, rate);
    ASSERT_EQ(map.moved_row, -1);
    ASSERT_LE(map.entropy_bits, rate + 1e-12);
    ASSERT_LE(rate - map.information_bits, binary_entropy_bits(second_largest(p)) + 1e-12);
    const Ebim filled = ebim(p, rate);
    ASSERT_LE(filled.entropy_bits, rate + 1e-12);
    ASSERT_GE(filled.information_bits, map.information_bits);
    const Matrix joint = p.asDiagonal() * filled.encoder(p);
    ASSERT_NEAR(mutual_information_bits(joint), filled.information_bits, 1e-9);
    ASSERT_LT((joint.colwise().sum().transpose() - filled.code).cwiseAbs().maxCoeff(), 1e-12);
  }
}

TEST(Ebim, NearMapsItIsTheOptimum) {
  const Vector p{{0.7, 0.2, 0.1}};
  const std::vector<std::vector<int>> maps{{0, 0, 0}, {0, 1, 1}, {0, 1, 0}, {0, 0, 1}, {0, 1, 2}};
  for (const auto& labels : maps) {
    const double at = ebim_near_map(p, labels, 0).entropy_bits;
    for (const double delta : {-0.01, 0.01}) {
      const double rate = at + delta;
      if (rate <= 0 || rate >= entropy_bits(p)) continue;
      const Ebim near = ebim_near_map(p, labels, delta);
      EXPECT_NEAR(near.entropy_bits, rate, 1e-9);
      EXPECT_NEAR(near.information_bits, ebim_by_search(p, rate), 1e-6)
          << "rate " << rate << " from map of " << at << " bits";
    }
  }
}

TEST(Ebim, SearchIsNeverFarAhead) {
  const Vector p{{0.7, 0.2, 0.1}};
  for (const double rate : {0.1, 0.3, 0.5, 0.75, 1.0, 1.1}) {
    const double best = ebim_by_search(p, rate);
    const double found = ebim(p, rate).information_bits;
    EXPECT_LE(found, best + 1e-6);
    EXPECT_GE(found, best - binary_entropy_bits(0.2));
  }
}

TEST(Ebim, Edges) {
  const Vector p{{0.5, 0.25, 0.25, 0}};
  EXPECT_DOUBLE_EQ(ebim(p, 9).information_bits, 1.5);
  EXPECT_NEAR(ebim(p, 0).entropy_bits, 0, 1e-12);
  EXPECT_EQ(ebim(Vector{{1}}, 0).code.size(), 1);
  EXPECT_NEAR(ebim_map(p, 1).information_bits, 1, 1e-12);
  EXPECT_ERROR(ebim(p, -1), core::InvalidArgument, "rate >= 0");
  EXPECT_ERROR(ebim(p, std::nan("")), core::InvalidArgument, "rate >= 0");
  EXPECT_ERROR(ebim(Vector{{0.5, 0.4}}, 1), core::DataError, "sum 1");
  EXPECT_ERROR(ebim_near_map(p, {0, 1}, 0), core::InvalidArgument, "4 labels");
}

TEST(MecB, MarginalsAndBounds) {
  core::Random random{core::Key(2)};
  for (int trial = 0; trial < 300; ++trial) {
    const Vector px = random_law(random, 2 + static_cast<Index>(random.below(20)), 1.5);
    const Vector py = random_law(random, 2 + static_cast<Index>(random.below(20)), 1.5);
    const double rate = 1.2 * entropy_bits(px) * random.uniform();
    const MecB out = mec_b(px, py, rate);
    ASSERT_LT((out.joint.rowwise().sum() - px).cwiseAbs().maxCoeff(), 1e-12);
    ASSERT_LT((out.joint.colwise().sum().transpose() - py).cwiseAbs().maxCoeff(), 1e-12);
    ASSERT_GE(out.joint.minCoeff(), -1e-15);
    ASSERT_GE(out.information_bits, out.lower_bound_bits - 1e-9);
    ASSERT_LE(out.information_bits, out.encoder.information_bits + 1e-9);
    ASSERT_LE(out.information_bits, rate + 1e-9);
    ASSERT_LE(out.information_bits, out.code_information_bits + 1e-9);
  }
}

TEST(Game, PolicyAndTransitionsAreLaws) {
  const GridWorld world({.side = 4, .noise = 0.2, .temperature = 0.05});
  for (int s = 0; s < world.states(); ++s) {
    EXPECT_NEAR(world.policy(s).sum(), 1, 1e-12);
    for (int a = 0; a < 4; ++a) {
      double sum = 0;
      for (int next = 0; next < world.states(); ++next) sum += world.transition(s, a, next);
      EXPECT_NEAR(sum, 1, 1e-12);
    }
  }
  // From the start, right and down lead to the goal; they mirror each other.
  const Vector policy = world.policy(0);
  EXPECT_NEAR(policy[1], policy[2], 1e-9);
  EXPECT_GT(policy[1], policy[0]);
}

TEST(Game, MoreRateNamesMoreMessagesAtTheSameReward) {
  const GridOptions grid{.side = 6, .noise = 0.1, .temperature = 0.3};
  const GameOptions options{.messages = 16, .episodes = 200};
  const auto points = trade_off(grid, options, {0, 0.3, 1, 4}, {0.3}, core::Key(3));
  EXPECT_NEAR(points[0].accuracy, 1.0 / 16, 5 * std::sqrt(1.0 / 16 / 200));
  EXPECT_GT(points[1].accuracy, points[0].accuracy);
  EXPECT_GT(points[3].accuracy, points[1].accuracy);
  for (const GamePoint& point : points) {
    EXPECT_LE(point.code_bits, point.rate_bits + 1e-9);
    EXPECT_NEAR(point.reward, points[0].reward, 6 * points[0].reward_error);
    EXPECT_EQ(point.episodes, 200);
  }
  // Belief in the truth grows with time.
  const auto& belief = points[3].belief_by_step;
  ASSERT_GT(belief.size(), 5U);
  EXPECT_GT(belief.back(), belief.front());
}

TEST(Game, ColderWalksEarnMoreAndSayLess) {
  const GridOptions grid{.side = 6, .noise = 0.1};
  const GameOptions options{.messages = 64, .episodes = 150};
  const auto points = trade_off(grid, options, {6}, {0.02, 0.5}, core::Key(4));
  EXPECT_GT(points[0].reward, points[1].reward);
  EXPECT_LT(points[0].accuracy, points[1].accuracy);
}

TEST(Game, GreedyCodeBeatsEqualSharesAtLowRate) {
  const GridOptions grid{.side = 6, .noise = 0.1, .temperature = 0.3};
  GameOptions options{.messages = 64, .episodes = 300};
  const GamePoint greedy = play(grid, options, 0.6, core::Key(5));
  options.encoder = "uniform";
  const GamePoint uniform = play(grid, options, 0.6, core::Key(5));
  EXPECT_GT(greedy.accuracy, uniform.accuracy + 3 * greedy.accuracy_error);
}

TEST(Game, WatcherOfStatesLearnsLess) {
  const GridOptions grid{.side = 5, .noise = 0.4, .temperature = 0.3};
  GameOptions options{.messages = 32, .episodes = 200};
  const GamePoint actions = play(grid, options, 4, core::Key(6));
  options.watcher = "states";
  const GamePoint states = play(grid, options, 4, core::Key(6));
  EXPECT_LT(actions.belief_bits, states.belief_bits);
  EXPECT_ERROR(play(grid, options, -1, core::Key(1)), core::InvalidArgument, "rate >= 0");
  options.encoder = "odd";
  EXPECT_ERROR(play(grid, options, 1, core::Key(1)), core::InvalidArgument, "greedy, uniform");
}

}  // namespace
}  // namespace venturi::couple
