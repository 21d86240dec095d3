#include "venturi/measure/kernel_density.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/pairwise.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::MatrixView;
using core::Vector;

double log_sum_exp(std::span<const double> values) {
  const double top = *std::max_element(values.begin(), values.end());
  if (!std::isfinite(top)) return top;
  double sum = 0;
  for (const double v : values) sum += std::exp(v - top);
  return top + std::log(sum);
}

void require_widths(const Vector& widths, Index columns, const char* where) {
  if (widths.size() != columns) {
    core::fail_argument(where, "expected {} widths, got {}", columns, widths.size());
  }
  for (const double w : widths) require_width(w, where);
}

core::Matrix in_widths(const MatrixView& x, const Vector& widths) {
  return x.array().rowwise() / widths.transpose().array();
}

// log p_-i(x_i) of rows in units of their widths, less the log of the widths' product. Sample j
// has the width factor exp(log_factor[j]); an empty list stands for 1 everywhere.
std::vector<double> log_densities(const MatrixView& scaled, std::span<const double> log_factor,
                                  const char* where) {
  const Rows rows(scaled);
  const Index n = rows.size();
  const auto d = static_cast<double>(rows.dimension());
  const double constant =
      -0.5 * d * std::log(2 * std::numbers::pi) - std::log(static_cast<double>(n - 1));
  std::vector<double> precision(log_factor.size()), out(n);
  for (std::size_t j = 0; j < precision.size(); ++j) precision[j] = std::exp(-2 * log_factor[j]);
#pragma omp parallel
  {
    std::vector<double> terms(n);
#pragma omp for schedule(static)
    for (Index i = 0; i < n; ++i) {
      rows.squared_distances(rows, i, terms);
      for (Index j = 0; j < n; ++j) {
        terms[j] = precision.empty() ? -0.5 * terms[j]
                                     : -0.5 * terms[j] * precision[j] - d * log_factor[j];
      }
      terms[i] = -std::numeric_limits<double>::infinity();  // leave one out
      out[i] = constant + log_sum_exp(terms);
    }
  }
  for (Index i = 0; i < n; ++i) {
    if (!std::isfinite(out[i])) {
      core::fail_data(where, "row {} is too far from all others: its density is 0", i);
    }
  }
  return out;
}

std::vector<double> adaptive_log_densities(const MatrixView& scaled, const char* where) {
  std::vector<double> factors = log_densities(scaled, {}, where);
  const double centre = mean_of(factors);
  for (double& f : factors) f = -0.5 * (f - centre);
  return log_densities(scaled, factors, where);
}

std::vector<double> densities(const MatrixView& scaled, bool adaptive, const char* where) {
  return adaptive ? adaptive_log_densities(scaled, where) : log_densities(scaled, {}, where);
}

double entropy_nats(const MatrixView& x, const Vector& widths, bool adaptive, const char* where) {
  require_rows(x, 2, where);
  require_widths(widths, x.cols(), where);
  return widths.array().log().sum() - mean_of(densities(in_widths(x, widths), adaptive, where));
}

// The widths' products cancel between the joint law and the margins.
double information_nats(const MatrixView& x, const MatrixView& y, const Vector& widths,
                        bool adaptive, const char* where) {
  require_rows(x, 2, where);
  require_rows(y, 2, where);
  if (x.rows() != y.rows()) {
    core::fail_argument(where, "expected {} rows of y, got {}", x.rows(), y.rows());
  }
  require_widths(widths, x.cols() + y.cols(), where);
  core::Matrix joint(x.rows(), x.cols() + y.cols());
  joint << in_widths(x, widths.head(x.cols())), in_widths(y, widths.tail(y.cols()));
  const auto both = densities(joint, adaptive, where);
  const auto of_x = densities(joint.leftCols(x.cols()), adaptive, where);
  const auto of_y = densities(joint.rightCols(y.cols()), adaptive, where);
  return mean_of(both) - mean_of(of_x) - mean_of(of_y);
}

// -1/n sum_i log 1/n sum_j exp(-factor |t_i - t_j|^2), for two factors at once.
MixtureBounds pairwise_rates(const MatrixView& t, double variance) {
  const Rows rows(t);
  const Index n = rows.size();
  std::vector<double> lower(n), upper(n);
#pragma omp parallel
  {
    std::vector<double> squares(n), terms(n);
#pragma omp for schedule(static)
    for (Index i = 0; i < n; ++i) {
      rows.squared_distances(rows, i, squares);
      const auto rate = [&](double factor) {
        for (Index j = 0; j < n; ++j) terms[j] = -squares[j] * factor / variance;
        return std::log(static_cast<double>(n)) - log_sum_exp(terms);
      };
      lower[i] = rate(0.125);
      upper[i] = rate(0.5);
    }
  }
  return {mean_of(lower), mean_of(upper)};
}

}  // namespace

double density_entropy_nats(const MatrixView& x, const Vector& widths) {
  return entropy_nats(x, widths, false, "measure.density_entropy_nats");
}

double adaptive_density_entropy_nats(const MatrixView& x, const Vector& widths) {
  return entropy_nats(x, widths, true, "measure.adaptive_density_entropy_nats");
}

double density_information_nats(const MatrixView& x, const MatrixView& y, const Vector& widths) {
  return information_nats(x, y, widths, false, "measure.density_information_nats");
}

double adaptive_density_information_nats(const MatrixView& x, const MatrixView& y,
                                         const Vector& widths) {
  return information_nats(x, y, widths, true, "measure.adaptive_density_information_nats");
}

MixtureBounds noisy_rate_bounds_nats(const MatrixView& t, double variance) {
  constexpr const char* kWhere = "measure.noisy_rate_bounds_nats";
  require_rows(t, 1, kWhere);
  if (!(variance > 0) || !std::isfinite(variance)) {
    core::fail_argument(kWhere, "expected a finite variance above 0, got {}", variance);
  }
  return pairwise_rates(t, variance);
}

MixtureBounds noisy_entropy_bounds_nats(const MatrixView& t, double variance) {
  const MixtureBounds rate = noisy_rate_bounds_nats(t, variance);
  const double noise = 0.5 * static_cast<double>(t.cols()) *
                       std::log(2 * std::numbers::pi * std::numbers::e * variance);
  return {rate.lower + noise, rate.upper + noise};
}

}  // namespace venturi::measure
