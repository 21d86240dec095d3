// venturi/learn/robustness.hpp
//
// How a trained model holds under changed inputs, and how well it knows what it does not know. The
// model is used as evaluate() uses it without draws (means, no noise).
//   fgsm      x + eps sign(dL/dx), clamped
//   pgd       `steps` steps of size `step` along sign(dL/dx) from a random start in the ball,
//             clamped to the ball of radius eps and to the range of the data
//   gaussian  x + N(0, eps^2), clamped
// eps, step in the units of x as the data set has it (images: [0, 1]); `low`, `high`: the range
// that inputs are clamped to (the data's own least and greatest value, say). L is the prediction in
// nats. eps 0 changes nothing.
//   ece       expected calibration error, bins of equal width by the greatest probability
//   auroc     of a score (the greatest probability; regressions have none) that tells samples of
//             the data from others; 1/2 for chance
// Sources: Goodfellow et al., ICLR 2015 (fgsm); Madry et al., ICLR 2018 (pgd); Guo et al., ICML
// 2017 (ece, eq. 3); Hendrycks, Gimpel, ICLR 2017 (auroc of the greatest probability).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "venturi/learn/evaluate.hpp"

namespace venturi::learn {

struct AttackOptions {
  std::string kind = "fgsm";
  double eps = 0.1;
  double step = 0.02;
  int steps = 10;
  double low = 0;
  double high = 1;
};

// `x` (n*d, raw) under attack; n*d. InvalidArgument for options without sense (low > high, eps < 0,
// an unknown kind), errors as Model::inputs and targets().
core::MatrixF attacked(const Model& model, const data::Dataset& set, const AttackOptions& options,
                       core::Key key);

// probabilities n*classes, labels n, bins >= 1; in [0, 1].
double expected_calibration_error(const core::MatrixF& probabilities,
                                  std::span<const std::int32_t> labels, int bins = 15);

// Probability that a score of `inside` is above one of `outside`, ties half. Both not empty.
// O(n log n).
double auroc(std::span<const double> inside, std::span<const double> outside);

// The greatest probability of each sample; InvalidArgument for a regression.
std::vector<double> confidences(const Model& model, const core::MatrixF& x);

}  // namespace venturi::learn
