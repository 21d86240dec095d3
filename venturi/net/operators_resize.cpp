// Resampling: each output position is a weighted sum of input positions, one axis after the other.
#include <algorithm>
#include <array>
#include <cmath>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

struct Axis {
  std::int64_t in = 0, out = 0;
  double scale = 1;
  double roi_begin = 0, roi_end = 1;
};

struct Sampling {
  std::string mode, coordinates, nearest;
  double cubic = -0.75;  // the coefficient A of the cubic kernel
  bool exclude_outside = false;
  bool antialias = false;
};

// Where output position i lies among the input's positions.
double position(double i, const Axis& a, const std::string& mode) {
  const auto in = static_cast<double>(a.in);
  const double width = a.scale * in;  // not yet an integer
  if (mode == "half_pixel") return (i + 0.5) / a.scale - 0.5;
  if (mode == "asymmetric") return i / a.scale;
  if (mode == "align_corners") return width == 1 ? 0 : i * (in - 1) / (width - 1);
  if (mode == "pytorch_half_pixel") return a.out > 1 ? (i + 0.5) / a.scale - 0.5 : 0;
  if (mode == "tf_half_pixel_for_nn") return (i + 0.5) / a.scale;  // operator sets 11 and 12
  if (mode == "half_pixel_symmetric") {
    const double offset = in / 2 * (1 - static_cast<double>(a.out) / width);
    return offset + (i + 0.5) / a.scale - 0.5;
  }
  if (mode == "tf_crop_and_resize") {
    if (a.out == 1) return 0.5 * (a.roi_begin + a.roi_end) * (in - 1);
    return a.roi_begin * (in - 1) +
           i * (a.roi_end - a.roi_begin) * (in - 1) / static_cast<double>(a.out - 1);
  }
  core::fail_data(kOperator, "unknown coordinate_transformation_mode '{}'", mode);
}

double nearest_index(double x, const std::string& mode) {
  if (mode == "floor") return std::floor(x);
  if (mode == "ceil") return std::ceil(x);
  if (mode == "round_prefer_floor") return std::ceil(x - 0.5);
  if (mode == "round_prefer_ceil") return std::floor(x + 0.5);
  core::fail_data(kOperator, "unknown nearest_mode '{}'", mode);
}

// Keys' kernel (1981), or a triangle.
double kernel(double x, const Sampling& s) {
  x = std::abs(x);
  if (s.mode == "linear") return std::max(1 - x, 0.0);
  const double a = s.cubic;
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// Input positions and weights of every output position: `taps` of each.
struct Taps {
  std::int64_t taps = 1;
  std::vector<std::int64_t> indices;  // taps*out
  std::vector<double> weights;
};

Taps taps_of(const Axis& a, const Sampling& s) {
  const bool nearest = s.mode == "nearest";
  const double shrink = s.antialias ? std::min(a.scale, 1.0) : 1.0;
  const double reach = std::ceil((s.mode == "cubic" ? 2 : 1) / shrink);
  if (!(reach <= 1 << 20)) core::fail_data(kOperator, "a scale of {}", a.scale);
  Taps out;
  out.taps = nearest ? 1 : 2 * static_cast<std::int64_t>(reach);
  const auto count = static_cast<std::size_t>(check_elements({out.taps, a.out}));
  out.indices.resize(count);
  out.weights.resize(count, 1.0);
  const auto edge = static_cast<double>(a.in - 1);
  for (std::int64_t i = 0; i < a.out; ++i) {
    const double x = position(static_cast<double>(i), a, s.coordinates);
    const double first = nearest ? nearest_index(x, s.nearest) : std::floor(x) - reach + 1;
    double total = 0;
    for (std::int64_t t = 0; t < out.taps; ++t) {
      const double j = first + static_cast<double>(t);
      const auto at = static_cast<std::size_t>(t * a.out + i);
      out.indices[at] = static_cast<std::int64_t>(std::clamp(j, 0.0, edge));
      if (nearest) continue;
      const bool outside = s.exclude_outside && (j < 0 || j > edge);
      out.weights[at] = outside ? 0 : kernel(shrink * (j - x), s);
      total += out.weights[at];
    }
    if (nearest || !(s.antialias || s.exclude_outside)) continue;
    for (std::int64_t t = 0; t < out.taps; ++t) {
      out.weights[static_cast<std::size_t>(t * a.out + i)] /= total;
    }
  }
  return out;
}

// Each input position so often, side by side.
Tensor repeated(const Tensor& x, std::int64_t axis, std::int64_t times) {
  Sizes shape = x.sizes().vec();
  shape.insert(shape.begin() + axis + 1, times);
  return x.unsqueeze(axis + 1).expand(shape).flatten(axis, axis + 1);
}

bool repeats(const Taps& taps, const Axis& a) {
  if (a.out % a.in != 0) return false;
  for (std::int64_t i = 0; i < a.out; ++i) {
    if (taps.indices[static_cast<std::size_t>(i)] != i / (a.out / a.in)) return false;
  }
  return true;
}

Tensor resample(const Tensor& x, std::int64_t axis, const Axis& a, const Sampling& s) {
  const Taps taps = taps_of(a, s);
  if (s.mode == "nearest" && repeats(taps, a)) return repeated(x, axis, a.out / a.in);
  const Tensor indices = torch::tensor(taps.indices, torch::kInt64).to(x.device());
  if (s.mode == "nearest") return x.index_select(axis, indices);
  Sizes along(static_cast<std::size_t>(x.dim()), 1);
  along[static_cast<std::size_t>(axis)] = a.out;
  const Tensor weights = torch::tensor(taps.weights, torch::kFloat64).to(x.options());
  Tensor out;
  for (std::int64_t t = 0; t < taps.taps; ++t) {
    const Tensor part = x.index_select(axis, indices.narrow(0, t * a.out, a.out)) *
                        weights.narrow(0, t * a.out, a.out).reshape(along);
    out = out.defined() ? out + part : part;
  }
  return out;
}

Tensor resample_all(const Tensor& x, const std::vector<Axis>& axes, const Sampling& s,
                    double outside_value) {
  if (s.mode != "nearest" && s.mode != "linear" && s.mode != "cubic") {
    core::fail_data(kOperator, "unknown mode '{}'", s.mode);
  }
  Sizes sizes;
  for (const Axis& a : axes) {
    sizes.push_back(std::max(a.in, a.out));
    const bool fits = a.out >= 1 && a.in >= 1 && a.scale > 0 && std::isfinite(a.scale) &&
                      std::isfinite(a.roi_begin) && std::isfinite(a.roi_end);
    if (!fits) core::fail_data(kOperator, "resizing {} to {}", a.in, a.out);
  }
  check_elements(sizes);
  const bool crop = s.coordinates == "tf_crop_and_resize";
  const bool in_float = s.mode != "nearest" && !x.is_floating_point();
  Tensor out = in_float ? x.to(torch::kFloat32) : x;
  Tensor outside;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Axis& a = axes[i];
    if (!crop && a.in == a.out && a.scale == 1) continue;
    out = resample(out, static_cast<std::int64_t>(i), a, s);
    if (!crop) continue;
    Sizes along(axes.size(), 1);
    along[i] = a.out;
    Tensor beyond = torch::empty({a.out}, torch::kBool);
    for (std::int64_t k = 0; k < a.out; ++k) {
      const double at = position(static_cast<double>(k), a, s.coordinates);
      beyond.data_ptr<bool>()[k] = at < 0 || at > static_cast<double>(a.in - 1);
    }
    beyond = beyond.to(x.device()).reshape(along);
    outside = outside.defined() ? outside | beyond : beyond;
  }
  if (outside.defined()) out = out.masked_fill(outside, outside_value);
  return in_float ? out.to(x.scalar_type()) : out;
}

// An input of float values; none where it is absent or empty.
std::vector<double> list_of(const Call& call, std::size_t i, std::size_t most) {
  const Tensor x = optional_input(call, i);
  if (!x.defined() || x.numel() == 0) return {};
  if (x.dim() != 1 || x.numel() > static_cast<std::int64_t>(most)) {
    core::fail_data(kOperator, "expected at most {} numbers as input {}", most, i);
  }
  return tensor::to_doubles(x.detach());
}

// One scale for all named axes where the aspect ratio is to be kept.
void keep_ratio(const std::string& policy, const Sizes& named, std::vector<Axis>& axes) {
  if (policy == "stretch") return;
  if (policy != "not_larger" && policy != "not_smaller") {
    core::fail_data(kOperator, "unknown keep_aspect_ratio_policy '{}'", policy);
  }
  double scale = axes[static_cast<std::size_t>(named.at(0))].scale;
  for (const std::int64_t i : named) {
    const double other = axes[static_cast<std::size_t>(i)].scale;
    scale = policy == "not_larger" ? std::min(scale, other) : std::max(scale, other);
  }
  for (const std::int64_t i : named) {
    Axis& a = axes[static_cast<std::size_t>(i)];
    a.scale = scale;
    const double out = std::floor(scale * static_cast<double>(a.in) + 0.5);
    if (!(out <= 4294967296.0)) core::fail_data(kOperator, "resizing by {}", scale);
    a.out = static_cast<std::int64_t>(out);
  }
}

std::int64_t scaled_size(std::int64_t in, double scale) {
  const double out = std::floor(static_cast<double>(in) * scale);
  if (!(out >= 0 && out <= 4294967296.0)) core::fail_data(kOperator, "resizing by {}", scale);
  return static_cast<std::int64_t>(out);
}

Results resize(const Call& call) {
  const Tensor& x = input(call, 0);
  const Attributes& attributes = call.attributes;
  Sizes named = attributes.integers("axes", {});
  if (named.empty()) {
    for (std::int64_t i = 0; i < x.dim(); ++i) named.push_back(i);
  }
  axes_of(named, x.dim());
  for (std::int64_t& axis : named) axis = axis_of(axis, x.dim());
  std::vector<Axis> axes;
  for (const std::int64_t size : x.sizes()) axes.push_back({.in = size, .out = size});
  const std::vector<double> roi = list_of(call, 1, 2 * axes.size());
  const std::vector<double> scales = list_of(call, 2, axes.size());
  const Tensor given = optional_input(call, 3);
  const Sizes sizes = given.defined() ? integers_of(given, "sizes") : Sizes{};
  if (scales.size() + sizes.size() != named.size() || (!scales.empty() && !sizes.empty())) {
    core::fail_data(kOperator, "expected {} scales or sizes", named.size());
  }
  for (std::size_t i = 0; i < named.size(); ++i) {
    Axis& a = axes[static_cast<std::size_t>(named[i])];
    if (sizes.empty()) {
      a.scale = scales[i];
      a.out = scaled_size(a.in, a.scale);
    } else {
      a.out = sizes[i];
      a.scale = static_cast<double>(a.out) / static_cast<double>(a.in);
    }
    if (roi.size() == 2 * named.size()) {
      a.roi_begin = roi[i];
      a.roi_end = roi[i + named.size()];
    }
  }
  if (!sizes.empty()) {
    keep_ratio(attributes.text("keep_aspect_ratio_policy", "stretch"), named, axes);
  }
  const Sampling s{
      .mode = attributes.text("mode", "nearest"),
      .coordinates = attributes.text("coordinate_transformation_mode", "half_pixel"),
      .nearest = attributes.text("nearest_mode", "round_prefer_floor"),
      .cubic = attributes.real("cubic_coeff_a", -0.75),
      .exclude_outside = attributes.integer("exclude_outside", 0) != 0,
      .antialias = attributes.integer("antialias", 0) != 0,
  };
  return {resample_all(x, axes, s, attributes.real("extrapolation_value", 0.0))};
}

// Deprecated since operator set 10, still exported.
Results upsample(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::vector<double> scales = list_of(call, 1, static_cast<std::size_t>(x.dim()));
  if (scales.size() != static_cast<std::size_t>(x.dim())) {
    core::fail_data(kOperator, "expected {} scales, got {}", x.dim(), scales.size());
  }
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const std::int64_t in = x.size(static_cast<std::int64_t>(i));
    axes.push_back({.in = in, .out = scaled_size(in, scales[i]), .scale = scales[i]});
  }
  const Sampling s{.mode = call.attributes.text("mode", "nearest"),
                   .coordinates = "asymmetric",
                   .nearest = "floor"};
  return {resample_all(x, axes, s, 0)};
}

constexpr auto kTable = std::to_array<Operator>({
    maths<resize, 1, 4>("Resize"),
    maths<upsample, 2, 2>("Upsample"),
});

}  // namespace

std::span<const Operator> resize_operators() { return kTable; }

}  // namespace venturi::net
