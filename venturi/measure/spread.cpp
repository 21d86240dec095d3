#include "venturi/measure/spread.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "venturi/core/error.hpp"
#include "venturi/measure/nearest_lists.hpp"
#include "venturi/measure/remarks.hpp"

namespace venturi::measure {
namespace {

using core::Index;

// Variance between the estimates of parts, given as their first rows in `order` and the end.
double variance_between(const Statistic& bits_of, const Rows& order, Index parts, Index end) {
  std::vector<double> values;
  double mean = 0;
  for (Index p = 0; p < parts; ++p) {
    const Index from = end * p / parts, to = end * (p + 1) / parts;
    values.push_back(bits_of({order.data() + from, static_cast<std::size_t>(to - from)}));
    mean += values.back() / static_cast<double>(parts);
  }
  double sum = 0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(parts - 1);
}

Rows counted(Index n) {
  Rows out(n);
  for (Index i = 0; i < n; ++i) out[i] = i;
  return out;
}

}  // namespace

void add_interval(Estimate& estimate, const Statistic& bits_of, const Design& design,
                  core::Key key) {
  constexpr Index kParts = 10, kLeast = 20;
  constexpr int kRounds = 4;
  constexpr const char* kWhere = "measure.interval";
  const Index least = std::max({kLeast, Index{4} * design.k, 2 * design.columns});
  const bool blocks = design.series && design.block > 0;
  if (blocks && (design.block < least || 2 * design.block > design.n)) {
    core::fail_argument(kWhere, "expected {} <= block <= n/2 = {}, got {}", least, design.n / 2,
                        design.block);
  }
  const Index parts = blocks ? design.n / design.block : std::min(kParts, design.n / least);
  estimate.level = design.level;
  if (parts < 2) {
    estimate.standard_error = estimate.high = std::numeric_limits<double>::infinity();
    estimate.low = -estimate.high;
    estimate.warnings.push_back(
        fmt::format("no interval: it needs {} rows, there are {}", 2 * least, design.n));
    return;
  }
  const int rounds = design.series ? 1 : kRounds;
  double variance = 0;
  for (int round = 0; round < rounds; ++round) {
    core::Random random(key.split("parts").split(static_cast<std::uint64_t>(round)));
    Rows order = counted(design.n);
    if (!design.series) random.shuffle(std::span(order));
    variance += variance_between(bits_of, order, parts, design.n) / rounds;
  }
  std::vector<std::string> warnings = std::move(estimate.warnings);
  estimate = normal_estimate(estimate.bits, std::sqrt(variance / static_cast<double>(parts)),
                             std::move(estimate.method), estimate.n, design.level);
  estimate.warnings = std::move(warnings);
  estimate.method +=
      fmt::format(", interval from {} {}", parts, design.series ? "stretches" : "parts");
}

Rows surrogate_rows(Index n, bool series, Index block, core::Key key) {
  core::Random random(key);
  Rows out = counted(n);
  const auto shift = static_cast<Index>(1 + random.below(n - 1));
  if (!series) {
    random.shuffle(std::span(out));
  } else if (block == 0) {
    std::rotate(out.begin(), out.begin() + shift, out.end());
  } else {
    Rows starts;
    for (Index from = 0; from < n; from += block) starts.push_back(from);
    random.shuffle(std::span(starts));
    out.clear();
    for (const Index from : starts) {
      for (Index i = from; i < std::min(from + block, n); ++i) out.push_back(i);
    }
  }
  return out;
}

LocalSurrogates::LocalSurrogates(const core::MatrixView& z) {
  constexpr int kNear = 5;
  const RowCodes codes = row_codes(z);
  classes_ = 5 * codes.kinds <= z.rows();
  if (classes_) {
    near_.resize(codes.kinds);
    for (Index i = 0; i < z.rows(); ++i) near_[codes.of_row[i]].push_back(i);
    return;
  }
  const int k = static_cast<int>(std::min<Index>(kNear - 1, z.rows() - 1));
  const NearestLists lists(z, k, Norm::maximum);
  near_.resize(z.rows());
  for (Index i = 0; i < z.rows(); ++i) {
    near_[i].push_back(i);
    for (const Neighbour& other : lists.of(i)) near_[i].push_back(other.index);
  }
}

Rows LocalSurrogates::rows(core::Key key) const {
  core::Random random(key);
  if (classes_) {
    Index n = 0;
    for (const Rows& members : near_) n += static_cast<Index>(members.size());
    Rows out(n);
    for (const Rows& members : near_) {
      Rows other = members;
      random.shuffle(std::span(other));
      for (std::size_t i = 0; i < members.size(); ++i) out[members[i]] = other[i];
    }
    return out;
  }
  const auto n = static_cast<Index>(near_.size());
  Rows order = counted(n), out(n);
  random.shuffle(std::span(order));
  std::vector<bool> used(n);
  for (const Index i : order) {
    Rows other = near_[i];
    random.shuffle(std::span(other));
    const auto fresh = std::find_if(other.begin(), other.end(), [&](Index j) { return !used[j]; });
    out[i] = fresh == other.end() ? other.back() : *fresh;
    used[out[i]] = true;
  }
  return out;
}

}  // namespace venturi::measure
