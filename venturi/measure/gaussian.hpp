// venturi/measure/gaussian.hpp
//
// Information between jointly Gaussian variables, from a sample covariance; NATS inside, the front
// (mutual_information.hpp) speaks bits.
//
//   I = 1/2 log(det S_xx det S_yy / det S) = -1/2 sum_i log(1 - rho_i^2)
//
// with rho_i the canonical correlations, so that this is also what CCA measures. For normal data
// of n rows the maximum-likelihood value is high by
//   b = 1/2 sum over (x: d = dx), (y: dy), minus (joint: dx+dy) of sum_{i=1..d} psi((n-i)/2)
// (E log det of a Wishart matrix; its -d log(n/2) terms cancel), which is subtracted.
// As a lower bound: for data whose margins are Gaussian, it is one, whatever the dependence.
// Shapes: x n*dx, y n*dy. Cost: O(n (dx+dy)^2 + (dx+dy)^3). Errors: InvalidArgument for different
// lengths or n <= dx+dy+1; DataError for a covariance that is singular (a constant column, one that
// repeats another). Source: Misra, Singh, Demchuk 2005 (bias); Hotelling 1936; Cover and Thomas 8.
#pragma once

#include <span>

#include "venturi/core/views.hpp"

namespace venturi::measure {

// With `correct`, less the bias b.
double gaussian_information_nats(const core::MatrixView& x, const core::MatrixView& y,
                                 bool correct);

// b above, for n rows.
double gaussian_bias_nats(core::Index n, core::Index dx, core::Index dy);

// Total correlation sum_g H(X_g) - H(X_1..X_m) = 1/2 log(prod_g det S_g / det S) of m >= 2 groups
// of columns; its bias, the same sum over the groups less all, is subtracted with `correct`.
double gaussian_total_correlation_nats(std::span<const core::MatrixView> groups, bool correct);

// rho_1 >= rho_2 >= ... >= 0, min(dx, dy) of them.
core::Vector canonical_correlations(const core::MatrixView& x, const core::MatrixView& y);

// Each column replaced by normal scores Phi^-1((rank - 1/2)/n), equal values by their mean rank.
// Fed to the above it is the Gaussian copula's estimate: exact for any monotone maps of columns of
// normal data, a lower bound in general. O(d n log n).
core::Matrix normal_scores(const core::MatrixView& x);

// Each column less its mean, over its standard deviation (n in the denominator); a constant column
// becomes 0.
core::Matrix standardized(const core::MatrixView& x);

// Phi^-1(p) of the standard normal law, 0 < p < 1.
double normal_quantile(double p);

}  // namespace venturi::measure
