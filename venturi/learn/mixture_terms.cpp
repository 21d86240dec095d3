#include "venturi/learn/mixture_terms.hpp"

#include <cmath>
#include <numbers>

#include "venturi/learn/gram.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

bool one_scale(const Tensor& mean, const Tensor& log_scale) {
  return log_scale.size(-2) == 1 && mean.size(-2) > 1;
}

// mean_i -log mean_j K_ij, K_ij = exp(-|m_i - m_j|^2 / (2 (factor s)^2)).
Tensor one_scale_nats(const Tensor& mean, const Tensor& log_scale, double factor) {
  const Tensor u = mean * torch::exp(-log_scale);
  const Tensor inverse = torch::full({1, 1}, 0.5 / (factor * factor), u.options());
  return -gaussian_gram(u, u, inverse).mean(-1).log().mean(-1);
}

// -log mean_j exp(-distance_ij), averaged over i.
Tensor from_distances(const Tensor& distance) {
  const auto n = static_cast<double>(distance.size(-1));
  return (std::log(n) - torch::logsumexp(-distance, -1)).mean(-1);
}

Tensor column(const Tensor& x, std::int64_t c) { return x.select(-1, c).unsqueeze(-1); }

}  // namespace

Tensor pairwise_upper_nats(const Tensor& mean, const Tensor& log_scale) {
  if (one_scale(mean, log_scale)) return one_scale_nats(mean, log_scale, 1);
  // sum_c [(s_i^2 + (m_i - m_j)^2) / s_j^2 - 1] / 2 + log s_j - log s_i, as matrix products.
  const Tensor m = mean - mean.mean(-2, true).detach();
  const Tensor precision = torch::exp(-2 * log_scale);
  const Tensor own = torch::exp(2 * log_scale) + m.square();
  const Tensor flipped = precision.transpose(-1, -2);
  const Tensor quadratic = torch::matmul(own, flipped) -
                           2 * torch::matmul(m, (m * precision).transpose(-1, -2)) +
                           (m.square() * precision).sum(-1).unsqueeze(-2);
  const Tensor logs = log_scale.sum(-1);
  Tensor kl =
      0.5 * (quadratic - static_cast<double>(m.size(-1))) + logs.unsqueeze(-2) - logs.unsqueeze(-1);
  return from_distances(kl.clamp_min(0));
}

Tensor pairwise_lower_nats(const Tensor& mean, const Tensor& log_scale) {
  if (one_scale(mean, log_scale)) return one_scale_nats(mean, log_scale, 2);
  const Tensor variance = torch::exp(2 * log_scale);
  Tensor distance;
  for (std::int64_t c = 0; c < mean.size(-1); ++c) {
    const Tensor m = column(mean, c), v = column(variance, c), l = column(log_scale, c);
    const Tensor middle = 0.5 * (v + v.transpose(-1, -2));
    const Tensor one = (m - m.transpose(-1, -2)).square() / (8 * middle) +
                       0.5 * (middle.log() - l - l.transpose(-1, -2));
    distance = distance.defined() ? distance + one : one;
  }
  return from_distances(distance);
}

KlParts kl_parts_nats(const Tensor& z, const Tensor& mean, const Tensor& log_scale) {
  const double half_log = 0.5 * std::log(2 * std::numbers::pi);
  const auto log_n = std::log(static_cast<double>(mean.size(-2)));
  const Tensor scales = log_scale.expand_as(mean);
  Tensor joint, apart;  // log q_j(z_i) summed over dimensions; sum_c log q(z_ic)
  for (std::int64_t c = 0; c < mean.size(-1); ++c) {
    const Tensor l = column(scales, c).transpose(-1, -2);
    const Tensor t = (column(z, c) - column(mean, c).transpose(-1, -2)) * torch::exp(-l);
    const Tensor one = -0.5 * t.square() - l - half_log;
    const Tensor marginal = torch::logsumexp(one, -1) - log_n;
    joint = c == 0 ? one : joint + one;
    apart = c == 0 ? marginal : apart + marginal;
  }
  const Tensor own = joint.diagonal(0, -2, -1);
  const Tensor mixture = torch::logsumexp(joint, -1) - log_n;
  const Tensor prior = (-0.5 * z.square() - half_log).sum(-1);
  return {(own - mixture).mean(-1), (mixture - apart).mean(-1), (apart - prior).mean(-1)};
}

}  // namespace venturi::learn
