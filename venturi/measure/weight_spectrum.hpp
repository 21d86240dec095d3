// venturi/measure/weight_spectrum.hpp
//
// What the singular values s_1 >= .. >= s_r, r = min(m, n), of a weight matrix W (m*n) say of the
// information that it passes: for z = W x with x normal,
//   h(z) = h(x) + sum_i log2 s_i               (W square and regular; else of the r directions
//   kept)
// so that with sum_i s_i^2 given, equal values pass most. Their ratio kappa = s_1 / s_r is free of
// scale; tensors of low kappa are taken to be noisy, little specialised ones, which can be tuned
// again at the least loss of what the network knows.
// Tensors of more than two axes (convolutions) are read as output channels by the rest.
// Units: log2_volume in bits. Range: kappa >= 1; infinite for a singular matrix, whose log-volume
// is -infinity. Error: singular values to about 1e-15 s_1. Cost: O(m n min(m, n)). Errors:
// InvalidArgument for an empty matrix; DataError for values that are not finite or all zero.
// Source: "The Condition Number as a Scale-Invariant Proxy for Information Encoding in Neural
// Units", arXiv 2506.16289 (KappaTune).
#pragma once

#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::measure {

struct WeightSpectrum {
  core::Vector singular_values;  // falling
  double condition = 0;
  double log2_volume = 0;
};
WeightSpectrum weight_spectrum(const core::MatrixView& weights);

// Differential entropy in bits of z = W x + 0, x normal with covariance Sigma (n*n), of the whole z
// where m <= n and W has full rank: m/2 log2(2 pi e) + 1/2 log2 det(W Sigma W'). DataError if it is
// singular.
double gaussian_output_entropy_bits(const core::MatrixView& weights,
                                    const core::MatrixView& covariance);

// The order in which tensors are to be tuned: lowest condition number first, equal ones in the
// order given.
std::vector<std::size_t> tuning_order(const std::vector<double>& conditions);

}  // namespace venturi::measure
