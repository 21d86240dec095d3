// venturi/measure/kernel_density.hpp
//
// Entropy and information by Gaussian kernel density estimates, in NATS.
//   leave-one-out  h = -1/n sum_i log p_-i(x_i), p_-i(u) = 1/(n-1) sum_{j != i} N(u; x_j,
//   diag(s^2))
//                  I = 1/n sum_i log p_-i(x_i,y_i) / (p_-i(x_i) p_-i(y_i))
//   adaptive       the same with the width of sample j times (p_-j(x_j) / g)^-1/2, g the geometric
//                  mean of the pilot densities p_-j (those of the plain estimate): wide kernels in
//                  the tails (Abramson)
//   mixture bounds T = t + N(0, v I), t uniform on the n rows:
//                  -1/n sum_i log 1/n sum_j exp(-|t_i-t_j|^2 / (8v)) + d/2 log(2 pi e v)
//                    <= h(T) <= the same with 2v for 8v
//                  and I(X;T), the rate of the layer, is h(T) less d/2 log(2 pi e v)
// Shapes: x n*dx, y n*dy, n >= 2. Range: bounds of the rate lie in [0, log n]; the others are not
// clipped. Bias: leave-one-out densities are wide, so that h is high for a finite width; I is
// usually low, and falls fast with the columns, adaptive sooner, as each law has its own widths
// (true 2.07 nats in 5+5 normal columns, n = 2000: 1.36 plain, .16 adaptive). Outliers: the log
// density of a row far from all others falls as its squared distance in widths, so that one row can
// carry the whole mean; heavy tails (Cauchy: off by 10^4 nats, adaptive or not) are for nearest
// neighbours. Widths: one a column, for the joint law of X and Y Silverman's of dx+dy columns, used
// in the margins too so that biases cancel. Cost: O(n^2 d), memory O(n d) and n doubles a thread,
// for any n. Deterministic for any number of threads. Errors: InvalidArgument for shapes and
// widths; DataError for NaN, constant columns, a row so far from all others that its density is 0.
// Sources: Beirlant et al. 1997 (leave one out); Abramson 1982, Silverman 1986, 5.3 (adaptive);
// Kolchinsky, Tracey, Entropy 19(7) 361 (2017), eqs. 10, 13 (bounds).
#pragma once

#include "venturi/core/views.hpp"

namespace venturi::measure {

// widths: d of them, silverman_widths(x) of pairwise.hpp say.
double density_entropy_nats(const core::MatrixView& x, const core::Vector& widths);
double adaptive_density_entropy_nats(const core::MatrixView& x, const core::Vector& widths);

// widths: dx + dy of them, those of x first; silverman_widths of x and y side by side, say.
double density_information_nats(const core::MatrixView& x, const core::MatrixView& y,
                                const core::Vector& widths);
double adaptive_density_information_nats(const core::MatrixView& x, const core::MatrixView& y,
                                         const core::Vector& widths);

struct MixtureBounds {
  double lower = 0;  // Bhattacharyya
  double upper = 0;  // Kullback-Leibler
};

// Bounds of the rate I(X;T) of a layer t(x), n*d, whose output has noise of variance v > 0.
MixtureBounds noisy_rate_bounds_nats(const core::MatrixView& t, double variance);
// Bounds of h(T).
MixtureBounds noisy_entropy_bounds_nats(const core::MatrixView& t, double variance);

}  // namespace venturi::measure
