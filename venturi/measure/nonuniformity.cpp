#include "venturi/measure/nonuniformity.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/nearest_lists.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::MatrixView;

// log V - log V' of k points (k*d) about the origin.
double log_volume_ratio(const Eigen::MatrixXd& points) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> axes(points.transpose() * points);
  const Eigen::MatrixXd along = points * axes.eigenvectors();
  return points.cwiseAbs().colwise().maxCoeff().array().log().sum() -
         along.cwiseAbs().colwise().maxCoeff().array().log().sum();
}

}  // namespace

double lnc_alpha(int k, Index d) {
  constexpr int kBoxes = 20000;
  constexpr double kRate = 0.005;
  std::vector<double> ratios(kBoxes);
#pragma omp parallel
  {
    Eigen::MatrixXd points(k, d);
#pragma omp for schedule(static)
    for (int box = 0; box < kBoxes; ++box) {
      core::Random random(core::Key(2015).split(static_cast<std::uint64_t>(box)));
      for (double& v : points.reshaped()) v = 2 * random.uniform() - 1;
      ratios[box] = log_volume_ratio(points);
    }
  }
  const auto at = ratios.end() - static_cast<std::ptrdiff_t>(kRate * kBoxes);
  std::nth_element(ratios.begin(), at, ratios.end());
  return std::exp(-*at);
}

std::vector<double> lnc_local(const MatrixView& x, const MatrixView& y, int k) {
  constexpr const char* kWhere = "measure.lnc_local";
  const core::Matrix both = beside(x, y);
  const Index n = both.rows(), d = both.cols();
  if (k <= d) {
    core::fail_argument(kWhere, "expected k above the {} columns in all, got {}", d, k);
  }
  std::vector<double> out = ksg1_local(x, y, k);
  const NearestLists lists(both, k, Norm::maximum);
  const double threshold = -std::log(lnc_alpha(k, d));
  std::vector<double> ratios(n);
#pragma omp parallel
  {
    Eigen::MatrixXd points(k, d);
#pragma omp for schedule(static)
    for (Index i = 0; i < n; ++i) {
      const auto near = lists.of(i);
      for (int j = 0; j < k; ++j) points.row(j) = both.row(near[j].index) - both.row(i);
      ratios[i] = log_volume_ratio(points);
    }
  }
  for (Index i = 0; i < n; ++i) {
    if (!std::isfinite(ratios[i])) {
      core::fail_data(kWhere,
                      "the {} neighbours of row {} coincide or lie on a plane: ties; use method "
                      "gao for mixtures",
                      k, i);
    }
    if (ratios[i] > threshold) out[i] += ratios[i];
  }
  return out;
}

}  // namespace venturi::measure
