// venturi/learn/network_studies.hpp
//
// Three claims about trained networks, on multilayer perceptrons of a few thousand weights and data
// whose answer was planted: what the papers show on large networks is tested here in small, no
// more. Chance: seeds of weights, data and batches; figures are means over networks, differences in
// standard errors of the paired differences. Everything runs on the CPU. Sources: the recipes'.
#pragma once

#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/monitor.hpp"

namespace venturi::learn {

// Recipe kappatune. A network of four weight matrices learns the answers of one random teacher (5
// classes, 20 normal inputs), then of another whose inputs are moved by 2, so that one network
// could hold both (without that, everything is forgotten whatever is tuned), until its loss there
// is .4 nats (at most 3000 steps), in all parameters, in the two matrices of lowest condition
// number, or in the two of highest. Forgetting: bits by which the first teacher's held-out loss has
// grown.
//   "entropy less its formula, largest" of random square matrices (weight_spectrum.hpp)
//   "forgetting, all / lowest / highest", "steps, ..." and "forgetting, all less lowest, in
//   standard errors", "loss reached" (part of the runs)
std::vector<core::Figure> kappatune_figures(core::Key key, bool quick, core::Monitor& monitor);

// Recipe active-passive-vae. Variational autoencoders of 8 latents, of 16 columns made of three
// factors.
//   "planted latents misnamed"; "passive latents" flagged, those with KL above .1 nats among
//   them ("passive, though used") and those below that were not flagged ("unused, not passive");
//   total correlations in bits of means and samples, with and without passive latents, and
//   "disagreement kept" |means - samples| without them over the same with them
std::vector<core::Figure> active_passive_figures(core::Key key, bool quick, core::Monitor& monitor);

// Recipe feature-representation-bias. Networks with two outputs: the sign of one input, and the
// product of three others; and two products of two inputs, one of which is learned first. Of the
// last hidden layer, variance_explained() by each feature, once both outputs are right on 99.5 % of
// the held-out rows ("learned": part of the networks that are).
std::vector<core::Figure> feature_bias_figures(core::Key key, bool quick, core::Monitor& monitor);

}  // namespace venturi::learn
