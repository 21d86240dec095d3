#include "venturi/learn/logistic_mixture.hpp"

#include <algorithm>
#include <cmath>

namespace venturi::learn {
namespace {

using tensor::Tensor;

constexpr double kSmallestLogScale = -4;  // a scale of .018 bins: a point for all purposes
// Parameters are kept in tenths: a density has to move by whole bins while the weights of a network
// move by hundredths, under one learning rate.
constexpr double kGain = 10;

double sigmoid(double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

}  // namespace

LogisticMixture::LogisticMixture(const std::string& name, std::int64_t dimensions,
                                 std::int64_t components, net::Parameters& parameters)
    : dimensions_(dimensions), components_(components) {
  const std::vector<std::int64_t> shape{dimensions, components};
  logits_ = parameters.add(name + ".logits", shape, {});
  means_ = parameters.add(name + ".means", shape,
                          {.bound = static_cast<double>(components) / 2 / kGain});
  log_scales_ = parameters.add(name + ".log_scales", shape, {});
}

Tensor LogisticMixture::log_mass(const net::Parameters& parameters, const Tensor& z) const {
  const Tensor log_weights = torch::log_softmax(kGain * parameters[logits_], 1);  // d*k
  const Tensor inverse_scales =
      torch::exp(-(kGain * parameters[log_scales_]).clamp_min(kSmallestLogScale));
  const Tensor centred = (z.unsqueeze(2) - kGain * parameters[means_]) * inverse_scales;  // n*d*k
  const Tensor half = 0.5 * inverse_scales;
  // S(b) - S(a) = S(b) S(-a) (1 - exp(a - b)), in logarithms: far out in the tails the gradient
  // must still say which way home is.
  const Tensor log_mass = torch::log_sigmoid(centred + half) + torch::log_sigmoid(half - centred) +
                          torch::log(-torch::expm1(-inverse_scales));
  return torch::logsumexp(log_weights + log_mass, 2);
}

std::vector<double> LogisticMixture::masses(const net::Parameters& parameters,
                                            std::int64_t dimension, std::int32_t first,
                                            std::size_t size) const {
  const auto row = [&](std::size_t index) {
    std::vector<double> values = tensor::to_doubles(parameters[index].index({dimension}));
    for (double& v : values) v *= kGain;
    return values;
  };
  std::vector<double> logits = row(logits_);
  const std::vector<double> means = row(means_);
  const std::vector<double> log_scales = row(log_scales_);
  const double top = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (double& l : logits) total += l = std::exp(l - top);
  std::vector<double> out(size, 0.0);
  for (std::size_t j = 0; j < means.size(); ++j) {
    const double inverse_scale = std::exp(-std::max(log_scales[j], kSmallestLogScale));
    for (std::size_t i = 0; i < size; ++i) {
      const double centred = (first + static_cast<double>(i) - means[j]) * inverse_scale;
      out[i] += logits[j] / total * sigmoid(inverse_scale / 2 + centred) *
                sigmoid(inverse_scale / 2 - centred) * -std::expm1(-inverse_scale);
    }
  }
  return out;
}

LogisticMixture::Range LogisticMixture::support(const net::Parameters& parameters,
                                                std::int64_t dimension, double tail) const {
  constexpr std::int32_t kReach = 2048;
  const std::vector<double> mass = masses(parameters, dimension, -kReach, 2 * kReach);
  std::size_t begin = 0;
  std::size_t end = mass.size();
  double outside = 0;
  while (end - begin > 1) {
    const bool low = mass[begin] <= mass[end - 1];
    outside += low ? mass[begin] : mass[end - 1];
    if (outside > tail) break;
    if (low) {
      ++begin;
    } else {
      --end;
    }
  }
  return {static_cast<std::int32_t>(begin) - kReach, end - begin};
}

}  // namespace venturi::learn
