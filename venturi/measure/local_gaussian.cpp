#include "venturi/measure/local_gaussian.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <numbers>

#include "venturi/core/error.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/nearest_lists.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;

int reach_of(Index d) { return static_cast<int>(std::max<Index>(30, 3 * d)); }

// -log of f n r^d, from u (T*d); NaN if the neighbours lie in a plane.
double minus_log_fit(const Eigen::MatrixXd& u) {
  const Eigen::ArrayXd weight = (-0.5 * u.rowwise().squaredNorm().array()).exp();
  const double total = weight.sum();
  const core::Vector mean = u.transpose() * weight.matrix() / total;
  Eigen::MatrixXd covariance = u.transpose() * weight.matrix().asDiagonal() * u / total;
  covariance -= mean * mean.transpose();
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance);
  if (factor.info() != Eigen::Success) return std::numeric_limits<double>::quiet_NaN();
  const core::Vector z = factor.matrixL().solve(mean);
  return 0.5 * static_cast<double>(u.cols()) * std::log(2 * std::numbers::pi) - std::log(total) +
         factor.matrixL().toDenseMatrix().diagonal().array().log().sum() + 0.5 * z.squaredNorm();
}

// B of the header.
double bias(int k, Index d) {
  constexpr int kFields = 20000;
  const int reach = reach_of(d);
  std::vector<double> terms(kFields);
#pragma omp parallel
  {
    Eigen::MatrixXd u(reach, d);
    core::Vector radius(reach);
#pragma omp for schedule(static)
    for (int field = 0; field < kFields; ++field) {
      core::Random random(core::Key(2016).split(static_cast<std::uint64_t>(field)));
      double mass = 0, mass_at_k = 0;
      for (int j = 0; j < reach; ++j) {
        mass -= std::log1p(-random.uniform());
        if (j == k - 1) mass_at_k = mass;
        radius[j] = std::pow(mass, 1 / static_cast<double>(d));
        for (Index c = 0; c < d; ++c) u(j, c) = random.normal();
        u.row(j) *= radius[j] / u.row(j).norm();
      }
      u /= radius[k - 1];
      terms[field] = std::log(mass_at_k) - log_ball_volume(d) + minus_log_fit(u);
    }
  }
  double sum = 0;
  for (const double term : terms) sum += term;
  return sum / kFields;
}

}  // namespace

std::vector<double> lnn_entropy_local(const MatrixView& x, int k) {
  constexpr const char* kWhere = "measure.lnn_entropy_local";
  const Index n = x.rows(), d = x.cols();
  const int reach = reach_of(d);
  if (k < 1 || k > reach || reach >= n) {
    core::fail_argument(kWhere, "expected 1 <= k <= {} < n, got k = {}, n = {}", reach, k, n);
  }
  const NearestLists lists(x, reach, Norm::euclidean);
  const double constant = std::log(static_cast<double>(n - 1)) - bias(k, d);
  std::vector<double> out(n);
#pragma omp parallel
  {
    Eigen::MatrixXd u(reach, d);
#pragma omp for schedule(static)
    for (Index i = 0; i < n; ++i) {
      const auto near = lists.of(i);
      const double radius = near[k - 1].distance;
      for (int j = 0; j < reach; ++j) u.row(j) = (x.row(near[j].index) - x.row(i)) / radius;
      out[i] = constant + static_cast<double>(d) * std::log(radius) +
               (radius > 0 ? minus_log_fit(u) : 0);
    }
  }
  for (Index i = 0; i < n; ++i) {
    if (!std::isfinite(out[i])) {
      core::fail_data(kWhere,
                      "the neighbours of row {} coincide or lie in a plane: its density is "
                      "infinite; use method gao for mixtures",
                      i);
    }
  }
  return out;
}

std::vector<double> lnn_local(const MatrixView& x, const MatrixView& y, int k) {
  const Matrix both = beside(x, y);
  std::vector<double> out = lnn_entropy_local(x, k);
  const std::vector<double> of_y = lnn_entropy_local(y, k), joint = lnn_entropy_local(both, k);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += of_y[i] - joint[i];
  return out;
}

}  // namespace venturi::measure
