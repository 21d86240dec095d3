// Dimension, the bound's formula term by term, resolution; sampled bias against closed forms.
#include "venturi/measure/inductive_bias.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/measure/sampled_bias.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

Matrix uniforms(Index n, Index d, Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (double& v : out.reshaped<Eigen::RowMajor>()) v = random.uniform();
  return out;
}

TEST(IntrinsicDimension, SlowLoopAndKnownSurfaces) {
  const Matrix x = uniforms(80, 3, Key(1));
  double sum = 0;
  for (Index i = 0; i < 80; ++i) {
    std::vector<double> all;
    for (Index j = 0; j < 80; ++j) {
      if (j != i) all.push_back((x.row(i) - x.row(j)).norm());
    }
    std::sort(all.begin(), all.end());
    for (int j = 0; j < 3; ++j) sum += std::log(all[3] / all[j]) / (80 * 3);
  }
  EXPECT_NEAR(intrinsic_dimension(x, 4), 1 / sum, 1e-10);
  for (const Index m : {1, 2, 4}) {
    const Matrix flat = uniforms(2000, m, Key(2)) * normals(m, 12, Key(9).split("mix"));
    // Its deviation is about m / sqrt(n (k - 1)); edges pull it down a little.
    EXPECT_NEAR(intrinsic_dimension(flat), static_cast<double>(m), 0.08 * static_cast<double>(m));
  }
}

TEST(IntrinsicDimension, RefusesDuplicates) {
  Matrix x = uniforms(30, 2, Key(1));
  x.row(7) = x.row(3);
  EXPECT_ERROR(intrinsic_dimension(x), core::DataError, "row 3 equals row 7");
  EXPECT_ERROR(intrinsic_dimension(x, 1), core::InvalidArgument, "k >= 2");
  EXPECT_ERROR(intrinsic_dimension(x, 30), core::InvalidArgument, "k = 30");
}

// The formula written out for integers: m = 2, so that C(2 + K, 2) = (K + 1)(K + 2) / 2.
TEST(InductiveBias, FormulaByHand) {
  const LearningTask task{
      .n = 1000, .dimension = 2, .radius = 3, .resolution = 0.5, .classes = 3, .error = 0.1};
  const double f = 2 * M_PI * 3 / 0.5, k = (std::sqrt(1 + 4 * f * f) - 1) / 2;
  const double e = (k + 2) * (k + 1) / 2 + (k + 1) * k / 2;
  const double w = std::sqrt(2.0 / 6) * std::sqrt(2 * std::pow(M_PI, 1.5) * 3 / std::tgamma(1.5)) *
                   3 / std::sqrt(1000.0);
  const double each = 0.5 * std::log2(2) + 0.5 * std::log2(3) - std::log2(0.1) +
                      std::log2(k * std::sqrt(2.0) / 3) + std::log2(w);
  EXPECT_NEAR(inductive_bias_bits(task), (2 * 2 * 3 * e - 1000 * 2) * each,
              1e-9 * inductive_bias_bits(task));
}

TEST(InductiveBias, MovesAsItShould) {
  LearningTask task{.n = 5000, .dimension = 5, .radius = 1, .resolution = 0.1, .classes = 4};
  const double bits = inductive_bias_bits(task);
  task.dimension = 6;
  EXPECT_GT(inductive_bias_bits(task), 2 * bits);
  task.dimension = 5;
  task.n = 10000;
  EXPECT_LT(inductive_bias_bits(task), bits);
  task.n = 1e12;
  EXPECT_EQ(inductive_bias_bits(task), 0);
  task.n = 5000;
  task.error = 0.001;
  EXPECT_GT(inductive_bias_bits(task), bits);
  task.error = 0;
  EXPECT_ERROR(inductive_bias_bits(task), core::InvalidArgument, "error");
  EXPECT_ERROR(inductive_bias_bits(
                   {.n = 10, .dimension = 400, .radius = 1, .resolution = 1e-6, .classes = 2}),
               core::DataError, "1e308");
}

TEST(ClassResolution, SeparatedClasses) {
  // Two clusters, 10 apart, spread 0.01: no distance is far from 10.
  Matrix x = 0.01 * normals(400, 3, Key(9).split("x"));
  std::vector<std::int32_t> labels(400, 0);
  for (Index i = 0; i < 200; ++i) {
    x(i, 0) += 10;
    labels[static_cast<std::size_t>(i)] = 1;
  }
  double least = 1e9;
  for (Index i = 0; i < 200; ++i) {
    for (Index j = 200; j < 400; ++j) least = std::min(least, (x.row(i) - x.row(j)).norm());
  }
  EXPECT_NEAR(class_resolution(x, labels, Key(1), {.pairs = 40000, .tail = 100}), least, 0.01);
  EXPECT_ERROR(class_resolution(x, std::vector<std::int32_t>(400, 2), Key(1)), core::DataError,
               "two classes");
  EXPECT_ERROR(class_resolution(Matrix::Ones(400, 2), labels, Key(1)), core::DataError, "equal");
  EXPECT_ERROR(class_resolution(x, labels, Key(1), {.pairs = 100, .tail = 100}),
               core::InvalidArgument, "tail");
}

TEST(LearningTask, OfRows) {
  const Matrix x = uniforms(500, 2, Key(3));
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < 500; ++i) labels.push_back(x(i, 0) > 0.5 ? 5 : -5);
  const LearningTask task = learning_task(x, labels, 0.01, Key(1));
  EXPECT_EQ(task.dimension, 2);
  EXPECT_EQ(task.classes, 2);
  EXPECT_EQ(task.radius, x.rowwise().norm().maxCoeff());
  EXPECT_LT(task.resolution, 0.1);
}

// v = 2: 1 - exp(-x/2). Shifted normals: P(|z + a|^2 <= x) in one column.
TEST(ChiSquare, ClosedForms) {
  for (const double x : {1e-6, 0.1, 1.0, 5.0, 30.0}) {
    EXPECT_NEAR(log2_chi_square_below(x, 2, 0), std::log2(-std::expm1(-x / 2)), 1e-9);
    for (const double a : {0.5, 2.0, 6.0}) {
      const double r = std::sqrt(x);
      const double p =
          0.5 * (std::erfc((a - r) / std::sqrt(2.0)) - std::erfc((a + r) / std::sqrt(2.0)));
      if (p < 1e-12) continue;
      EXPECT_NEAR(log2_chi_square_below(x, 1, a * a), std::log2(p),
                  1e-6 * std::fabs(std::log2(p)) + 1e-8);
    }
  }
  // Far out, where nothing can be counted: x^(v/2) / (2^(v/2) Gamma(v/2 + 1)) for x -> 0.
  EXPECT_NEAR(log2_chi_square_below(1e-8, 40, 0),
              20 * std::log2(0.5e-8) - std::lgamma(21) / std::numbers::ln2, 1e-6);
  EXPECT_ERROR(log2_chi_square_below(0, 2, 0), core::InvalidArgument, "x > 0");
  EXPECT_ERROR(log2_chi_square_below(1, 1e6, 0), core::InvalidArgument, "100000");
}

TEST(SampledBias, ReadsTheTailOfItsOwnLaw) {
  for (const double shift : {0.0, 1.0}) {
    const Index v = 20;
    const Matrix z = normals(20000, v, Key(9).split("z")).array() + shift;
    std::vector<double> errors;
    for (Index i = 0; i < z.rows(); ++i) errors.push_back(0.3 * z.row(i).squaredNorm());
    const double l = shift * shift * static_cast<double>(v);
    for (const double at : {1.5, 3.0, 5.0}) {
      const double exact = -log2_chi_square_below(at / 0.3, static_cast<double>(v), l);
      const SampledBias found = sampled_bias(errors, at);
      EXPECT_NEAR(found.bits, exact, std::max(0.1, 0.1 * exact)) << shift << " " << at;
    }
    const SampledBias counted = sampled_bias(errors, 4.0);
    EXPECT_NEAR(counted.counted_bits, counted.bits, 0.3);
  }
  EXPECT_TRUE(std::isinf(sampled_bias(std::vector<double>{[] {
                                        std::vector<double> e(200, 1.0);
                                        for (std::size_t i = 0; i < 100; ++i) e[i] = 2;
                                        return e;
                                      }()},
                                      0.1)
                             .counted_bits));
}

TEST(SampledBias, RefusesWhatItCannotTake) {
  EXPECT_ERROR(sampled_bias(std::vector<double>(99, 1.0), 1), core::InvalidArgument, "99");
  EXPECT_ERROR(sampled_bias(std::vector<double>(100, 1.0), 1), core::DataError, "equal");
  std::vector<double> e(200, 1.0);
  e[7] = -1;
  EXPECT_ERROR(sampled_bias(e, 1), core::DataError, "-1");
  e[7] = std::nan("");
  EXPECT_ERROR(sampled_bias(e, 1), core::DataError, "nan");
  for (std::size_t i = 0; i < 200; ++i) e[i] = 1 + 1e-6 * static_cast<double>(i % 7);
  EXPECT_ERROR(sampled_bias(e, 1), core::DataError, "hardly vary");
}

TEST(LinearHypotheses, FitTheRowsAndSpreadAsTheyShould) {
  const Matrix train = normals(3, 7, Key(9).split("train"));
  const core::Vector truth = normals(7, 1, Key(9).split("truth")), y = train * truth;
  // On the training rows every hypothesis is right.
  for (const double e : linear_hypothesis_errors({train, y, train, y}, 50, Key(1))) {
    EXPECT_LT(e, 1e-24);
  }
  // Over all axes: mean of |w - w*|^2 is 4 directions of the null space, and the truth's part
  // there.
  const Matrix axes = Matrix::Identity(7, 7);
  const auto errors = linear_hypothesis_errors({train, y, axes, truth}, 20000, Key(2));
  double mean = 0;
  for (const double e : errors) mean += e * 7 / 20000;
  const Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> fit{Eigen::MatrixXd(train)};
  const double expected = 4 + (truth - fit.solve(y)).squaredNorm();
  EXPECT_NEAR(mean, expected, 4 * std::sqrt(2 * (2 * expected)) / std::sqrt(20000.0));
  const core::Vector one = core::Vector::Ones(1);
  EXPECT_ERROR(linear_hypothesis_errors({train, one, axes, truth}, 10, Key(1)),
               core::InvalidArgument, "got 3*7, 1");
  const Matrix twice = train.row(0).replicate(2, 1);
  EXPECT_ERROR(linear_hypothesis_errors({twice, y.head(2), axes, truth}, 10, Key(1)),
               core::DataError, "dependent");
}

}  // namespace
}  // namespace venturi::measure
