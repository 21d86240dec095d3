#include "venturi/learn/robustness.hpp"

#include <cmath>

#include "tests/learn/blobs.hpp"
#include "tests/testing.hpp"
#include "venturi/learn/known_curves.hpp"
#include "venturi/learn/label_noise.hpp"
#include "venturi/learn/trainer.hpp"

namespace venturi::learn {
namespace {

class RobustnessTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ModelOptions options;
    options.hidden = {16};
    options.channel = {.kind = "gaussian", .size = 3, .prior = "standard"};
    const data::Dataset training = blobs(2000, core::Key(1));
    model_ = new Model(options, make_problem(training, options.scale), core::Key(1), torch::kCPU);
    train(*model_, training, {.beta = 0.01, .epochs = 10, .batch = 50, .learning_rate = 1e-2},
          core::Key(2), core::silent());
    test_ = new data::Dataset(blobs(1500, core::Key(5)));
  }
  static void TearDownTestSuite() {
    delete model_;
    delete test_;
  }
  static double error(const core::MatrixF& x) {
    return evaluate(*model_, model_->inputs(x), targets(*model_, *test_), 0, core::Key(1))
        .distortion;
  }
  static AttackOptions attack(const char* kind, double eps) {
    return {.kind = kind, .eps = eps, .step = eps / 4, .steps = 8, .low = -3, .high = 3};
  }
  static Model* model_;
  static data::Dataset* test_;
};
Model* RobustnessTest::model_ = nullptr;
data::Dataset* RobustnessTest::test_ = nullptr;

TEST_F(RobustnessTest, AttacksStayInTheirBallAndRange) {
  for (const char* kind : {"fgsm", "pgd"}) {
    for (const double eps : {0.0, 0.3, 5.0}) {
      const core::MatrixF moved = attacked(*model_, *test_, attack(kind, eps), core::Key(3));
      EXPECT_LE((moved - test_->x).cwiseAbs().maxCoeff(), eps + 1e-5) << kind;
      if (eps > 0) {
        EXPECT_LE(moved.cwiseAbs().maxCoeff(), 3) << kind;
      }
    }
  }
  EXPECT_EQ(attacked(*model_, *test_, attack("gaussian", 0), core::Key(3)), test_->x);
}

// Blobs of corners +-1: an attack of .8 crosses the border where noise of .8 in six columns mostly
// does not.
TEST_F(RobustnessTest, AttacksHurtMoreThanNoise) {
  const auto under = [&](const char* kind) {
    return error(attacked(*model_, *test_, attack(kind, 0.8), core::Key(3)));
  };
  EXPECT_LT(error(test_->x), 0.02);
  EXPECT_GT(under("fgsm"), under("gaussian") + 0.05);
  EXPECT_GE(under("pgd"), under("fgsm") - 0.02);
}

TEST_F(RobustnessTest, FarSamplesBetweenClassesAreLessConfident) {
  core::MatrixF outside = test_->x;
  outside.leftCols(2).setZero();
  EXPECT_GT(auroc(confidences(*model_, test_->x), confidences(*model_, outside)), 0.9);
}

TEST_F(RobustnessTest, WrongOptionsAreNamed) {
  const auto attempt = [&](const AttackOptions& o) { attacked(*model_, *test_, o, core::Key(1)); };
  EXPECT_ERROR(attempt({.kind = "cw"}), core::InvalidArgument, "got 'cw'");
  EXPECT_ERROR(attempt({.eps = -1}), core::InvalidArgument, "eps >= 0");
  EXPECT_ERROR(attempt({.low = 2, .high = 1}), core::InvalidArgument, "low <= high");
}

TEST(Auroc, CountsPairs) {
  const std::vector<double> in = {3, 1, 2}, out = {0, 2};
  EXPECT_DOUBLE_EQ(auroc(in, out), (1 + 1 + 1 + 0 + 1 + 0.5) / 6);
  EXPECT_THROW(auroc(in, {}), core::InvalidArgument);
}

TEST(Calibration, ByHand) {
  core::MatrixF p(4, 2);
  p << 0.9F, 0.1F, 0.9F, 0.1F, 0.4F, 0.6F, 0.45F, 0.55F;
  const std::vector<std::int32_t> labels = {0, 1, 1, 1};
  // Bin (.8, 1]: confidence .9, right 1/2; bin (.4, .6]: .575 and 1.
  EXPECT_NEAR(expected_calibration_error(p, labels, 5), 0.5 * 0.4 + 0.5 * 0.425, 1e-6);
}

TEST(LabelNoise, TurnsThePartAskedFor) {
  const data::Dataset clean = blobs(20000, core::Key(1));
  const auto turned = [&](const char* kind, double rate) {
    return with_label_noise(clean, kind, rate, core::Key(2));
  };
  for (const char* kind : {"symmetric", "asymmetric"}) {
    const data::Dataset noisy = turned(kind, 0.4);
    int other = 0, next = 0;
    for (std::size_t i = 0; i < clean.labels.size(); ++i) {
      other += noisy.labels[i] != clean.labels[i] ? 1 : 0;
      next += noisy.labels[i] == (clean.labels[i] + 1) % 4 ? 1 : 0;
    }
    EXPECT_NEAR(other / 20000.0, 0.4, 0.015) << kind;
    EXPECT_NEAR(next / 20000.0, std::string(kind) == "symmetric" ? 0.4 / 3 : 0.4, 0.015) << kind;
  }
  EXPECT_EQ(turned("symmetric", 0).labels, clean.labels);
  EXPECT_ERROR(turned("pair", 0.1), core::InvalidArgument, "got 'pair'");
  EXPECT_ERROR(turned("symmetric", 1.1), core::InvalidArgument, "[0, 1]");
}

// One pair: I(T;Y) = -1/2 log2(1 - rho^2 (1 - 2^(-2 I(T;X)))).
TEST(GaussianCurve, IsTheClosedFormOfOnePairAndConcaveForMore) {
  const std::vector<double> one = {0.8};
  for (const double rate : {0.01, 0.5, 1.0, 3.0}) {
    EXPECT_NEAR(gaussian_ib_bits(one, rate),
                -0.5 * std::log2(1 - 0.64 * (1 - std::exp2(-2 * rate))), 1e-9);
  }
  const std::vector<double> three = {0.9, -0.6, 0.3};
  double before = 0, slope = 1;
  for (double rate = 0.1; rate < 4; rate += 0.1) {
    const double now = gaussian_ib_bits(three, rate);
    EXPECT_LE(now - before, slope + 1e-9);
    EXPECT_GE(now, gaussian_ib_bits(std::span(three).first(1), rate) - 1e-9);
    slope = now - before;
    before = now;
  }
}

// The oracle: the least of each pair's objective on a fine grid of log v.
TEST(GaussianCurve, PairwiseOptimumIsTheLeastOnAGridAndBelowTheCurve) {
  const std::vector<double> rhos = {0.95, 0.8, 0.5};
  for (const double beta : {0.01, 0.1, 0.2, 0.31, 0.35, 0.5, 1.0}) {
    CurvePoint least;
    for (const double rho : rhos) {
      double lowest = 0, rate_at = 0, information_at = 0;
      for (double u = -10; u < 8; u += 1e-4) {
        const double v = std::exp(u), rate = 0.5 * std::log1p(v);
        const double information = rate - 0.5 * std::log1p((1 - rho * rho) * v);
        const double loss = beta * (rate + v / (2 + 2 * v)) - information;
        if (loss >= lowest) continue;
        lowest = loss, rate_at = rate, information_at = information;
      }
      least.rate += rate_at / std::log(2);
      least.information += information_at / std::log(2);
    }
    const CurvePoint found = pairwise_optimum(rhos, beta);
    EXPECT_NEAR(found.rate, least.rate, 1e-3) << beta;
    EXPECT_NEAR(found.information, least.information, 1e-3) << beta;
    EXPECT_LE(found.information, gaussian_ib_bits(rhos, found.rate) + 1e-9);
  }
  const CurvePoint p = pairwise_optimum(rhos, 0.35);
  EXPECT_NEAR(p.information / gaussian_ib_bits(rhos, p.rate), 0.9616, 1e-4);
}

}  // namespace
}  // namespace venturi::learn
