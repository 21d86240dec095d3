// Pooling over windows of 1 to 3 spatial dimensions, and over all of them.
#include <algorithm>
#include <array>
#include <cmath>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

Windows pooling_windows(const Call& call, const Tensor& x) {
  return windows_of(call, spatial(x), call.attributes.integers("kernel_shape", {}),
                    call.attributes.integer("ceil_mode", 0) != 0);
}

// Padding that makes every window whole: the end grows or shrinks to the last window's end.
Sizes whole_end(const Windows& w, const Sizes& in) {
  Sizes out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    out.push_back((w.out[i] - 1) * w.strides[i] + w.extent(i) - in[i] - w.begin[i]);
  }
  return out;
}

Tensor padded(const Tensor& x, const Windows& w, const torch::Scalar& value) {
  const Sizes in = spatial(x);
  const Sizes end = whole_end(w, in);
  Sizes sizes = {x.size(0), x.size(1)};
  Sizes pads;
  bool any = false;
  for (std::size_t i = in.size(); i-- > 0;) {
    pads.insert(pads.end(), {w.begin[i], std::max<std::int64_t>(end[i], 0)});
    sizes.push_back(in[i] + w.begin[i] + pads.back());
    any = any || w.begin[i] > 0 || end[i] > 0;
  }
  if (!any) return x;
  check_elements(sizes);
  return torch::constant_pad_nd(x, pads, value);
}

// ---- maxima

std::tuple<Tensor, Tensor> max_with_positions(const Tensor& x, const Windows& w) {
  const Sizes none(w.kernel.size(), 0);
  switch (w.kernel.size()) {
    case 1:
      return torch::max_pool1d_with_indices(x, w.kernel, w.strides, none, w.dilations);
    case 2:
      return torch::max_pool2d_with_indices(x, w.kernel, w.strides, none, w.dilations);
    default:
      return torch::max_pool3d_with_indices(x, w.kernel, w.strides, none, w.dilations);
  }
}

// Row-major positions in the padded planes to positions in the whole input, its spatial dimensions
// row-major or, with storage_order 1, column-major.
Tensor input_positions(Tensor at, const Tensor& x, c10::IntArrayRef padded_sizes, const Windows& w,
                       bool column_major) {
  const Sizes in = spatial(x);
  const std::size_t n = in.size();
  std::vector<Tensor> coordinates(n);
  for (std::size_t i = n; i-- > 0;) {
    const std::int64_t size = padded_sizes[i + 2];
    coordinates[i] = torch::remainder(at, size) - w.begin[i];
    at = torch::div(at, size, "floor");
  }
  Tensor out = torch::zeros_like(at);
  std::int64_t stride = 1;
  for (std::size_t j = 0; j < n; ++j) {
    const std::size_t i = column_major ? j : n - 1 - j;
    out = out + coordinates[i] * stride;
    stride *= in[i];
  }
  Sizes along(n + 2, 1);
  along[0] = x.size(0);
  along[1] = x.size(1);
  const Tensor plane = torch::arange(x.size(0) * x.size(1), out.options()).reshape(along);
  return out + plane * stride;
}

Results max_pool(const Call& call) {
  const Tensor& x = input(call, 0);
  const Windows w = pooling_windows(call, x);
  const bool integer = c10::isIntegralType(x.scalar_type(), false);
  if (integer && x.element_size() > 1) {
    core::fail_data(kOperator, "expected real numbers or 8-bit integers");
  }
  // 8-bit integers are exact in float32.
  const Tensor wide = padded(integer ? x.to(torch::kFloat32) : x, w, lowest(torch::kFloat32));
  const auto [values, at] = max_with_positions(wide, w);
  Results out = {values.to(x.scalar_type())};
  if (call.outputs > 1) {
    const bool column_major = call.attributes.integer("storage_order", 0) != 0;
    out.push_back(input_positions(at, x, wide.sizes(), w, column_major));
  }
  return out;
}

// ---- means

// Sums over windows of `x`, which holds every window whole.
Tensor window_sums(const Tensor& x, const Windows& w) {
  if (w.dilated()) {
    Tensor out = x;
    Sizes inner;
    for (std::size_t i = 0; i < w.kernel.size(); ++i) {
      const auto dim = static_cast<std::int64_t>(i + 2);
      out = out.unfold(dim, w.extent(i), w.strides[i]).slice(-1, 0, c10::nullopt, w.dilations[i]);
      inner.push_back(-static_cast<std::int64_t>(i) - 1);
    }
    return out.sum(inner);
  }
  double volume = 1;
  for (const std::int64_t k : w.kernel) volume *= static_cast<double>(k);
  switch (w.kernel.size()) {
    case 1:
      return torch::avg_pool1d(x, w.kernel, w.strides) * volume;
    case 2:
      return torch::avg_pool2d(x, w.kernel, w.strides) * volume;
    default:
      return torch::avg_pool3d(x, w.kernel, w.strides) * volume;
  }
}

// How many cells of each window lie in the input, or with its padding, broadcast over the output.
Tensor window_counts(const Tensor& x, const Windows& w, bool with_padding) {
  const Sizes in = spatial(x);
  Tensor out = torch::ones({}, x.options().requires_grad(false));
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::int64_t low = with_padding ? -w.begin[i] : 0;
    const std::int64_t high = in[i] + (with_padding ? w.end[i] : 0);
    check_elements({w.out[i], w.kernel[i]});
    const auto integers = torch::TensorOptions().dtype(torch::kInt64).device(x.device());
    const Tensor cells =
        (torch::arange(w.out[i], integers) * w.strides[i] - w.begin[i]).unsqueeze(1) +
        torch::arange(w.kernel[i], integers) * w.dilations[i];
    const Tensor counts = ((cells >= low) & (cells < high)).sum(1).to(x.scalar_type());
    Sizes along(in.size(), 1);
    along[i] = w.out[i];
    out = out * counts.reshape(along);
  }
  return out;
}

Results average_pool(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const Windows w = pooling_windows(call, x);
  const bool with_padding = call.attributes.integer("count_include_pad", 0) != 0;
  return {window_sums(padded(x, w, 0), w) / window_counts(x, w, with_padding)};
}

// (sum over a window of |x|^p)^(1/p)
Results lp_pool(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const auto p = static_cast<double>(call.attributes.integer("p", 2));
  if (p < 1) core::fail_data(kOperator, "expected p >= 1, got {}", p);
  const Windows w = pooling_windows(call, x);
  return {window_sums(padded(x.abs().pow(p), w, 0), w).pow(1 / p)};
}

// ---- over all positions

Sizes spatial_axes(const Tensor& x) {
  if (x.dim() < 3) core::fail_data(kOperator, "expected batch*channels*positions");
  Sizes out;
  for (std::int64_t i = 2; i < x.dim(); ++i) out.push_back(i);
  return out;
}

Results global_average_pool(const Call& call) {
  const Tensor& x = real_input(call, 0);
  return {x.mean(spatial_axes(x), true)};
}

Results global_max_pool(const Call& call) {
  const Tensor& x = real_input(call, 0);
  return {x.amax(spatial_axes(x), true)};
}

Results global_lp_pool(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const auto p = static_cast<double>(call.attributes.integer("p", 2));
  return {torch::linalg_vector_norm(x, p, spatial_axes(x), true)};
}

constexpr auto kTable = std::to_array<Operator>({
    maths<average_pool, 1, 1>("AveragePool"),
    maths<global_average_pool, 1, 1>("GlobalAveragePool"),
    maths<global_lp_pool, 1, 1>("GlobalLpPool"),
    maths<global_max_pool, 1, 1>("GlobalMaxPool"),
    maths<lp_pool, 1, 1>("LpPool"),
    maths<max_pool, 1, 1>("MaxPool"),
});

}  // namespace

std::span<const Operator> pool_operators() { return kTable; }

}  // namespace venturi::net
