// Probes against normal equations, closed forms and a slow gradient descent.
#include "venturi/measure/probes.hpp"

#include <Eigen/LU>
#include <cmath>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/measure/discrete.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

TEST(LinearProbe, EqualsNormalEquations) {
  const Matrix x = normals(60, 3, Key(9).split("x")),
               y = normals(60, 2, Key(9).split("y")) + x.leftCols(2);
  Matrix with_ones(60, 4);
  with_ones << x, Matrix::Ones(60, 1);
  const Eigen::MatrixXd w =
      (with_ones.transpose() * with_ones).inverse() * with_ones.transpose() * y;
  const Matrix centred = y.rowwise() - y.colwise().mean();
  const double r2 = 1 - (y - with_ones * w).squaredNorm() / centred.squaredNorm();
  EXPECT_NEAR(linear_r2(x, y, 1, Key(1)), r2, 1e-12);
  EXPECT_LT(linear_r2(x, y, 5, Key(1)), r2);
}

// y = x + noise of variance v: R^2 -> 1/(1+v); nothing to tell: about 0, below it when
// cross-fitted.
TEST(LinearProbe, KnownValues) {
  const Matrix x = normals(20000, 1, Key(9).split("x"));
  const Matrix y = x + 0.5 * normals(20000, 1, Key(9).split("noise"));
  EXPECT_NEAR(linear_r2(x, y, 5, Key(1)), 0.8, 4 * 0.4 / std::sqrt(20000.0));
  EXPECT_NEAR(linear_r2(2 * x, y, 1, Key(1)), linear_r2(x, y, 1, Key(1)), 1e-12);
  const Matrix other = normals(300, 20, Key(9).split("other")),
               z = normals(300, 1, Key(9).split("z"));
  EXPECT_GT(linear_r2(other, z, 1, Key(1)), 0);
  EXPECT_LT(linear_r2(other, z, 5, Key(1)), 0);
}

TEST(LinearProbe, RepeatedColumnsAddNothing) {
  const Matrix x = normals(50, 2, Key(9).split("x")), y = normals(50, 1, Key(9).split("y"));
  Matrix twice(50, 5);
  twice << x, x, Matrix::Ones(50, 1);
  EXPECT_NEAR(linear_r2(twice, y, 1, Key(1)), linear_r2(x, y, 1, Key(1)), 1e-10);
  EXPECT_NEAR(linear_r2(Matrix::Ones(50, 1), y, 1, Key(1)), 0, 1e-12);
}

std::vector<std::int32_t> drawn_labels(const Matrix& x, Key key) {
  core::Random random(key);
  std::vector<std::int32_t> out;
  for (Index i = 0; i < x.rows(); ++i) {
    const double p = 1 / (1 + std::exp(-2 * x(i, 0)));
    out.push_back(random.uniform() < p ? 7 : -3);
  }
  return out;
}

// The loss of plain gradient descent on the two-class logistic regression.
double descended_bits(const Matrix& x, const std::vector<std::int32_t>& labels, bool balanced) {
  const Index n = x.rows(), d = x.cols();
  double high = 0;
  for (const auto l : labels) high += l == 7 ? 1.0 / static_cast<double>(n) : 0;
  core::Vector w = core::Vector::Zero(d + 1);
  double bits = 0;
  for (int step = 0; step < 20000; ++step) {
    core::Vector g = core::Vector::Zero(d + 1);
    bits = 0;
    for (Index i = 0; i < n; ++i) {
      const double score = x.row(i).dot(w.head(d)) + w[d];
      const double p = 1 / (1 + std::exp(-score));
      const double y = labels[i] == 7 ? 1 : 0;
      const double weight = balanced ? 0.5 / (y > 0 ? high : 1 - high) : 1;
      g.head(d) += weight * (p - y) * x.row(i).transpose() / static_cast<double>(n);
      g[d] += weight * (p - y) / static_cast<double>(n);
      bits -= std::log2(y > 0 ? p : 1 - p) / static_cast<double>(n);
    }
    w -= g;
  }
  return bits;
}

TEST(SoftmaxProbe, EqualsGradientDescent) {
  const Matrix x = normals(80, 2, Key(9).split("x"));
  std::vector<std::int32_t> labels = drawn_labels(x, Key(3));
  for (int i = 0; i < 20; ++i) labels[i] = 7;  // not balanced
  const SoftmaxProbe probe = softmax_probe(x, labels, 1, Key(1));
  EXPECT_NEAR(probe.cross_entropy_bits, descended_bits(x, labels, false), 1e-5);
  EXPECT_EQ(probe.label_entropy_bits, plug_in_entropy_bits(labels));
  EXPECT_NEAR(balanced_cross_entropy_bits(x, labels), descended_bits(x, labels, true), 1e-5);
}

TEST(SoftmaxProbe, ClosedFormOfALogisticLaw) {
  // I of y given x under the true model: 1 - E h(sigmoid(2 x)).
  const Matrix x = normals(20000, 1, Key(9).split("x"));
  const auto labels = drawn_labels(x, Key(4));
  double truth = 1;
  for (int i = -8000; i <= 8000; ++i) {
    const double at = i / 1000.0, p = 1 / (1 + std::exp(-2 * at));
    const double weight = std::exp(-at * at / 2) / std::sqrt(2 * M_PI) / 1000;
    truth += weight * (p * std::log2(p) + (1 - p) * std::log2(1 - p));
  }
  EXPECT_NEAR(softmax_probe(x, labels, 5, Key(1)).information_bits(), truth, 0.02);
  const auto shuffled = drawn_labels(normals(20000, 1, Key(9).split("other")), Key(5));
  EXPECT_NEAR(softmax_probe(x, shuffled, 5, Key(1)).information_bits(), 0, 0.001);
}

TEST(SoftmaxProbe, SeparableAndManyClasses) {
  Matrix x(90, 1);
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < 90; ++i) {
    x(i, 0) = static_cast<double>(i / 30) + 0.001 * static_cast<double>(i % 30);
    labels.push_back(static_cast<std::int32_t>(i / 30) - 1);
  }
  const SoftmaxProbe probe = softmax_probe(x, labels, 3, Key(1));
  EXPECT_EQ(probe.accuracy, 1);
  EXPECT_GT(probe.information_bits(), 0.95 * std::log2(3));
}

TEST(FeatureComplexity, CountsTheLayersThatHoldIt) {
  const Matrix z = normals(400, 1, Key(9).split("z"));
  const std::vector<Matrix> layers = {normals(400, 3, Key(9).split("a")),
                                      normals(400, 3, Key(9).split("b")), z};
  const std::vector<core::MatrixView> views(layers.begin(), layers.end());
  EXPECT_NEAR(feature_complexity(views, z, 5, Key(1)), 2.0 / 3, 0.02);
  EXPECT_NEAR(feature_complexity(std::span(views).last(1), z, 5, Key(1)), 0, 1e-12);
  EXPECT_ERROR(feature_complexity({}, z, 5, Key(1)), core::InvalidArgument, "layer");
}

TEST(VarianceExplained, SharesOfOrthogonalFeatures) {
  // Columns 3 a and b, a and b uncorrelated signs: 9 of 10 parts are a's.
  Matrix a(4, 1), b(4, 1), z(4, 2);
  a << 1, 1, -1, -1;
  b << 1, -1, 1, -1;
  z << 3 * a, b;
  EXPECT_NEAR(variance_explained(z, a), 0.9, 1e-12);
  EXPECT_NEAR(variance_explained(z, b), 0.1, 1e-12);
}

TEST(Probes, RefuseWhatTheyCannotTake) {
  const Matrix x = normals(20, 2, Key(9).split("x")), y = normals(20, 1, Key(9).split("y"));
  Matrix bad = x;
  bad(3, 1) = std::nan("");
  const std::vector<std::int32_t> ones(20, 1);
  std::vector<std::int32_t> lone = ones;
  lone[4] = 2;
  EXPECT_ERROR(linear_r2(bad, y, 5, Key(1)), core::DataError, "NaN");
  EXPECT_ERROR(linear_r2(x, bad, 5, Key(1)), core::DataError, "finite");
  EXPECT_ERROR(linear_r2(x, Matrix::Ones(20, 1), 5, Key(1)), core::DataError, "constant");
  EXPECT_ERROR(linear_r2(x, normals(19, 1, Key(9).split("y")), 5, Key(1)), core::InvalidArgument,
               "19");
  EXPECT_ERROR(linear_r2(x, y, 11, Key(1)), core::InvalidArgument, "folds");
  EXPECT_ERROR(linear_r2(Matrix(20, 0), y, 5, Key(1)), core::InvalidArgument, "20*0");
  EXPECT_ERROR(softmax_probe(x, ones, 5, Key(1)), core::DataError, "two classes");
  EXPECT_ERROR(softmax_probe(x, lone, 5, Key(1)), core::DataError, "missing");
}

}  // namespace
}  // namespace venturi::measure
