#include "venturi/measure/principal.hpp"

#include <Eigen/Eigenvalues>

#include "venturi/core/error.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {

core::Matrix principal_components(const core::MatrixView& x, core::Index components) {
  constexpr const char* kWhere = "measure.principal_components";
  if (components < 1 || components > x.cols() || components >= x.rows()) {
    core::fail_argument(kWhere, "expected 1 <= components <= columns and < rows of {}*{}, got {}",
                        x.rows(), x.cols(), components);
  }
  if (!x.allFinite()) core::fail_data(kWhere, "expected finite values, found NaN or infinity");
  const core::Matrix centred = x.rowwise() - x.colwise().mean();
  const Eigen::MatrixXd covariance = centred.transpose() * centred / static_cast<double>(x.rows());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> axes(covariance);
  if (axes.eigenvalues()[x.cols() - components] <= 1e-12 * axes.eigenvalues()[x.cols() - 1]) {
    core::fail_data(kWhere, "fewer than {} components have any variance", components);
  }
  return centred * axes.eigenvectors().rightCols(components).rowwise().reverse();
}

std::vector<double> compressed_local(const core::MatrixView& x, const core::MatrixView& y,
                                     const Compression& compression) {
  return wkl_local(principal_components(x, compression.x_components),
                   principal_components(y, compression.y_components), compression.k);
}

}  // namespace venturi::measure
