#include "venturi/data/split.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "venturi/core/error.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.split";

void check_fractions(std::span<const double> fractions) {
  const double sum = std::accumulate(fractions.begin(), fractions.end(), 0.0);
  const bool positive = std::ranges::all_of(fractions, [](double f) { return f > 0; });
  if (!positive || !(std::abs(sum - 1) <= 1e-9)) {
    core::fail_argument(kWhere, "expected fractions above 0 that sum to 1, got {}",
                        fmt::join(fractions, ", "));
  }
}

}  // namespace

std::vector<std::vector<std::size_t>> split_rows(std::size_t n, std::span<const double> fractions,
                                                 core::Key key,
                                                 std::span<const std::int32_t> labels) {
  check_fractions(fractions);
  if (!labels.empty() && labels.size() != n) {
    core::fail_argument(kWhere, "expected {} labels, got {}", n, labels.size());
  }
  core::Random random(key.split("order"));
  auto order = random.permutation(n);
  if (!labels.empty())
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return labels[i]; });
  std::vector<std::vector<std::size_t>> parts(fractions.size());
  for (std::size_t t = 0; t < n; ++t) {
    const auto lack = [&](std::size_t k) {
      return fractions[k] * static_cast<double>(t + 1) - static_cast<double>(parts[k].size());
    };
    std::size_t best = 0;
    for (std::size_t k = 1; k < parts.size(); ++k) {
      if (lack(k) > lack(best)) best = k;
    }
    parts[best].push_back(order[t]);
  }
  for (auto& part : parts) random.shuffle(std::span(part));
  return parts;
}

std::vector<Dataset> split(const Dataset& data, std::span<const double> fractions, core::Key key) {
  std::vector<Dataset> out;
  const auto n = static_cast<std::size_t>(data.size());
  for (const auto& rows : split_rows(n, fractions, key, data.labels)) {
    out.push_back(data.subset(rows));
  }
  return out;
}

}  // namespace venturi::data
