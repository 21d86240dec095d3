// venturi/learn/compression.hpp
//
// How much a trained model's z keeps of x, by two estimators that are the same for every method and
// see nothing of its objective:
//   qmi       normalised Cauchy-Schwarz QMI of x and z, z as the channel sends it (with its noise),
//             each kernel as wide as the root of its variable's summed variances. No unit; about 1
//             for z = x, not bounded by it.
//   kde_bits  upper bound on I(X; T), T = mean of z + N(0, v), v = the channel's own mean noise
//             variance + 1 % of the mean variance of the columns of z, in bits: so a channel
//             without noise, whose I(X;Z) is infinite, is read at a tenth of its spread. At most
//             log2 n.
// Both are free of the scale of z, so that shrinking it gains nothing. A z that is constant keeps
// nothing: 0 and 0. Cost O(n^2 (dx + dz)). Sources: measure/kernel_sums.hpp,
// measure/kernel_density.hpp.
#pragma once

#include "venturi/learn/model.hpp"

namespace venturi::learn {

struct Compression {
  double qmi = 0;
  double kde_bits = 0;
};

// x: rows as from Model::inputs, n >= 2 of them. DataError if x is constant.
Compression measure_compression(const Model& model, const tensor::Tensor& x, core::Key key);

}  // namespace venturi::learn
