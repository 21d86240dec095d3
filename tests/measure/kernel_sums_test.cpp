#include "venturi/measure/kernel_sums.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/threads.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;

Matrix normals(Index n, Index d, core::Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (Index i = 0; i < out.size(); ++i) out(i) = random.normal();
  return out;
}

// k(rows of a, rows of b), in full.
Eigen::MatrixXd gram(const Matrix& a, const Matrix& b, double width) {
  Eigen::MatrixXd out(a.rows(), b.rows());
  for (Index i = 0; i < a.rows(); ++i) {
    for (Index j = 0; j < b.rows(); ++j) {
      out(i, j) = std::exp(-(a.row(i) - b.row(j)).squaredNorm() / (2 * width * width));
    }
  }
  return out;
}

struct KernelSums : ::testing::Test {
  static constexpr Index kN = 40;
  Matrix x = normals(kN, 2, core::Key(1));
  Matrix y = Matrix(x.col(0).array().square().matrix()) + 0.3 * normals(kN, 1, core::Key(2));
  Eigen::MatrixXd k = gram(x, x, 0.8), l = gram(y, y, 0.5);
  Kerneled of_x{x, 0.8}, of_y{y, 0.5};
};

TEST_F(KernelSums, HsicByMatrices) {
  const Eigen::MatrixXd h =
      Eigen::MatrixXd::Identity(kN, kN) - Eigen::MatrixXd::Constant(kN, kN, 1.0 / kN);
  const auto by_trace = [&](const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
    return (a * h * b * h).trace() / (kN * kN);
  };
  EXPECT_NEAR(hsic(of_x, of_y), by_trace(k, l), 1e-14);
  EXPECT_NEAR(kernel_cka(of_x, of_y), by_trace(k, l) / std::sqrt(by_trace(k, k) * by_trace(l, l)),
              1e-12);
  const Eigen::MatrixXd xx = x * x.transpose(), yy = y * y.transpose();
  EXPECT_NEAR(linear_cka(x, y), by_trace(xx, yy) / std::sqrt(by_trace(xx, xx) * by_trace(yy, yy)),
              1e-12);
}

// The U-statistic itself: over all distinct i, j, q, r of a small sample.
TEST_F(KernelSums, UnbiasedHsicByItsUStatistic) {
  constexpr Index kFew = 9;
  double sum = 0, count = 0;
  for (Index i = 0; i < kFew; ++i) {
    for (Index j = 0; j < kFew; ++j) {
      for (Index q = 0; q < kFew; ++q) {
        for (Index r = 0; r < kFew; ++r) {
          if (i == j || i == q || i == r || j == q || j == r || q == r) continue;
          sum += k(i, j) * (l(i, j) + l(q, r) - 2 * l(i, q));
          count += 1;
        }
      }
    }
  }
  const Matrix few_x = x.topRows(kFew), few_y = y.topRows(kFew);
  EXPECT_NEAR(hsic_unbiased({few_x, 0.8}, {few_y, 0.5}), sum / count, 1e-13);
}

TEST_F(KernelSums, CauchySchwarzByMatrices) {
  const auto information = [](const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
    const double n = kN;
    const Eigen::VectorXd one = Eigen::VectorXd::Ones(kN);
    return std::log((a * b).trace() / (n * n)) +
           std::log(one.dot(a * one) * one.dot(b * one) / std::pow(n, 4)) -
           2 * std::log(one.dot(a * b * one) / (n * n * n));
  };
  EXPECT_NEAR(cauchy_schwarz_information_nats(of_x, of_y), information(k, l), 1e-12);
  EXPECT_NEAR(normalised_cauchy_schwarz_information(of_x, of_y),
              information(k, l) / std::sqrt(information(k, k) * information(l, l)), 1e-11);
}

TEST_F(KernelSums, ConditionalDivergenceByItsSums) {
  const Matrix v = y + 0.4 * normals(kN, 1, core::Key(3));
  const Eigen::MatrixXd l2 = gram(v, v, 0.5), l21 = gram(v, y, 0.5);
  double a = 0, b = 0, c = 0;
  for (Index j = 0; j < kN; ++j) {
    const double total = k.row(j).sum();
    for (Index i = 0; i < kN; ++i) {
      a += k(j, i) * l(j, i) / (total * total);
      b += k(j, i) * l2(j, i) / (total * total);
      c += k(j, i) * l21(j, i) / (total * total);
    }
  }
  EXPECT_NEAR(conditional_cauchy_schwarz_nats(of_x, of_y, v),
              std::log(a) + std::log(b) - 2 * std::log(c), 1e-12);
  EXPECT_NEAR(conditional_cauchy_schwarz_nats(of_x, of_y, y), 0, 1e-14);
}

TEST_F(KernelSums, LawsOfDependence) {
  EXPECT_NEAR(kernel_cka(of_x, of_x), 1, 1e-12);
  EXPECT_NEAR(linear_cka(x, x * 3), 1, 1e-12);
  Eigen::Matrix2d turn;
  turn << std::cos(1.0), -std::sin(1.0), std::sin(1.0), std::cos(1.0);
  EXPECT_NEAR(linear_cka((x * turn).eval(), y), linear_cka(x, y), 1e-12);
  // One value says nothing: K is all ones.
  const Matrix flat = Matrix::Ones(kN, 1);
  EXPECT_NEAR(hsic(of_x, {flat, 1}), 0, 1e-15);
  EXPECT_NEAR(cauchy_schwarz_information_nats(of_x, {flat, 1}), 0, 1e-13);
  // Independent draws: the unbiased form scatters around 0, the biased one is above it.
  double mean = 0, square = 0, biased_mean = 0;
  constexpr int kRuns = 300;
  for (int run = 0; run < kRuns; ++run) {
    const Matrix a = normals(20, 1, core::Key(run).split("a"));
    const Matrix b = normals(20, 1, core::Key(run).split("b"));
    const double u = hsic_unbiased({a, 1}, {b, 1});
    mean += u / kRuns;
    square += u * u / kRuns;
    biased_mean += hsic({a, 1}, {b, 1}) / kRuns;
  }
  EXPECT_NEAR(mean, 0, 4 * std::sqrt(square / kRuns));
  EXPECT_GT(biased_mean, 10 * std::sqrt(square / kRuns));
}

// Dependence through Parzen densities of normal data, in closed form: the joint density is normal
// with covariance C + s^2 I, and for normal p, q: int p q = N(m_p - m_q; 0, S_p + S_q).
TEST(CauchySchwarz, NormalDataInClosedForm) {
  constexpr Index kN = 4000;
  constexpr double kRho = 0.8, kWidth = 0.5;
  const Matrix x = normals(kN, 1, core::Key(1));
  const Matrix y = kRho * x + std::sqrt(1 - kRho * kRho) * normals(kN, 1, core::Key(2));
  // The width s is that of the kernel between two samples: each density has variance s^2 / 2.
  const double v = 1 + kWidth * kWidth / 2;
  const double joint = v * v - kRho * kRho;      // det of the joint density
  const double cross = v * v - kRho * kRho / 4;  // det of the mean of joint and product
  // int p^2 ~ 1/(2 sqrt joint), int q^2 ~ 1/(2v), int pq ~ 1/(2 sqrt cross)
  const double truth = std::log(cross / (v * std::sqrt(joint)));
  EXPECT_NEAR(cauchy_schwarz_information_nats({x, kWidth}, {y, kWidth}), truth, 0.02);
  EXPECT_GT(truth, 0.15);
}

TEST_F(KernelSums, SameForAnyThreads) {
  const int before = core::threads();
  core::set_threads(1);
  const double one = cauchy_schwarz_information_nats(of_x, of_y);
  core::set_threads(3);
  EXPECT_EQ(cauchy_schwarz_information_nats(of_x, of_y), one);
  core::set_threads(before);
}

TEST_F(KernelSums, Errors) {
  const Matrix short_y = y.topRows(39), flat = Matrix::Ones(kN, 1);
  Matrix nan = y;
  nan(3) = std::nan("");
  for (const auto of : {hsic, hsic_unbiased, kernel_cka, cauchy_schwarz_information_nats,
                        normalised_cauchy_schwarz_information}) {
    EXPECT_ERROR(of(of_x, {short_y, 1}), core::InvalidArgument, "40 rows of y, got 39");
    EXPECT_ERROR(of(of_x, {y, 0}), core::InvalidArgument, "width above 0, got 0");
    EXPECT_ERROR(of(of_x, {nan, 1}), core::DataError, "NaN");
  }
  EXPECT_ERROR(hsic_unbiased({x.topRows(3), 1}, {y.topRows(3), 1}), core::InvalidArgument,
               "n >= 4");
  EXPECT_ERROR(kernel_cka(of_x, {flat, 1}), core::DataError, "y has no spread");
  EXPECT_ERROR(normalised_cauchy_schwarz_information({flat, 1}, of_y), core::DataError,
               "x has no spread");
  EXPECT_ERROR(linear_cka(x, flat), core::DataError, "y is constant");
  EXPECT_ERROR(linear_cka(x, short_y), core::InvalidArgument, "got 39");
  EXPECT_ERROR(conditional_cauchy_schwarz_nats(of_x, of_y, x), core::InvalidArgument, "got 40*2");
  EXPECT_ERROR(conditional_cauchy_schwarz_nats(of_x, of_y, (y.array() + 1e6).matrix()),
               core::DataError, "too small");
}

}  // namespace
}  // namespace venturi::measure
