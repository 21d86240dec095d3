#include "venturi/code/circuit.hpp"

#include <algorithm>
#include <cmath>

#include "tests/testing.hpp"

namespace venturi::code {
namespace {

LevelMatrix two_modes(int n, int d, int levels) {
  core::Random random{core::Key(5)};
  LevelMatrix x(n, d);
  for (int i = 0; i < n; ++i) {
    const bool high = random.uniform() < 0.3;
    for (int v = 0; v < d; ++v) {
      const auto low = static_cast<int>(random.below(static_cast<std::uint64_t>(levels) / 2));
      x(i, v) = static_cast<std::uint8_t>(high ? levels - 1 - low : low);
    }
  }
  return x;
}

// Sum over all states of all latents, in double.
double probability(const HiddenTree& model, const LevelView& x) {
  const int d = model.tree.size();
  std::vector<int> z(d, 0);
  double sum = 0;
  while (true) {
    double p = 1;
    for (int v = 0; v < d; ++v) {
      const int above = model.tree.parent[v];
      p *= double{model.transition[v](above < 0 ? 0 : z[above], z[v])} *
           double{model.leaf[v](x(0, v), z[v])};
    }
    sum += p;
    int k = 0;
    while (k < d && ++z[k] == model.states) z[k++] = 0;
    if (k == d) return sum;
  }
}

TEST(Circuit, CostAgainstEnumeration) {
  const LevelMatrix x = two_modes(200, 5, 4);
  const VariableTree tree = VariableTree::from_parents({1, -1, 1, 2, 2});
  const HiddenTree model =
      learn_hidden_tree(x, 4, tree, {.states = 3, .epochs = 2, .pseudocount = 1}, core::Key(1));
  const core::Vector bits = model.cost_bits(x);
  for (int i = 0; i < 20; ++i) {
    EXPECT_NEAR(bits[i], -std::log2(probability(model, x.row(i))), 1e-4);
  }
  double total = 0;
  LevelMatrix every(1024, 5);
  for (int i = 0; i < 1024; ++i) {
    for (int v = 0; v < 5; ++v) every(i, v) = static_cast<std::uint8_t>(i >> (2 * v) & 3);
  }
  for (const double b : model.cost_bits(every)) total += std::exp2(-b);
  EXPECT_NEAR(total, 1, 1e-5);
}

TEST(Circuit, EmNeverFalls) {
  const LevelMatrix x = two_modes(700, 9, 8);
  std::vector<double> seen;
  learn_hidden_tree(x, 8, chow_liu_tree(x, 8),
                    {.states = 4, .epochs = 0, .full_epochs = 25, .pseudocount = 1e-6},
                    core::Key(2), [&](int, double bits, const HiddenTree&) {
                      seen.push_back(bits);
                      return true;
                    });
  ASSERT_EQ(seen.size(), 25U);
  for (std::size_t k = 1; k < seen.size(); ++k) EXPECT_LE(seen[k], seen[k - 1] + 1e-6) << k;
}

TEST(Circuit, ReachesTheEntropyOfAMixture) {
  // Two modes of 9 independent uniform variables: h(.3) + 9 * 2 bits, which 2 states can hold.
  const LevelMatrix x = two_modes(20000, 9, 8);
  const HiddenTree model =
      learn_hidden_tree(x, 8, chow_liu_tree(x, 8), {.states = 2, .epochs = 30}, core::Key(3));
  const double entropy = (0.8812909 + 9 * 2) / 9;
  EXPECT_NEAR(model.bits_per_dimension(x), entropy, 0.003);
}

TEST(Circuit, WatchEndsIt) {
  int told = 0;
  learn_hidden_tree(two_modes(50, 3, 4), 4, VariableTree::from_parents({-1, 0, 0}), {},
                    core::Key(4), [&](int, double, const HiddenTree&) { return ++told < 2; });
  EXPECT_EQ(told, 2);
}

TEST(Circuit, BadArguments) {
  const LevelMatrix x = two_modes(10, 3, 4);
  const VariableTree tree = VariableTree::from_parents({-1, 0, 0});
  const core::Key key(1);
  EXPECT_ERROR(learn_hidden_tree(x, 2, tree, {}, key), core::InvalidArgument, "below 2");
  EXPECT_ERROR(learn_hidden_tree(x, 257, tree, {}, key), core::InvalidArgument, "2 to 256 levels");
  EXPECT_ERROR(learn_hidden_tree(x, 4, tree, {.states = 0}, key), core::InvalidArgument, "states");
  EXPECT_ERROR(learn_hidden_tree(x.leftCols(2), 4, tree, {}, key), core::InvalidArgument, "10*2");
  EXPECT_ERROR(learn_hidden_tree(LevelMatrix(0, 3), 4, tree, {}, key), core::InvalidArgument,
               "expected samples");
  const HiddenTree model = learn_hidden_tree(x, 4, tree, {.states = 2}, key);
  EXPECT_ERROR(model.cost_bits(LevelMatrix::Constant(1, 3, 9)), core::InvalidArgument, "below 4");
}

// Each level of a smooth law is seen by few rows: smoothing over nearby levels tells more of
// others, and of a law whose neighbours are impossible it makes nothing possible.
TEST(Circuit, LeavesSmoothedOverNearbyLevels) {
  const auto draw = [](int n, std::uint64_t seed) {
    core::Random random{core::Key(seed)};
    LevelMatrix x(n, 2);
    for (int i = 0; i < n; ++i) {
      const double z = random.uniform() < 0.5 ? 70 : 180;
      for (int v = 0; v < 2; ++v) {
        x(i, v) = static_cast<std::uint8_t>(std::clamp(z + 15 * random.normal(), 0.0, 255.0));
      }
    }
    return x;
  };
  const LevelMatrix x = draw(500, 61);
  const LevelMatrix others = draw(4000, 62);
  HiddenTreeOptions options{.states = 2, .batch = 500, .epochs = 10};
  const auto bits = [&](double neighbours) {
    options.neighbours = neighbours;
    options.width = 8;
    return learn_hidden_tree(x, 256, chow_liu_tree(x, 256), options, core::Key(1))
        .bits_per_dimension(others);
  };
  EXPECT_LT(bits(200), bits(0) - 0.05);

  LevelMatrix even = x;
  for (auto& level : even.reshaped()) level &= 0xfe;
  options.neighbours = 200;
  const HiddenTree model =
      learn_hidden_tree(even, 256, chow_liu_tree(even, 256), options, core::Key(1));
  for (const auto& leaf : model.leaf) {
    float odd = 0;
    for (int level = 1; level < 256; level += 2) odd += leaf.row(level).maxCoeff();
    // The histogram's one count over 256 levels, and the pseudocount: both small.
    EXPECT_LT(odd, 0.01F);
  }
}

}  // namespace
}  // namespace venturi::code
