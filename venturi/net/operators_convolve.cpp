// Convolutions of 1 to 3 spatial dimensions, and the window geometry that pooling shares.
#include <algorithm>
#include <array>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

constexpr std::int64_t kMaxStep = std::int64_t{1} << 31;

// An attribute of one number per spatial dimension, each in [least, 2^31].
Sizes per_dimension(const Call& call, const char* name, std::size_t count, std::int64_t fallback,
                    std::int64_t least) {
  const Sizes out = call.attributes.integers(name, Sizes(count, fallback));
  const auto fits = [&](std::int64_t x) { return x >= least && x <= kMaxStep; };
  if (out.size() != count || !std::all_of(out.begin(), out.end(), fits)) {
    core::fail_data(kOperator, "expected {} numbers in [{}, 2^31] as {}, got {}", count, least,
                    name, fmt::join(out, ", "));
  }
  return out;
}

bool same_padding(const std::string& auto_pad) {
  return auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
}

std::string auto_pad_of(const Call& call) {
  const std::string out = call.attributes.text("auto_pad", "NOTSET");
  if (out != "NOTSET" && out != "VALID" && !same_padding(out)) {
    core::fail_data(kOperator, "unknown auto_pad '{}'", out);
  }
  return out;
}

Sizes kernel_of(const Call& call, const Tensor& weight, std::size_t count) {
  const bool fits = weight.dim() == static_cast<std::int64_t>(count) + 2;
  const Sizes kernel = fits ? weight.sizes().slice(2).vec() : Sizes{};
  if (!fits || call.attributes.integers("kernel_shape", kernel) != kernel) {
    core::fail_data(kOperator, "weights of {} do not fit kernel_shape or {} spatial dimensions",
                    fmt::join(weight.sizes(), "*"), count);
  }
  return kernel;
}

// The attribute, which must divide the channels and agree with the weights: (out)*(in /
// groups)*..., or transposed (in)*(out / groups)*....
std::int64_t groups_of(const Call& call, const Tensor& x, const Tensor& weight, bool transposed) {
  const std::int64_t groups = call.attributes.integer("group", 1);
  const std::int64_t channels = x.size(1);
  const bool divides = groups >= 1 && groups <= channels && channels % groups == 0;
  const bool fits =
      divides && (transposed ? weight.size(0) == channels
                             : weight.size(0) % groups == 0 && weight.size(1) == channels / groups);
  if (!fits) {
    core::fail_data(kOperator, "{} groups of {} channels do not fit weights of {}", groups,
                    channels, fmt::join(weight.sizes(), "*"));
  }
  return groups;
}

Results conv(const Call& call) {
  return {convolve(call, real_input(call, 0), real_input(call, 1), optional_input(call, 2))};
}

// The sizes that a transposed convolution has before its padding is cut off, and those after it.
struct Transposed {
  Sizes strides, dilations;
  Sizes crop;  // for constant_pad_nd: per dimension, the last first, begin and end; negative cuts
};

Transposed transposed_of(const Call& call, const Sizes& in, const Sizes& kernel) {
  const std::size_t n = in.size();
  Transposed t{.strides = per_dimension(call, "strides", n, 1, 1),
               .dilations = per_dimension(call, "dilations", n, 1, 1),
               .crop = Sizes(2 * n)};
  const Sizes extra = per_dimension(call, "output_padding", n, 0, 0);
  const Sizes pads = per_dimension(call, "pads", 2 * n, 0, 0);
  const std::string auto_pad = auto_pad_of(call);
  const bool given = call.attributes.has("output_shape");
  const Sizes asked = given ? per_dimension(call, "output_shape", n, 0, 1) : Sizes(n);
  for (std::size_t i = 0; i < n; ++i) {
    check_elements({in[i], t.strides[i]});
    const std::int64_t full =
        t.strides[i] * (in[i] - 1) + (kernel[i] - 1) * t.dilations[i] + 1;  // no output_padding
    std::int64_t begin = auto_pad == "VALID" ? 0 : pads[i];
    std::int64_t out = full + extra[i] - begin - (auto_pad == "VALID" ? 0 : pads[i + n]);
    if (given || same_padding(auto_pad)) {
      out = given ? asked[i] : in[i] * t.strides[i];
      const std::int64_t total = std::max<std::int64_t>(full + extra[i] - out, 0);
      // The odd one goes to the end for SAME_UPPER, else to the beginning.
      begin = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
    }
    if (out < 1) core::fail_data(kOperator, "no output in spatial dimension {}", i);
    t.crop[2 * (n - 1 - i)] = -begin;
    t.crop[2 * (n - 1 - i) + 1] = out - full + begin;
  }
  return t;
}

Results conv_transpose(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const Tensor& weight = real_input(call, 1);
  const Tensor bias = optional_input(call, 2);
  check_same_type(x, weight);
  const Sizes in = spatial(x);
  const Sizes kernel = kernel_of(call, weight, in.size());
  const Transposed t = transposed_of(call, in, kernel);
  const std::int64_t groups = groups_of(call, x, weight, true);
  const Sizes zero(in.size(), 0);
  Sizes sizes = {x.size(0), weight.size(1) * groups};
  Sizes full = sizes;
  for (std::size_t i = 0; i < in.size(); ++i) {
    full.push_back(t.strides[i] * (in[i] - 1) + (kernel[i] - 1) * t.dilations[i] + 1);
    const std::size_t at = 2 * (in.size() - 1 - i);
    sizes.push_back(full.back() + t.crop[at] + t.crop[at + 1]);
  }
  check_elements(full);
  check_elements(sizes);
  Tensor out = torch::convolution(x, weight, {}, t.strides, zero, t.dilations, true, zero, groups);
  if (sizes != full) out = torch::constant_pad_nd(out, t.crop, 0);
  if (bias.defined()) {
    Sizes along(in.size() + 2, 1);
    along[1] = -1;
    out = out + bias.reshape(along);
  }
  return {out};
}

constexpr auto kTable = std::to_array<Operator>({
    maths<conv, 2, 3>("Conv"),
    maths<conv_transpose, 2, 3>("ConvTranspose"),
});

}  // namespace

bool Windows::dilated() const {
  return std::any_of(dilations.begin(), dilations.end(), [](std::int64_t d) { return d != 1; });
}

Sizes spatial(const Tensor& x) {
  if (x.dim() < 3 || x.dim() > 5) {
    core::fail_data(kOperator, "expected batch*channels and 1 to 3 spatial dimensions, got {}",
                    fmt::join(x.sizes(), "*"));
  }
  return x.sizes().slice(2).vec();
}

Windows windows_of(const Call& call, const Sizes& in, const Sizes& kernel, bool ceil_mode) {
  const std::size_t n = in.size();
  const auto fits = [](std::int64_t k) { return k >= 1 && k <= kMaxStep; };
  if (kernel.size() != n || !std::all_of(kernel.begin(), kernel.end(), fits)) {
    core::fail_data(kOperator, "expected a kernel of {} sizes >= 1, got {}", n,
                    fmt::join(kernel, "*"));
  }
  const Sizes pads = per_dimension(call, "pads", 2 * n, 0, 0);
  const std::string auto_pad = auto_pad_of(call);
  Windows w{.kernel = kernel,
            .strides = per_dimension(call, "strides", n, 1, 1),
            .dilations = per_dimension(call, "dilations", n, 1, 1),
            .begin = Sizes(n, 0),
            .end = Sizes(n, 0),
            .out = Sizes(n)};
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t stride = w.strides[i];
    if (same_padding(auto_pad)) {
      w.out[i] = (in[i] + stride - 1) / stride;
      const std::int64_t total =
          std::max<std::int64_t>((w.out[i] - 1) * stride + w.extent(i) - in[i], 0);
      w.begin[i] = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
      w.end[i] = total - w.begin[i];
    } else {
      if (auto_pad == "NOTSET") {
        w.begin[i] = pads[i];
        w.end[i] = pads[i + n];
      }
      const std::int64_t room = in[i] + w.begin[i] + w.end[i] - w.extent(i);
      w.out[i] = room < 0 ? 0 : (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
      // No window may begin in the padding at the end.
      if (ceil_mode && (w.out[i] - 1) * stride >= in[i] + w.begin[i]) --w.out[i];
    }
    if (w.out[i] < 1) {
      core::fail_data(kOperator, "a window of {} does not fit a padded size of {}", w.extent(i),
                      in[i] + w.begin[i] + w.end[i]);
    }
  }
  return w;
}

Tensor convolve(const Call& call, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_same_type(x, weight);
  const Sizes in = spatial(x);
  const Windows w = windows_of(call, in, kernel_of(call, weight, in.size()), false);
  const std::int64_t groups = groups_of(call, x, weight, false);
  Tensor padded = x;
  Sizes padding = w.begin;
  if (w.begin != w.end) {
    padding.assign(in.size(), 0);
    Sizes pads;
    Sizes sizes = {x.size(0), x.size(1)};
    for (std::size_t i = in.size(); i-- > 0;) {
      pads.insert(pads.end(), {w.begin[i], w.end[i]});
      sizes.push_back(in[i] + w.begin[i] + w.end[i]);
    }
    check_elements(sizes);
    padded = torch::constant_pad_nd(x, pads, 0);
  }
  Sizes sizes = {x.size(0), weight.size(0)};
  sizes.insert(sizes.end(), w.out.begin(), w.out.end());
  check_elements(sizes);
  const c10::optional<Tensor> offset = bias.defined() ? c10::make_optional(bias) : c10::nullopt;
  return torch::convolution(padded, weight, offset, w.strides, padding, w.dilations, false,
                            Sizes(in.size(), 0), groups);
}

std::span<const Operator> convolve_operators() { return kTable; }

}  // namespace venturi::net
