#include "venturi/measure/discrete.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <map>
#include <utility>

#include "venturi/measure/count_entropy.hpp"

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

std::vector<std::uint64_t> counts_of(const Coded& coded, std::span<const std::size_t> rows) {
  std::vector<std::uint64_t> counts(coded.kinds);
  for (const std::size_t row : rows) ++counts[coded.values[row]];
  return counts;
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

void require(bool holds, std::string_view where, std::size_t n) {
  if (!holds) core::fail_argument(where, "expected at least one sample, got {}", n);
}

void require_equal(std::size_t n, std::size_t other, std::string_view name,
                   std::string_view where) {
  if (n != other) {
    core::fail_argument(where, "expected {} (n = {}) as long as x, got {}", name, n, other);
  }
}

// A signed entropy of a sum: sign * H(variable), K values possible.
struct Term {
  double sign;
  Coded variable;
  double kinds;
};

using Labels = std::span<const std::int32_t>;

// H of several variables together, K the product of what is seen of each.
Term term(double sign, std::initializer_list<Labels> variables) {
  const std::size_t n = variables.begin()->size();
  std::vector<std::int32_t> rows(n * variables.size());
  std::size_t c = 0;
  double kinds = 1;
  for (const Labels v : variables) {
    for (std::size_t i = 0; i < n; ++i) rows[i * variables.size() + c] = v[i];
    kinds *= static_cast<double>(code(v).kinds);
    ++c;
  }
  return {sign, code(joint_labels(rows, variables.size())), kinds};
}

Estimate estimated(std::span<const Term> terms, core::Key key, const DiscreteOptions& options,
                   std::string_view where) {
  core::check_options(options, where);
  const auto& member = core::find_member(count_methods(), options.method, where);
  const Statistic statistic = [&](std::span<const std::size_t> rows) {
    double sum = 0;
    for (const Term& t : terms) {
      sum += t.sign * member.make(counts_of(t.variable, rows), t.kinds);
    }
    return sum;
  };
  return bootstrap(statistic, terms[0].variable.values.size(), key, options.resamples,
                   fmt::format("{}, bootstrap of {}", options.method, options.resamples));
}

}  // namespace

double plug_in_entropy_bits(Labels x) {
  require(!x.empty(), "measure.plug_in_entropy_bits", x.size());
  const Coded coded = code(x);
  std::vector<std::uint64_t> counts(coded.kinds);
  for (const std::int32_t v : coded.values) ++counts[v];
  return core::find_member(count_methods(), "plug-in", "measure.plug_in_entropy_bits")
      .make(counts, 0);
}

Estimate entropy(Labels x, core::Key key, const DiscreteOptions& options, double kinds) {
  constexpr const char* kWhere = "measure.entropy";
  require(!x.empty(), kWhere, x.size());
  Coded coded = code(x);
  const auto seen = static_cast<double>(coded.kinds);
  if (kinds != 0 && !(kinds >= seen && std::isfinite(kinds))) {
    core::fail_argument(kWhere, "expected kinds = 0 or at least the {} values seen, got {}", seen,
                        kinds);
  }
  const Term terms[] = {{1, std::move(coded), kinds == 0 ? seen : kinds}};
  return estimated(terms, key, options, kWhere);
}

Estimate mutual_information(Labels x, Labels y, core::Key key, const DiscreteOptions& options) {
  constexpr const char* kWhere = "measure.mutual_information";
  require(!x.empty(), kWhere, x.size());
  require_equal(x.size(), y.size(), "y", kWhere);
  const Term terms[] = {term(1, {x}), term(1, {y}), term(-1, {x, y})};
  return estimated(terms, key, options, kWhere);
}

Estimate conditional_mutual_information(Labels x, Labels y, Labels z, core::Key key,
                                        const DiscreteOptions& options) {
  constexpr const char* kWhere = "measure.conditional_mutual_information";
  require(!x.empty(), kWhere, x.size());
  require_equal(x.size(), y.size(), "y", kWhere);
  require_equal(x.size(), z.size(), "z", kWhere);
  const Term terms[] = {term(1, {x, z}), term(1, {y, z}), term(-1, {x, y, z}), term(-1, {z})};
  return estimated(terms, key, options, kWhere);
}

Estimate total_correlation(Labels rows, std::size_t columns, core::Key key,
                           const DiscreteOptions& options) {
  constexpr const char* kWhere = "measure.total_correlation";
  if (columns < 2) core::fail_argument(kWhere, "expected 2 or more columns, got {}", columns);
  require(!rows.empty(), kWhere, rows.size());
  Term all{-1, code(joint_labels(rows, columns)), 1};
  const std::size_t n = rows.size() / columns;
  std::vector<Term> terms;
  for (std::size_t c = 0; c < columns; ++c) {
    std::vector<std::int32_t> column(n);
    for (std::size_t i = 0; i < n; ++i) column[i] = rows[i * columns + c];
    terms.push_back(term(1, {column}));
    all.kinds *= terms.back().kinds;
  }
  if (!std::isfinite(all.kinds)) {
    core::fail_argument(kWhere, "expected fewer joint values than 1e308, {} columns have more",
                        columns);
  }
  terms.push_back(std::move(all));
  return estimated(terms, key, options, kWhere);
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
