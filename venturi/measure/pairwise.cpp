#include "venturi/measure/pairwise.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::measure {

using core::Index;
using core::MatrixView;

void require_memory(double bytes, std::uint64_t memory_limit, const char* where) {
  if (bytes > static_cast<double>(memory_limit)) {
    core::fail_argument(where, "this needs {:.0f} bytes ({:.2f} GiB), memory_limit is {} bytes",
                        bytes, bytes / (1 << 30), memory_limit);
  }
}

void require_rows(const MatrixView& x, Index least, const char* where) {
  if (x.rows() < least || x.cols() < 1) {
    core::fail_argument(where, "expected n*d with n >= {} and d >= 1, got {}*{}", least, x.rows(),
                        x.cols());
  }
  if (!x.allFinite()) core::fail_data(where, "expected finite values, found NaN or infinity");
}

void require_width(double width, const char* where) {
  if (!(width > 0) || !std::isfinite(width)) {
    core::fail_argument(where, "expected a finite width above 0, got {}", width);
  }
}

void Rows::squared_distances(const Rows& other, Index i, std::span<double> out) const {
  std::fill(out.begin(), out.end(), 0.0);
  for (Index c = 0; c < dimension(); ++c) {
    const double* x = columns_.row(c).data();
    const double y = other.at(i, c);
    for (std::size_t j = 0; j < out.size(); ++j) out[j] += (x[j] - y) * (x[j] - y);
  }
}

void Rows::kernel(const Rows& other, Index i, double width, std::span<double> out) const {
  squared_distances(other, i, out);
  const double factor = -0.5 / (width * width);
  for (double& v : out) v = std::exp(factor * v);
}

double median_width(const MatrixView& x, std::uint64_t memory_limit) {
  constexpr const char* kWhere = "measure.median_width";
  require_rows(x, 2, kWhere);
  const Index n = x.rows();
  const auto pairs = static_cast<std::size_t>(n) * static_cast<std::size_t>(n - 1) / 2;
  require_memory(8.0 * static_cast<double>(n) * static_cast<double>(n - 1) / 2, memory_limit,
                 kWhere);
  const Rows rows(x);
  std::vector<double> squares(pairs);
#pragma omp parallel
  {
    std::vector<double> all(n);
#pragma omp for schedule(static)
    for (Index i = 1; i < n; ++i) {
      rows.squared_distances(rows, i, all);
      std::copy_n(all.begin(), i, squares.begin() + i * (i - 1) / 2);
    }
  }
  const auto middle = squares.begin() + static_cast<std::ptrdiff_t>(pairs / 2);
  std::nth_element(squares.begin(), middle, squares.end());
  double median = std::sqrt(*middle);
  if (pairs % 2 == 0) {
    median = 0.5 * (median + std::sqrt(*std::max_element(squares.begin(), middle)));
  }
  if (!(median > 0)) {
    core::fail_data(kWhere, "the median distance is 0, as most rows are equal: give a width");
  }
  return median;
}

core::Vector silverman_widths(const MatrixView& x) {
  constexpr const char* kWhere = "measure.silverman_widths";
  require_rows(x, 2, kWhere);
  const auto n = static_cast<double>(x.rows()), d = static_cast<double>(x.cols());
  const double factor = std::pow(4 / ((d + 2) * n), 1 / (d + 4));
  core::Vector out(x.cols());
  for (Index c = 0; c < x.cols(); ++c) {
    if ((x.col(c).array() == x(0, c)).all()) {
      core::fail_data(kWhere, "column {} is constant: give a width", c);
    }
    out[c] = factor * std::sqrt((x.col(c).array() - x.col(c).mean()).square().sum() / n);
  }
  return out;
}

double silverman_width(const MatrixView& x) {
  return std::sqrt(silverman_widths(x).squaredNorm() / static_cast<double>(x.cols()));
}

}  // namespace venturi::measure
