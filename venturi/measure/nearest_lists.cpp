#include "venturi/measure/nearest_lists.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "venturi/core/error.hpp"

namespace venturi::measure {
namespace {

constexpr core::Index kTreeColumns = 4;

using Columns = Eigen::MatrixXd;

// Squared distances (or distances, in the maximum norm) of row i to all rows.
void gaps_from(const Columns& x, core::Index i, Norm norm, Eigen::ArrayXd& out) {
  out.setZero(x.rows());
  for (core::Index c = 0; c < x.cols(); ++c) {
    const auto gap = x.col(c).array() - x(i, c);
    if (norm == Norm::euclidean) {
      out += gap.square();
    } else {
      out = out.max(gap.abs());
    }
  }
}

// The least k of the gaps but that of i itself, sorted.
void select(const Eigen::ArrayXd& gaps, core::Index i, std::span<Neighbour> out) {
  const auto k = static_cast<std::ptrdiff_t>(out.size());
  std::ptrdiff_t held = 0;
  double bound = std::numeric_limits<double>::infinity();
  for (core::Index j = 0; j < gaps.size(); ++j) {
    if (gaps[j] >= bound || j == i) continue;
    const Neighbour candidate{gaps[j], static_cast<std::int32_t>(j)};
    if (held == k) {
      std::pop_heap(out.begin(), out.end());
      --held;
    }
    out[held++] = candidate;
    std::push_heap(out.begin(), out.begin() + held);
    if (held == k) bound = out.front().distance;
  }
  std::sort_heap(out.begin(), out.end());
}

}  // namespace

NearestLists::NearestLists(const core::MatrixView& x, int k, Norm norm) : k_(k) {
  constexpr const char* kWhere = "measure.NearestLists";
  const core::Index n = x.rows();
  if (k < 1 || k >= n || n > INT32_MAX) {
    core::fail_argument(kWhere, "expected 1 <= k < n = {} < 2^31, got k = {}", n, k);
  }
  if (x.cols() < 1) core::fail_argument(kWhere, "expected at least one column, got none");
  if (!(x.cwiseAbs().array() < 1e150).all()) {
    core::fail_data(kWhere, "expected finite values below 1e150, found NaN, infinity or larger");
  }
  found_.resize(n * k);
  if (norm == Norm::maximum && x.cols() <= kTreeColumns) {
    const auto tree = make_point_tree(x);
#pragma omp parallel
    {
      std::vector<Neighbour> nearest;
#pragma omp for schedule(dynamic, 256)
      for (core::Index p = 0; p < n; ++p) {
        const std::int32_t i = tree->order()[p];
        tree->nearest(i, k, true, nearest);
        std::copy(nearest.begin(), nearest.end(), found_.begin() + std::ptrdiff_t{i} * k);
      }
    }
    return;
  }
  const Columns columns = x;
#pragma omp parallel
  {
    Eigen::ArrayXd gaps(n);
#pragma omp for schedule(dynamic, 16)
    for (core::Index i = 0; i < n; ++i) {
      gaps_from(columns, i, norm, gaps);
      const std::span<Neighbour> own{found_.data() + i * k, static_cast<std::size_t>(k)};
      select(gaps, i, own);
      if (norm == Norm::maximum) continue;
      for (Neighbour& near : own) near.distance = std::sqrt(near.distance);
    }
  }
}

}  // namespace venturi::measure
