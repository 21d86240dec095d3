// What makes tensors: constants, ranges, shapes.
#include <algorithm>
#include <array>
#include <cmath>

#include "venturi/net/onnx_values.hpp"
#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

Results constant(const Call& call) {
  const Attributes& a = call.attributes;
  if (a.has("value")) return {a.tensor("value")};
  if (a.has("value_int")) return {torch::scalar_tensor(a.integer("value_int", 0), torch::kInt64)};
  if (a.has("value_float")) {
    return {torch::scalar_tensor(a.real("value_float", 0), torch::kFloat32)};
  }
  if (a.has("value_ints")) return {torch::tensor(a.integers("value_ints", {}), torch::kInt64)};
  if (a.has("value_floats")) return {torch::tensor(a.reals("value_floats", {}), torch::kFloat32)};
  core::fail_data(kOperator, "expected value, value_int(s) or value_float(s)");
}

Results constant_of_shape(const Call& call) {
  const Sizes sizes = integers_of(input(call, 0), "shape");
  check_elements(sizes);
  Tensor value = call.attributes.tensor("value");
  if (!value.defined()) value = torch::zeros({1});
  if (value.numel() != 1) core::fail_data(kOperator, "expected one value");
  return {value.reshape({}).to(input(call, 0).device()).expand(sizes).contiguous()};
}

// ceil((limit - start) / delta) numbers from start; none where that is negative.
Results range(const Call& call) {
  const Tensor& start = input(call, 0);
  const Tensor& delta = input(call, 2);
  check_same_type(start, input(call, 1));
  check_same_type(start, delta);
  // long double holds every int64.
  const auto value = [&](const Tensor& x) -> long double {
    if (x.numel() != 1) core::fail_data(kOperator, "expected scalars");
    return x.is_floating_point() ? static_cast<long double>(x.reshape({}).item<double>())
                                 : static_cast<long double>(x.reshape({}).item<std::int64_t>());
  };
  const long double count =
      std::max(std::ceil((value(input(call, 1)) - value(start)) / value(delta)), 0.0L);
  if (!(count <= 4294967296.0L)) core::fail_data(kOperator, "a range of more than 2^32 numbers");
  const Tensor i =
      torch::arange(static_cast<std::int64_t>(count),
                    torch::TensorOptions().dtype(torch::kInt64).device(start.device()));
  return {start.reshape({}) + i.to(start.scalar_type()) * delta.reshape({})};
}

Results eye_like(const Call& call) {
  const Tensor& x = input(call, 0);
  if (x.dim() != 2) core::fail_data(kOperator, "expected a matrix");
  const auto type = call.attributes.has("dtype")
                        ? type_from_onnx(call.attributes.integer("dtype", 0))
                        : x.scalar_type();
  const std::int64_t k = std::clamp(call.attributes.integer("k", 0), -x.size(0), x.size(1));
  Tensor out = torch::zeros(x.sizes(), x.options().dtype(type).requires_grad(false));
  out.diagonal(k).fill_(1);
  return {out};
}

Results shape(const Call& call) {
  const Tensor& x = input(call, 0);
  const auto bound = [&](const char* name, std::int64_t fallback) {
    const std::int64_t at = call.attributes.integer(name, fallback);
    return std::clamp<std::int64_t>(at < 0 ? at + x.dim() : at, 0, x.dim());
  };
  const std::int64_t start = bound("start", 0);
  const std::int64_t end = std::max(start, bound("end", x.dim()));
  return {torch::tensor(x.sizes().slice(start, end - start), torch::kInt64)};
}

Results size(const Call& call) {
  return {torch::scalar_tensor(input(call, 0).numel(), torch::kInt64)};
}

constexpr auto kTable = std::to_array<Operator>({
    moves<constant, 0, 0>("Constant"),
    moves<constant_of_shape, 1, 1>("ConstantOfShape"),
    moves<eye_like, 1, 1>("EyeLike"),
    maths<range, 3, 3>("Range"),
    moves<shape, 1, 1>("Shape"),
    moves<size, 1, 1>("Size"),
});

}  // namespace

std::span<const Operator> create_operators() { return kTable; }

}  // namespace venturi::net
