// venturi/measure/pac_bayes.hpp
//
// How far generated data can be from the truth, from what was seen, with probability 1 - delta over
// the sample, for every posterior rho over generators g at once (prior pi chosen before the data):
//   E_rho d(P, P_g) <= E_rho d(P_n, P_g,m) + (KL(rho|pi) + ln(1/delta)) / lambda
//                      + lambda Delta^2 / 8 (1/n + 1/m)
// d is an integral probability metric whose functions differ by at most Delta over the space: the
// Wasserstein distance W_1 on a space of diameter Delta, total variation over a partition with
// Delta = 1. P_n are n data, P_g,m m generated points, drawn anew for each g (m infinite: g's own
// law). Why: d(P, P_g) <= E d(P_n, P_g,m), as a supremum of means is below the mean of suprema;
// d(P_n, P_g,m) moves by at most Delta/n or Delta/m with one point, so that its exponential moment
// is that of bounded differences; the change of measure does the rest. lambda is fixed before the
// data; bound_over_grid() pays ln(size) in KL to choose among a grid. Units: those of d; KL in
// NATS, as it stands in the formula. Errors: InvalidArgument for numbers out of range. Source:
// Mbacke, Clerc, Germain, "PAC-Bayesian generalization bounds for adversarial generative models",
// ICML 2023 (theorem for W_1 on bounded spaces, its n = m).
#pragma once

#include <span>

#include "venturi/core/views.hpp"

namespace venturi::measure {

struct GeneratorRisk {
  double distance = 0;  // E_rho d(P_n, P_g,m)
  double kl_nats = 0;   // KL(rho|pi)
  double n = 0;         // data
  double m = 0;         // points generated of each g; infinity for its own law
  double diameter = 0;  // Delta
  double delta = 0.05;
};
double pac_bayes_bound(const GeneratorRisk& risk, double lambda);

// The least of the bounds at each lambda with delta / size, valid for all of them together.
struct BoundAt {
  double bound = 0, lambda = 0;
};
BoundAt bound_over_grid(const GeneratorRisk& risk, std::span<const double> lambdas);

// KL(N(mean, variance) | N(0, prior_variance)) of independent coordinates, one variance for all.
double gaussian_kl_nats(const core::VectorView& mean, double variance, double prior_variance);

}  // namespace venturi::measure
