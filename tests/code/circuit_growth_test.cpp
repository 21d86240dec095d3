#include "venturi/code/circuit_growth.hpp"

#include <cmath>

#include "tests/testing.hpp"

namespace venturi::code {
namespace {

// A chain in which each variable repeats the one before with probability .9.
LevelMatrix chains(int n, int d, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  LevelMatrix x(n, d);
  for (int i = 0; i < n; ++i) {
    for (int v = 0; v < d; ++v) {
      const bool same = v > 0 && random.uniform() < 0.9;
      x(i, v) = same ? x(i, v - 1) : static_cast<std::uint8_t>(random.below(4));
    }
  }
  return x;
}

HiddenTree learned(const LevelMatrix& x, int states) {
  return learn_hidden_tree(x, 4, chow_liu_tree(x, 4), {.states = states, .epochs = 4},
                           core::Key(1));
}

Eigen::Index zeros(const HiddenTree& model) {
  Eigen::Index out = 0;
  for (const auto& t : model.transition) out += (t.array() == 0).count();
  return out;
}

TEST(CircuitGrowth, PruningLosesNoMoreThanTheFlowBound) {
  const LevelMatrix x = chains(2000, 8, 3);
  const HiddenTree model = learned(x, 8);
  for (const double keep : {0.9, 0.5, 0.25}) {
    const PrunedTree pruned = prune_hidden_tree(x, model, keep);
    // Of 7 tables of 8 * 8; the greatest edge of a row stays, so a little more may.
    EXPECT_GE(pruned.kept, keep - 0.005);
    EXPECT_LE(pruned.kept, keep + 0.1);
    EXPECT_EQ(zeros(pruned.model), std::lround((1 - pruned.kept) * 7 * 64));
    const double lost = pruned.model.cost_bits(x).mean() - model.cost_bits(x).mean();
    EXPECT_GT(pruned.bound_bits, 0);
    EXPECT_LE(lost, pruned.bound_bits + 1e-6);
    for (const auto& t : pruned.model.transition) {
      EXPECT_TRUE((t.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-5);
    }
  }
  EXPECT_EQ(zeros(prune_hidden_tree(x, model, 1).model), zeros(model));
}

TEST(CircuitGrowth, WithoutNoiseTheLawStays) {
  const LevelMatrix x = chains(500, 6, 4);
  const HiddenTree model = learned(x, 4);
  const HiddenTree grown = grow_hidden_tree(model, 0, core::Key(2));
  EXPECT_EQ(grown.states, 8);
  EXPECT_LT((grown.cost_bits(x) - model.cost_bits(x)).cwiseAbs().maxCoeff(), 1e-3);
}

TEST(CircuitGrowth, RefiningImprovesAndKeepsTheZeros) {
  const LevelMatrix x = chains(3000, 8, 5);
  const HiddenTree two = learned(x, 2);
  const HiddenTree four = refine_hidden_tree(x, grow_hidden_tree(two, 0.3, core::Key(2)),
                                             {.batch = 500, .epochs = 10}, core::Key(3));
  // Four levels that persist need four states.
  EXPECT_LT(four.bits_per_dimension(x), two.bits_per_dimension(x) - 0.05);
  const PrunedTree pruned = prune_hidden_tree(x, four, 0.5);
  const HiddenTree refined =
      refine_hidden_tree(x, pruned.model, {.batch = 500, .epochs = 3}, core::Key(4));
  EXPECT_GE(zeros(refined), zeros(pruned.model));
  EXPECT_LE(refined.bits_per_dimension(x), pruned.model.bits_per_dimension(x));
}

TEST(CircuitGrowth, RoundsKeepToTheBoundAndImprove) {
  const LevelMatrix x = chains(3000, 8, 8);
  GrowingOptions options{.learning = {.states = 2, .batch = 500, .epochs = 6}, .rounds = 2};
  options.keep = 0.5;
  int passes = 0;
  const GrownTree grown =
      learn_by_growing(x, 4, options, core::Key(5), [&](int, double, const HiddenTree&) {
        ++passes;
        return true;
      });
  EXPECT_EQ(grown.model.states, 8);
  EXPECT_EQ(passes, 3 * 7);
  ASSERT_EQ(grown.rounds.size(), 2U);
  for (const PruningRound& round : grown.rounds)
    EXPECT_LE(round.loss_bits, round.bound_bits + 1e-6);
  EXPECT_LT(grown.model.bits_per_dimension(x), learned(x, 2).bits_per_dimension(x) - 0.05);
  const GrownTree cut = learn_by_growing(x, 4, options, core::Key(5),
                                         [](int, double, const HiddenTree&) { return false; });
  EXPECT_EQ(cut.model.states, 2);
  options.rounds = 7;
  options.learning.states = 4;
  EXPECT_ERROR(learn_by_growing(x, 4, options, core::Key(5)), core::InvalidArgument, "256");
}

TEST(CircuitGrowth, FlowsOfARowSumToOneAnEdge) {
  const LevelMatrix x = chains(200, 5, 6);
  const HiddenTree model = learned(x, 3);
  const HiddenTreeFlows flows = mean_flows(x, model);
  for (std::size_t v = 0; v < flows.leaf.size(); ++v) {
    EXPECT_NEAR(flows.leaf[v].sum(), 1, 1e-4);
    EXPECT_NEAR(flows.transition[v].sum(), 1, 1e-4);
  }
}

TEST(CircuitGrowth, BadArguments) {
  const LevelMatrix x = chains(50, 3, 7);
  const HiddenTree model = learned(x, 2);
  for (const double keep : {0.0, -1.0, 1.5, std::nan("")}) {
    EXPECT_ERROR(prune_hidden_tree(x, model, keep), core::InvalidArgument, "keep");
  }
  EXPECT_ERROR(prune_hidden_tree(LevelMatrix(0, 3), model, 0.5), core::InvalidArgument,
               "expected samples");
  EXPECT_ERROR(grow_hidden_tree(model, 1, core::Key(1)), core::InvalidArgument, "noise");
  EXPECT_ERROR(grow_hidden_tree(learned(x, 200), 0.1, core::Key(1)), core::InvalidArgument,
               "at most 128");
  EXPECT_ERROR(refine_hidden_tree(x.leftCols(2), model, {}, core::Key(1)), core::InvalidArgument,
               "50*2");
}

}  // namespace
}  // namespace venturi::code
