#include "venturi/learn/rate.hpp"

#include <cmath>

#include "venturi/learn/gram.hpp"
#include "venturi/learn/kernel_terms.hpp"
#include "venturi/learn/mixture_terms.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

const Signal& gaussian(const Forward& forward) {
  if (!forward.signal.mean.defined()) {
    core::fail_argument("learn.Objective",
                        "this rate needs a channel with diagonal Gaussian noise: gaussian or "
                        "additive");
  }
  return forward.signal;
}

template <Tensor (*Of)(const Tensor&, const Tensor&)>
Tensor of_means(const Forward& forward, const ObjectiveOptions&) {
  const Signal& signal = gaussian(forward);
  return Of(signal.mean, signal.log_scale);
}

template <Tensor (*Of)(const Tensor&, const Tensor&)>
Tensor of_kernels(const Forward& forward, const ObjectiveOptions& options) {
  const auto gram = [&](const Tensor& u) {
    return gaussian_gram(u, u, spread_inverse(u, options.width));
  };
  return Of(gram(forward.x), gram(forward.signal.z));
}

Tensor channel_rate(const Forward& forward, const ObjectiveOptions&) {
  return forward.signal.rate_nats.mean(-1);
}

Tensor mmd(const Forward& forward, const ObjectiveOptions& options) {
  const Tensor& z = forward.signal.z;
  const Tensor prior = torch::empty_like(z).detach().normal_(0, 1, *forward.generator);
  const Tensor inverse = torch::full(
      {1, 1}, 0.5 / (options.width * options.width * static_cast<double>(z.size(-1))), z.options());
  return squared_mmd(gaussian_gram(z, z, inverse), gaussian_gram(prior, prior, inverse),
                     gaussian_gram(z, prior, inverse));
}

Tensor total_correlation(const Forward& forward, const ObjectiveOptions&) {
  const Signal& signal = gaussian(forward);
  return kl_parts_nats(signal.z, signal.mean, signal.log_scale).total_correlation;
}

Tensor mixture(const Forward& forward, const ObjectiveOptions&) {
  const Signal& signal = gaussian(forward);
  return kl_parts_nats(signal.z, signal.mean, signal.log_scale).information;
}

constexpr core::Member<RateTerm> kTerms[] = {
    {"channel",
     "what the channel says: KL to its prior, or the length of its code",
     "own",
     "O(n d)",
     {.of = channel_rate}},
    {"pairwise",
     "upper bound on I(X;Z) from pairwise divergences of the noise",
     "Kolchinsky, Tracey, Wolpert, Entropy 2019",
     "O(n^2 d)",
     {.of = of_means<pairwise_upper_nats>}},
    {"pairwise-lower",
     "lower bound on I(X;Z) from pairwise Bhattacharyya distances",
     "Kolchinsky, Tracey, Entropy 2017",
     "O(n^2 d)",
     {.of = of_means<pairwise_lower_nats>}},
    {"mixture",
     "I(X;Z) of the batch's mixture at the z that were drawn, from below",
     "Poole et al., ICML 2019",
     "O(n^2 d)",
     {.of = mixture}},
    {"cs-qmi",
     "Cauchy-Schwarz quadratic mutual information of x and z",
     "Yu et al., ICLR 2024, proposition 2",
     "O(n^2 d)",
     {.of = of_kernels<cs_information>}},
    {"cs-qmi-normalised",
     "the same, normalised by its values for (x,x) and (z,z)",
     "Yu et al., ICLR 2024",
     "O(n^2 d)",
     {.of = of_kernels<normalised_cs_information>}},
    {"hsic",
     "Hilbert-Schmidt independence criterion of x and z",
     "Gretton et al. 2005",
     "O(n^2 d)",
     {.of = of_kernels<hsic>}},
    {"cka",
     "centred kernel alignment of x and z",
     "Kornblith et al. 2019",
     "O(n^2 d)",
     {.of = of_kernels<cka>}},
    {"hsic-normalised",
     "tr(K~ L~) of whitened kernels",
     "Ma, Lewis, Kleijn, AAAI 2020",
     "O(n^3)",
     {.of = of_kernels<nocco>}},
    {"mmd",
     "squared maximum mean discrepancy of z from N(0, I)",
     "Zhao, Song, Ermon, AAAI 2019",
     "O(n^2 d)",
     {.of = mmd}},
    {"total-correlation",
     "of the dimensions of z, in the batch's mixture",
     "Chen et al., NeurIPS 2018",
     "O(n^2 d)",
     {.of = total_correlation}},
    {"mine",
     "I(X;Z) from below by Donsker and Varadhan's bound, a critic beside the model",
     "Belghazi et al., ICML 2018",
     "O(n^2 d)",
     {.bound = "mine"}},
    {"club",
     "I(X;Z) from above by a learned law of z given x",
     "Cheng et al., ICML 2020",
     "O(n^2 d)",
     {.bound = "club"}},
    {"l1out",
     "the same, each sample's own law left out of the marginal",
     "Poole et al., ICML 2019, eq. 13",
     "O(n^2 d)",
     {.bound = "l1out"}},
};

}  // namespace

std::span<const core::Member<RateTerm>> rate_terms() { return kTerms; }

}  // namespace venturi::learn
