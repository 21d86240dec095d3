#include "venturi/measure/bounds.hpp"

#include <cmath>
#include <map>
#include <numbers>

#include "venturi/core/error.hpp"

namespace venturi::measure {
namespace {

Estimate mean_estimate(std::span<const double> values, std::string method) {
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  for (const double v : values) mean += v / n;
  double variance = 0;
  for (const double v : values) variance += (v - mean) * (v - mean) / (n - 1);
  return normal_estimate(mean, std::sqrt(variance / n), std::move(method), values.size());
}

}  // namespace

Estimate information_lower_bound(std::span<const std::int32_t> labels,
                                 std::span<const double> cross_entropy_bits) {
  if (labels.size() != cross_entropy_bits.size() || labels.size() < 2) {
    core::fail_argument("measure.information_lower_bound",
                        "expected n >= 2 labels and as many cross-entropies, got {} and {}",
                        labels.size(), cross_entropy_bits.size());
  }
  std::map<std::int32_t, double> counts;
  for (const std::int32_t label : labels) counts[label] += 1;
  const auto n = static_cast<double>(labels.size());
  std::vector<double> gains(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    gains[i] = -std::log2(counts[labels[i]] / n) - cross_entropy_bits[i];
  }
  Estimate out = mean_estimate(gains, "lower bound H(Y) - cross-entropy");
  const double correction = (static_cast<double>(counts.size()) - 1) / (2 * n * std::numbers::ln2);
  out.bits += correction;
  out.low += correction;
  out.high += correction;
  return out;
}

Estimate rate_upper_bound(std::span<const double> rate_bits) {
  if (rate_bits.size() < 2) {
    core::fail_argument("measure.rate_upper_bound", "expected n >= 2 rates, got {}",
                        rate_bits.size());
  }
  return mean_estimate(rate_bits, "upper bound: mean rate");
}

}  // namespace venturi::measure
