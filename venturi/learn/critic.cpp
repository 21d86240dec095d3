#include "venturi/learn/critic.hpp"

#include <cmath>
#include <numbers>

namespace venturi::learn {

using tensor::Tensor;

namespace {

std::vector<std::int64_t> chain(std::int64_t first, const std::vector<std::int64_t>& hidden,
                                std::int64_t last) {
  std::vector<std::int64_t> out = {first};
  out.insert(out.end(), hidden.begin(), hidden.end());
  out.push_back(last);
  return out;
}

constexpr double kLogDeviationLimit = 7;
const double kLogTwoPi = std::log(2 * std::numbers::pi);

}  // namespace

ParallelMlp::ParallelMlp(const std::string& name, std::int64_t models,
                         std::vector<std::int64_t> sizes, net::Parameters& parameters) {
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    const net::Parameters::Init init{.bound = 1 / std::sqrt(static_cast<double>(sizes[l]))};
    const std::string layer = name + std::to_string(l);
    weights_.push_back(parameters.add(layer + ".weight", {models, sizes[l], sizes[l + 1]}, init));
    biases_.push_back(parameters.add(layer + ".bias", {models, 1, sizes[l + 1]}, init));
  }
}

Tensor ParallelMlp::forward(const net::Parameters& parameters, Tensor x) const {
  for (std::size_t l = 0; l < weights_.size(); ++l) {
    if (l > 0) x = x.relu();
    x = torch::baddbmm(parameters[biases_[l]], x, parameters[weights_[l]]);
  }
  return x;
}

SeparableCritic::SeparableCritic(const CriticSizes& s, net::Parameters& parameters)
    : g_("g", s.models, chain(s.dx, s.hidden, s.embedding), parameters),
      h_("h", s.models, chain(s.dy, s.hidden, s.embedding), parameters) {}

Tensor SeparableCritic::scores(const net::Parameters& parameters, const Tensor& x,
                               const Tensor& y) const {
  return torch::bmm(g_.forward(parameters, x), h_.forward(parameters, y).transpose(1, 2));
}

Tensor SeparableCritic::paired(const net::Parameters& parameters, const Tensor& x,
                               const Tensor& y) const {
  return (g_.forward(parameters, x) * h_.forward(parameters, y)).sum(2);
}

JointCritic::JointCritic(const CriticSizes& s, net::Parameters& parameters)
    : of_x_("of_x", s.models, {s.dx, s.hidden.front()}, parameters),
      of_y_("of_y", s.models, {s.dy, s.hidden.front()}, parameters),
      rest_("rest", s.models, chain(s.hidden.front(), {s.hidden.begin() + 1, s.hidden.end()}, 1),
            parameters) {}

Tensor JointCritic::scores(const net::Parameters& parameters, const Tensor& x,
                           const Tensor& y) const {
  const std::int64_t m = x.size(0), n = x.size(1), k = y.size(1);
  const Tensor sum = of_x_.forward(parameters, x).unsqueeze(2) +
                     of_y_.forward(parameters, y).unsqueeze(1);  // m*n*k*hidden
  return rest_.forward(parameters, sum.view({m, n * k, -1}).relu()).view({m, n, k});
}

Tensor JointCritic::paired(const net::Parameters& parameters, const Tensor& x,
                           const Tensor& y) const {
  const Tensor sum = of_x_.forward(parameters, x) + of_y_.forward(parameters, y);
  return rest_.forward(parameters, sum.relu()).squeeze(2);
}

NormalChannel::NormalChannel(const CriticSizes& s, net::Parameters& parameters)
    : net_("channel", s.models, chain(s.dx, s.hidden, 2 * s.dy), parameters), dy_(s.dy) {}

// sum_d (y_j - mean_i)^2 / (2 var_i) opened into products of matrices.
Tensor NormalChannel::scores(const net::Parameters& parameters, const Tensor& x,
                             const Tensor& y) const {
  const Tensor out = net_.forward(parameters, x);
  const Tensor mean = out.narrow(2, 0, dy_);
  const Tensor log_scale =
      kLogDeviationLimit * (out.narrow(2, dy_, dy_) / kLogDeviationLimit).tanh();
  const Tensor precision = (-2 * log_scale).exp();
  const Tensor squares = torch::bmm(precision, y.square().transpose(1, 2)) -
                         2 * torch::bmm(mean * precision, y.transpose(1, 2)) +
                         (mean.square() * precision).sum(2, true);
  return -0.5 * squares - (log_scale.sum(2, true) + 0.5 * kLogTwoPi * static_cast<double>(dy_));
}

Tensor NormalChannel::paired(const net::Parameters& parameters, const Tensor& x,
                             const Tensor& y) const {
  return scores(parameters, x, y).diagonal(0, 1, 2);
}

NormalMixture::NormalMixture(std::int64_t models, std::int64_t dy, std::int64_t components,
                             net::Parameters& parameters)
    : logits_(parameters.add("mixture.logits", {models, components}, {})),
      means_(parameters.add("mixture.means", {models, components, dy}, {.bound = 1})),
      log_scales_(parameters.add("mixture.log_scales", {models, components, dy}, {})) {}

Tensor NormalMixture::log_density(const net::Parameters& parameters, const Tensor& y) const {
  const Tensor& mean = parameters[means_];
  const Tensor& log_scale = parameters[log_scales_];
  const Tensor precision = (-2 * log_scale).exp();
  const Tensor squares = torch::bmm(y.square(), precision.transpose(1, 2)) -
                         2 * torch::bmm(y, (mean * precision).transpose(1, 2)) +
                         (mean.square() * precision).sum(2).unsqueeze(1);
  const Tensor log_weight = parameters[logits_].log_softmax(1) - log_scale.sum(2) -
                            0.5 * kLogTwoPi * static_cast<double>(y.size(2));
  return (log_weight.unsqueeze(1) - 0.5 * squares).logsumexp(2);
}

}  // namespace venturi::learn
