// venturi/couple/capacity.cpp
#include "venturi/couple/capacity.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "venturi/core/record.hpp"

namespace venturi::couple {
namespace {

// One slope, from the output law `q` (z), which is left at what was reached.
RateDistortion trace_point(const Vector& p, const Matrix& distortion, double slope, Vector& q,
                           const BlahutOptions& options) {
  const double end = core::now_seconds() + options.time_limit_s;
  // exp2(-slope d), with each row's least distortion taken out so that no row underflows whole.
  const Vector least = distortion.rowwise().minCoeff();
  const Matrix kernel =
      ((distortion.colwise() - least) * (-slope * std::numbers::ln2)).array().exp();
  RateDistortion out;
  Vector inverse;
  for (;;) {
    inverse = (kernel * q).cwiseInverse();
    // c_z = sum_x p(x) kernel / (kernel q): the factor by which q(z) changes; <= 1 at the optimum.
    const Vector factor = kernel.transpose() * p.cwiseProduct(inverse);
    ++out.sweeps;
    double upper = 0;
    for (Index z = 0; z < q.size(); ++z) {
      if (q[z] > 0) upper -= q[z] * factor[z] * std::log2(factor[z]);
    }
    const double gap = std::log2(factor.maxCoeff()) + upper;
    out.converged = gap <= options.tolerance;
    if (out.converged || out.sweeps >= options.sweep_limit || core::now_seconds() > end) break;
    q = q.cwiseProduct(factor);
    q /= q.sum();
  }
  out.channel = inverse.asDiagonal() * kernel * q.asDiagonal();
  out.output = out.channel.transpose() * p;
  const Matrix joint = p.asDiagonal() * out.channel;
  const double distorted = joint.cwiseProduct(distortion).sum();
  out.point = {core::Bits(mutual_information_bits(joint)), distorted, "distortion"};
  // Blahut 1972, theorem 5: R(D) >= -slope D + sum_x p log2(1 / (kernel q)) - log2 max_z c_z.
  const Vector factor = kernel.transpose() * p.cwiseProduct(inverse);
  const double value =
      p.dot((inverse.array().log2()).matrix()) + slope * p.dot(least) - slope * distorted;
  out.lower_bits = std::max(value - std::log2(factor.maxCoeff()), 0.0);
  return out;
}

void check_distortion(const Vector& p, const MatrixView& distortion,
                      const std::vector<double>& slopes, std::string_view where) {
  if (distortion.rows() != p.size() || distortion.cols() == 0) {
    core::fail_argument(where, "expected distortions (x*z) of {} rows, got {}*{}", p.size(),
                        distortion.rows(), distortion.cols());
  }
  if (!distortion.allFinite() || distortion.minCoeff() < 0) {
    core::fail_data(where, "expected finite distortions >= 0");
  }
  for (const double slope : slopes) {
    if (!(slope >= 0) || std::isinf(slope)) {
      core::fail_argument(where, "expected finite slopes >= 0, got {}", slope);
    }
  }
}

}  // namespace

Capacity channel_capacity(const MatrixView& channel, const BlahutOptions& options) {
  constexpr std::string_view kWhere = "couple.channel_capacity";
  core::check_options(options, kWhere);
  if (channel.size() == 0) core::fail_argument(kWhere, "expected a channel (x*y), got none");
  Matrix rows(channel.rows(), channel.cols());
  for (Index x = 0; x < rows.rows(); ++x) {
    const Vector row = channel.row(x);
    rows.row(x) = checked_distribution(row, kWhere);
  }
  Vector negative_entropy(rows.rows());  // bits
  for (Index x = 0; x < rows.rows(); ++x) {
    const Vector row = rows.row(x);
    negative_entropy[x] = -entropy_bits(row);
  }
  const double end = core::now_seconds() + options.time_limit_s;
  Capacity out;
  out.input = Vector::Constant(rows.rows(), 1.0 / static_cast<double>(rows.rows()));
  for (;;) {
    const Vector output = rows.transpose() * out.input;
    const Vector logs = output.cwiseMax(1e-300).array().log2();
    const Vector divergence = negative_entropy - rows * logs;  // KL(p(y|x) || p(y)), bits
    ++out.sweeps;
    out.bits = std::max(out.input.dot(divergence), 0.0);
    out.upper_bits = std::max(divergence.maxCoeff(), out.bits);
    out.converged = out.upper_bits - out.bits <= options.tolerance;
    if (out.converged || out.sweeps >= options.sweep_limit || core::now_seconds() > end) break;
    const Vector grown = ((divergence.array() - divergence.maxCoeff()) * std::numbers::ln2).exp();
    out.input = out.input.cwiseProduct(grown);
    out.input /= out.input.sum();
  }
  return out;
}

RateDistortion rate_distortion(const VectorView& px, const MatrixView& distortion, double slope,
                               const BlahutOptions& options) {
  return rate_distortion_curve(px, distortion, {slope}, options).front();
}

std::vector<RateDistortion> rate_distortion_curve(const VectorView& px,
                                                  const MatrixView& distortion,
                                                  const std::vector<double>& slopes,
                                                  const BlahutOptions& options) {
  constexpr std::string_view kWhere = "couple.rate_distortion";
  core::check_options(options, kWhere);
  const Vector p = checked_distribution(px, kWhere);
  check_distortion(p, distortion, slopes, kWhere);
  const Matrix whole = distortion;
  const auto count = static_cast<double>(whole.cols());
  Vector q = Vector::Constant(whole.cols(), 1 / count);
  std::vector<RateDistortion> out;
  for (const double slope : slopes) {
    out.push_back(trace_point(p, whole, slope, q, options));
    // A little of the uniform law lets letters come back that the last slope had no use for.
    q = 0.99 * q + Vector::Constant(q.size(), 0.01 / count);
  }
  return out;
}

}  // namespace venturi::couple
