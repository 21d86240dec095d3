#include "venturi/measure/likelihood_information.hpp"

#include <cmath>
#include <map>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/figures.hpp"

namespace venturi::measure {
namespace {

// A channel that keeps one of `kinds` equally likely symbols, or with probability `noise` sends
// any.
struct Channel {
  int kinds;
  double noise;
  double probability(int z, int x) const { return noise / kinds + (z == x ? 1 - noise : 0); }
  double bits() const {
    const double right = probability(0, 0), wrong = probability(1, 0);
    return std::log2(kinds) + right * std::log2(right) +
           (wrong > 0 ? (kinds - 1) * wrong * std::log2(wrong) : 0);
  }
};

core::Matrix draw(const Channel& channel, core::Index n, core::Index m, core::Key key) {
  core::Random random(key);
  std::vector<int> x;
  for (core::Index i = 0; i < n; ++i) x.push_back(static_cast<int>(random.below(channel.kinds)));
  core::Matrix out(n * m, n);
  for (core::Index row = 0; row < n * m; ++row) {
    const bool lost = random.uniform() < channel.noise;
    const int z = lost ? static_cast<int>(random.below(channel.kinds)) : x[row / m];
    for (core::Index j = 0; j < n; ++j) out(row, j) = std::log(channel.probability(z, x[j]));
  }
  return out;
}

TEST(LikelihoodInformation, BoundsHoldAKnownChannel) {
  for (const Channel channel : {Channel{16, 0.2}, Channel{4, 0.5}, Channel{2, 0.9}}) {
    const auto found = likelihood_information(draw(channel, 1500, 2, core::Key(1)));
    SCOPED_TRACE(channel.bits());
    EXPECT_LT(found.lower.bits, found.upper.bits);
    EXPECT_NEAR(found.lower.bits, channel.bits(), 4 * found.lower.standard_error + 0.01);
    EXPECT_NEAR(found.upper.bits, channel.bits(), 4 * found.upper.standard_error + 0.01);
  }
}

TEST(LikelihoodInformation, AgainstTheSumsWrittenOut) {
  core::Matrix l(4, 2);
  l << -1, -2, -0.5, -3, -4, -0.1, -1, -1;
  double lower = 0, upper = 0;
  for (int row = 0; row < 4; ++row) {
    const int own = row / 2;
    lower += (l(row, own) - std::log((std::exp(l(row, 0)) + std::exp(l(row, 1))) / 2)) / 4;
    upper += (l(row, own) - l(row, 1 - own)) / 4;
  }
  const auto found = likelihood_information(l);
  EXPECT_NEAR(found.lower.bits, lower / std::log(2.0), 1e-12);
  EXPECT_NEAR(found.upper.bits, upper / std::log(2.0), 1e-12);
}

// Messages that name their input: log2 n, as far as the lower bound can reach; no upper bound.
TEST(LikelihoodInformation, NamesReachTheLogarithm) {
  core::Matrix l = core::Matrix::Constant(8, 8, -std::numeric_limits<double>::infinity());
  l.diagonal().setConstant(-2000);  // far below what exp() can hold
  const auto found = likelihood_information(l);
  EXPECT_NEAR(found.lower.bits, 3, 1e-12);
  EXPECT_EQ(found.upper.bits, std::numeric_limits<double>::infinity());
}

TEST(ChannelFigures, ErrorsFallAndRanksAgree) {
  const ChannelOptions options{.channels = 6, .inputs = 4, .n = {20, 600}};
  std::map<std::string, double> value;
  for (const core::Figure& f : channel_figures(options, core::Key(1))) value[f.name] = f.value;
  EXPECT_EQ(value.size(), 6u);
  const double far = value.at("mean error of the lower bound, n = 20");
  EXPECT_LT(value.at("mean error of the lower bound, n = 600"), 0.5 * far);
  EXPECT_LE(value.at("rank correlation with accuracy"), 1);
  EXPECT_GT(value.at("rank correlation with accuracy"), 0.5);
  EXPECT_ERROR(channel_figures({.inputs = 3}, core::Key(1)), core::InvalidArgument, "even");
  EXPECT_ERROR(channel_figures({.n = {}}, core::Key(1)), core::InvalidArgument, "0 of them");
}

TEST(LikelihoodInformation, RefusesBadInput) {
  EXPECT_ERROR(likelihood_information(core::Matrix::Zero(3, 2)), core::InvalidArgument, "3*2");
  EXPECT_ERROR(likelihood_information(core::Matrix::Zero(1, 1)), core::InvalidArgument, "n >= 2");
  core::Matrix l = core::Matrix::Zero(2, 2);
  l(1, 0) = std::nan("");
  EXPECT_ERROR(likelihood_information(l), core::DataError, "row 1, column 0 has nan");
  l(1, 0) = 0;
  l(1, 1) = -std::numeric_limits<double>::infinity();
  EXPECT_ERROR(likelihood_information(l), core::DataError, "message 0 of input 1");
}

}  // namespace
}  // namespace venturi::measure
