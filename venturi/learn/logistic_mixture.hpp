// venturi/learn/logistic_mixture.hpp
//
// The learned density of a quantized channel: for each of d dimensions a mixture of k logistic
// distributions, read off in bins of width one:
//   P_c(z) = sum_j w_cj [ S((z + 1/2 - m_cj) / s_cj) - S((z - 1/2 - m_cj) / s_cj) ],  S = sigmoid.
// With additive uniform noise, z -> P_c(z) is the density of the noisy value; at integers it is the
// probability that the coder pays for. (Balle, Minnen et al., ICLR 2018, section 4 and
// appendix 6.1, with a mixture of logistics in place of their monotone network.)
#pragma once

#include "venturi/net/parameters.hpp"

namespace venturi::learn {

class LogisticMixture {
 public:
  // Registers "<name>.logits", ".means" and ".log_scales", each d*k. Means start evenly over
  // [-k/2, k/2].
  LogisticMixture(const std::string& name, std::int64_t dimensions, std::int64_t components,
                  net::Parameters& parameters);

  // z: n*d to log P_c(z), n*d, in nats; finite however far out z lies.
  tensor::Tensor log_mass(const net::Parameters& parameters, const tensor::Tensor& z) const;

  // The same in double precision for every integer of [first, first + size) and one dimension;
  // sums to at most 1.
  std::vector<double> masses(const net::Parameters& parameters, std::int64_t dimension,
                             std::int32_t first, std::size_t size) const;
  // The smallest range of integers outside which dimension c holds less than `tail` mass,
  // at most 4096 wide.
  struct Range {
    std::int32_t first;
    std::size_t size;
  };
  Range support(const net::Parameters& parameters, std::int64_t dimension, double tail) const;

  std::int64_t dimensions() const { return dimensions_; }

 private:
  std::int64_t dimensions_;
  std::int64_t components_;
  std::size_t logits_, means_, log_scales_;
};

}  // namespace venturi::learn
