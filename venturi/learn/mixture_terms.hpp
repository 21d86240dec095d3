// venturi/learn/mixture_terms.hpp
//
// What a batch of Gaussian codes q_i = N(m_i, diag s_i^2) says of the marginal q(z) = mean_i q_i,
// and through it of I(X;Z), in nats, with gradients.
//   pairwise_upper  mean_i -log mean_j exp(-KL(q_i || q_j))   >= I(X;Z) of the batch
//   pairwise_lower  mean_i -log mean_j exp(-C(q_i, q_j))      <= I(X;Z), C the Bhattacharyya
//                   distance
// both in [0, log n]. With one s for all samples KL = |m_i - m_j|^2 / (2 s^2) and C a quarter of
// it (scaled by dimension), by one fused Gram matrix.
//   kl_parts        the KL to N(0, I) of samples z_i ~ q_i in three parts that sum to
//                   mean_i log q_i(z_i) - log N(z_i; 0, I):
//                     information         mean_i log q_i(z_i) - log q(z_i)
//                     total correlation   mean_i log q(z_i) - sum_c log q(z_ic)
//                     dimensions          mean_i sum_c log q(z_ic) - log N(z_ic; 0, 1)
//                   with q the batch's own mixture: the marginals of a large data set are broader,
//                   so that information is at most log n and total correlation is biased upwards.
// Shapes: m, z n*d; log_scale n*d, or 1*d (one s for all; with copies their axis first). Cost
// O(n^2 d); memory O(n^2), O(n^2 d) for kl_parts and for pairwise_lower with unequal scales, one
// n*n array a dimension. Sources: Kolchinsky, Tracey, Wolpert, Entropy 21(12) 1181 (2019), eq. 13;
// Kolchinsky, Tracey, Entropy 19(7) 361 (2017); Chen, Li, Grosse, Duvenaud, NeurIPS 2018, eq. 2
// (minibatch mixture without the data set's size, which shifts the parts by constants).
#pragma once

#include "venturi/tensor/tensor.hpp"

namespace venturi::learn {

tensor::Tensor pairwise_upper_nats(const tensor::Tensor& mean, const tensor::Tensor& log_scale);
tensor::Tensor pairwise_lower_nats(const tensor::Tensor& mean, const tensor::Tensor& log_scale);

struct KlParts {
  tensor::Tensor information, total_correlation, dimensions;
};
KlParts kl_parts_nats(const tensor::Tensor& z, const tensor::Tensor& mean,
                      const tensor::Tensor& log_scale);

}  // namespace venturi::learn
