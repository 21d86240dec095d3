#include "venturi/measure/gaussian.hpp"

#include <Eigen/Cholesky>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/measure/digamma.hpp"

namespace venturi::measure {
namespace {

// sum_i psi((n - i)/2), i = 1 .. d: the expected log det of a unit Wishart matrix less d log 2.
double wishart_term(core::Index n, core::Index d) {
  double sum = 0;
  for (core::Index i = 1; i <= d; ++i) sum += digamma_real(0.5 * static_cast<double>(n - i));
  return sum;
}

// The Cholesky factor of the correlation matrix of standardized columns.
Eigen::LLT<Eigen::MatrixXd> correlation_factor(const core::Matrix& m, const std::string& name,
                                               const char* where) {
  const Eigen::MatrixXd gram = m.transpose() * m / static_cast<double>(m.rows());
  Eigen::LLT<Eigen::MatrixXd> llt(gram);
  if (llt.info() != Eigen::Success || llt.matrixL().toDenseMatrix().diagonal().minCoeff() < 1e-7) {
    core::fail_data(where,
                    "the covariance of {} is singular: a column is constant or follows from the "
                    "others",
                    name);
  }
  return llt;
}

double half_log_determinant(const Eigen::LLT<Eigen::MatrixXd>& llt) {
  return llt.matrixLLT().diagonal().array().log().sum();
}

// The Cholesky factors of both sides' correlation matrices, and their cross correlations whitened
// by them: its singular values are the canonical correlations.
core::Vector correlations(const core::MatrixView& x, const core::MatrixView& y, const char* where) {
  const core::Index n = x.rows();
  if (y.rows() != n) core::fail_argument(where, "expected {} rows of y, got {}", n, y.rows());
  if (x.cols() < 1 || y.cols() < 1) core::fail_argument(where, "expected at least one column");
  if (n <= x.cols() + y.cols() + 1) {
    core::fail_argument(where, "expected more rows than columns + 1 = {}, got {}",
                        x.cols() + y.cols() + 1, n);
  }
  if (!x.allFinite() || !y.allFinite()) core::fail_data(where, "expected finite values");
  const core::Matrix a = standardized(x), b = standardized(y);
  const auto la = correlation_factor(a, "x", where), lb = correlation_factor(b, "y", where);
  Eigen::MatrixXd cross = a.transpose() * b / static_cast<double>(n);
  cross = la.matrixL().solve(cross);
  cross = lb.matrixL().solve(cross.transpose().eval()).transpose().eval();
  return Eigen::JacobiSVD<Eigen::MatrixXd>(cross).singularValues().cwiseMin(1.0);
}

}  // namespace

// Newton steps on erfc from a crude start; monotone, to the last digits.
double normal_quantile(double p) {
  if (p > 0.5) return -normal_quantile(1 - p);
  const double t = std::sqrt(-2 * std::log(p));
  double z = -(t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t)));
  for (int step = 0; step < 4; ++step) {
    const double below = 0.5 * std::erfc(-z / std::sqrt(2.0));
    const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * M_PI);
    const double error = (below - p) / density;
    z -= error / (1 + 0.5 * z * error);
  }
  return z;
}

core::Vector canonical_correlations(const core::MatrixView& x, const core::MatrixView& y) {
  return correlations(x, y, "measure.canonical_correlations");
}

double gaussian_bias_nats(core::Index n, core::Index dx, core::Index dy) {
  return 0.5 * (wishart_term(n, dx) + wishart_term(n, dy) - wishart_term(n, dx + dy));
}

double gaussian_information_nats(const core::MatrixView& x, const core::MatrixView& y,
                                 bool correct) {
  constexpr const char* kWhere = "measure.gaussian_information_nats";
  const core::Vector rho = correlations(x, y, kWhere);
  if (rho.maxCoeff() > 1 - 1e-13) {
    core::fail_data(kWhere, "a combination of x determines one of y: the information is infinite");
  }
  double sum = 0;
  for (const double r : rho) sum -= 0.5 * std::log1p(-r * r);
  return correct ? sum - gaussian_bias_nats(x.rows(), x.cols(), y.cols()) : sum;
}

double gaussian_total_correlation_nats(std::span<const core::MatrixView> groups, bool correct) {
  constexpr const char* kWhere = "measure.gaussian_total_correlation_nats";
  if (groups.size() < 2) {
    core::fail_argument(kWhere, "expected 2 or more groups of columns, got {}", groups.size());
  }
  const core::Index n = groups[0].rows();
  core::Index columns = 0;
  for (const auto& g : groups) {
    if (g.rows() != n) core::fail_argument(kWhere, "expected {} rows, got {}", n, g.rows());
    if (g.cols() < 1) core::fail_argument(kWhere, "expected at least one column in each group");
    if (!g.allFinite()) core::fail_data(kWhere, "expected finite values");
    columns += g.cols();
  }
  if (n <= columns + 1) {
    core::fail_argument(kWhere, "expected more rows than columns + 1 = {}, got {}", columns + 1, n);
  }
  core::Matrix all(n, columns);
  double nats = 0;  // half log determinants of correlation matrices: scales cancel
  columns = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const core::Matrix own = standardized(groups[g]);
    all.middleCols(columns, own.cols()) = own;
    columns += own.cols();
    nats += half_log_determinant(correlation_factor(own, fmt::format("group {}", g), kWhere));
    if (correct) nats -= 0.5 * wishart_term(n, own.cols());
  }
  nats -= half_log_determinant(correlation_factor(all, "all groups", kWhere));
  return correct ? nats + 0.5 * wishart_term(n, columns) : nats;
}

core::Matrix normal_scores(const core::MatrixView& x) {
  const auto n = static_cast<std::size_t>(x.rows());
  core::Matrix out(x.rows(), x.cols());
  std::vector<std::size_t> order(n);
  for (core::Index c = 0; c < x.cols(); ++c) {
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return x(a, c) < x(b, c); });
    for (std::size_t from = 0; from < n;) {
      std::size_t to = from + 1;
      while (to < n && x(order[to], c) == x(order[from], c)) ++to;
      const double rank = 0.5 * static_cast<double>(from + to);
      const double score = normal_quantile(rank / static_cast<double>(n));
      for (; from < to; ++from) out(order[from], c) = score;
    }
  }
  return out;
}

core::Matrix standardized(const core::MatrixView& x) {
  core::Matrix out = x;
  for (core::Index c = 0; c < out.cols(); ++c) {
    auto column = out.col(c);
    // A constant column's mean may round: only exact zeros tell that nothing varies.
    if ((column.array() == column(0)).all()) {
      column.setZero();
      continue;
    }
    column.array() -= column.mean();
    column /= std::sqrt(column.squaredNorm() / static_cast<double>(x.rows()));
  }
  return out;
}

}  // namespace venturi::measure
