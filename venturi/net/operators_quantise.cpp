// Integers that stand for real numbers: x = scale * (q - zero point).
#include <array>

#include "venturi/net/onnx_values.hpp"
#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

// The range of a quantised type. uint16 is int64 here (onnx_values.hpp), and no operator quantises
// to a true int64.
struct Range {
  double low, high;
};
Range range_of(torch::ScalarType type) {
  switch (type) {
    case torch::kUInt8:
      return {0, 255};
    case torch::kInt8:
      return {-128, 127};
    case torch::kInt16:
      return {-32768, 32767};
    case torch::kInt64:
      return {0, 65535};
    default:
      core::fail_data(kOperator, "cannot quantise to {}", torch::toString(type));
  }
}

// A scale or zero point laid along x: one for all, one per index of `axis`, or one per block.
Tensor laid_along(const Tensor& values, const Tensor& x, std::int64_t axis, std::int64_t block) {
  if (values.numel() == 1 && block == 0) return values.reshape({});
  axis = axis_of(axis, x.dim());
  if (block == 0) {
    if (values.dim() != 1 || values.size(0) != x.size(axis)) {
      core::fail_data(kOperator, "expected {} scales along axis {}, got {}", x.size(axis), axis,
                      fmt::join(values.sizes(), "*"));
    }
    Sizes along(static_cast<std::size_t>(x.dim()), 1);
    along[static_cast<std::size_t>(axis)] = -1;
    return values.reshape(along);
  }
  if (block < 0 || block > x.size(axis) || values.dim() != x.dim() ||
      values.size(axis) != (x.size(axis) + block - 1) / block) {
    core::fail_data(kOperator, "blocks of {} do not fit scales of {}", block,
                    fmt::join(values.sizes(), "*"));
  }
  return values.repeat_interleave(block, axis).narrow(axis, 0, x.size(axis));
}

// Rounds half to even and saturates; real -> integers of `type`.
Tensor saturated(const Tensor& x, torch::ScalarType type) {
  const Range range = range_of(type);
  return x.clamp(range.low, range.high).to(type);
}

Tensor quantise(const Tensor& x, const Tensor& scale, const Tensor& zero, torch::ScalarType type) {
  // 16-bit results and their zero points are exact in float32.
  const Tensor rounded = torch::round(x / scale);
  return saturated(zero.defined() ? rounded + zero.to(rounded.scalar_type()) : rounded, type);
}

Results quantize_linear(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::int64_t axis = call.attributes.integer("axis", 1);
  const std::int64_t block = call.attributes.integer("block_size", 0);
  const Tensor scale = laid_along(real_input(call, 1), x, axis, block);
  const Tensor zero = optional_input(call, 2);
  const std::int64_t asked = call.attributes.integer("output_dtype", 0);
  const auto type = zero.defined() ? zero.scalar_type()
                    : asked != 0   ? type_from_onnx(asked)
                                   : torch::kUInt8;
  return {quantise(x.to(torch::kFloat32), scale.to(torch::kFloat32),
                   zero.defined() ? laid_along(zero, x, axis, block) : zero, type)};
}

Results dequantize_linear(const Call& call) {
  const Tensor& q = input(call, 0);
  const std::int64_t axis = call.attributes.integer("axis", 1);
  const std::int64_t block = call.attributes.integer("block_size", 0);
  const Tensor scale = laid_along(real_input(call, 1), q, axis, block);
  const Tensor zero = optional_input(call, 2);
  Tensor x = q.to(torch::kFloat32);
  if (zero.defined()) {
    check_same_type(q, zero);
    x = x - laid_along(zero, q, axis, block).to(torch::kFloat32);
  }
  return {(x * scale.to(torch::kFloat32)).to(scale.scalar_type())};
}

// To uint8, scale and zero point from the range of x with 0 in it.
Results dynamic_quantize_linear(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const Tensor low = x.min().clamp_max(0);
  const Tensor high = x.max().clamp_min(0);
  const Tensor scale = (high - low) / 255;
  const Tensor zero = saturated(torch::round(-low / scale), torch::kUInt8);
  return {quantise(x, scale, zero, torch::kUInt8), scale, zero};
}

// q - zero point in double, where sums of up to 2^37 products of such numbers are exact. `axis`:
// along which a vector of zero points lies.
Tensor centred(const Tensor& q, const Tensor& zero, std::int64_t axis) {
  if (!c10::isIntegralType(q.scalar_type(), false) || q.element_size() != 1) {
    core::fail_data(kOperator, "expected 8-bit integers, got {}", torch::toString(q.scalar_type()));
  }
  const Tensor wide = q.to(torch::kFloat64);
  if (!zero.defined()) return wide;
  check_same_type(q, zero);
  return wide - (zero.dim() > 1 ? zero : laid_along(zero, q, axis, 0)).to(torch::kFloat64);
}

// Sums beyond int32 wrap around, as an int32 accumulator does.
Tensor to_int32(const Tensor& sums) { return sums.to(torch::kInt64).to(torch::kInt32); }

Results matmul_integer(const Call& call) {
  const Tensor a = centred(input(call, 0), optional_input(call, 2), -2);
  const Tensor b = centred(input(call, 1), optional_input(call, 3), -1);
  return {to_int32(torch::matmul(a, b))};
}

Results conv_integer(const Call& call) {
  const Tensor x = centred(input(call, 0), optional_input(call, 2), 1);
  const Tensor weight = centred(input(call, 1), optional_input(call, 3), 0);
  return {to_int32(convolve(call, x, weight, {}))};
}

// A factor along the axis of `out` where a vector of scales lies.
Tensor factor_along(const Tensor& scale, const Tensor& out, std::int64_t axis) {
  const Tensor wide = scale.to(torch::kFloat64);
  return scale.dim() > 1 ? wide : laid_along(wide, out, axis, 0);
}

Results qlinear_matmul(const Call& call) {
  const Tensor sums = torch::matmul(centred(input(call, 0), input(call, 2), -2),
                                    centred(input(call, 3), input(call, 5), -1));
  const Tensor scale =
      factor_along(real_input(call, 1), sums, -2) * factor_along(real_input(call, 4), sums, -1);
  const Tensor& zero = input(call, 7);
  return {quantise(sums * scale, factor_along(real_input(call, 6), sums, -2),
                   zero.dim() > 1 ? zero : laid_along(zero, sums, -2, 0), zero.scalar_type())};
}

// The bias is int32 of scale x_scale * w_scale and zero point 0.
Results qlinear_conv(const Call& call) {
  const Tensor x = centred(input(call, 0), input(call, 2), 1);
  const Tensor weight = centred(input(call, 3), input(call, 5), 0);
  Tensor bias = optional_input(call, 8);
  if (bias.defined()) bias = bias.to(torch::kFloat64);
  const Tensor sums = convolve(call, x, weight, bias);
  const Tensor scale =
      factor_along(real_input(call, 1), sums, 1) * factor_along(real_input(call, 4), sums, 1);
  const Tensor& zero = input(call, 7);
  return {quantise(sums * scale, factor_along(real_input(call, 6), sums, 1),
                   laid_along(zero, sums, 1, 0), zero.scalar_type())};
}

constexpr auto kTable = std::to_array<Operator>({
    moves<conv_integer, 2, 4>("ConvInteger"),
    moves<dequantize_linear, 2, 3>("DequantizeLinear"),
    moves<dynamic_quantize_linear, 1, 1>("DynamicQuantizeLinear"),
    moves<matmul_integer, 2, 4>("MatMulInteger"),
    moves<qlinear_conv, 8, 9>("QLinearConv"),
    moves<qlinear_matmul, 8, 8>("QLinearMatMul"),
    moves<quantize_linear, 2, 3>("QuantizeLinear"),
});

}  // namespace

std::span<const Operator> quantise_operators() { return kTable; }

}  // namespace venturi::net
