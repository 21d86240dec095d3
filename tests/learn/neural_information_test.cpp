#include "venturi/learn/neural_information.hpp"

#include <cmath>

#include "tests/testing.hpp"

namespace venturi::learn {
namespace {

using core::Index;
using core::Matrix;

PairedRows normal_pair(Index n, Index d, double rho, core::Key key) {
  PairedRows out{Matrix(n, d), Matrix(n, d)};
  core::Random random(key);
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < d; ++c) {
      out.x(i, c) = random.normal();
      out.y(i, c) = rho * out.x(i, c) + std::sqrt(1 - rho * rho) * random.normal();
    }
  }
  return out;
}

NeuralOptions small() {
  NeuralOptions out{.batch = 128, .steps = 600};
  out.critic.hidden = {32, 32};
  out.critic.embedding = 8;
  out.critic.learning_rate = 3e-3;
  return out;
}

measure::Estimate estimate(const PairedRows& rows, const std::string& name,
                           NeuralOptions options = small()) {
  options.bound = name;
  return neural_information(rows.x, rows.y, options, core::Key(1), torch::kCPU, core::silent());
}

TEST(NeuralInformation, OfANormalPair) {
  const PairedRows rows = normal_pair(4000, 1, 0.8, core::Key(2));
  const double truth = -0.5 * std::log2(1 - 0.64);  // .737
  for (const std::string name : {"smile", "mine", "dv", "nwj", "tuba", "infonce", "js", "ba"}) {
    const auto e = estimate(rows, name);
    EXPECT_NEAR(e.bits, truth, 0.12) << name;
    EXPECT_LT(e.low, e.high);
    EXPECT_TRUE(e.warnings.empty()) << name;
  }
  EXPECT_NEAR(estimate(rows, "l1out").bits, truth, 0.12);
  EXPECT_NEAR(estimate(rows, "doe").bits, truth, 0.12);
  // With the true law CLUB is rho^2/(1 - rho^2) nats, far above; a learned one gives up part of it.
  const double club = estimate(rows, "club").bits;
  EXPECT_GT(club, truth);
  EXPECT_LT(club, 1.1 * 0.64 / 0.36 / std::log(2.0));
  NeuralOptions joint = small();
  joint.critic.critic = "joint";
  EXPECT_NEAR(estimate(rows, "infonce", joint).bits, truth, 0.12);
}

TEST(NeuralInformation, IndependentPairsTellNothing) {
  const PairedRows rows = normal_pair(4000, 2, 0, core::Key(3));
  for (const std::string name : {"smile", "infonce", "nwj", "wdm"}) {
    const auto e = estimate(rows, name);
    EXPECT_NEAR(e.bits, 0, 0.08) << name;
  }
}

// Slopes of at most 1: f(x, y) of a pair that is always equal gains no more than the distance.
TEST(NeuralInformation, WassersteinIsADistance) {
  const auto e = estimate(normal_pair(4000, 1, 0.999, core::Key(4)), "wdm");
  EXPECT_EQ(e.unit, "1");
  EXPECT_GT(e.bits, 0.3);
  // Moving y onto its partner costs E|y - y'| = 2/sqrt(pi) at most.
  EXPECT_LT(e.bits, 1.15 * 2 / std::sqrt(M_PI));
}

TEST(NeuralInformation, ManyProblemsAtOnceAreSolvedEachOnItsOwn) {
  const std::vector<PairedRows> problems = {normal_pair(3000, 1, 0.9, core::Key(5)),
                                            normal_pair(3000, 1, 0.0, core::Key(6)),
                                            normal_pair(3000, 1, 0.6, core::Key(7))};
  NeuralOptions options = small();
  options.bound = "infonce";
  const auto out =
      neural_informations(problems, options, core::Key(1), torch::kCPU, core::silent());
  ASSERT_EQ(out.size(), 3u);
  EXPECT_NEAR(out[0].bits, -0.5 * std::log2(1 - 0.81), 0.15);
  EXPECT_NEAR(out[1].bits, 0, 0.08);
  EXPECT_NEAR(out[2].bits, -0.5 * std::log2(1 - 0.36), 0.12);
}

TEST(NeuralInformation, TheSameKeyGivesTheSameAnswer) {
  const PairedRows rows = normal_pair(1000, 1, 0.7, core::Key(8));
  NeuralOptions options = small();
  options.steps = 200;
  EXPECT_EQ(estimate(rows, "mine", options).bits, estimate(rows, "mine", options).bits);
}

TEST(NeuralInformation, ADivergingCriticIsNamedAndItsLastGoodValueKept) {
  NeuralOptions options = small();
  options.critic.learning_rate = 50;
  const auto e = estimate(normal_pair(2000, 4, 0.9, core::Key(9)), "nwj", options);
  ASSERT_FALSE(e.warnings.empty());
  EXPECT_NE(e.warnings[0].find("the critic of nwj diverged"), std::string::npos);
  EXPECT_EQ(e.low, 0);
  EXPECT_TRUE(std::isinf(e.high));
}

TEST(NeuralInformation, SaysWhatInfoNceCanShow) {
  const auto e = estimate(normal_pair(2000, 4, 0.999, core::Key(10)), "infonce");
  ASSERT_FALSE(e.warnings.empty());
  EXPECT_NE(e.warnings[0].find("cannot show more than log2 of its 40 rows"), std::string::npos);
  EXPECT_LE(e.bits, std::log2(40.0));
}

TEST(NeuralInformation, RefusesWhatItCannotLearnFrom) {
  EXPECT_ERROR(estimate(normal_pair(150, 1, 0.5, core::Key(1)), "smile"), core::InvalidArgument,
               "n >= 200 rows");
  EXPECT_ERROR(estimate(normal_pair(200, 1, 0.5, core::Key(1)), "smile"), core::InvalidArgument,
               "127 negatives");
  EXPECT_ERROR(estimate(normal_pair(400, 1, 0.5, core::Key(1)), "smiel"), core::InvalidArgument,
               "did you mean 'smile'");
  PairedRows rows = normal_pair(400, 2, 0.5, core::Key(1));
  rows.y.col(1).setConstant(3);
  EXPECT_ERROR(estimate(rows, "smile"), core::InvalidArgument, "column 1 of y is constant");
  rows.y(7, 1) = std::nan("");
  EXPECT_ERROR(estimate(rows, "smile"), core::DataError, "y holds NaN");
  rows.y.conservativeResize(399, 2);
  EXPECT_ERROR(estimate(rows, "smile"), core::InvalidArgument, "got 400*2, 399*2");
}

}  // namespace
}  // namespace venturi::learn
