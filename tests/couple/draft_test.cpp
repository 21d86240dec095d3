#include "venturi/couple/draft.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <queue>

#include "tests/couple/random_tables.hpp"
#include "tests/testing.hpp"

namespace venturi::couple {
namespace {

// The linear programme as a maximal flow: multisets of drafts -> tokens in them -> target. Its
// value is the optimal acceptance. Plain augmenting paths by breadth, capacities in double.
class Flow {
 public:
  explicit Flow(int nodes) : out_(nodes) {}
  void add(int from, int to, double capacity) {
    out_[from].push_back(static_cast<int>(edges_.size()));
    edges_.push_back({to, capacity});
    out_[to].push_back(static_cast<int>(edges_.size()));
    edges_.push_back({from, 0});
  }
  double maximum(int source, int sink) {
    double total = 0;
    while (levels(source, sink)) {
      next_.assign(out_.size(), 0);
      while (true) {
        const double pushed = push(source, sink, 1e300);
        if (pushed <= kNothing) break;
        total += pushed;
      }
    }
    return total;
  }

 private:
  struct Edge {
    int to;
    double left;
  };
  static constexpr double kNothing = 1e-15;
  bool levels(int source, int sink) {
    level_.assign(out_.size(), -1);
    level_[source] = 0;
    std::queue<int> queue;
    queue.push(source);
    while (!queue.empty()) {
      const int node = queue.front();
      queue.pop();
      for (const int e : out_[node]) {
        if (edges_[e].left <= kNothing || level_[edges_[e].to] >= 0) continue;
        level_[edges_[e].to] = level_[node] + 1;
        queue.push(edges_[e].to);
      }
    }
    return level_[sink] >= 0;
  }
  double push(int node, int sink, double amount) {
    if (node == sink) return amount;
    for (std::size_t& k = next_[node]; k < out_[node].size(); ++k) {
      const int e = out_[node][k];
      if (edges_[e].left <= kNothing || level_[edges_[e].to] != level_[node] + 1) continue;
      const double pushed = push(edges_[e].to, sink, std::min(amount, edges_[e].left));
      if (pushed > kNothing) {
        edges_[e].left -= pushed;
        edges_[e ^ 1].left += pushed;
        return pushed;
      }
    }
    return 0;
  }
  std::vector<std::vector<int>> out_;
  std::vector<Edge> edges_;
  std::vector<int> level_;
  std::vector<std::size_t> next_;
};

double programme(const Vector& p, const Vector& q, int drafts, DraftDraw draw) {
  std::map<std::vector<int>, double> sets;
  std::vector<int> tuple;
  const std::function<void(double, double)> extend = [&](double probability, double drawn) {
    if (static_cast<int>(tuple.size()) == drafts) {
      std::vector<int> set = tuple;
      std::sort(set.begin(), set.end());
      sets[set] += probability;
      return;
    }
    for (int i = 0; i < q.size(); ++i) {
      const bool repeat = std::find(tuple.begin(), tuple.end(), i) != tuple.end();
      if (draw == DraftDraw::without_replacement && repeat) continue;
      const double rest = draw == DraftDraw::without_replacement ? 1 - drawn : 1;
      tuple.push_back(i);
      extend(probability * q[i] / rest, drawn + q[i]);
      tuple.pop_back();
    }
  };
  extend(1, 0);
  const auto tokens = static_cast<int>(p.size());
  Flow flow(static_cast<int>(sets.size()) + tokens + 2);
  const int source = static_cast<int>(sets.size()) + tokens;
  int at = 0;
  for (const auto& [set, probability] : sets) {
    flow.add(source, at, probability);
    int before = -1;
    for (const int token : set) {
      if (token != before) flow.add(at, static_cast<int>(sets.size()) + token, 2);
      before = token;
    }
    ++at;
  }
  for (int i = 0; i < tokens; ++i) {
    flow.add(static_cast<int>(sets.size()) + i, source + 1, p[i]);
  }
  return flow.maximum(source, source + 1);
}

// Chi-square of counts against a law, with its degrees of freedom; five sigma of its normal limit.
void expect_law(const Vector& counts, const Vector& law) {
  const double n = counts.sum();
  double chi2 = 0;
  int cells = 0;
  for (Index i = 0; i < law.size(); ++i) {
    if (law[i] <= 0) {
      EXPECT_EQ(counts[i], 0);
      continue;
    }
    chi2 += std::pow(counts[i] - n * law[i], 2) / (n * law[i]);
    ++cells;
  }
  const double freedom = cells - 1;
  EXPECT_LT(chi2, freedom + 5 * std::sqrt(2 * freedom));
}

TEST(Draft, OptimumEqualsTheLinearProgramme) {
  core::Random random{core::Key(1)};
  for (int trial = 0; trial < 60; ++trial) {
    const Index n = 4 + static_cast<Index>(random.below(5));
    const Vector p = random_law(random, n, 1.5);
    const Vector q = random_law(random, n, 1.5);
    for (int drafts = 1; drafts <= 3; ++drafts) {
      for (const auto draw : {DraftDraw::with_replacement, DraftDraw::without_replacement}) {
        ASSERT_NEAR(optimal_acceptance(p, q, drafts, draw).acceptance,
                    programme(p, q, drafts, draw), 1e-9)
            << trial << " drafts " << drafts << " draw " << static_cast<int>(draw);
      }
    }
  }
}

TEST(Draft, OptimumEqualsTheLinearProgrammeAtFiftyTokens) {
  core::Random random{core::Key(2)};
  for (int trial = 0; trial < 4; ++trial) {
    const Vector p = random_law(random, 50, 2);
    const Vector q = random_law(random, 50, 2);
    for (const auto draw : {DraftDraw::with_replacement, DraftDraw::without_replacement}) {
      EXPECT_NEAR(optimal_acceptance(p, q, 2, draw).acceptance, programme(p, q, 2, draw), 1e-9);
    }
    EXPECT_NEAR(optimal_acceptance(p, q, 3).acceptance,
                programme(p, q, 3, DraftDraw::with_replacement), 1e-9);
  }
}

TEST(Draft, OrderOfTheSelections) {
  core::Random random{core::Key(3)};
  for (int trial = 0; trial < 100; ++trial) {
    const Vector p = random_law(random, 300, 2);
    const Vector q = random_law(random, 300, 1.5);
    for (const int k : {1, 2, 4, 8}) {
      const double best = optimal_acceptance(p, q, k).acceptance;
      const double apart = optimal_acceptance(p, q, k, DraftDraw::without_replacement).acceptance;
      const double sequential = KSequential(p, q, k).acceptance();
      EXPECT_GE(apart, best - 1e-9);
      EXPECT_LE(sequential, best + 1e-9);
      EXPECT_GE(sequential, (1 - std::pow(1 - 1.0 / k, k)) * best - 1e-9);
      EXPECT_LE(recursive_acceptance(p, q, k), best + 1e-9);
      EXPECT_GE(best, maximal_coupling_acceptance(p, q) - 1e-12);
      if (k == 1) {
        EXPECT_NEAR(best, maximal_coupling_acceptance(p, q), 1e-12);
        EXPECT_NEAR(sequential, best, 1e-9);
        EXPECT_NEAR(GreedyDraft(p, q, 1).acceptance(), best, 1e-12);
      }
    }
  }
}

TEST(Draft, EverySelectionHasTheTargetLaw) {
  core::Random random{core::Key(4)};
  const Vector p = random_law(random, 12, 1.2);
  const Vector q = random_law(random, 12, 1.2);
  constexpr int kDraws = 200000;
  const Sampler from(q);
  for (const int k : {1, 3}) {
    const KSequential sequential(p, q, k);
    const GreedyDraft greedy(p, q, k);
    Vector a = Vector::Zero(12);
    Vector b = Vector::Zero(12);
    Vector c = Vector::Zero(12);
    int kept_a = 0;
    int kept_b = 0;
    int kept_c = 0;
    std::vector<Index> drafts(k);
    for (int draw = 0; draw < kDraws; ++draw) {
      for (Index& token : drafts) token = from.draw(random);
      const Selection one = sequential.select(drafts, random);
      const Selection two = select_recursive(p, q, drafts, random);
      const auto greedy_drafts = greedy.draw(random);
      const Selection three = greedy.select(greedy_drafts, random);
      if (one.draft >= 0) {
        ASSERT_EQ(drafts[one.draft], one.token);
      }
      if (three.draft >= 0) {
        ASSERT_EQ(greedy_drafts[three.draft], three.token);
      }
      ++a[one.token];
      ++b[two.token];
      ++c[three.token];
      kept_a += one.draft >= 0 ? 1 : 0;
      kept_b += two.draft >= 0 ? 1 : 0;
      kept_c += three.draft >= 0 ? 1 : 0;
    }
    expect_law(a, p);
    expect_law(b, p);
    expect_law(c, p);
    const double error = 5 * 0.5 / std::sqrt(kDraws);
    EXPECT_NEAR(kept_a / double{kDraws}, sequential.acceptance(), error);
    EXPECT_NEAR(kept_b / double{kDraws}, recursive_acceptance(p, q, k), error);
    EXPECT_NEAR(kept_c / double{kDraws}, greedy.acceptance(), error);
  }
}

TEST(Draft, EqualAndDisjointLaws) {
  const Vector p{{0.5, 0.5, 0, 0}};
  const Vector q{{0, 0, 0.5, 0.5}};
  for (const auto draw : {DraftDraw::with_replacement, DraftDraw::without_replacement}) {
    EXPECT_NEAR(optimal_acceptance(p, p, 2, draw).acceptance, 1, 1e-12);
    EXPECT_NEAR(optimal_acceptance(p, q, 2, draw).acceptance, 0, 1e-12);
  }
  core::Random random{core::Key(5)};
  EXPECT_EQ(select_maximal(p, p, 1, random).draft, 0);
  const Selection none = select_maximal(p, q, 2, random);
  EXPECT_EQ(none.draft, -1);
  EXPECT_LT(none.token, 2);
  EXPECT_NEAR(KSequential(p, p, 4).acceptance(), 1, 1e-12);
  EXPECT_EQ(optimal_acceptance(Vector{{1}}, Vector{{1}}, 8).acceptance, 1);
  // A law so sharp that the eighth likeliest token is almost never drawn.
  Vector sharp(20);
  for (Index i = 0; i < 20; ++i) sharp[i] = std::pow(1e-3, static_cast<double>(i));
  sharp /= sharp.sum();
  const Vector flat = Vector::Constant(20, 0.05);
  const double found =
      optimal_acceptance(flat, sharp, 3, DraftDraw::without_replacement).acceptance;
  EXPECT_NEAR(found, programme(flat, sharp, 3, DraftDraw::without_replacement), 1e-8);
}

TEST(Draft, Refusals) {
  const Vector half{{0.5, 0.5}};
  core::Random random{core::Key(6)};
  EXPECT_ERROR(KSequential(half, Vector{{1}}, 2), core::InvalidArgument, "2 and 1 tokens");
  EXPECT_ERROR(KSequential(half, half, 0), core::InvalidArgument, "drafts >= 1");
  EXPECT_ERROR(KSequential(half, half, 2, 3), core::InvalidArgument, "rho in [1, 2]");
  EXPECT_ERROR(KSequential(half, Vector{{0.9, 0.2}}, 2), core::DataError, "sum 1");
  const std::vector<Index> wrong{0, 7};
  EXPECT_ERROR(KSequential(half, Vector{{1, 0}}, 1).select(wrong, random), core::InvalidArgument,
               "expected 1 drafts");
  EXPECT_ERROR(select_recursive(half, half, std::vector<Index>{7}, random), core::InvalidArgument,
               "[0, 2)");
  EXPECT_ERROR(optimal_acceptance(half, half, 65), core::InvalidArgument, "[1, 64]");
  EXPECT_ERROR(GreedyDraft(half, half, 3), core::InvalidArgument, "<= 2");
}

}  // namespace
}  // namespace venturi::couple
