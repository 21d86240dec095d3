#include "venturi/measure/weighted_entropy.hpp"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>

#include "venturi/core/error.hpp"
#include "venturi/measure/digamma.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/nearest_lists.hpp"

namespace venturi::measure {

using core::Index;
using core::Matrix;
using core::MatrixView;

namespace {

constexpr double kMostWeight = 400;  // of sum_j |w_j|

}  // namespace

core::Vector wkl_weights(int k, Index d) {
  if (k < 1 || d < 1) {
    core::fail_argument("measure.wkl_weights", "expected k and d >= 1, got {} and {}", k, d);
  }
  std::vector<Index> places;
  for (Index i = 1; i <= d; ++i) {
    const Index j = i * k / d;
    if (j >= 1 && (places.empty() || places.back() != j)) places.push_back(j);
  }
  const auto count = static_cast<Index>(places.size());
  core::Vector solved;
  for (Index conditions = std::min(1 + d / 4, count); conditions >= 1; --conditions) {
    Eigen::MatrixXd system(conditions, count);
    for (Index l = 0; l < conditions; ++l) {
      for (Index p = 0; p < count; ++p) {
        const auto j = static_cast<double>(places[p]);
        system(l, p) =
            std::exp(std::lgamma(j + 2.0 * static_cast<double>(l) / static_cast<double>(d)) -
                     std::lgamma(j));
      }
    }
    // Rows of one size: the conditions are homogeneous but for the first.
    for (Index l = 1; l < conditions; ++l) system.row(l).normalize();
    solved = system.completeOrthogonalDecomposition().solve(core::Vector::Unit(conditions, 0));
    if (solved.lpNorm<1>() <= kMostWeight) break;
  }
  core::Vector out = core::Vector::Zero(k);
  for (Index p = 0; p < count; ++p) out[places[p] - 1] = solved[p];
  return out;
}

double log_ball_volume(Index d) {
  const double half = 0.5 * static_cast<double>(d);
  return half * std::log(std::numbers::pi) - std::lgamma(half + 1);
}

std::vector<double> wkl_entropy_local(const MatrixView& x, int k) {
  const NearestLists lists(x, k, Norm::euclidean);
  const core::Vector weights = wkl_weights(k, x.cols());
  const Index n = x.rows();
  const Digamma psi(static_cast<std::size_t>(n));
  const double constant = std::log(static_cast<double>(n - 1)) + log_ball_volume(x.cols());
  std::vector<double> out(n, 0.0);
  for (Index i = 0; i < n; ++i) {
    for (int j = 0; j < k; ++j) {
      if (weights[j] == 0) continue;
      const double radius = lists.of(i)[j].distance;
      if (radius == 0) {
        core::fail_data("measure.wkl_entropy_local",
                        "row {} has {} or more duplicates: its density is infinite; use method gao "
                        "for mixtures, the discrete estimators for labels",
                        i, j + 1);
      }
      out[i] +=
          weights[j] * (constant - psi(j + 1) + static_cast<double>(x.cols()) * std::log(radius));
    }
  }
  return out;
}

Matrix whitened(const MatrixView& x) {
  constexpr const char* kWhere = "measure.whitened";
  if (x.cols() < 1 || x.rows() <= x.cols()) {
    core::fail_argument(kWhere, "expected more rows than columns, got {}*{}", x.rows(), x.cols());
  }
  if (!x.allFinite()) core::fail_data(kWhere, "expected finite values, found NaN or infinity");
  const Matrix a = standardized(x);
  const Eigen::MatrixXd covariance = a.transpose() * a / static_cast<double>(x.rows());
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance);
  if (factor.info() != Eigen::Success ||
      factor.matrixL().toDenseMatrix().diagonal().minCoeff() < 1e-7) {
    core::fail_data(kWhere,
                    "the covariance is singular: a column is constant or follows from the others");
  }
  return factor.matrixL().solve(a.transpose()).transpose();
}

Matrix beside(const MatrixView& x, const MatrixView& y) {
  if (x.rows() != y.rows()) {
    core::fail_argument("measure.beside", "expected {} rows of y, got {}", x.rows(), y.rows());
  }
  Matrix out(x.rows(), x.cols() + y.cols());
  out << x, y;
  return out;
}

std::vector<double> wkl_local(const MatrixView& x, const MatrixView& y, int k) {
  const Matrix a = whitened(x), b = whitened(y);
  const Matrix both = beside(a, b);
  std::vector<double> out = wkl_entropy_local(a, k);
  const std::vector<double> of_y = wkl_entropy_local(b, k), joint = wkl_entropy_local(both, k);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += of_y[i] - joint[i];
  return out;
}

double shuffled_pairs_nats(const MatrixView& x, const MatrixView& y, int k, int shuffles,
                           core::Key key) {
  constexpr const char* kWhere = "measure.shuffled_pairs_nats";
  if (shuffles < 1) core::fail_argument(kWhere, "expected shuffles >= 1, got {}", shuffles);
  if (x.rows() != y.rows()) {
    core::fail_argument(kWhere, "expected {} rows of y, got {}", x.rows(), y.rows());
  }
  const Matrix a = whitened(x), b = whitened(y);
  // Up to constants that do not change with the order of the rows.
  const auto mean_log_radius = [&](const Matrix& of_y) {
    const Matrix both = beside(a, of_y);
    const NearestLists lists(both, k, Norm::euclidean);
    double sum = 0;
    for (Index i = 0; i < both.rows(); ++i) {
      const double radius = lists.of(i)[k - 1].distance;
      if (radius == 0) {
        core::fail_data(kWhere,
                        "row {} has {} or more duplicates: its density is infinite; use method gao "
                        "for mixtures, the discrete estimators for labels",
                        i, k);
      }
      sum += std::log(radius) / static_cast<double>(both.rows());
    }
    return sum;
  };
  double apart = 0;
  for (int s = 0; s < shuffles; ++s) {
    core::Random random(key.split(static_cast<std::uint64_t>(s)));
    std::vector<core::Index> rows(static_cast<std::size_t>(b.rows()));
    std::iota(rows.begin(), rows.end(), core::Index{0});
    random.shuffle(std::span(rows));
    apart += mean_log_radius(b(rows, Eigen::all)) / shuffles;
  }
  return static_cast<double>(a.cols() + b.cols()) * (apart - mean_log_radius(b));
}

}  // namespace venturi::measure
