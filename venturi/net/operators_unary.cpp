// Functions of one tensor, element by element, and along an axis.
#include <array>
#include <cmath>

#include "venturi/net/onnx_values.hpp"
#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

using Function = Tensor (*)(const Tensor&);

template <Function f>
Results of_reals(const Call& call) {
  return {f(real_input(call, 0))};
}

// Integers too.
template <Function f>
Results of_numbers(const Call& call) {
  const Tensor& x = input(call, 0);
  if (x.scalar_type() == torch::kBool) core::fail_data(kOperator, "expected numbers, got bool");
  return {f(x)};
}

Tensor softsign(const Tensor& x) { return x / (1 + x.abs()); }

Results logical_not(const Call& call) {
  if (input(call, 0).scalar_type() != torch::kBool) core::fail_data(kOperator, "expected bool");
  return {torch::logical_not(input(call, 0))};
}

Results bitwise_not(const Call& call) { return {torch::bitwise_not(input(call, 0))}; }

Results is_inf(const Call& call) {
  const Tensor& x = real_input(call, 0);
  Tensor out = torch::zeros_like(x, torch::kBool);
  if (call.attributes.integer("detect_negative", 1) != 0) out = out | torch::isneginf(x);
  if (call.attributes.integer("detect_positive", 1) != 0) out = out | torch::isposinf(x);
  return {out};
}

// ---- activations

Results leaky_relu(const Call& call) {
  return {torch::leaky_relu(real_input(call, 0), call.attributes.real("alpha", 0.01))};
}

Results elu(const Call& call) {
  return {torch::elu(real_input(call, 0), call.attributes.real("alpha", 1.0))};
}

Results selu(const Call& call) {
  // The standard's defaults, the float32 values of Klambauer et al. 2017, appendix A.1.
  const double alpha = call.attributes.real("alpha", 1.67326319217681884765625);
  const double gamma = call.attributes.real("gamma", 1.05070102214813232421875);
  return {torch::elu(real_input(call, 0), alpha, gamma)};
}

Results celu(const Call& call) {
  return {torch::celu(real_input(call, 0), call.attributes.real("alpha", 1.0))};
}

Results thresholded_relu(const Call& call) {
  const Tensor& x = real_input(call, 0);
  return {torch::where(x > call.attributes.real("alpha", 1.0), x, torch::zeros_like(x))};
}

Results hard_sigmoid(const Call& call) {
  const double alpha = call.attributes.real("alpha", 0.2);
  const double beta = call.attributes.real("beta", 0.5);
  return {torch::clamp(real_input(call, 0) * alpha + beta, 0, 1)};
}

Results hard_swish(const Call& call) {
  const Tensor& x = real_input(call, 0);
  return {x * torch::clamp(x / 6 + 0.5, 0, 1)};
}

Results gelu(const Call& call) {
  const std::string approximate = call.attributes.text("approximate", "none");
  return {torch::gelu(real_input(call, 0), approximate)};
}

Results prelu(const Call& call) {
  const Tensor& x = input(call, 0);
  const Tensor& slope = input(call, 1);
  check_same_type(x, slope);
  return {torch::where(x < 0, slope * x, x)};
}

Results shrink(const Call& call) {
  const Tensor& x = input(call, 0);
  const double bias = call.attributes.real("bias", 0.0);
  const double lambda = call.attributes.real("lambd", 0.5);
  const Tensor zero = torch::zeros_like(x);
  const Tensor out =
      torch::where(x < -lambda, x + bias, torch::where(x > lambda, x - bias, zero.to(x.dtype())));
  return {out.to(x.scalar_type())};
}

// Minimum and maximum are inputs since operator set 11, attributes before.
Results clip(const Call& call) {
  const Tensor& x = input(call, 0);
  const auto bound = [&](std::size_t i, const char* name) {
    Tensor value = optional_input(call, i);
    if (call.attributes.has(name)) value = torch::scalar_tensor(call.attributes.real(name, 0));
    if (value.defined() && value.numel() != 1) {
      core::fail_data(kOperator, "expected one number as {}", name);
    }
    return !value.defined() || value.scalar_type() == x.scalar_type() ? value
                                                                      : value.to(x.scalar_type());
  };
  const Tensor least = bound(1, "min");
  const Tensor most = bound(2, "max");
  if (!least.defined() && !most.defined()) return {x};
  // Bounds that lie on the host go in as numbers: the kernel then reads x alone.
  const auto constant = [](const Tensor& value) {
    return !value.defined() || (value.is_cpu() && !value.requires_grad());
  };
  if (constant(least) && constant(most)) {
    const auto number = [](const Tensor& value) -> c10::optional<torch::Scalar> {
      return value.defined() ? c10::make_optional(value.item()) : c10::nullopt;
    };
    return {torch::clamp(x, number(least), number(most))};
  }
  const auto moved = [&](const Tensor& value) -> c10::optional<Tensor> {
    return value.defined() ? c10::make_optional(value.reshape({}).to(x.device())) : c10::nullopt;
  };
  return {torch::clamp(x, moved(least), moved(most))};
}

// ---- along an axis

// Before operator set 13 all dimensions from the axis on counted as one.
struct Rows {
  Tensor x;
  std::int64_t axis;
};
Rows rows_of(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const std::int64_t axis =
      axis_of(call.attributes.integer("axis", call.opset < 13 ? 1 : -1), x.dim());
  return call.opset < 13 ? Rows{x.flatten(axis), axis} : Rows{x, axis};
}

Results softmax(const Call& call) {
  const Rows rows = rows_of(call);
  return {torch::softmax(rows.x, rows.axis).view_as(input(call, 0))};
}

Results log_softmax(const Call& call) {
  const Rows rows = rows_of(call);
  return {torch::log_softmax(rows.x, rows.axis).view_as(input(call, 0))};
}

Results hardmax(const Call& call) {
  const Rows rows = rows_of(call);
  const Tensor first = rows.x.argmax(rows.axis, true);
  return {torch::zeros_like(rows.x).scatter(rows.axis, first, 1).view_as(input(call, 0))};
}

// ---- conversions

Tensor cast_to(const Tensor& x, std::int64_t onnx_type) {
  constexpr std::int64_t kUInt16 = 4;
  constexpr std::int64_t kUInt32 = 12;
  const Tensor y = x.to(type_from_onnx(onnx_type));
  if (onnx_type == kUInt16) return y.bitwise_and(0xFFFF);
  if (onnx_type == kUInt32) return y.bitwise_and(std::int64_t{0xFFFFFFFF});
  return y;
}

Results cast(const Call& call) {
  return {cast_to(input(call, 0), call.attributes.integer("to", 0))};
}

Results cast_like(const Call& call) { return {input(call, 0).to(input(call, 1).scalar_type())}; }

Results identity(const Call& call) { return {input(call, 0)}; }

// Training mode with a ratio above 0 would need randomness, which a kernel does not have.
Results dropout(const Call& call) {
  const Tensor& x = input(call, 0);
  const Tensor ratio = optional_input(call, 1);
  const Tensor training = optional_input(call, 2);
  if (training.defined() && real_of(training, "training_mode") != 0 &&
      (!ratio.defined() || real_of(ratio, "ratio") != 0)) {
    core::fail_data(kOperator, "dropout in training mode is not supported: export for inference");
  }
  return {x, torch::ones_like(x, torch::kBool)};
}

constexpr auto kTable = std::to_array<Operator>({
    maths<of_numbers<torch::abs>, 1, 1>("Abs"),
    maths<of_reals<torch::acos>, 1, 1>("Acos"),
    maths<of_reals<torch::acosh>, 1, 1>("Acosh"),
    maths<of_reals<torch::asin>, 1, 1>("Asin"),
    maths<of_reals<torch::asinh>, 1, 1>("Asinh"),
    maths<of_reals<torch::atan>, 1, 1>("Atan"),
    maths<of_reals<torch::atanh>, 1, 1>("Atanh"),
    moves<bitwise_not, 1, 1>("BitwiseNot"),
    moves<cast, 1, 1>("Cast"),
    moves<cast_like, 2, 2>("CastLike"),
    maths<of_reals<torch::ceil>, 1, 1>("Ceil"),
    maths<celu, 1, 1>("Celu"),
    maths<clip, 1, 3>("Clip"),
    maths<of_reals<torch::cos>, 1, 1>("Cos"),
    maths<of_reals<torch::cosh>, 1, 1>("Cosh"),
    moves<dropout, 1, 3>("Dropout"),
    maths<elu, 1, 1>("Elu"),
    maths<of_reals<torch::erf>, 1, 1>("Erf"),
    maths<of_reals<torch::exp>, 1, 1>("Exp"),
    maths<of_reals<torch::floor>, 1, 1>("Floor"),
    maths<gelu, 1, 1>("Gelu"),
    maths<hard_sigmoid, 1, 1>("HardSigmoid"),
    maths<hard_swish, 1, 1>("HardSwish"),
    maths<hardmax, 1, 1>("Hardmax"),
    moves<identity, 1, 1>("Identity"),
    maths<is_inf, 1, 1>("IsInf"),
    maths<of_reals<torch::isnan>, 1, 1>("IsNaN"),
    maths<leaky_relu, 1, 1>("LeakyRelu"),
    maths<of_reals<torch::log>, 1, 1>("Log"),
    maths<log_softmax, 1, 1>("LogSoftmax"),
    maths<of_reals<torch::mish>, 1, 1>("Mish"),
    maths<of_numbers<torch::neg>, 1, 1>("Neg"),
    moves<logical_not, 1, 1>("Not"),
    maths<prelu, 2, 2>("PRelu"),
    maths<of_reals<torch::reciprocal>, 1, 1>("Reciprocal"),
    maths<of_numbers<torch::relu>, 1, 1>("Relu"),
    maths<of_reals<torch::round>, 1, 1>("Round"),
    maths<selu, 1, 1>("Selu"),
    maths<shrink, 1, 1>("Shrink"),
    maths<of_reals<torch::sigmoid>, 1, 1>("Sigmoid"),
    maths<of_numbers<torch::sign>, 1, 1>("Sign"),
    maths<of_reals<torch::sin>, 1, 1>("Sin"),
    maths<of_reals<torch::sinh>, 1, 1>("Sinh"),
    maths<softmax, 1, 1>("Softmax"),
    maths<of_reals<[](const Tensor& x) { return torch::softplus(x); }>, 1, 1>("Softplus"),
    maths<of_reals<softsign>, 1, 1>("Softsign"),
    maths<of_reals<torch::sqrt>, 1, 1>("Sqrt"),
    maths<of_reals<torch::tan>, 1, 1>("Tan"),
    maths<of_reals<torch::tanh>, 1, 1>("Tanh"),
    maths<thresholded_relu, 1, 1>("ThresholdedRelu"),
});

}  // namespace

std::span<const Operator> unary_operators() { return kTable; }

}  // namespace venturi::net
