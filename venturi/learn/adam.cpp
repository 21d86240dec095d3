#include "venturi/learn/adam.hpp"

#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::learn {

using tensor::Tensor;

namespace {
constexpr double kEpsilon = 1e-8;
}

Adam::Adam(Tensor values, Tensor gradients, std::int64_t begin, Options options)
    : options_(options),
      all_(values),
      values_(values.narrow(0, begin, values.size(0) - begin)),
      gradients_(gradients.narrow(0, begin, values.size(0) - begin)),
      first_(torch::zeros_like(values_)),
      second_(torch::zeros_like(values_)) {
  if (options_.average > 0) average_ = torch::zeros_like(all_);
}

void Adam::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  ++steps_;
  const auto t = static_cast<double>(steps_);
  if (options_.clip > 0) {
    const Tensor norm = gradients_.dim() == 1 ? gradients_.norm() : gradients_.norm(2, 1, true);
    gradients_.mul_((options_.clip / (norm + 1e-12)).clamp_max(1.0));
  }
  first_.lerp_(gradients_, 1 - options_.beta1);
  second_.mul_(options_.beta2).addcmul_(gradients_, gradients_, 1 - options_.beta2);
  const double correction1 = 1 - std::pow(options_.beta1, t);
  const double correction2 = 1 - std::pow(options_.beta2, t);
  // sqrt(v / c2) + eps = (sqrt(v) + eps sqrt(c2)) / sqrt(c2)
  const Tensor denominator = second_.sqrt().add_(kEpsilon * std::sqrt(correction2));
  values_.addcdiv_(first_, denominator, -learning_rate * std::sqrt(correction2) / correction1);
  gradients_.zero_();
  if (options_.average > 0) average_.lerp_(all_, 1 - options_.average);
}

Tensor Adam::averaged() const {
  if (options_.average <= 0 || steps_ == 0) return all_.clone();
  return average_ / (1 - std::pow(options_.average, static_cast<double>(steps_)));
}

Tensor Adam::state() const {
  return options_.average > 0 ? torch::cat({first_, second_, average_})
                              : torch::cat({first_, second_});
}

void Adam::set_state(const Tensor& state, std::int64_t steps) {
  const std::int64_t n = values_.size(0);
  const std::int64_t expected = 2 * n + (options_.average > 0 ? all_.size(0) : 0);
  if (state.numel() != expected) {
    core::fail_data("learn.Adam", "expected a state of {} numbers, got {}", expected,
                    state.numel());
  }
  const torch::NoGradGuard no_grad;
  first_.copy_(state.narrow(0, 0, n));
  second_.copy_(state.narrow(0, n, n));
  if (options_.average > 0) average_.copy_(state.narrow(0, 2 * n, all_.size(0)));
  steps_ = steps;
}

}  // namespace venturi::learn
