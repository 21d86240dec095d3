// venturi/learn/kernel_terms.hpp
//
// Dependence measured by two Gram matrices K, L (n*n; with copies their axis first), as terms of a
// loss: nats where they are divergences. The same figures in double and without gradients are in
// measure/kernel_sums.hpp, which the tests hold these against.
//   cs_information            log mean(K o L) + log mean K + log mean L - 2 log mean_i(K_i. L_i.)
//   normalised_cs_information cs(K,L) / sqrt(cs(K,K) cs(L,L)); NOT bounded by 1
//   hsic                      mean(K o L) + mean K mean L - 2 mean_i(K_i. L_i.)
//   cka                       hsic(K,L) / sqrt(hsic(K,K) hsic(L,L)), in [0, 1]
//   nocco                     tr(K~ L~), K~ = Kc (Kc + e n I)^-1, Kc = H K H, e = 1e-5: the
//                             "normalised HSIC" of the HSIC bottleneck (their code centres one side
//                             only)
//   conditional_cs            log sum_j a_j(L1) + log sum_j a_j(L2) - 2 log sum_j a_j(L21),
//                             a_j(L) = sum_i K_ji L_ji / (sum_i K_ji)^2: D_CS(p(y|x); q(v|x)) with
//                             L1 on y, L2 on v, L21_ji = k(v_j, y_i)
//   squared_mmd               mean K + mean L - 2 mean C, C between the two samples; >= 0
// K_i. are means of rows. Cost O(n^2) after the matrices; nocco O(n^3). Range: n >= 2.
// Sources: Principe 2010, ch. 2; Yu et al., ICLR 2024, propositions 1 and 2 (squared sums as
// printed; their code has sums of squares); Gretton et al. 2005; Kornblith et al. 2019; Ma, Lewis,
// Kleijn, AAAI 2020; Fukumizu et al. 2007 (nocco); Gretton et al., JMLR 13 (2012) (mmd).
#pragma once

#include "venturi/tensor/tensor.hpp"

namespace venturi::learn {

// Each to one value a copy (a scalar without copies).
tensor::Tensor cs_information(const tensor::Tensor& k, const tensor::Tensor& l);
tensor::Tensor normalised_cs_information(const tensor::Tensor& k, const tensor::Tensor& l);
tensor::Tensor hsic(const tensor::Tensor& k, const tensor::Tensor& l);
tensor::Tensor cka(const tensor::Tensor& k, const tensor::Tensor& l);
tensor::Tensor nocco(const tensor::Tensor& k, const tensor::Tensor& l);
// nocco's K~, for a sum over several matrices; nocco(k, l) = sum of the products of the elements.
tensor::Tensor whitened(const tensor::Tensor& k);
tensor::Tensor conditional_cs(const tensor::Tensor& k, const tensor::Tensor& l1,
                              const tensor::Tensor& l2, const tensor::Tensor& l21);
tensor::Tensor squared_mmd(const tensor::Tensor& k, const tensor::Tensor& l,
                           const tensor::Tensor& cross);

}  // namespace venturi::learn
