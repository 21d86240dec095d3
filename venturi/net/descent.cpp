#include "venturi/net/descent.hpp"

#include <algorithm>
#include <numbers>

namespace venturi::net {

using tensor::Tensor;

namespace {

constexpr std::int64_t kAligned = 64;  // numbers: kernels read whole vectors

std::int64_t padded(const Tensor& parameter) {
  return (parameter.numel() + kAligned - 1) / kAligned * kAligned;
}

}  // namespace

Descent::Descent(std::vector<Tensor>& parameters, double momentum, double weight_decay,
                 const tensor::Device& device)
    : momentum_(momentum), weight_decay_(weight_decay) {
  const bool wide = std::ranges::any_of(
      parameters, [](const Tensor& p) { return p.scalar_type() == torch::kFloat64; });
  std::int64_t size = 0;
  for (const Tensor& p : parameters) size += padded(p);
  values_ = torch::zeros(
      {size}, torch::TensorOptions(wide ? torch::kFloat64 : torch::kFloat32).device(device));
  gradients_ = torch::zeros_like(values_);
  velocity_ = torch::zeros_like(values_);
  std::int64_t at = 0;
  const torch::NoGradGuard no_grad;
  for (Tensor& p : parameters) {
    const auto part = [&](const Tensor& flat) {
      return flat.narrow(0, at, p.numel()).view(p.sizes());
    };
    Tensor leaf = part(values_).copy_(p).detach();
    leaf.requires_grad_(true);
    leaf.mutable_grad() = part(gradients_);
    at += padded(p);
    p = leaf;
  }
}

void Descent::zero_grad() { gradients_.zero_(); }

void Descent::step(const Tensor& rate) {
  const torch::NoGradGuard no_grad;
  gradients_.add_(values_, weight_decay_);
  velocity_.mul_(momentum_).add_(gradients_);
  values_.sub_(gradients_.add_(velocity_, momentum_).mul_(rate));
}

Tensor cosine_rates(double top, std::int64_t steps) {
  const Tensor part = torch::arange(steps, torch::kFloat64) / static_cast<double>(steps);
  return (top * 0.5 * (1 + (std::numbers::pi * part).cos())).to(torch::kFloat32);
}

}  // namespace venturi::net
