// venturi/measure/likelihood_information.hpp
//
// I(X;Z) between inputs and the messages that a sender makes of them, where the sender's law can be
// evaluated: a language model that summarises, a noisy channel, a stochastic encoder. For m
// messages z_ia ~ p(z|x_i) of each of n inputs, with L(ia, j) = log p(z_ia | x_j) in nats,
//   lower  1/(nm) sum_ia [ L(ia, i) - log 1/n     sum_j     exp L(ia, j) ]
//   upper  1/(nm) sum_ia [ L(ia, i) - log 1/(n-1) sum_{j!=i} exp L(ia, j) ]
// Their expectations hold I between them; lower <= log2 n, upper is infinite where no other input
// could have made a message. Both go to I as n grows.
// Shape: log_likelihoods (n m)*n, row i m + a. In bits. The standard error is that of the mean over
// inputs. Cost: O(n^2 m). Errors: InvalidArgument for n < 2 or a shape that is no (n m)*n;
// DataError for NaN, +infinity, or a message that its own input could not have made.
// Sources: Poole et al., ICML 2019, section 2.4 (both bounds, with the true conditional law); He et
// al., An Information Theoretic Perspective on Agentic System Design, 2025 (lower, of language
// models).
#pragma once

#include "venturi/core/views.hpp"
#include "venturi/measure/estimate.hpp"

namespace venturi::measure {

struct LikelihoodInformation {
  Estimate lower, upper;
};

LikelihoodInformation likelihood_information(const core::MatrixView& log_likelihoods);

}  // namespace venturi::measure
