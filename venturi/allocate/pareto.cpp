#include "venturi/allocate/pareto.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "venturi/core/error.hpp"

namespace venturi::allocate {

std::vector<core::Index> pareto_front(const core::MatrixView& points) {
  if (points.hasNaN()) core::fail_argument("allocate.pareto_front", "expected no NaN");
  std::vector<core::Index> order(static_cast<std::size_t>(points.rows()));
  std::iota(order.begin(), order.end(), core::Index{0});
  const auto row = [&](core::Index i) { return points.data() + i * points.outerStride(); };
  const core::Index d = points.cols();
  std::stable_sort(order.begin(), order.end(), [&](core::Index a, core::Index b) {
    return std::lexicographical_compare(row(a), row(a) + d, row(b), row(b) + d);
  });
  std::vector<core::Index> out;
  for (const core::Index i : order) {
    // Whoever beats i stands before it. With two columns the last of the front has the least
    // second one.
    const auto beats = [&](core::Index j) {
      return std::equal(row(j), row(j) + d, row(i), std::less_equal<>());
    };
    const std::size_t from = d <= 2 && !out.empty() ? out.size() - 1 : 0;
    if (std::none_of(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), beats)) {
      out.push_back(i);
    }
  }
  return out;
}

std::vector<std::size_t> undominated_with_cost(std::span<const Choice> menu) {
  std::vector<std::size_t> order(menu.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t k) {
    return std::tuple(menu[k].bits, menu[k].cost, menu[k].distortion, k);
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<std::size_t> out;
  for (const std::size_t k : order) {
    const bool beaten = std::any_of(out.begin(), out.end(), [&](std::size_t j) {
      return menu[j].cost <= menu[k].cost && menu[j].distortion <= menu[k].distortion;
    });
    if (!beaten) out.push_back(k);
  }
  return out;
}

}  // namespace venturi::allocate
