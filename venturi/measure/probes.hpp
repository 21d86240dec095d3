// venturi/measure/probes.hpp
//
// Usable (V-) information: what a family V of simple decoders gets of Y out of X,
//   I_V(X -> Y) = H_V(Y) - H_V(Y|X),   H_V(Y|X) = inf over f in V of E[-log f[x](y)].
// Two families, both linear in x with an intercept:
//   Gaussian of fixed variance   I_V is half of what the squared error falls by, over that
//   variance;
//                                over H_V(Y) less its constant it is R^2 = 1 - sum |y - f(x)|^2 /
//                                sum |y - mean|^2, over all columns of y
//   softmax                      H(Y) less the cross-entropy, in BITS
// Both are cross-fitted: each of `folds` parts is predicted by a fit on the others, so that they
// are not raised by overfitting and may fall below 0. With folds = 1 the rows fitted are the rows
// scored.
//
// linear_r2: least squares of the least norm (columns may repeat). Constant x gives 0 with one
// fold. softmax: no penalty, by accelerated steps under Boehning's fixed bound on the Hessian until
// a step lowers the loss by less than 1e-8 nats a row, 2000 steps at most; labels that x separates
// have no best fit, the loss then stops a little above 0. Shapes: x n*d, y n*m, labels n. Cost:
// O(folds (n d^2 + d^3)); softmax besides O(steps folds n d C). Errors: InvalidArgument for
// lengths, folds outside 1 .. n/2; DataError for values that are not finite, constant y, fewer than
// two classes, a fold whose fit lacks a class. Sources: Xu, Zhao, Song, Stewart, Ermon, "A theory
// of usable information under computational constraints", ICLR 2020 (I_V, R^2: proposition 1.5);
// Boehning, Ann. Inst. Stat. Math. 44 (1992).
#pragma once

#include <cstdint>
#include <span>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

double linear_r2(const core::MatrixView& x, const core::MatrixView& y, int folds, core::Key key);

// Cross-entropy and accuracy of the cross-fitted softmax.
struct SoftmaxProbe {
  double cross_entropy_bits = 0;
  double label_entropy_bits = 0;  // H(Y), plug-in
  double accuracy = 0;
  double information_bits() const { return label_entropy_bits - cross_entropy_bits; }
};
SoftmaxProbe softmax_probe(const core::MatrixView& x, std::span<const std::int32_t> labels,
                           int folds, core::Key key);

// The softmax fitted to all rows with each class weighing the same in all: mean cross-entropy of
// the rows, unweighted, in bits (InfoE of disentanglement.hpp).
double balanced_cross_entropy_bits(const core::MatrixView& x, std::span<const std::int32_t> labels);

// How late in a network a feature z (n*m) becomes linearly decodable, from its layers (n*d_l each):
//   K = 1 - (1/L) sum_l max(0, R^2_l),   R^2_l of linear_r2(layer l, z)
// 0: readable from the first layer, 1: from none. Source: Fel et al., "Understanding visual feature
// reliance through the lens of complexity", NeurIPS 2024, section 3.
double feature_complexity(std::span<const core::MatrixView> layers, const core::MatrixView& feature,
                          int folds, core::Key key);

// The part of a representation's variance, over all its columns, that a linear regression on a
// feature (n*m) takes up: in [0, 1]. Source: Lampinen, Chan, Hermann, "Learned feature
// representations are biased by complexity, learning order, position, and more", TMLR 2024.
double variance_explained(const core::MatrixView& representation, const core::MatrixView& feature);

}  // namespace venturi::measure
