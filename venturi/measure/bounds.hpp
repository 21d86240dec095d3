// venturi/measure/bounds.hpp
//
// What a trained model proves about information, from its per-sample figures on data it was not
// trained on.
#pragma once

#include <cstdint>
#include <span>

#include "venturi/measure/estimate.hpp"

namespace venturi::measure {

// I(Z;Y) >= H(Y) - E[-log2 q(y|z)], for any decoder q (Barber, Agakov, NIPS 2003).
// labels: n; cross_entropy_bits: n values of -log2 q(y_i|z_i), not of the training data. H(Y) is
// the plug-in entropy of the labels with Miller's correction; the standard error is that of the
// mean of -log2 p(y_i) + log2 q(y_i|z_i). InvalidArgument for n < 2 or different lengths.
Estimate information_lower_bound(std::span<const std::int32_t> labels,
                                 std::span<const double> cross_entropy_bits);

// I(X;Z) <= E[KL(q(z|x) || r(z))] for any marginal r, and I(X;Z) = H(Z) <= E[-log2 r(z)] for a
// deterministic code (Alemi et al., ICLR 2017, eq. 14): the mean of n per-sample rates in bits.
// InvalidArgument for n < 2.
Estimate rate_upper_bound(std::span<const double> rate_bits);

}  // namespace venturi::measure
