// venturi/couple/data_mixture.cpp
#include "venturi/couple/data_mixture.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <set>

#include "venturi/core/record.hpp"

namespace venturi::couple {

MixtureDistance::MixtureDistance(const std::vector<Matrix>& sources, const MatrixView& validation) {
  constexpr std::string_view kWhere = "couple.MixtureDistance";
  if (sources.empty() || validation.rows() == 0) {
    core::fail_argument(kWhere, "expected at least one source and one validation point, got {}, {}",
                        sources.size(), validation.rows());
  }
  first_.push_back(0);
  for (const Matrix& source : sources) {
    if (source.rows() == 0 || source.cols() != validation.cols()) {
      core::fail_argument(kWhere, "expected sources (n*d) of d = {}, n > 0, got {}*{}",
                          validation.cols(), source.rows(), source.cols());
    }
    first_.push_back(first_.back() + source.rows());
  }
  cost_.resize(first_.back(), validation.rows());
  for (std::size_t s = 0; s < sources.size(); ++s) {
    cost_.middleRows(first_[s], sources[s].rows()) = squared_distances(sources[s], validation);
  }
}

MixtureDistance::Value MixtureDistance::at(const VectorView& weights) const {
  constexpr std::string_view kWhere = "couple.MixtureDistance.at";
  if (weights.size() != sources()) {
    core::fail_argument(kWhere, "expected {} weights, got {}", sources(), weights.size());
  }
  const Vector w = checked_distribution(weights, kWhere);
  Vector a(cost_.rows());
  for (Index s = 0; s < sources(); ++s) {
    const Index n = first_[s + 1] - first_[s];
    a.segment(first_[s], n).setConstant(w[s] / static_cast<double>(n));
  }
  const Vector b = Vector::Constant(cost_.cols(), 1.0 / static_cast<double>(cost_.cols()));
  const TransportPlan plan = exact_transport(a, b, cost_);
  Value out;
  out.distance = plan.cost;
  out.slope.resize(sources());
  for (Index s = 0; s < sources(); ++s) {
    out.slope[s] = plan.u.segment(first_[s], first_[s + 1] - first_[s]).mean();
  }
  out.slope.array() -= w.dot(out.slope);
  return out;
}

MixtureModel::MixtureModel(const MixtureDistance& distance,
                           const std::vector<MixtureObservation>& observations,
                           const MixtureModelOptions& options)
    : distance_(distance),
      linear_(options.terms != "distance"),
      quadratic_(options.terms == "quadratic") {
  constexpr std::string_view kWhere = "couple.MixtureModel";
  core::check_options(options, kWhere);
  std::set<double> sizes;
  for (const auto& seen : observations) {
    if (!(seen.size > 0) || !std::isfinite(seen.size) || !std::isfinite(seen.performance)) {
      core::fail_data(kWhere, "expected a size > 0 and a finite performance, got {} and {}",
                      seen.size, seen.performance);
    }
    sizes.insert(seen.size);
  }
  if (sizes.size() != 2) {
    core::fail_argument(kWhere, "expected observations of two sizes, got {}", sizes.size());
  }
  sizes_[0] = *sizes.begin();
  sizes_[1] = *sizes.rbegin();
  for (int k = 0; k < 2; ++k) {
    Eigen::MatrixXd normal;
    Vector right;
    for (const auto& seen : observations) {
      if (seen.size != sizes_[k]) continue;
      const Vector row = features(seen.weights, distance_.at(seen.weights).distance);
      if (normal.size() == 0) {
        normal = options.ridge * Eigen::MatrixXd::Identity(row.size(), row.size());
        normal(0, 0) = 0;
        right = Vector::Zero(row.size());
      }
      normal += row * row.transpose();
      right += row * seen.performance;
    }
    // Weights sum to one, so constant and linear terms are dependent: the ridge decides between
    // them, and the factorisation copes where there is none.
    coefficients_[k] = normal.completeOrthogonalDecomposition().solve(right);
  }
}

Vector MixtureModel::features(const Vector& weights, double distance) const {
  const Index s = weights.size();
  Vector out(2 + (linear_ ? s : 0) + (quadratic_ ? s : 0));
  out[0] = 1;
  out[1] = distance;
  if (linear_) out.segment(2, s) = weights;
  if (quadratic_) out.segment(2 + s, s) = weights.cwiseAbs2();
  return out;
}

Vector MixtureModel::mixed_coefficients(double size) const {
  if (!(size > 0) || std::isinf(size)) {
    core::fail_argument("couple.MixtureModel", "expected a finite size > 0, got {}", size);
  }
  const double part = std::log(size / sizes_[0]) / std::log(sizes_[1] / sizes_[0]);
  return (1 - part) * coefficients_[0] + part * coefficients_[1];
}

double MixtureModel::predict(const VectorView& weights, double size) const {
  return mixed_coefficients(size).dot(features(weights, distance_.at(weights).distance));
}

Vector MixtureModel::slope(const VectorView& weights, double size) const {
  const Vector c = mixed_coefficients(size);
  const Index s = weights.size();
  Vector out = c[1] * distance_.at(weights).slope;
  if (linear_) out += c.segment(2, s);
  if (quadratic_) out += 2 * c.segment(2 + s, s).cwiseProduct(weights);
  return out;
}

Vector project_to_simplex(const VectorView& w) {
  std::vector<double> sorted(w.data(), w.data() + w.size());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  double sum = 0;
  double shift = 0;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    sum += sorted[k];
    const double next = (sum - 1) / static_cast<double>(k + 1);
    if (sorted[k] > next) shift = next;
  }
  const Vector out = (w.array() - shift).max(0.0);
  return out / out.sum();
}

MixtureSelection select_mixture(const MixtureModel& model, Index sources, double size,
                                const SelectionOptions& options) {
  core::check_options(options, "couple.select_mixture");
  const double end = core::now_seconds() + options.time_limit_s;
  const Vector even = Vector::Constant(sources, 1.0 / static_cast<double>(sources));
  MixtureSelection best;
  for (Index start = 0; start <= sources; ++start) {
    MixtureSelection at;
    at.weights = even;
    if (start > 0) {
      at.weights *= 0.3;
      at.weights[start - 1] += 0.7;
    }
    at.predicted = model.predict(at.weights, size);
    double step = options.step;
    while (at.steps < options.step_limit && core::now_seconds() < end) {
      ++at.steps;
      Vector slope = model.slope(at.weights, size);
      slope.array() -= slope.mean();
      const double length = slope.norm();
      if (!(length > 1e-15)) {
        at.converged = true;
        break;
      }
      const Vector next = project_to_simplex(at.weights + step * slope / length);
      const double value = model.predict(next, size);
      const double moved = (next - at.weights).cwiseAbs().maxCoeff();
      if (value > at.predicted) {
        at.weights = next;
        at.predicted = value;
      } else {
        step *= 0.5;
      }
      if (moved < 1e-4 || step < 1e-4) {
        at.converged = true;
        break;
      }
    }
    if (start == 0 || at.predicted > best.predicted) best = at;
  }
  return best;
}

}  // namespace venturi::couple
