#include "venturi/measure/ksg.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "venturi/core/error.hpp"
#include "venturi/measure/digamma.hpp"
#include "venturi/measure/neighbours.hpp"

namespace venturi::measure {
namespace {

using core::MatrixView;

// The union of all m groups but g.
std::vector<unsigned> all_but_one(std::size_t m) {
  std::vector<unsigned> out;
  for (std::size_t g = 0; g < m; ++g) out.push_back(((1U << m) - 1) & ~(1U << g));
  return out;
}

std::vector<unsigned> single_groups(std::size_t m) {
  std::vector<unsigned> out;
  for (std::size_t g = 0; g < m; ++g) out.push_back(1U << g);
  return out;
}

void check_groups(std::span<const MatrixView> groups, std::size_t least, const char* where) {
  if (groups.size() < least || groups.size() > 31) {
    core::fail_argument(where, "expected {} to 31 groups of columns, got {}", least, groups.size());
  }
}

}  // namespace

double mean_of(std::span<const double> local) {
  double sum = 0;
  for (const double value : local) sum += value;
  return sum / static_cast<double>(local.size());
}

std::vector<double> total_correlation_local(std::span<const MatrixView> groups, int k) {
  check_groups(groups, 2, "measure.total_correlation_local");
  const Neighbours found =
      find_neighbours(groups, {.k = k, .unions = single_groups(groups.size())});
  const std::size_t n = found.distance.size();
  const Digamma psi(n);
  std::vector<double> out(n, psi(k) + static_cast<double>(groups.size() - 1) * psi(n));
  for (const auto& counts : found.counts) {
    for (std::size_t i = 0; i < n; ++i) out[i] -= psi(counts[i] + 1);
  }
  return out;
}

std::vector<double> ksg1_local(const MatrixView& x, const MatrixView& y, int k) {
  const MatrixView groups[] = {x, y};
  return total_correlation_local(groups, k);
}

std::vector<double> ksg2_local(const MatrixView& x, const MatrixView& y, int k) {
  const MatrixView groups[] = {x, y};
  const Neighbours found =
      find_neighbours(groups, {.k = k, .reach = Reach::projected, .unions = {1, 2}});
  const std::size_t n = found.distance.size();
  const Digamma psi(n);
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = psi(k) - 1.0 / k + psi(n) - psi(found.counts[0][i]) - psi(found.counts[1][i]);
  }
  return out;
}

std::vector<double> gao_local(const MatrixView& x, const MatrixView& y, int k) {
  const MatrixView groups[] = {x, y};
  const Neighbours found =
      find_neighbours(groups, {.k = k, .reach = Reach::closed, .unions = {1, 2, 3}});
  const std::size_t n = found.distance.size();
  const Digamma psi(n);
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t neighbours = found.distance[i] == 0 ? found.counts[2][i] : k;
    out[i] = psi(neighbours) + std::log(static_cast<double>(n)) -
             std::log(found.counts[0][i] + 1.0) - std::log(found.counts[1][i] + 1.0);
  }
  return out;
}

std::vector<double> ross_local(std::span<const std::int32_t> labels, const MatrixView& y, int k) {
  constexpr const char* kWhere = "measure.ross_local";
  if (static_cast<core::Index>(labels.size()) != y.rows()) {
    core::fail_argument(kWhere, "expected {} rows of y, got {}", labels.size(), y.rows());
  }
  if (k < 1) core::fail_argument(kWhere, "expected k >= 1, got {}", k);
  std::map<std::int32_t, std::vector<core::Index>> classes;
  for (std::size_t i = 0; i < labels.size(); ++i) classes[labels[i]].push_back(i);
  std::vector<core::Index> kept;
  std::vector<double> radius;
  std::vector<std::pair<int, std::int64_t>> sizes;  // k_i and n_c of each kept row
  for (const auto& [label, rows] : classes) {
    if (rows.size() < 2) continue;
    const core::Matrix inside = y(rows, Eigen::all);
    const MatrixView groups[] = {inside};
    const int here = std::min(k, static_cast<int>(rows.size()) - 1);
    const Neighbours found = find_neighbours(groups, {.k = here, .unions = {}});
    kept.insert(kept.end(), rows.begin(), rows.end());
    radius.insert(radius.end(), found.distance.begin(), found.distance.end());
    sizes.insert(sizes.end(), rows.size(), {here, static_cast<std::int64_t>(rows.size())});
  }
  if (kept.empty()) core::fail_data(kWhere, "no label occurs twice: x is not discrete");
  const core::Matrix rest = y(kept, Eigen::all);
  const std::vector<std::int32_t> counts = count_within(rest, radius, false);
  const Digamma psi(kept.size());
  std::vector<double> out(kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    out[i] = psi(static_cast<std::int64_t>(kept.size())) + psi(sizes[i].first) -
             psi(sizes[i].second) - psi(counts[i] + 1);
  }
  return out;
}

std::vector<double> conditional_local(const MatrixView& x, const MatrixView& y, const MatrixView& z,
                                      int k) {
  const MatrixView groups[] = {x, y, z};
  const Neighbours found = find_neighbours(groups, {.k = k, .unions = {5, 6, 4}});
  const std::size_t n = found.distance.size();
  const Digamma psi(n);
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = psi(k) - psi(found.counts[0][i] + 1) - psi(found.counts[1][i] + 1) +
             psi(found.counts[2][i] + 1);
  }
  return out;
}

std::vector<double> mixed_conditional_local(const MatrixView& x, const MatrixView& y,
                                            const MatrixView& z, int k) {
  const MatrixView groups[] = {x, y, z};
  const Neighbours found =
      find_neighbours(groups, {.k = k, .reach = Reach::closed, .unions = {5, 6, 4, 7}});
  const std::size_t n = found.distance.size();
  const Digamma psi(n);
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t neighbours = found.distance[i] == 0 ? found.counts[3][i] : k;
    out[i] = psi(neighbours) - psi(found.counts[0][i]) - psi(found.counts[1][i]) +
             psi(found.counts[2][i]);
  }
  return out;
}

std::vector<double> dual_total_correlation_local(std::span<const MatrixView> groups, int k) {
  check_groups(groups, 2, "measure.dual_total_correlation_local");
  const Neighbours found = find_neighbours(groups, {.k = k, .unions = all_but_one(groups.size())});
  const std::size_t n = found.distance.size();
  const Digamma psi(n);
  std::vector<double> out(n, static_cast<double>(groups.size() - 1) * psi(k) + psi(n));
  for (const auto& counts : found.counts) {
    for (std::size_t i = 0; i < n; ++i) out[i] -= psi(counts[i] + 1);
  }
  return out;
}

std::vector<double> o_information_local(std::span<const MatrixView> groups, int k) {
  check_groups(groups, 3, "measure.o_information_local");
  const std::size_t m = groups.size();
  std::vector<unsigned> unions = single_groups(m);
  const std::vector<unsigned> rest = all_but_one(m);
  unions.insert(unions.end(), rest.begin(), rest.end());
  const Neighbours found = find_neighbours(groups, {.k = k, .unions = unions});
  const std::size_t n = found.distance.size();
  const Digamma psi(n);
  std::vector<double> out(n, static_cast<double>(m - 2) * (psi(n) - psi(k)));
  for (std::size_t u = 0; u < unions.size(); ++u) {
    for (std::size_t i = 0; i < n; ++i) {
      const double term = psi(found.counts[u][i] + 1);
      out[i] += u < m ? -term : term;
    }
  }
  return out;
}

std::vector<double> entropy_local(const MatrixView& x, int k) {
  const MatrixView groups[] = {x};
  const Neighbours found = find_neighbours(groups, {.k = k, .unions = {}});
  const std::size_t n = found.distance.size();
  const Digamma psi(n);
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (found.distance[i] == 0) {
      core::fail_data("measure.entropy_local",
                      "row {} has {} or more duplicates: its density is infinite; a discrete "
                      "variable has an entropy of labels (discrete.hpp)",
                      i, k);
    }
    out[i] = psi(n) - psi(k) + static_cast<double>(x.cols()) * std::log(2 * found.distance[i]);
  }
  return out;
}

}  // namespace venturi::measure
