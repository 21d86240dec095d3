// venturi/couple/sliced.cpp
#include "venturi/couple/sliced.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace venturi::couple {
namespace {

constexpr std::string_view kWhere = "couple.sliced_transport";

std::vector<Index> order_of(const VectorView& x) {
  std::vector<Index> order(x.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(),
            [&](Index i, Index j) { return x[i] < x[j] || (x[i] == x[j] && i < j); });
  return order;
}

double power_of(double distance, double power) {
  if (power == 2) return distance * distance;
  return power == 1 ? std::abs(distance) : std::pow(std::abs(distance), power);
}

// The monotone coupling; calls `emit(i, j, mass)` for each piece.
template <class Emit>
void sweep(const LineMeasure& x, const LineMeasure& y, Emit&& emit) {
  const auto in_x = order_of(x.points);
  const auto in_y = order_of(y.points);
  std::size_t i = 0;
  std::size_t j = 0;
  double left_x = x.masses[in_x[0]];
  double left_y = y.masses[in_y[0]];
  while (true) {
    const double mass = std::min(left_x, left_y);
    if (mass > 0) emit(in_x[i], in_y[j], mass);
    left_x -= mass;
    left_y -= mass;
    // The very last of either side absorbs what rounding left over.
    if (left_x <= left_y) {
      if (++i == in_x.size()) break;
      left_x = x.masses[in_x[i]];
    } else {
      if (++j == in_y.size()) break;
      left_y = y.masses[in_y[j]];
    }
  }
}

double line_cost(const LineMeasure& x, const LineMeasure& y, double power) {
  double cost = 0;
  sweep(x, y, [&](Index i, Index j, double mass) {
    cost += mass * power_of(x.points[i] - y.points[j], power);
  });
  return cost;
}

}  // namespace

LineTransport line_transport(const LineMeasure& x, const LineMeasure& y, double power) {
  constexpr std::string_view kHere = "couple.line_transport";
  if (!(power >= 1)) core::fail_argument(kHere, "expected power >= 1, got {}", power);
  if (x.points.size() != x.masses.size() || y.points.size() != y.masses.size()) {
    core::fail_argument(kHere, "expected one mass a point, got {} for {} and {} for {}",
                        x.masses.size(), x.points.size(), y.masses.size(), y.points.size());
  }
  if (!x.points.allFinite() || !y.points.allFinite()) {
    core::fail_data(kHere, "expected finite points");
  }
  const Vector a = checked_distribution(x.masses, kHere);
  const Vector b = checked_distribution(y.masses, kHere);
  LineTransport out;
  sweep({x.points, a}, {y.points, b}, [&](Index i, Index j, double mass) {
    out.flows.push_back({i, j, mass});
    out.cost += mass * power_of(x.points[i] - y.points[j], power);
  });
  return out;
}

SlicedTransport sliced_transport(const WeightedPoints& x, const WeightedPoints& y, core::Key key,
                                 const SlicedOptions& options) {
  core::check_options(options, kWhere);
  const Index d = x.points.cols();
  if (d == 0 || d != y.points.cols()) {
    core::fail_argument(kWhere, "expected points of one width d > 0, got {} and {}", d,
                        y.points.cols());
  }
  if (x.points.rows() != x.masses.size() || y.points.rows() != y.masses.size()) {
    core::fail_argument(kWhere, "expected one mass a point, got {} for {} and {} for {}",
                        x.masses.size(), x.points.rows(), y.masses.size(), y.points.rows());
  }
  if (!x.points.allFinite() || !y.points.allFinite()) {
    core::fail_data(kWhere, "expected finite points");
  }
  const Vector a = checked_distribution(x.masses, kWhere);
  const Vector b = checked_distribution(y.masses, kWhere);
  Vector costs(options.directions);
#pragma omp parallel for schedule(dynamic, 1)
  for (int k = 0; k < options.directions; ++k) {
    core::Random random(key.split(static_cast<std::uint64_t>(k)));
    Vector theta(d);
    for (Index c = 0; c < d; ++c) theta[c] = random.normal();
    theta.normalize();
    const Vector on_x = x.points * theta;
    const Vector on_y = y.points * theta;
    costs[k] = line_cost({on_x, a}, {on_y, b}, options.power);
  }
  SlicedTransport out;
  const auto n = static_cast<double>(options.directions);
  out.cost = costs.mean();
  out.largest = costs.maxCoeff();
  if (options.directions > 1) {
    out.standard_error = std::sqrt((costs.array() - out.cost).square().sum() / (n * (n - 1)));
  }
  return out;
}

SlicedTransport conditional_sliced_transport(const LabelledPoints& x, const LabelledPoints& y,
                                             core::Key key, const SlicedOptions& options) {
  constexpr std::string_view kHere = "couple.conditional_sliced_transport";
  if (static_cast<Index>(x.labels.size()) != x.points.rows() ||
      static_cast<Index>(y.labels.size()) != y.points.rows() || x.labels.empty()) {
    core::fail_argument(kHere, "expected one label a point, got {} for {} and {} for {}",
                        x.labels.size(), x.points.rows(), y.labels.size(), y.points.rows());
  }
  std::map<int, std::vector<Index>> in_x;
  std::map<int, std::vector<Index>> in_y;
  for (std::size_t i = 0; i < x.labels.size(); ++i) in_x[x.labels[i]].push_back(i);
  for (std::size_t j = 0; j < y.labels.size(); ++j) in_y[y.labels[j]].push_back(j);
  SlicedTransport out;
  double variance = 0;
  for (const auto& [label, rows] : in_x) {
    const auto found = in_y.find(label);
    if (found == in_y.end()) core::fail_data(kHere, "class {} of x does not occur in y", label);
    const Matrix some_x = x.points(rows, Eigen::all);
    const Matrix some_y = y.points(found->second, Eigen::all);
    const Vector a = Vector::Constant(some_x.rows(), 1.0 / static_cast<double>(some_x.rows()));
    const Vector b = Vector::Constant(some_y.rows(), 1.0 / static_cast<double>(some_y.rows()));
    const double share = static_cast<double>(rows.size()) / static_cast<double>(x.labels.size());
    const SlicedTransport part = sliced_transport(
        {some_x, a}, {some_y, b}, key.split(static_cast<std::uint64_t>(label)), options);
    out.cost += share * part.cost;
    out.largest += share * part.largest;
    variance += share * share * part.standard_error * part.standard_error;
  }
  out.standard_error = std::sqrt(variance);
  return out;
}

}  // namespace venturi::couple
