// venturi/measure/count_entropy.hpp
//
// Entropy in bits of a discrete law from the counts n_k of a sample, n = sum_k n_k. One table,
// which everything discrete here chooses from by name; with p_k = n_k / n and s the values seen, in
// nats:
//   plug-in       -sum p_k log p_k; biased down by about (s - 1) / (2n)
//   miller-madow  plug-in + (s - 1) / (2n)
//   grassberger   log n - sum p_k G(n_k), G(m) = psi(m) + (-1)^m int_0^1 x^(m-1) / (1+x) dx
//   chao-shen     -sum q_k log q_k / (1 - (1 - q_k)^n), q_k = C p_k, with the coverage C = 1 -
//   f_1/n
//                 and f_1 the values seen once (n - 1 of them if it is all, so that C > 0)
//   shrinkage     plug-in of l / K + (1 - l) p_k, l = (1 - sum p_k^2) / ((n-1) (sum p_k^2 - 1/K)),
//                 at most 1
//   nsb           posterior mean under Dirichlet(b) laws on K values, b mixed so that the entropy
//                 expected a priori is uniform on [0, log K]: the mean of
//                 psi(n+Kb+1) - sum_k (n_k+b)/(n+Kb) psi(n_k+b+1), by the trapezoid rule in log b
// K, the values possible, matters to the last two only; K = s ("seen") makes them biased down where
// values are missing from the sample. Range: [0, log2 K]; chao-shen and grassberger may pass it.
// Cost: O(values), nsb O(1000 distinct counts). Errors: InvalidArgument for no sample or K < s.
// Sources: Miller 1955; Grassberger, arXiv physics/0307138, eqs. 27-35; Chao, Shen, Env. Ecol.
// Stat. 10 (2003); Hausser, Strimmer, JMLR 10 (2009); Nemenman, Shafee, Bialek, NIPS 2001.
#pragma once

#include <cstdint>
#include <span>

#include "venturi/core/members.hpp"

namespace venturi::measure {

// Bits, from counts (zeros are passed over) and K; K = 0 stands for the values seen. K is a double
// since that of several variables together may pass any integer.
using CountMethod = double (*)(std::span<const std::uint64_t> counts, double kinds);

std::span<const core::Member<CountMethod>> count_methods();

}  // namespace venturi::measure
