#include "venturi/measure/bins.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "venturi/core/error.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::MatrixView;

void check(const MatrixView& x, int bins, const char* where) {
  constexpr int kMostBins = 1 << 30;
  if (x.rows() < 1 || x.cols() < 1) {
    core::fail_argument(where, "expected x (n*d) with n, d >= 1, got {}*{}", x.rows(), x.cols());
  }
  if (bins < 1 || bins > kMostBins) {
    core::fail_argument(where, "expected 1 to 2^30 bins, got {}", bins);
  }
  if (!x.allFinite()) core::fail_data(where, "expected finite values, found NaN or infinity");
}

// Edges from the values above `floor`.
std::vector<double> adaptive_edges(std::vector<double> values, int bins, double floor) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  values.erase(values.begin(), std::upper_bound(values.begin(), values.end(), floor));
  if (values.empty()) return {};
  std::vector<double> edges;
  const std::size_t count = std::min<std::size_t>(bins, values.size());
  // Of B >= U bins, every value starts one: the other edges would repeat these.
  for (std::size_t k = 0; k < count; ++k) edges.push_back(values[k * values.size() / count]);
  if (edges.back() != values.back()) edges.push_back(values.back());
  return edges;
}

std::int32_t edges_up_to(const std::vector<double>& edges, double v) {
  return static_cast<std::int32_t>(std::upper_bound(edges.begin(), edges.end(), v) - edges.begin());
}

constexpr core::Member<BinMethod> kMethods[] = {
    {"width", "bins of equal width between the least and the largest value",
     "Shwartz-Ziv and Tishby 2017", "O(n d)", equal_width_codes},
    {"mass", "bins of equal mass, ties together", "own", "O(d n log n)", equal_mass_codes},
    {"ebab", "edges at equally spaced ranks of a column's distinct values",
     "Chelombiev et al. 2019", "O(d n log n)",
     [](const MatrixView& x, int bins) { return adaptive_codes(x, bins); }},
};

}  // namespace

std::span<const core::Member<BinMethod>> bin_methods() { return kMethods; }

std::vector<std::int32_t> equal_width_codes(const MatrixView& x, int bins) {
  check(x, bins, "measure.equal_width_codes");
  std::vector<std::int32_t> out(x.size());
  for (Index c = 0; c < x.cols(); ++c) {
    // Halved, so that the range of any two finite values is finite.
    const double low = x.col(c).minCoeff() / 2, range = x.col(c).maxCoeff() / 2 - low;
    for (Index i = 0; i < x.rows(); ++i) {
      const double part = range > 0 ? (x(i, c) / 2 - low) / range : 0;
      out[i * x.cols() + c] = std::min(bins - 1, static_cast<std::int32_t>(part * bins));
    }
  }
  return out;
}

std::vector<std::int32_t> equal_mass_codes(const MatrixView& x, int bins) {
  check(x, bins, "measure.equal_mass_codes");
  const auto n = static_cast<std::size_t>(x.rows());
  std::vector<std::int32_t> out(x.size());
  std::vector<Index> order(n);
  for (Index c = 0; c < x.cols(); ++c) {
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return x(a, c) < x(b, c); });
    for (std::size_t from = 0, to = 0; from < n; from = to) {
      while (to < n && x(order[to], c) == x(order[from], c)) ++to;
      const std::uint64_t twice_rank = from + to;  // below 2n
      const auto code = static_cast<std::int32_t>(twice_rank * bins / (2 * n));
      for (std::size_t i = from; i < to; ++i) out[order[i] * x.cols() + c] = code;
    }
  }
  return out;
}

std::vector<std::int32_t> adaptive_codes(const MatrixView& x, int bins, double floor) {
  check(x, bins, "measure.adaptive_codes");
  std::vector<std::int32_t> out(x.size());
  for (Index c = 0; c < x.cols(); ++c) {
    std::vector<double> values(x.rows());
    for (Index i = 0; i < x.rows(); ++i) values[i] = x(i, c);
    const auto edges = adaptive_edges(std::move(values), bins, floor);
    for (Index i = 0; i < x.rows(); ++i) out[i * x.cols() + c] = edges_up_to(edges, x(i, c));
  }
  return out;
}

std::vector<std::int32_t> pooled_adaptive_codes(const MatrixView& x, int bins, double floor) {
  check(x, bins, "measure.pooled_adaptive_codes");
  std::vector<double> values;
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index c = 0; c < x.cols(); ++c) values.push_back(x(i, c));
  }
  std::vector<std::int32_t> out;
  out.reserve(values.size());
  const auto edges = adaptive_edges(values, bins, floor);
  for (const double v : values) out.push_back(edges_up_to(edges, v));
  return out;
}

}  // namespace venturi::measure
