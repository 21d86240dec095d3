#include "venturi/measure/manifold_overlap.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/measure/nearest_lists.hpp"

namespace venturi::measure {
namespace {

using core::Index;

std::vector<double> radii_of(const core::MatrixView& x, int k) {
  const NearestLists lists(x, k, Norm::euclidean);
  std::vector<double> out;
  for (Index i = 0; i < x.rows(); ++i) out.push_back(lists.of(i).back().distance);
  return out;
}

// Distances from a point to every row of x, by columns.
void distances_to(const Eigen::MatrixXd& x, const Eigen::RowVectorXd& point, Eigen::ArrayXd& out) {
  out.setZero(x.rows());
  for (Index c = 0; c < x.cols(); ++c) out += (x.col(c).array() - point[c]).square();
  out = out.sqrt();
}

// Whether each point lies within the manifold, and its realism if `realism` is asked for.
std::vector<char> within(const core::MatrixView& points, const core::MatrixView& x,
                         const std::vector<double>& radii, std::vector<double>* realism) {
  const Eigen::MatrixXd columns = x;
  std::vector<double> sorted = radii;
  const auto middle = sorted.begin() + (std::ssize(sorted) - 1) / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double widest = *middle;
  std::vector<char> out(points.rows(), 0);
  if (realism) realism->assign(points.rows(), 0.0);
#pragma omp parallel
  {
    Eigen::ArrayXd distance(x.rows());
#pragma omp for schedule(static)
    for (Index p = 0; p < points.rows(); ++p) {
      distances_to(columns, points.row(p), distance);
      double most = 0;
      for (Index i = 0; i < x.rows(); ++i) {
        if (distance[i] <= radii[i]) out[p] = 1;
        // 0/0, a point on one of several equal ones, is as real as can be.
        if (radii[i] <= widest) {
          most = std::max(most, distance[i] > 0 ? radii[i] / distance[i]
                                                : std::numeric_limits<double>::infinity());
        }
      }
      if (realism) (*realism)[p] = most;
    }
  }
  return out;
}

double share(const std::vector<char>& flags) {
  return static_cast<double>(std::count(flags.begin(), flags.end(), 1)) /
         static_cast<double>(flags.size());
}

}  // namespace

ManifoldOverlap manifold_overlap(const core::MatrixView& real, const core::MatrixView& generated,
                                 int k) {
  if (real.cols() != generated.cols()) {
    core::fail_argument("measure.manifold_overlap",
                        "expected generated (m*d) of d = {} columns as real, got {}", real.cols(),
                        generated.cols());
  }
  ManifoldOverlap out;
  const std::vector<double> of_real = radii_of(real, k), of_generated = radii_of(generated, k);
  out.precision = share(within(generated, real, of_real, &out.realism));
  out.recall = share(within(real, generated, of_generated, nullptr));
  return out;
}

}  // namespace venturi::measure
