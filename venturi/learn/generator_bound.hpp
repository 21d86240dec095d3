// venturi/learn/generator_bound.hpp
//
// PAC-Bayes bounds of generators (measure/pac_bayes.hpp) held against the true Wasserstein distance
// on data in two dimensions: recipe pac-bayes-gan.
//
// Data: eight normal modes (deviation .05) on a ring, cut to the disc of radius 1 (diameter 2).
// Generator: picks one of eight centres, adds noise of deviation .05, cuts to the disc; its
// parameters are the centres, rho = N(centres, .02^2), pi = N(0, .5^2) per coordinate, so that KL
// has a closed form. Training moves the means of rho downhill on the empirical W_1 (exact
// transport; the gradient of a cost |g - x| is its direction) plus KL / lambda, lambda as in the
// bound. The adversarial critic of the paper is replaced by the exact distance that it
// approximates. No network is trained; 16 parameters.
#pragma once

#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"

namespace venturi::learn {

// For generators trained on four modes, on all eight, and untrained (the prior's mean): "bound",
// "true W1" (exact transport between large samples, whose own bias is upward), and over `trials`
// samples of data
//   "bounds below the true distance"   how many
//   "trained: bound / diameter"        non-vacuous below 1
//   "least slack"                      bound less true distance
std::vector<core::Figure> generator_bound_figures(core::Key key, bool quick);

}  // namespace venturi::learn
