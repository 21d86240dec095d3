#include "venturi/measure/discrete.hpp"

#include <cmath>
#include <numbers>

#include "tests/testing.hpp"
#include "venturi/measure/bounds.hpp"
#include "venturi/measure/count_entropy.hpp"

namespace venturi::measure {
namespace {

using Labels = std::vector<std::int32_t>;

TEST(Discrete, ExactOnTheirOwnLaw) {
  const Labels x = {5, 5, -1, -1};
  EXPECT_DOUBLE_EQ(plug_in_entropy_bits(x), 1.0);
  const DiscreteOptions plain{.method = "plug-in"};
  EXPECT_DOUBLE_EQ(entropy(x, core::Key(1), plain).bits, 1.0);
  EXPECT_DOUBLE_EQ(mutual_information(x, x, core::Key(1), plain).bits, 1.0);
  EXPECT_DOUBLE_EQ(mutual_information(x, Labels{0, 1, 0, 1}, core::Key(1), plain).bits, 0.0);
  // Miller-Madow adds (K-1)/(2 n ln 2).
  EXPECT_DOUBLE_EQ(entropy(x, core::Key(1)).bits, 1.0 + 1 / (8 * std::numbers::ln2));
}

// A binary symmetric channel with flip probability .1 under a uniform input: I = 1 - h(.1).
TEST(Discrete, BinarySymmetricChannelIsCovered) {
  const double truth = 1 + 0.1 * std::log2(0.1) + 0.9 * std::log2(0.9);
  int covered = 0;
  constexpr int kRuns = 100;
  for (int run = 0; run < kRuns; ++run) {
    core::Random random{core::Key(run)};
    Labels x, y;
    for (int i = 0; i < 1000; ++i) {
      x.push_back(static_cast<std::int32_t>(random.below(2)));
      y.push_back(x.back() ^ (random.uniform() < 0.1 ? 1 : 0));
    }
    const Estimate e = mutual_information(x, y, core::Key(run).split("b"));
    EXPECT_NEAR(e.bits, truth, 6 * e.standard_error);
    covered += e.low <= truth && truth <= e.high ? 1 : 0;
  }
  EXPECT_GE(covered, 87);  // 95 % nominal; fewer than 88 of 100 has probability below .4 %
}

TEST(Discrete, MillerMadowRemovesMostBias) {
  double plain = 0, corrected = 0;
  constexpr int kRuns = 200, kKinds = 32, kSamples = 200;
  for (int run = 0; run < kRuns; ++run) {
    core::Random random{core::Key(run)};
    Labels x;
    for (int i = 0; i < kSamples; ++i) x.push_back(static_cast<std::int32_t>(random.below(kKinds)));
    plain += plug_in_entropy_bits(x) / kRuns;
    corrected += entropy(x, core::Key(run), {.resamples = 10}).bits / kRuns;
  }
  EXPECT_LT(plain, 5 - 0.09);
  EXPECT_NEAR(corrected, 5, 0.02);
}

// Every method on many samples: y a copy of x flipped with probability .1, z = x xor y.
TEST(Discrete, EachMethodOnAKnownLaw) {
  core::Random random{core::Key(3)};
  Labels x, y, z, rows;
  for (int i = 0; i < 40000; ++i) {
    x.push_back(static_cast<std::int32_t>(random.below(2)));
    z.push_back(random.uniform() < 0.1 ? 7 : -2);
    y.push_back(x.back() ^ (z.back() == 7 ? 1 : 0));
    for (const auto v : {x.back(), y.back(), z.back()}) rows.push_back(v);
  }
  const double flip = -0.1 * std::log2(0.1) - 0.9 * std::log2(0.9);
  for (const auto& member : count_methods()) {
    const DiscreteOptions options{.method = std::string(member.name), .resamples = 10};
    const core::Key key(1);
    EXPECT_NEAR(entropy(z, key, options).bits, flip, 0.02) << member.name;
    EXPECT_NEAR(mutual_information(x, y, key, options).bits, 1 - flip, 0.02) << member.name;
    EXPECT_NEAR(conditional_mutual_information(x, y, z, key, options).bits, 1, 0.01) << member.name;
    // The three determine each other pairwise: 1 + 1 + h - (1 + h).
    EXPECT_NEAR(total_correlation(rows, 3, key, options).bits, 1, 0.02) << member.name;
  }
}

TEST(Discrete, SumsOfTheEntropiesOfCounts) {
  const Labels x = {0, 0, 1, 1, 2, 2, 2, 0}, y = {0, 1, 0, 1, 1, 1, 0, 0};
  for (const auto& member : count_methods()) {
    const std::vector<std::uint64_t> cx = {3, 2, 3}, cy = {4, 4}, joint = {2, 1, 1, 1, 1, 2};
    const DiscreteOptions options{.method = std::string(member.name), .resamples = 10};
    EXPECT_NEAR(mutual_information(x, y, core::Key(1), options).bits,
                member.make(cx, 3) + member.make(cy, 2) - member.make(joint, 6), 1e-12)
        << member.name;
    EXPECT_NEAR(entropy(x, core::Key(1), options, 9).bits, member.make(cx, 9), 1e-12);
  }
}

TEST(Discrete, JointLabelsAndErrors) {
  EXPECT_EQ(joint_labels(Labels{1, 2, 1, 3, 1, 2}, 2), (Labels{0, 1, 0}));
  EXPECT_ERROR(joint_labels(Labels{1, 2, 3}, 2), core::InvalidArgument, "n*2 values, got 3");
  const Labels two = {1, 2}, three = {1, 2, 3};
  EXPECT_ERROR(conditional_mutual_information(two, two, three, core::Key(1)), core::InvalidArgument,
               "expected z");
  EXPECT_ERROR(entropy(two, core::Key(1), {.method = "chao"}), core::InvalidArgument, "nsb");
  EXPECT_ERROR(entropy(two, core::Key(1), {}, 1), core::InvalidArgument, "2 values seen, got 1");
  EXPECT_ERROR(total_correlation(three, 1, core::Key(1)), core::InvalidArgument, "got 1");
  EXPECT_ERROR(total_correlation(three, 2, core::Key(1)), core::InvalidArgument, "n*2 values");
  EXPECT_ERROR(entropy({}, core::Key(1)), core::InvalidArgument, "at least one");
  EXPECT_ERROR(mutual_information(Labels{1}, Labels{1, 2}, core::Key(1)), core::InvalidArgument,
               "got 2");
}

TEST(Bounds, LowerBoundOfAPerfectAndABlindDecoder) {
  const Labels labels = {0, 1, 0, 1};
  const double mm = 1 / (8 * std::numbers::ln2);
  EXPECT_DOUBLE_EQ(information_lower_bound(labels, std::vector<double>(4, 0.0)).bits, 1 + mm);
  EXPECT_DOUBLE_EQ(information_lower_bound(labels, std::vector<double>(4, 1.0)).bits, mm);
  const Estimate e = information_lower_bound(labels, std::vector<double>{0, 1, 0, 1});
  EXPECT_NEAR(e.standard_error, std::sqrt(1.0 / 3 / 4), 1e-12);
  EXPECT_ERROR(information_lower_bound(labels, std::vector<double>(3)), core::InvalidArgument,
               "4 and 3");
}

TEST(Bounds, RateIsItsMean) {
  const Estimate e = rate_upper_bound(std::vector<double>{1, 3});
  EXPECT_DOUBLE_EQ(e.bits, 2);
  EXPECT_DOUBLE_EQ(e.standard_error, 1);
  EXPECT_ERROR(rate_upper_bound(std::vector<double>{1}), core::InvalidArgument, "n >= 2");
}

}  // namespace
}  // namespace venturi::measure
