// Normalisations: subtract a mean, divide by a spread.
#include <array>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

// x (batch*channels*...): a vector over channels, for broadcasting.
Tensor over_channels(const Tensor& values, const Tensor& x) {
  if (x.dim() < 2 || values.dim() != 1 || values.size(0) != x.size(1)) {
    core::fail_data(kOperator, "expected {} values, one per channel, got {}",
                    x.dim() < 2 ? 0 : x.size(1), fmt::join(values.sizes(), "*"));
  }
  Sizes along(static_cast<std::size_t>(x.dim()), 1);
  along[1] = -1;
  return values.reshape(along);
}

Sizes axes_from(std::int64_t first, std::int64_t rank) {
  Sizes out;
  for (std::int64_t i = first; i < rank; ++i) out.push_back(i);
  return out;
}

// In training mode (operator sets from 14) the batch's own statistics, and the running ones after
// it as further outputs.
Results batch_normalization(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const double epsilon = call.attributes.real("epsilon", 1e-5);
  const bool training = call.opset >= 14 && call.attributes.integer("training_mode", 0) != 0;
  if (call.opset < 14 && call.outputs > 1) {
    core::fail_data(kOperator, "training outputs need operator set 14");
  }
  // Torch's own, in one pass, knows no gradients of the running statistics.
  bool plain = x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kFloat64;
  for (std::size_t i = 1; i < 5; ++i) {
    const Tensor& value = input(call, i);
    plain = plain && value.scalar_type() == x.scalar_type() && value.dim() == 1 &&
            value.size(0) == x.size(1) && (i < 3 || !value.requires_grad());
  }
  if (!training && plain) {
    return {torch::batch_norm(x, input(call, 1), input(call, 2), input(call, 3), input(call, 4),
                              /*training=*/false, 0, epsilon, /*cudnn_enabled=*/false)};
  }
  const Tensor scale = over_channels(input(call, 1), x);
  const Tensor offset = over_channels(input(call, 2), x);
  if (!training) {
    const Tensor mean = over_channels(input(call, 3), x);
    const Tensor variance = over_channels(input(call, 4), x);
    const Tensor factor = scale * torch::rsqrt(variance + epsilon);
    return {(x * factor + (offset - mean * factor)).to(x.scalar_type())};
  }
  Tensor y, mean, variance;
  if (plain && x.numel() > 0) {
    Tensor spread;
    std::tie(y, mean, spread) = torch::native_batch_norm(x, input(call, 1), input(call, 2), {}, {},
                                                         /*training=*/true, 0, epsilon);
    variance = spread.detach().square().reciprocal() - epsilon;
  } else {
    Sizes axes = axes_from(2, x.dim());
    axes.push_back(0);
    mean = x.mean(axes, true);
    variance = x.var(axes, /*unbiased=*/false, true);
    y = (x - mean) * torch::rsqrt(variance + epsilon) * scale + offset;
  }
  const double momentum = call.attributes.real("momentum", 0.9);
  const auto running = [&](std::size_t i, const Tensor& now) {
    return input(call, i) * momentum + now.reshape({-1}) * (1 - momentum);
  };
  return {y.to(x.scalar_type()), running(3, mean), running(4, variance)};
}

Results instance_normalization(const Call& call) {
  const Tensor& x = real_input(call, 0);
  if (x.dim() < 3) core::fail_data(kOperator, "expected batch*channels*positions");
  const Sizes axes = axes_from(2, x.dim());
  const double epsilon = call.attributes.real("epsilon", 1e-5);
  const Tensor spread = torch::rsqrt(x.var(axes, /*unbiased=*/false, true) + epsilon);
  return {(x - x.mean(axes, true)) * spread * over_channels(input(call, 1), x) +
          over_channels(input(call, 2), x)};
}

// Further outputs: the mean and the inverse standard deviation.
Results layer_normalization(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const Tensor& scale = input(call, 1);
  const Tensor offset = optional_input(call, 2);
  const std::int64_t axis = axis_of(call.attributes.integer("axis", -1), x.dim());
  const double epsilon = call.attributes.real("epsilon", 1e-5);
  const auto shape = x.sizes().slice(axis);
  if (scale.sizes() == shape && (!offset.defined() || offset.sizes() == shape)) {
    const auto [y, mean, spread] = torch::native_layer_norm(
        x, shape, scale, offset.defined() ? c10::make_optional(offset) : c10::nullopt, epsilon);
    return {y, mean, spread};
  }
  const Sizes axes = axes_from(axis, x.dim());
  const Tensor mean = x.mean(axes, true);
  const Tensor spread = torch::rsqrt(x.var(axes, /*unbiased=*/false, true) + epsilon);
  const Tensor y = (x - mean) * spread * scale;
  return {offset.defined() ? y + offset : y, mean, spread};
}

// Scale and offset are per group before operator set 21, per channel since.
Results group_normalization(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const std::int64_t groups = call.attributes.integer("num_groups", 0);
  if (x.dim() < 2 || groups < 1 || x.size(1) % groups != 0) {
    core::fail_data(kOperator, "expected num_groups to divide the channels, got {}", groups);
  }
  Tensor scale = input(call, 1);
  Tensor offset = input(call, 2);
  if (call.opset < 21) {
    scale = scale.repeat_interleave(x.size(1) / groups);
    offset = offset.repeat_interleave(x.size(1) / groups);
  }
  return {torch::group_norm(x, groups, scale, offset, call.attributes.real("epsilon", 1e-5))};
}

Results lp_normalization(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const std::int64_t axis = axis_of(call.attributes.integer("axis", -1), x.dim());
  const std::int64_t p = call.attributes.integer("p", 2);
  if (p != 1 && p != 2) core::fail_data(kOperator, "expected p of 1 or 2, got {}", p);
  return {x / torch::linalg_vector_norm(x, p, axis, true)};
}

// x / (bias + alpha/size sum of x^2 over `size` channels around)^beta
Results lrn(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const std::int64_t size = call.attributes.integer("size", 0);
  if (x.dim() < 2 || size < 1 || size > 1 << 20) {
    core::fail_data(kOperator, "expected channels and a size in [1, 2^20], got {}", size);
  }
  const double alpha = call.attributes.real("alpha", 0.0001);
  const double beta = call.attributes.real("beta", 0.75);
  const double bias = call.attributes.real("bias", 1.0);
  check_elements({x.numel(), size});
  Sizes pads(2 * static_cast<std::size_t>(x.dim() - 1), 0);
  pads[pads.size() - 2] = (size - 1) / 2;
  pads[pads.size() - 1] = size / 2;
  const Tensor sums = torch::constant_pad_nd(x * x, pads, 0).unfold(1, size, 1).sum(-1);
  return {x / (bias + alpha / static_cast<double>(size) * sums).pow(beta)};
}

Results mean_variance_normalization(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const Sizes axes = axes_of(call.attributes.integers("axes", {0, 2, 3}), x.dim());
  const Tensor centred = x - x.mean(axes, true);
  // The standard's own guard against a spread of 0.
  return {centred / (x.var(axes, /*unbiased=*/false, true).sqrt() + 1e-9)};
}

constexpr auto kTable = std::to_array<Operator>({
    maths<batch_normalization, 5, 5>("BatchNormalization"),
    maths<group_normalization, 3, 3>("GroupNormalization"),
    maths<instance_normalization, 3, 3>("InstanceNormalization"),
    maths<layer_normalization, 2, 3>("LayerNormalization"),
    maths<lp_normalization, 1, 1>("LpNormalization"),
    maths<lrn, 1, 1>("LRN"),
    maths<mean_variance_normalization, 1, 1>("MeanVarianceNormalization"),
});

}  // namespace

std::span<const Operator> normalise_operators() { return kTable; }

}  // namespace venturi::net
