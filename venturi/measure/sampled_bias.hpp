// venturi/measure/sampled_bias.hpp
//
// Inductive bias by sampling: the bits needed to single out, among the hypotheses of a space that
// fit the training data, those whose test error is at most eps,
//   bits = -log2 P(test error <= eps),   hypotheses drawn from the space given the training data.
// P is mostly far below what can be counted, so that a law is fitted to the errors drawn and its
// lower tail read off: s times a non-central chi-square of v degrees of freedom and non-centrality
// l, which a squared error of normal outputs is where its directions vary alike. Here s, v, l are
// those of the first three cumulants,
//   k1 = s (v + l), k2 = 2 s^2 (v + 2 l), k3 = 8 s^3 (v + 3 l),
// the nearest with v > 0 and l >= 0 if there are none.
// It is the law that says what was never drawn: of other errors (hypotheses uniform in a ball, say)
// its tail is wrong by any factor, and counted_bits, where finite, is the check.
// Range: bits >= 0; 0.1 bits within what can be counted, about a tenth of the bits where the tail
// is 2^-30 at 20,000 draws (tests). Cost: O(draws), the tail O(l + v). Errors: InvalidArgument for
// fewer than 100 draws, eps <= 0; DataError for errors that are negative, not finite, all
// equal or nearly so (v + l above 1e5).
// Source: Boopathy, Yue, Hwang, Iyer, Fiete, "Towards exact computation of inductive bias", IJCAI
// 2024 (the law of errors; there fitted by maximum likelihood).
#pragma once

#include <span>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

struct SampledBias {
  double bits = 0;  // by the law
  double counted_bits =
      0;  // -log2 of the part of the draws at or below eps; infinite if there is none
  double scale = 0, freedom = 0, noncentrality = 0;
};
SampledBias sampled_bias(std::span<const double> errors, double eps);

// log2 P(X <= x) of a non-central chi-square law; v > 0, l >= 0, v + l <= 1e5, x > 0. To 1e-9
// of itself.
double log2_chi_square_below(double x, double freedom, double noncentrality);

// Test errors of `draws` linear hypotheses f(x) = w.x, w standard normal, given that they fit the
// training data exactly: w = X^+ y + (1 - X^+ X) g. Mean squared error over the test rows.
// train n*d, y n with n <= d and independent rows, test m*d, answers m. O(n^2 d + draws (n + m) d).
struct LinearTask {
  core::MatrixView train;
  core::VectorView y;
  core::MatrixView test;
  core::VectorView answers;
};
std::vector<double> linear_hypothesis_errors(const LinearTask& task, int draws, core::Key key);

}  // namespace venturi::measure
