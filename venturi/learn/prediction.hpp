// venturi/learn/prediction.hpp
//
// What a model loses of its targets, as the first term of an objective: means over the batch, in
// nats where they are log-likelihoods or divergences.
//   likelihood     cross-entropy of the label; Gaussian -log N(y; output, diag v) of standardised
//                  targets, v learned
//   squared-error  |output - y|^2 of standardised targets (sum over the targets)
//   cs-divergence  D_CS(p(y|x); q(output|x)), kernel_terms.hpp, K on x; of a classification y is
//                  one-hot and the output a probability. Its width for y and output:
//                  s^2 = target_width^2 + (residual r)^2, r^2 the batch's mean squared error a
//                  target (as a constant). With residual = 0 (as published) wide errors fall out
//                  of the kernel, their gradient vanishes, and training can run away; under a
//                  wide kernel on x, too, which compares laws of y across unlike inputs. The
//                  default, input_width .1 and residual 3, is what validation chose on California
//                  Housing (recipe cs-ib-widths).
// The last two leave log v without a gradient; it is fitted beside them, at no change of the loss.
#pragma once

#include <span>

#include "venturi/learn/objective.hpp"

namespace venturi::learn {

// One value a copy (a scalar without copies).
using PredictionTerm = tensor::Tensor (*)(const Model&, const Forward&, const ObjectiveOptions&);
std::span<const core::Member<PredictionTerm>> prediction_terms();

}  // namespace venturi::learn
