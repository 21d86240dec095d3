#include "venturi/measure/discrete.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>

namespace venturi::measure {
namespace {

// Labels as 0 .. K-1.
struct Coded {
  std::vector<std::int32_t> values;
  std::size_t kinds;
};

Coded code(std::span<const std::int32_t> x) {
  std::vector<std::int32_t> sorted(x.begin(), x.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  Coded out{.values = std::vector<std::int32_t>(x.size()), .kinds = sorted.size()};
  for (std::size_t i = 0; i < x.size(); ++i) {
    out.values[i] = static_cast<std::int32_t>(std::lower_bound(sorted.begin(), sorted.end(), x[i]) -
                                              sorted.begin());
  }
  return out;
}

// H in bits of n labels given as counts.
double entropy_bits(std::span<const std::uint64_t> counts, bool corrected) {
  double n = 0;
  double kinds = 0;
  for (const std::uint64_t c : counts) {
    n += static_cast<double>(c);
    kinds += c > 0 ? 1 : 0;
  }
  double sum = 0;
  for (const std::uint64_t c : counts) {
    if (c > 0) sum += static_cast<double>(c) * std::log2(static_cast<double>(c));
  }
  const double correction = corrected ? (kinds - 1) / (2 * n * std::numbers::ln2) : 0;
  return std::log2(n) - sum / n + correction;
}

// The statistic of a resample (rows by index), and its bootstrap interval.
using Statistic = std::function<double(std::span<const std::size_t>)>;

Estimate bootstrap(const Statistic& statistic, std::size_t n, core::Key key, int resamples,
                   std::string method) {
  std::vector<std::size_t> rows(n);
  for (std::size_t i = 0; i < n; ++i) rows[i] = i;
  const double value = statistic(rows);
  std::vector<double> deviations(resamples);
#pragma omp parallel for firstprivate(rows)
  for (int r = 0; r < resamples; ++r) {
    core::Random random(key.split(static_cast<std::uint64_t>(r)));
    for (std::size_t& row : rows) row = random.below(n);
    deviations[r] = statistic(rows) - value;
  }
  std::sort(deviations.begin(), deviations.end());
  double mean = 0;
  for (const double d : deviations) mean += d / resamples;
  double variance = 0;
  for (const double d : deviations) variance += (d - mean) * (d - mean) / (resamples - 1);
  const auto quantile = [&](double q) {
    return deviations[static_cast<std::size_t>(std::lround(q * (resamples - 1)))] - mean;
  };
  return {.bits = value,
          .standard_error = std::sqrt(variance),
          .low = value - quantile(0.975),
          .high = value - quantile(0.025),
          .method = std::move(method),
          .n = n};
}

std::string method_name(const DiscreteOptions& options) {
  return fmt::format("plug-in{}, bootstrap of {}",
                     options.correction == "none" ? "" : " + Miller-Madow", options.resamples);
}

void require(bool holds, std::string_view where, std::size_t n) {
  if (!holds) core::fail_argument(where, "expected at least one sample, got {}", n);
}

}  // namespace

double plug_in_entropy_bits(std::span<const std::int32_t> x) {
  require(!x.empty(), "measure.plug_in_entropy_bits", x.size());
  const Coded coded = code(x);
  std::vector<std::uint64_t> counts(coded.kinds);
  for (const std::int32_t v : coded.values) ++counts[v];
  return entropy_bits(counts, false);
}

Estimate entropy(std::span<const std::int32_t> x, core::Key key, const DiscreteOptions& options) {
  require(!x.empty(), "measure.entropy", x.size());
  core::check_options(options, "measure.entropy");
  const Coded coded = code(x);
  const bool corrected = options.correction != "none";
  const Statistic statistic = [&](std::span<const std::size_t> rows) {
    std::vector<std::uint64_t> counts(coded.kinds);
    for (const std::size_t row : rows) ++counts[coded.values[row]];
    return entropy_bits(counts, corrected);
  };
  return bootstrap(statistic, x.size(), key, options.resamples, method_name(options));
}

Estimate mutual_information(std::span<const std::int32_t> x, std::span<const std::int32_t> y,
                            core::Key key, const DiscreteOptions& options) {
  require(!x.empty(), "measure.mutual_information", x.size());
  core::check_options(options, "measure.mutual_information");
  if (x.size() != y.size()) {
    core::fail_argument("measure.mutual_information", "expected y (n = {}) as long as x, got {}",
                        x.size(), y.size());
  }
  const Coded cx = code(x);
  const Coded cy = code(y);
  std::vector<std::int32_t> pairs(2 * x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    pairs[2 * i] = cx.values[i];
    pairs[2 * i + 1] = cy.values[i];
  }
  const Coded joint = code(joint_labels(pairs, 2));
  const bool corrected = options.correction != "none";
  const auto h = [&](const Coded& coded, std::span<const std::size_t> rows) {
    std::vector<std::uint64_t> counts(coded.kinds);
    for (const std::size_t row : rows) ++counts[coded.values[row]];
    return entropy_bits(counts, corrected);
  };
  const Statistic statistic = [&](std::span<const std::size_t> rows) {
    return h(cx, rows) + h(cy, rows) - h(joint, rows);
  };
  return bootstrap(statistic, x.size(), key, options.resamples, method_name(options));
}

std::vector<std::int32_t> joint_labels(std::span<const std::int32_t> rows, std::size_t columns) {
  if (columns == 0 || rows.size() % columns != 0) {
    core::fail_argument("measure.joint_labels", "expected n*{} values, got {}", columns,
                        rows.size());
  }
  std::map<std::vector<std::int32_t>, std::int32_t> seen;
  std::vector<std::int32_t> out(rows.size() / columns);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto row = rows.subspan(i * columns, columns);
    const auto next = static_cast<std::int32_t>(seen.size());
    out[i] = seen.try_emplace({row.begin(), row.end()}, next).first->second;
  }
  return out;
}

}  // namespace venturi::measure
