// venturi/measure/local_gaussian.hpp
//
// Local nearest-neighbour Gaussian (LNN): the density at each row by local likelihood of degree 2,
// with a Gaussian kernel whose width is the distance r to the k-th neighbour. The logarithm of the
// density may have a slope and a curvature inside the kernel, so thin and bent shapes, which balls
// and cubes are too coarse for, are followed.
//
// log f(x_i + r u) = a + b'u + u'Au maximises sum_j w_j log f(x_j) - (n-1) int w f, w = e^(-u'u/2),
// over all j != i. The product w f is then the Gaussian with the moments of the weighted rows:
//   -log f(x_i) = log(n-1) + d log r + d/2 log 2pi - log S0 + 1/2 log det C + 1/2 m'C^-1 m,
//   S0 = sum_j w_j,  m = sum_j w_j u_j / S0,  C = sum_j w_j u_j u_j' / S0 - m m'
//   h = mean_i -log f(x_i) - B(k, d)
// B, the same for every density (Theorem 1), is the mean of -log f where f = 1: in a uniform
// Poisson field of all space. It is a table of simulated values, each within .003; k above 10 takes
// B(10, d) 10/k; above 7 columns B is nearer to 0 than that. k of 1 to 3 are refused: on a line the
// mean or its spread is infinite.
//
// The sums run over all rows whose weight is not lost in rounding. (To cut them at the 30 nearest,
// as the authors' program does, is harmless in 1 and 2 columns; from 4 on the kernel then ends
// inside a ball while the integral above does not, which made the entropy of a normal in 8 columns
// wrong by 2.6 nats.)
//
// Range: the kernel weighs as many rows as k d 2^(d/2-1) G(d/2): 1.25 k, 2 k, 3.8 k, 19 k in 1, 2,
// 3, 5 columns; what is not nearly log-quadratic over so many is smoothed. Error of the entropy in
// 1, 2, 3, 5, 8 columns (n = 2000, k = 5; of balls, method kl): normal +.02 +.01 +.02 +.02 -.02
// (+.01 -.01 -.03 -.04 -.01); uniform cube, for its edges, +.01 +.04 +.18 +.7 +1.4 (+.01 +.03 +.13
// +.5 +1.4); needle (a common normal, .05 of each column's own) +.05 +.10 +.14 +.42 from 2 columns
// (-.03 -.01 +.17 +.73). Not for x or y on a curve or surface of fewer dimensions than columns:
// there is no density, and the estimate is wrong without a word (KSG1 stands it).
// Shapes: x n*dx, y n*dy. Units: NATS, n local values whose mean is the estimate. Ties: DataError
// where the k-th neighbour is at distance 0 or all of weight lie in a plane. Errors: as
// nearest_lists.hpp; InvalidArgument unless k >= 4. Cost: O(n^2 d^2),
// of which d^2 only for rows of weight. Parallel over rows, the same for any number of threads.
// Source: Gao, Oh, Viswanath, "Breaking the Bandwidth Barrier: Geometrical Adaptive Entropy
// Estimation", NIPS 2016, section 2; Loader, Local Regression and Likelihood, 1999, section 5.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::measure {

std::vector<double> lnn_entropy_local(const core::MatrixView& x, int k);

// h(X) + h(Y) - h(X,Y).
std::vector<double> lnn_local(const core::MatrixView& x, const core::MatrixView& y, int k);

// B above.
double lnn_bias(int k, core::Index d);

// -log(f (n-1) r^d) above, from S0 and the sums of w u (d) and of w u u' (d*d, its lower half
// read). NaN where C is singular.
double local_fit_nats(double s0, const core::Vector& s1, const Eigen::MatrixXd& s2);

}  // namespace venturi::measure
