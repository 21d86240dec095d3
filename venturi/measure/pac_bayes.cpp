#include "venturi/measure/pac_bayes.hpp"

#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::measure {

double pac_bayes_bound(const GeneratorRisk& risk, double lambda) {
  if (!(risk.distance >= 0 && risk.kl_nats >= 0 && risk.n >= 1 && risk.m >= 1 &&
        risk.diameter > 0 && risk.delta > 0 && risk.delta < 1 && lambda > 0) ||
      !std::isfinite(risk.distance + risk.kl_nats + risk.diameter + lambda)) {
    core::fail_argument("measure.pac_bayes_bound",
                        "expected distance and KL >= 0, n and m >= 1, diameter and lambda > 0, 0 < "
                        "delta < 1, got {}, {}, {}, {}, {}, {}, {}",
                        risk.distance, risk.kl_nats, risk.n, risk.m, risk.diameter, lambda,
                        risk.delta);
  }
  return risk.distance + (risk.kl_nats - std::log(risk.delta)) / lambda +
         lambda * risk.diameter * risk.diameter / 8 * (1 / risk.n + 1 / risk.m);
}

BoundAt bound_over_grid(const GeneratorRisk& risk, std::span<const double> lambdas) {
  if (lambdas.empty()) {
    core::fail_argument("measure.bound_over_grid", "expected at least one lambda, got none");
  }
  GeneratorRisk each = risk;
  each.delta /= static_cast<double>(lambdas.size());
  BoundAt out{.bound = std::numeric_limits<double>::infinity()};
  for (const double lambda : lambdas) {
    const double bound = pac_bayes_bound(each, lambda);
    if (bound < out.bound) out = {bound, lambda};
  }
  return out;
}

double gaussian_kl_nats(const core::VectorView& mean, double variance, double prior_variance) {
  if (!(variance > 0 && prior_variance > 0) || !std::isfinite(variance + prior_variance) ||
      !mean.allFinite()) {
    core::fail_argument("measure.gaussian_kl_nats",
                        "expected finite means and variances > 0, got {} and {}", variance,
                        prior_variance);
  }
  const auto d = static_cast<double>(mean.size());
  return 0.5 * (mean.squaredNorm() / prior_variance +
                d * (variance / prior_variance - 1 - std::log(variance / prior_variance)));
}

}  // namespace venturi::measure
