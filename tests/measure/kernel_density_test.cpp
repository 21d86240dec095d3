#include "venturi/measure/kernel_density.hpp"

#include <cmath>
#include <numbers>
#include <vector>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/threads.hpp"
#include "venturi/measure/pairwise.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::Vector;

Matrix normals(Index n, Index d, core::Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (Index i = 0; i < out.size(); ++i) out(i) = random.normal();
  return out;
}

Matrix side_by_side(const Matrix& x, const Matrix& y) {
  Matrix out(x.rows(), x.cols() + y.cols());
  out << x, y;
  return out;
}

// p_-i(x_i) as the definition has it; factor[j] widens sample j.
std::vector<double> slow_densities(const Matrix& x, const Vector& widths,
                                   const std::vector<double>& factor) {
  std::vector<double> out;
  for (Index i = 0; i < x.rows(); ++i) {
    double sum = 0;
    for (Index j = 0; j < x.rows(); ++j) {
      if (i == j) continue;
      double product = 1;
      for (Index c = 0; c < x.cols(); ++c) {
        const double s = widths[c] * factor[j], u = (x(i, c) - x(j, c)) / s;
        product *= std::exp(-0.5 * u * u) / (s * std::sqrt(2 * std::numbers::pi));
      }
      sum += product;
    }
    out.push_back(sum / static_cast<double>(x.rows() - 1));
  }
  return out;
}

double slow_entropy(const Matrix& x, const Vector& widths, bool adaptive) {
  const auto n = static_cast<double>(x.rows());
  std::vector<double> p = slow_densities(x, widths, std::vector<double>(x.rows(), 1.0));
  const auto mean_log = [&] {
    double sum = 0;
    for (const double v : p) sum += std::log(v) / n;
    return sum;
  };
  if (adaptive) {
    const double g = std::exp(mean_log());
    std::vector<double> factor;
    factor.reserve(p.size());
    for (const double v : p) factor.push_back(1 / std::sqrt(v / g));
    p = slow_densities(x, widths, factor);
  }
  return -mean_log();
}

TEST(KernelDensity, EqualsTheDefinition) {
  const Matrix x = normals(80, 2, core::Key(1));
  Matrix y = 3 * normals(80, 1, core::Key(2));
  y += 2 * x.col(0);
  const Matrix both = side_by_side(x, y);
  const Vector w = silverman_widths(both);
  EXPECT_NEAR(density_entropy_nats(both, w), slow_entropy(both, w, false), 1e-12);
  EXPECT_NEAR(adaptive_density_entropy_nats(both, w), slow_entropy(both, w, true), 1e-12);
  const auto information = [&](bool adaptive) {
    return slow_entropy(x, w.head(2), adaptive) + slow_entropy(y, w.tail(1), adaptive) -
           slow_entropy(both, w, adaptive);
  };
  EXPECT_NEAR(density_information_nats(x, y, w), information(false), 1e-12);
  EXPECT_NEAR(adaptive_density_information_nats(x, y, w), information(true), 1e-12);
}

TEST(KernelDensity, NormalData) {
  const Matrix x = normals(3000, 1, core::Key(1));
  const Matrix y = 0.75 * x + std::sqrt(0.4375) * normals(3000, 1, core::Key(2));
  const double h = 0.5 * std::log(2 * std::numbers::pi * std::numbers::e);
  EXPECT_NEAR(density_entropy_nats(x, silverman_widths(x)), h, 0.04);
  EXPECT_NEAR(adaptive_density_entropy_nats(x, silverman_widths(x)), h, 0.04);
  const Vector w = silverman_widths(side_by_side(x, y));
  EXPECT_NEAR(density_information_nats(x, y, w), -0.5 * std::log(0.4375), 0.05);
  EXPECT_NEAR(adaptive_density_information_nats(x, y, w), -0.5 * std::log(0.4375), 0.05);
  // Entropy shifts by the log of a scale.
  EXPECT_NEAR(density_entropy_nats(10 * x, silverman_widths(10 * x)) -
                  density_entropy_nats(x, silverman_widths(x)),
              std::log(10.0), 1e-12);
}

// A tight peak with a long tail is what local widths are for: the entropy of a log-normal law is
// that of its logarithm plus the logarithm's mean, 0.
TEST(KernelDensity, AdaptiveWidthsFollowTheTail) {
  const Matrix x = normals(3000, 1, core::Key(4)).array().exp();
  const double truth = 0.5 * std::log(2 * std::numbers::pi * std::numbers::e);
  const double plain = density_entropy_nats(x, silverman_widths(x)) - truth;
  const double adaptive = adaptive_density_entropy_nats(x, silverman_widths(x)) - truth;
  EXPECT_GT(plain, 0.1);
  EXPECT_LT(std::fabs(adaptive), 0.5 * plain) << plain;
}

double slow_rate(const Matrix& t, double scale) {
  double sum = 0;
  for (Index i = 0; i < t.rows(); ++i) {
    double inside = 0;
    for (Index j = 0; j < t.rows(); ++j) {
      inside += std::exp(-(t.row(i) - t.row(j)).squaredNorm() / scale);
    }
    sum -= std::log(inside / static_cast<double>(t.rows()));
  }
  return sum / static_cast<double>(t.rows());
}

TEST(MixtureBounds, EqualTheDefinitionAndHoldTheTruth) {
  const Matrix t = normals(60, 3, core::Key(5));
  const MixtureBounds b = noisy_rate_bounds_nats(t, 0.2);
  EXPECT_NEAR(b.lower, slow_rate(t, 8 * 0.2), 1e-12);
  EXPECT_NEAR(b.upper, slow_rate(t, 2 * 0.2), 1e-12);
  const double noise = 1.5 * std::log(2 * std::numbers::pi * std::numbers::e * 0.2);
  EXPECT_NEAR(noisy_entropy_bounds_nats(t, 0.2).upper, b.upper + noise, 1e-12);

  // Two points at distance 2a: I = log 2 - E log(1 + exp(-2a(a + z)/v)), by a sum over z.
  for (const double v : {0.1, 1.0, 10.0}) {
    const Matrix two = (Matrix(2, 1) << -1, 1).finished();
    double truth = std::log(2.0);
    for (double u = -12; u < 12; u += 1e-3) {
      const double z = std::sqrt(v) * u;
      truth -= 1e-3 * std::exp(-0.5 * u * u) / std::sqrt(2 * std::numbers::pi) *
               std::log1p(std::exp(-2 * (1 + z) / v));
    }
    const MixtureBounds of = noisy_rate_bounds_nats(two, v);
    EXPECT_LE(of.lower, truth + 1e-9);
    EXPECT_GE(of.upper, truth - 1e-9);
  }
  // Far apart: log n exactly. All equal, or one: 0.
  const MixtureBounds far = noisy_rate_bounds_nats(1e6 * t, 1);
  EXPECT_DOUBLE_EQ(far.lower, std::log(60.0));
  EXPECT_DOUBLE_EQ(far.upper, std::log(60.0));
  EXPECT_NEAR(noisy_rate_bounds_nats(Matrix::Ones(7, 2), 1).upper, 0, 1e-15);
  EXPECT_EQ(noisy_rate_bounds_nats(Matrix::Ones(1, 2), 1).upper, 0);
}

TEST(KernelDensity, SameForAnyThreads) {
  const Matrix x = normals(500, 2, core::Key(1)), y = normals(500, 1, core::Key(2));
  const Vector w = silverman_widths(side_by_side(x, y));
  const int before = core::threads();
  core::set_threads(1);
  const double one = adaptive_density_information_nats(x, y, w);
  const double bound = noisy_rate_bounds_nats(x, 0.1).upper;
  core::set_threads(3);
  EXPECT_EQ(adaptive_density_information_nats(x, y, w), one);
  EXPECT_EQ(noisy_rate_bounds_nats(x, 0.1).upper, bound);
  core::set_threads(before);
}

TEST(KernelDensity, Errors) {
  Matrix x = normals(10, 2, core::Key(1));
  const Matrix y = normals(9, 1, core::Key(2));
  const Vector w = Vector::Ones(2), w3 = Vector::Ones(3);
  EXPECT_ERROR(density_entropy_nats(x.topRows(1), w), core::InvalidArgument, "got 1*2");
  EXPECT_ERROR(density_entropy_nats(x, w3), core::InvalidArgument, "expected 2 widths, got 3");
  EXPECT_ERROR(density_entropy_nats(x, Vector::Zero(2)), core::InvalidArgument, "above 0, got 0");
  EXPECT_ERROR(density_information_nats(x, y, w3), core::InvalidArgument, "10 rows of y, got 9");
  EXPECT_ERROR(noisy_rate_bounds_nats(x, 0), core::InvalidArgument, "variance above 0");
  EXPECT_ERROR(noisy_rate_bounds_nats(Matrix(0, 1), 1), core::InvalidArgument, "got 0*1");
  Matrix far = x;
  far(3, 0) = 1e300;
  EXPECT_ERROR(density_entropy_nats(far, w), core::DataError, "row 3 is too far");
  x(4, 1) = std::nan("");
  EXPECT_ERROR(adaptive_density_entropy_nats(x, w), core::DataError, "NaN");
  EXPECT_ERROR(noisy_rate_bounds_nats(x, 1), core::DataError, "NaN");
}

}  // namespace
}  // namespace venturi::measure
