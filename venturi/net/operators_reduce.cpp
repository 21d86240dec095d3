// Reductions over axes, and what runs or searches along one.
#include <algorithm>
#include <array>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

// Over `axes` (not empty), which stay with size 1.
using Reduction = Tensor (*)(const Tensor& x, const Sizes& axes);

// The axes are an attribute before operator set 13 (ReduceSum) or 18 (the others), an input since.
template <Reduction f>
Results reduce(const Call& call) {
  const Tensor& x = input(call, 0);
  const bool keep = call.attributes.integer("keepdims", 1) != 0;
  Sizes axes = axes_of(integers_input_or(call, 1, "axes"), x.dim());
  if (axes.empty()) {
    if (call.attributes.integer("noop_with_empty_axes", 0) != 0) return {x};
    if (x.dim() == 0) return {f(x.reshape({1}), {0}).reshape({})};
    for (std::int64_t i = 0; i < x.dim(); ++i) axes.push_back(i);
  }
  Tensor out = f(x, axes);
  if (keep) return {out};
  Sizes sizes;
  for (std::int64_t i = 0; i < x.dim(); ++i) {
    if (!std::binary_search(axes.begin(), axes.end(), i)) sizes.push_back(x.size(i));
  }
  return {out.reshape(sizes)};
}

Tensor sum(const Tensor& x, const Sizes& axes) { return x.sum(axes, true, x.scalar_type()); }

Tensor mean(const Tensor& x, const Sizes& axes) {
  if (x.is_floating_point()) return x.mean(axes, true);
  std::int64_t count = 1;
  for (const std::int64_t axis : axes) count *= x.size(axis);
  if (count == 0) core::fail_data(kOperator, "the mean of no integers");
  return torch::div(x.sum(axes, true, torch::kInt64), count, "trunc").to(x.scalar_type());
}

Tensor product(const Tensor& x, const Sizes& axes) {
  Tensor out = x;
  for (const std::int64_t axis : axes) out = out.prod(axis, true, x.scalar_type());
  return out;
}

// The identity of an extremum over no elements.
Tensor full_reduced(const Tensor& x, const Sizes& axes, const torch::Scalar& value) {
  Sizes sizes = x.sizes().vec();
  for (const std::int64_t axis : axes) sizes[static_cast<std::size_t>(axis)] = 1;
  return torch::full(sizes, value, x.options());
}

Tensor greatest(const Tensor& x, const Sizes& axes) {
  return x.numel() == 0 ? full_reduced(x, axes, lowest(x.scalar_type())) : x.amax(axes, true);
}

Tensor least(const Tensor& x, const Sizes& axes) {
  return x.numel() == 0 ? full_reduced(x, axes, highest(x.scalar_type())) : x.amin(axes, true);
}

Tensor norm1(const Tensor& x, const Sizes& axes) { return sum(x.abs(), axes); }
Tensor norm2(const Tensor& x, const Sizes& axes) {
  return torch::linalg_vector_norm(x, 2, axes, true);
}
Tensor log_sum(const Tensor& x, const Sizes& axes) { return sum(x, axes).log(); }
Tensor log_sum_exp(const Tensor& x, const Sizes& axes) { return torch::logsumexp(x, axes, true); }
Tensor sum_square(const Tensor& x, const Sizes& axes) { return sum(x * x, axes); }

// Integers by way of double.
template <Reduction f>
Tensor by_double(const Tensor& x, const Sizes& axes) {
  return x.is_floating_point() ? f(x, axes) : f(x.to(torch::kFloat64), axes).to(x.scalar_type());
}

// ---- along one axis

template <bool greatest>
Results arg(const Call& call) {
  Tensor x = input(call, 0);
  const std::int64_t axis = axis_of(call.attributes.integer("axis", 0), x.dim());
  const bool keep = call.attributes.integer("keepdims", 1) != 0;
  const bool last = call.attributes.integer("select_last_index", 0) != 0;
  if (last) x = x.flip(axis);
  Tensor at = greatest ? x.argmax(axis, keep) : x.argmin(axis, keep);
  return {last ? x.size(axis) - 1 - at : at};
}

// Of equal values the one with the lower index comes first: hence the stable sort.
Results top_k(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::int64_t k = integer_of(input(call, 1), "k");
  const std::int64_t axis = axis_of(call.attributes.integer("axis", -1), x.dim());
  if (k < 0 || k > x.size(axis)) {
    core::fail_data(kOperator, "expected k in [0, {}], got {}", x.size(axis), k);
  }
  const bool largest = call.attributes.integer("largest", 1) != 0;
  const auto [values, indices] = x.sort(/*stable=*/c10::optional<bool>(true), axis, largest);
  return {values.narrow(axis, 0, k), indices.narrow(axis, 0, k)};
}

Results cumulative_sum(const Call& call) {
  Tensor x = input(call, 0);
  const std::int64_t axis = axis_of(integer_of(input(call, 1), "axis"), x.dim());
  const bool reverse = call.attributes.integer("reverse", 0) != 0;
  if (reverse) x = x.flip(axis);
  Tensor out = x.cumsum(axis, x.scalar_type());
  if (call.attributes.integer("exclusive", 0) != 0 && x.size(axis) > 0) {
    out = torch::cat(
        {torch::zeros_like(x.narrow(axis, 0, 1)), out.narrow(axis, 0, x.size(axis) - 1)}, axis);
  }
  return {reverse ? out.flip(axis) : out};
}

constexpr auto kTable = std::to_array<Operator>({
    maths<arg<true>, 1, 1>("ArgMax"),
    maths<arg<false>, 1, 1>("ArgMin"),
    maths<cumulative_sum, 2, 2>("CumSum"),
    maths<reduce<norm1>, 1, 2>("ReduceL1"),
    maths<reduce<by_double<norm2>>, 1, 2>("ReduceL2"),
    maths<reduce<by_double<log_sum>>, 1, 2>("ReduceLogSum"),
    maths<reduce<by_double<log_sum_exp>>, 1, 2>("ReduceLogSumExp"),
    maths<reduce<greatest>, 1, 2>("ReduceMax"),
    maths<reduce<mean>, 1, 2>("ReduceMean"),
    maths<reduce<least>, 1, 2>("ReduceMin"),
    maths<reduce<product>, 1, 2>("ReduceProd"),
    maths<reduce<sum>, 1, 2>("ReduceSum"),
    maths<reduce<sum_square>, 1, 2>("ReduceSumSquare"),
    maths<top_k, 2, 2>("TopK"),
});

}  // namespace

std::span<const Operator> reduce_operators() { return kTable; }

}  // namespace venturi::net
