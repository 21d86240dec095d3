#include "venturi/code/circuit_tree.hpp"

#include <cmath>
#include <map>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

LevelMatrix noisy_copies(const std::vector<int>& parent, int levels, int n, double noise) {
  core::Random random{core::Key(3)};
  LevelMatrix x(n, static_cast<core::Index>(parent.size()));
  for (int i = 0; i < n; ++i) {
    for (std::size_t v = 0; v < parent.size(); ++v) {
      const bool copy = parent[v] >= 0 && random.uniform() > noise;
      x(i, static_cast<core::Index>(v)) =
          copy ? x(i, parent[v]) : static_cast<std::uint8_t>(random.below(levels));
    }
  }
  return x;
}

// Every labelled tree over d variables, by its Pruefer code.
double best_of_all_trees(const core::Matrix& weight) {
  const int d = static_cast<int>(weight.rows());
  std::vector<int> code(d - 2, 0);
  double best = -1e300;
  while (true) {
    std::vector<int> degree(d, 1);
    for (const int c : code) ++degree[c];
    double sum = 0;
    for (const int c : code) {
      const auto leaf = std::find(degree.begin(), degree.end(), 1) - degree.begin();
      sum += weight(leaf, c);
      --degree[leaf];
      --degree[c];
    }
    const auto u = std::find(degree.begin(), degree.end(), 1) - degree.begin();
    const auto v = std::find(degree.begin() + u + 1, degree.end(), 1) - degree.begin();
    best = std::max(best, sum + weight(u, v));
    std::size_t k = 0;
    while (k < code.size() && ++code[k] == d) code[k++] = 0;
    if (k == code.size()) return best;
  }
}

TEST(CircuitTree, InformationAgainstMaps) {
  const LevelMatrix x = noisy_copies({-1, 0, 1, 0}, 5, 300, 0.4);
  const ChowLiuOptions options{.bins = 5, .smoothing = 1e-9};
  const core::Matrix out = pairwise_information(x, 5, options);
  for (int u = 0; u < 4; ++u) {
    EXPECT_EQ(out(u, u), 0);
    for (int v = 0; v < u; ++v) {
      std::map<std::pair<int, int>, double> pair;
      std::map<int, double> a;
      std::map<int, double> b;
      for (int i = 0; i < 300; ++i) {
        pair[{x(i, u), x(i, v)}] += 1 / 300.0;
        a[x(i, u)] += 1 / 300.0;
        b[x(i, v)] += 1 / 300.0;
      }
      double bits = 0;
      for (const auto& [k, p] : pair) bits += p * std::log2(p / (a[k.first] * b[k.second]));
      EXPECT_NEAR(out(u, v), bits, 1e-8);
      EXPECT_EQ(out(v, u), out(u, v));
    }
  }
}

TEST(CircuitTree, BestOfAllTrees) {
  core::Random random{core::Key(4)};
  for (int trial = 0; trial < 20; ++trial) {
    const int d = 3 + trial % 4;
    core::Matrix weight(d, d);
    for (int u = 0; u < d; ++u) {
      for (int v = 0; v <= u; ++v) weight(u, v) = weight(v, u) = random.uniform();
    }
    const VariableTree tree = greatest_spanning_tree(weight);
    double sum = 0;
    for (int v = 0; v < d; ++v) sum += tree.parent[v] >= 0 ? weight(v, tree.parent[v]) : 0;
    EXPECT_NEAR(sum, tree.bits, 1e-12);
    EXPECT_NEAR(sum, best_of_all_trees(weight), 1e-12);
  }
}

TEST(CircuitTree, FindsThePlantedTree) {
  const std::vector<int> planted{-1, 0, 1, 2, 3, 4, 2, 6};
  const VariableTree tree = chow_liu_tree(noisy_copies(planted, 4, 4000, 0.3), 4);
  for (std::size_t v = 1; v < planted.size(); ++v) {
    const int u = planted[v];
    EXPECT_TRUE(tree.parent[v] == u || tree.parent[u] == static_cast<int>(v)) << v;
  }
  EXPECT_EQ(tree.order.size(), planted.size());
  // 0-1-2-3-4-5 is the longest path: its middle is 2 or 3.
  EXPECT_TRUE(tree.parent[2] == -1 || tree.parent[3] == -1);
}

TEST(CircuitTree, OrderIsDepthFirstLargestLast) {
  const VariableTree tree = VariableTree::from_parents({-1, 0, 0, 1, 1, 2, 0});
  EXPECT_EQ(tree.order, (std::vector<int>{0, 6, 2, 5, 1, 4, 3}));
  EXPECT_EQ(tree.children()[0], (std::vector<int>{6, 2, 1}));
}

TEST(CircuitTree, BadArguments) {
  EXPECT_ERROR(VariableTree::from_parents({-1, -1}), core::InvalidArgument, "two roots");
  EXPECT_ERROR(VariableTree::from_parents({1, 0}), core::InvalidArgument, "no root");
  EXPECT_ERROR(VariableTree::from_parents({-1, 2, 1}), core::InvalidArgument, "a cycle");
  EXPECT_ERROR(VariableTree::from_parents({-1, 2}), core::InvalidArgument, "has the parent 2");
  const LevelMatrix x = LevelMatrix::Constant(3, 2, 7);
  EXPECT_ERROR(pairwise_information(x, 7), core::InvalidArgument, "below levels");
  EXPECT_ERROR(pairwise_information(LevelMatrix(0, 2), 7), core::InvalidArgument, "below levels");
  EXPECT_ERROR(pairwise_information(x, 8, {.bins = 1}), core::InvalidArgument, "bins");
  EXPECT_ERROR(greatest_spanning_tree(core::Matrix(2, 3)), core::InvalidArgument, "square");
}

}  // namespace
}  // namespace venturi::code
