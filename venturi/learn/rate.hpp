// venturi/learn/rate.hpp
//
// What passes the throat, as terms of an objective: means over the batch, one value a copy.
//   channel             what the channel itself says (KL to its prior, length of the code); nats
//   pairwise            Kolchinsky's upper bound on I(X;Z) of the batch, mixture_terms.hpp; nats
//   pairwise-lower      his lower bound; nats
//   mixture             I(X;Z) itself, of the batch's mixture at the z that were drawn
//   (kl_parts_nats
//                       of mixture_terms.hpp): below it by what few samples hide, at most log n;
//                       nats
//   cs-qmi              Cauchy-Schwarz quadratic mutual information of x and z; nats
//   cs-qmi-normalised   the same over the root of its values for (x,x) and (z,z)
//   hsic, cka           Hilbert-Schmidt independence criterion, plain and normalised
//   hsic-normalised     tr(K~ L~) of the HSIC bottleneck; O(n^3)
//   mmd                 squared maximum mean discrepancy of z from a sample of N(0, I)
//   total-correlation   of z's dimensions in the batch's mixture; nats
//   mine, club, l1out   bounds on I(X;Z) by a critic that learns beside the model, critic_rate.hpp;
//                       nats (mine a lower bound, the others upper ones where the critic is right)
// Kernels on x and z have the width `width` times the spread of the batch (spread_inverse), so that
// scaling z down gains nothing; mmd's is `width` times sqrt(d). Terms of Gaussian mixtures need a
// channel with diagonal Gaussian noise. Cost a step O(n^2 d). Sources: the headers named.
#pragma once

#include <span>

#include "venturi/learn/objective.hpp"

namespace venturi::learn {

struct RateTerm {
  tensor::Tensor (*of)(const Forward&, const ObjectiveOptions&) = nullptr;
  // In its place, of a term whose critic is trained: the bound's name.
  const char* bound = nullptr;
};
std::span<const core::Member<RateTerm>> rate_terms();

}  // namespace venturi::learn
