// venturi/measure/weighted_entropy.hpp
//
// Weighted Kozachenko-Leonenko entropy (WKL): neighbours of several orders are weighed so that the
// leading terms of the bias, which grow with the dimension, cancel.
//
//   h = sum_j w_j (1/n) sum_i [log(n-1) - psi(j) + log V_d + d log r_ij]
//
// r_ij the Euclidean distance of i to its j-th neighbour, V_d the volume of the unit ball. Weights:
// of least norm with sum_j w_j = 1 and sum_j w_j G(j + 2l/d)/G(j) = 0, l = 1 .. floor(d/4), zero
// but at j = floor(i k/d), i = 1 .. d. With fewer places than conditions (k < d), only the first
// conditions are set. Up to 3 columns there is nothing to cancel: equal weights at those j.
// Own: conditions are dropped from the last until sum_j |w_j| <= 400, since weights multiply the
// noise of the distances (as published 755 for k = 5 and d = 12, 2.6 10^6 for d = 50: estimates of
// thousands of nats). From 12 columns on at k = 5 this is no longer the published estimator.
//
// Not for x or y on a curve or surface of fewer dimensions than columns: there is no density, and
// the estimate is wrong without a word (KSG1 stands it).
// Shapes: x n*d, y n*dy. Units: NATS, n local values whose mean is the estimate. Ties: a distance 0
// at a j of weight has no logarithm: DataError (a discrete or mixed variable has no density).
// Errors: as nearest_lists.hpp. Cost: O(n^2 d).
// Source: Berrett, Samworth, Yuan, Annals of Statistics 47 (2019), section 2 and equation 4.
#pragma once

#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

// w_1 .. w_k.
core::Vector wkl_weights(int k, core::Index d);

std::vector<double> wkl_entropy_local(const core::MatrixView& x, int k);

// h(X) + h(Y) - h(X,Y), each side whitened first (information does not change; DataError if its
// covariance is singular). Butakov et al., ICLR 2024, use it after compression, with k = 5.
std::vector<double> wkl_local(const core::MatrixView& x, const core::MatrixView& y, int k);

// h(X,Y') - h(X,Y), each side whitened first, Y' the rows of Y shuffled, averaged over `shuffles`
// >= 1 of them; h by the k-th neighbour alone (Kozachenko, Leonenko). Shuffled pairs have the
// marginals of X and Y and no information, so that h(X,Y') stands for h(X) + h(Y), with the errors
// that edges and folds of those marginals make in as many columns: they cancel without weights,
// where those of h(X) + h(Y) do not. Mean, in NATS. Own, after Kraskov et al. 2004, who cancel
// errors by one radius in all three entropies. Errors as above.
double shuffled_pairs_nats(const core::MatrixView& x, const core::MatrixView& y, int k,
                           int shuffles, core::Key key);

// Columns of mean 0, variance 1 and no correlation: (x - mean) L^-T, L the Cholesky factor of the
// covariance. DataError if it is singular; InvalidArgument for n <= d.
core::Matrix whitened(const core::MatrixView& x);

// Columns of both, side by side. InvalidArgument for different lengths.
core::Matrix beside(const core::MatrixView& x, const core::MatrixView& y);

// log V_d of the Euclidean unit ball.
double log_ball_volume(core::Index d);

}  // namespace venturi::measure
