#include "venturi/learn/fit_and_compress.hpp"

#include <cmath>
#include <map>
#include <numeric>

#include "tests/testing.hpp"
#include "venturi/learn/layered.hpp"
#include "venturi/learn/traces.hpp"

namespace venturi::learn {
namespace {

using core::Index;
using core::Key;

TEST(Traces, MeansAndPairedDifferences) {
  const Mean mean = mean_of({1, 2, 3, 6});
  EXPECT_DOUBLE_EQ(mean.value, 3);
  EXPECT_NEAR(mean.error, std::sqrt(14.0 / 3 / 4), 1e-12);
  EXPECT_EQ(mean_of({5}).error, 0);
  EXPECT_NEAR(in_errors({2, 3, 4, 7}, {1, 1, 1, 1}), 3 / mean.error, 1e-12);
  EXPECT_EQ(in_errors(1, 0), 0);
}

TEST(Traces, TheOthersTopIsTaken) {
  // The first network's own top (5, at snapshot 1) does not count: the others' is at snapshot 2.
  const Traces traces = {{0, 5, 4, 1}, {0, 1, 4, 2}, {0, 1, 4, 5}};
  EXPECT_EQ(top(traces, 0), 2U);
  EXPECT_EQ(lost_from_top(traces), (std::vector<double>{3, 2, -1}));
}

TEST(Layered, CopiesStartAsTheyWouldAlone) {
  const std::int64_t hidden[] = {4, 3};
  const std::vector<Key> keys = {Key(1), Key(2)};
  const Layered both(5, hidden, 2, "tanh", keys);
  const auto x = torch::linspace(-1, 1, 30).view({6, 5});
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Layered alone(5, hidden, 2, "tanh", std::vector{keys[i]});
    const auto a = alone.forward(x), b = both.forward(x);
    ASSERT_EQ(b.size(), 3U);
    for (std::size_t l = 0; l < b.size(); ++l) {
      EXPECT_LT((a[l][0] - b[l][static_cast<Index>(i)]).abs().max().item<double>(), 1e-6);
    }
  }
}

TEST(Layered, SnapshotsRiseFromZeroToTheLastEpoch) {
  const auto epochs = snapshot_epochs(1000, 8);
  EXPECT_EQ(epochs.front(), 0);
  EXPECT_EQ(epochs.back(), 1000);
  for (std::size_t i = 1; i < epochs.size(); ++i) EXPECT_GT(epochs[i], epochs[i - 1]);
}

TEST(SoftRule, HoldsTheInformationAskedFor) {
  const SoftRule rule = soft_rule();
  EXPECT_NEAR(rule.information_bits, 0.99, 1e-9);
  // The layer that keeps all patterns apart, and the one that keeps nothing.
  std::vector<std::int32_t> labels(4096);
  std::iota(labels.begin(), labels.end(), 0);
  const LayerPoint all = layer_point(labels, rule.positive);
  EXPECT_NEAR(all.rate_bits, 12, 1e-12);
  EXPECT_NEAR(all.relevance_bits, 0.99, 1e-9);
  const LayerPoint none = layer_point(std::vector<std::int32_t>(4096, 0), rule.positive);
  EXPECT_NEAR(none.rate_bits, 0, 1e-12);
  EXPECT_NEAR(none.relevance_bits, 0, 1e-12);
}

TEST(ExactCurve, NoPartitionLiesAboveIt) {
  const SoftRule rule = soft_rule();
  const ExactCurve curve(rule, 40, Key(1));
  EXPECT_NEAR(curve.relevance_bits(12), 0.99, 1e-3);
  EXPECT_EQ(curve.relevance_bits(0), 0);
  // Concave: each half is worth at least as much as the next.
  EXPECT_GE(curve.relevance_bits(0.5), 0.5 * curve.relevance_bits(1));
  // Any partition of the patterns is a channel: by a threshold (near the curve), by count, by bit.
  for (const double threshold : {3.0, 4.0, 4.75, 5.5}) {
    std::vector<std::int32_t> labels;
    const double odds = threshold - 4.75;
    for (const double p : rule.positive) labels.push_back(std::log(p / (1 - p)) > odds ? 1 : 0);
    const LayerPoint point = layer_point(labels, rule.positive);
    EXPECT_LE(point.relevance_bits, curve.relevance_bits(point.rate_bits) + 1e-3);
    if (threshold == 4.75) {
      EXPECT_GE(point.relevance_bits, curve.relevance_bits(point.rate_bits) - 0.02);
    }
  }
  for (Index bit = 0; bit < 12; ++bit) {
    std::vector<std::int32_t> labels;
    for (Index row = 0; row < 4096; ++row)
      labels.push_back(static_cast<std::int32_t>(row >> bit & 1));
    const LayerPoint point = layer_point(labels, rule.positive);
    EXPECT_NEAR(point.rate_bits, 1, 1e-12);
    EXPECT_LT(point.relevance_bits, 0.5);
    EXPECT_GT(point.rate_bits, curve.rate_bits(point.relevance_bits));
  }
}

TEST(FitFigures, AShortRunStaysUnderTheCurve) {
  const auto figures =
      fit_figures({.networks = 3, .epochs = 20, .snapshots = 4}, Key(1), core::silent());
  std::map<std::string, double> by_name;
  for (const core::Figure& f : figures) by_name[f.name] = f.value;
  for (const char* activation : {"tanh", "relu"}) {
    const std::string name = activation;
    EXPECT_LE(by_name.at(name + ", above the curve, most"), 1e-3);
    EXPECT_GT(by_name.at(name + ", I(T;Y) gained"), 0);
    EXPECT_GT(by_name.at(name + ", accuracy"), 60);
    EXPECT_LE(by_name.at(name + ", I(X;T) at the end"), 12);
  }
}

}  // namespace
}  // namespace venturi::learn
