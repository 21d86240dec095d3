#include "venturi/measure/weight_spectrum.hpp"

#include <Eigen/Cholesky>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "venturi/core/error.hpp"

namespace venturi::measure {

WeightSpectrum weight_spectrum(const core::MatrixView& weights) {
  constexpr const char* kWhere = "measure.weight_spectrum";
  if (weights.size() == 0) {
    core::fail_argument(kWhere, "expected weights (m*n), got {}*{}", weights.rows(),
                        weights.cols());
  }
  if (!weights.allFinite()) core::fail_data(kWhere, "expected finite weights");
  WeightSpectrum out;
  out.singular_values = Eigen::BDCSVD<Eigen::MatrixXd>(weights).singularValues();
  const double most = out.singular_values[0];
  if (!(most > 0)) core::fail_data(kWhere, "all weights are 0");
  // What rounding leaves of a value of 0.
  const double nothing = most * std::numeric_limits<double>::epsilon() *
                         static_cast<double>(std::max(weights.rows(), weights.cols()));
  const double least = out.singular_values[out.singular_values.size() - 1];
  if (least <= nothing) {
    out.condition = std::numeric_limits<double>::infinity();
    out.log2_volume = -out.condition;
    return out;
  }
  out.condition = most / least;
  out.log2_volume = out.singular_values.array().log().sum() / std::numbers::ln2;
  return out;
}

double gaussian_output_entropy_bits(const core::MatrixView& weights,
                                    const core::MatrixView& covariance) {
  constexpr const char* kWhere = "measure.gaussian_output_entropy_bits";
  if (weights.size() == 0 || covariance.rows() != weights.cols() ||
      covariance.cols() != weights.cols()) {
    core::fail_argument(kWhere,
                        "expected a covariance (n*n = {0}*{0}) for weights {1}*{0}, got {2}*{3}",
                        weights.cols(), weights.rows(), covariance.rows(), covariance.cols());
  }
  const Eigen::MatrixXd of_z = weights * covariance * weights.transpose();
  const Eigen::LLT<Eigen::MatrixXd> factor(of_z);
  const auto m = static_cast<double>(weights.rows());
  if (factor.info() != Eigen::Success || !of_z.allFinite() ||
      factor.matrixLLT().diagonal().minCoeff() <= 1e-8 * factor.matrixLLT().diagonal().maxCoeff()) {
    core::fail_data(kWhere, "the outputs' covariance is singular: they have no density");
  }
  return 0.5 * m * std::log2(2 * std::numbers::pi * std::numbers::e) +
         factor.matrixLLT().diagonal().array().log().sum() / std::numbers::ln2;
}

std::vector<std::size_t> tuning_order(const std::vector<double>& conditions) {
  std::vector<std::size_t> order(conditions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return conditions[a] < conditions[b]; });
  return order;
}

}  // namespace venturi::measure
