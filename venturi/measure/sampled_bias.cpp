#include "venturi/measure/sampled_bias.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "venturi/core/error.hpp"

namespace venturi::measure {
namespace {

using core::Index;

constexpr double kMostFreedom = 1e5;  // more takes minutes

// ln of the regularised lower incomplete gamma function P(a, x).
double log_gamma_below(double a, double x) {
  const double front = a * std::log(x) - x - std::lgamma(a);
  if (x < a + 1) {  // x^a e^-x / Gamma(a) * sum_i x^i / (a (a+1) .. (a+i))
    double term = 1 / a, sum = term;
    for (double i = 1; term > sum * 1e-17; ++i) {
      term *= x / (a + i);
      sum += term;
    }
    return front + std::log(sum);
  }
  // 1 - Q, Q by Lentz's continued fraction.
  double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (double i = 1; i < 1e6; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (std::fabs(d * c - 1) < 1e-16) break;
  }
  return std::log1p(-std::exp(front + std::log(h)));
}

}  // namespace

double log2_chi_square_below(double x, double freedom, double noncentrality) {
  if (!(x > 0 && freedom > 0 && noncentrality >= 0 && freedom + noncentrality <= kMostFreedom) ||
      !std::isfinite(x)) {
    core::fail_argument("measure.log2_chi_square_below",
                        "expected x > 0, freedom > 0, noncentrality >= 0, at most {} together, got "
                        "{}, {}, {}",
                        kMostFreedom, x, freedom, noncentrality);
  }
  // Poisson(l/2) many pairs of degrees more: the mixture's terms rise to one top, then fall.
  const double half = noncentrality / 2;
  if (half == 0) return log_gamma_below(freedom / 2, x / 2) / std::numbers::ln2;
  double top = -std::numeric_limits<double>::infinity(), sum = 0;
  for (double j = 0;; ++j) {
    const double term =
        -half + j * std::log(half) - std::lgamma(j + 1) + log_gamma_below(freedom / 2 + j, x / 2);
    if (term > top) {
      sum = sum * std::exp(top - term) + 1;
      top = term;
    } else {
      sum += std::exp(term - top);
    }
    if (term < top - 45) break;
  }
  return (top + std::log(sum)) / std::numbers::ln2;
}

SampledBias sampled_bias(std::span<const double> errors, double eps) {
  constexpr const char* kWhere = "measure.sampled_bias";
  if (errors.size() < 100 || !(eps > 0) || !std::isfinite(eps)) {
    core::fail_argument(kWhere, "expected 100 errors or more and eps > 0, got {} and {}",
                        errors.size(), eps);
  }
  const auto n = static_cast<double>(errors.size());
  double mean = 0, count = 0;
  for (const double e : errors) {
    if (!(e >= 0) || !std::isfinite(e))
      core::fail_data(kWhere, "expected errors >= 0, found {}", e);
    mean += e / n;
    count += e <= eps ? 1 : 0;
  }
  double second = 0, third = 0;
  for (const double e : errors) {
    second += (e - mean) * (e - mean) / n;
    third += (e - mean) * (e - mean) * (e - mean) / n;
  }
  if (!(second > 1e-24 * mean * mean)) core::fail_data(kWhere, "all errors are equal");
  // a = s (v + l), b = s^2 (v + 2 l), c = s^3 (v + 3 l): a s^2 - 2 b s + c = 0.
  const double a = mean, b = second / 2, c = third / 8;
  const double root = std::sqrt(std::max(0.0, b * b - a * c));
  SampledBias out;
  // s in (b/2a, b/a]: above l < 0, below v <= 0.
  out.scale = std::clamp((b - root) / a, 0.5 * b / a * (1 + 1e-3), b / a);
  out.noncentrality = std::max(0.0, (b / out.scale - a) / out.scale);
  out.freedom = (2 * a - b / out.scale) / out.scale;
  if (out.freedom + out.noncentrality > kMostFreedom) {
    core::fail_data(kWhere, "the errors, {} on average, hardly vary: deviation {}", mean,
                    std::sqrt(second));
  }
  out.bits = -log2_chi_square_below(eps / out.scale, out.freedom, out.noncentrality);
  out.counted_bits = count > 0 ? std::log2(n / count) : std::numeric_limits<double>::infinity();
  return out;
}

std::vector<double> linear_hypothesis_errors(const LinearTask& task, int draws, core::Key key) {
  constexpr const char* kWhere = "measure.linear_hypothesis_errors";
  const Index n = task.train.rows(), d = task.train.cols(), m = task.test.rows();
  if (n < 1 || n > d || m < 1 || task.test.cols() != d || task.y.size() != n ||
      task.answers.size() != m || draws < 1) {
    core::fail_argument(kWhere,
                        "expected train (n*d, n <= d), y (n), test (m*d), answers (m), draws >= 1, "
                        "got {}*{}, {}, {}*{}, {}, {}",
                        n, d, task.y.size(), m, task.test.cols(), task.answers.size(), draws);
  }
  if (!task.train.allFinite() || !task.y.allFinite() || !task.test.allFinite() ||
      !task.answers.allFinite()) {
    core::fail_data(kWhere, "expected finite values");
  }
  const Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> fit(Eigen::MatrixXd(task.train));
  if (fit.rank() < n) core::fail_data(kWhere, "the {} training rows are dependent", n);
  const core::Vector least = fit.solve(task.y);
  std::vector<double> out;
  for (int s = 0; s < draws; ++s) {
    core::Random random(key.split(static_cast<std::uint64_t>(s)));
    core::Vector w(d);
    for (double& v : w) v = random.normal();
    w -= fit.solve(task.train * w);
    w += least;
    out.push_back((task.test * w - task.answers).squaredNorm() / static_cast<double>(m));
  }
  return out;
}

}  // namespace venturi::measure
