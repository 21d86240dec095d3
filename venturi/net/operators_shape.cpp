// What moves elements by shape: no arithmetic, any type.
#include <algorithm>
#include <array>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

std::int64_t product(const Sizes& sizes, std::size_t from, std::size_t to) {
  std::int64_t out = 1;
  for (std::size_t i = from; i < to; ++i) out *= sizes[i];
  return out;
}

Results reshape(const Call& call) {
  const Tensor& x = input(call, 0);
  Sizes sizes = integers_of(input(call, 1), "shape");
  const bool keep_zero = call.attributes.integer("allowzero", 0) != 0;
  Sizes known;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0 && !keep_zero) {
      sizes[i] = x.size(axis_of(static_cast<std::int64_t>(i), x.dim()));
    }
    if (sizes[i] != -1) known.push_back(sizes[i]);
  }
  const std::int64_t count = check_elements(known);
  if (known.size() < sizes.size() && count == 0) {
    core::fail_data(kOperator, "shape {} leaves -1 open", fmt::join(sizes, "*"));
  }
  return {x.reshape(sizes)};
}

Results flatten(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::int64_t axis = call.attributes.integer("axis", 1);
  const auto split = static_cast<std::size_t>(axis == x.dim() ? axis : axis_of(axis, x.dim()));
  const Sizes sizes = x.sizes().vec();
  return {x.reshape({product(sizes, 0, split), product(sizes, split, sizes.size())})};
}

Results squeeze(const Call& call) {
  const Tensor& x = input(call, 0);
  const Sizes axes = axes_of(integers_input_or(call, 1, "axes"), x.dim());
  const bool all =
      axes.empty() && !call.attributes.has("axes") && !optional_input(call, 1).defined();
  Sizes sizes;
  for (std::int64_t i = 0; i < x.dim(); ++i) {
    const bool named = std::binary_search(axes.begin(), axes.end(), i);
    if (named && x.size(i) != 1) {
      core::fail_data(kOperator, "axis {} has {} elements, not 1", i, x.size(i));
    }
    if (!named && !(all && x.size(i) == 1)) sizes.push_back(x.size(i));
  }
  return {x.reshape(sizes)};
}

Results unsqueeze(const Call& call) {
  const Tensor& x = input(call, 0);
  Sizes axes = integers_input_or(call, 1, "axes");
  axes = axes_of(axes, x.dim() + static_cast<std::int64_t>(axes.size()));
  Tensor out = x;
  for (const std::int64_t axis : axes) out = out.unsqueeze(axis);
  return {out};
}

Results transpose(const Call& call) {
  const Tensor& x = input(call, 0);
  Sizes order;
  for (std::int64_t i = x.dim(); i-- > 0;) order.push_back(i);
  order = call.attributes.integers("perm", order);
  if (std::any_of(order.begin(), order.end(), [](std::int64_t axis) { return axis < 0; })) {
    core::fail_data(kOperator, "a negative axis in perm");
  }
  return {x.permute(order)};
}

Results concat(const Call& call) {
  std::vector<Tensor> parts;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    parts.push_back(input(call, i));
    check_same_type(parts[0], parts[i]);
    // Torch would pass over an empty vector among matrices.
    if (parts[i].dim() != parts[0].dim()) {
      core::fail_data(kOperator, "parts of {} and {} dimensions", parts[0].dim(), parts[i].dim());
    }
  }
  if (!call.attributes.has("axis")) core::fail_data(kOperator, "attribute 'axis' is missing");
  return {torch::cat(parts, axis_of(call.attributes.integer("axis", 0), parts[0].dim()))};
}

// Sizes as an input since operator set 13, else as an attribute, else equal parts; the last of
// them may be smaller since 18.
Results split(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::int64_t axis = axis_of(call.attributes.integer("axis", 0), x.dim());
  Sizes sizes = integers_input_or(call, 1, "split");
  if (sizes.empty()) {
    const auto parts = static_cast<std::int64_t>(call.outputs);
    if (call.attributes.integer("num_outputs", parts) != parts || parts < 1) {
      core::fail_data(kOperator, "expected as many outputs as num_outputs");
    }
    const std::int64_t size = (x.size(axis) + parts - 1) / parts;
    sizes.assign(call.outputs, size);
    sizes.back() = x.size(axis) - size * (parts - 1);
    if (sizes.back() < 0 || (call.opset < 18 && sizes.back() != size)) {
      core::fail_data(kOperator, "{} elements in {} parts", x.size(axis), parts);
    }
  }
  if (sizes.size() != call.outputs) {
    core::fail_data(kOperator, "{} parts, but {} outputs", sizes.size(), call.outputs);
  }
  return x.split_with_sizes(sizes, axis);
}

// One axis of x[start:end:step] as Python has it.
Tensor slice_axis(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t end,
                  std::int64_t step) {
  const std::int64_t n = x.size(axis);
  if (step == 0) core::fail_data(kOperator, "a step of 0");
  if (start < 0) start += n;
  if (end < 0) end += n;
  if (step > 0) {
    start = std::clamp<std::int64_t>(start, 0, n);
    end = std::clamp<std::int64_t>(end, start, n);
    return x.slice(axis, start, end, std::min(step, n + 1));
  }
  if (n == 0) return x;
  // Backwards: forwards in the mirror.
  start = n - 1 - std::clamp<std::int64_t>(start, -1, n - 1);
  end = n - 1 - std::clamp<std::int64_t>(end, -1, n - 1);
  return x.flip(axis).slice(axis, start, std::max(start, end), -std::max(step, -n - 1));
}

Results slice(const Call& call) {
  Tensor x = input(call, 0);
  const Sizes starts = integers_of(input(call, 1), "starts");
  const Sizes ends = integers_of(input(call, 2), "ends");
  Sizes axes = integers_input_or(call, 3, "axes");
  Sizes steps = integers_input_or(call, 4, "steps");
  if (axes.empty()) {
    for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    core::fail_data(kOperator, "expected starts, ends, axes and steps of one length");
  }
  axes_of(axes, x.dim());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    x = slice_axis(x, axis_of(axes[i], x.dim()), starts[i], ends[i], steps[i]);
  }
  return {x};
}

// Where position i of an axis of n, beginning before 0 and ending after n, takes its element.
Tensor source_positions(const std::string& mode, std::int64_t begin, std::int64_t end,
                        std::int64_t n, const torch::Device& device) {
  const Tensor i =
      torch::arange(-begin, n + end, torch::TensorOptions().dtype(torch::kInt64).device(device));
  if (mode == "edge") return i.clamp(0, n - 1);
  if (mode == "wrap") return torch::remainder(i, n);
  if (n == 1) return torch::zeros_like(i);
  const Tensor phase = torch::remainder(i, 2 * (n - 1));
  return torch::minimum(phase, 2 * (n - 1) - phase);
}

Results pad(const Call& call) {
  Tensor x = input(call, 0);
  const Sizes pads = integers_input_or(call, 1, "pads");
  Sizes axes = integers_input_or(call, 3, "axes");
  if (axes.empty()) {
    for (std::int64_t i = 0; i < x.dim(); ++i) axes.push_back(i);
  }
  axes_of(axes, x.dim());
  const std::string mode = call.attributes.text("mode", "constant");
  if (mode != "constant" && mode != "edge" && mode != "reflect" && mode != "wrap") {
    core::fail_data(kOperator, "unknown mode '{}'", mode);
  }
  if (pads.size() != 2 * axes.size()) {
    core::fail_data(kOperator, "expected {} pads, got {}", 2 * axes.size(), pads.size());
  }
  Sizes sizes = x.sizes().vec();
  Sizes in_torch_order(2 * sizes.size(), 0);  // the last axis first
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axis_of(axes[i], x.dim()));
    const std::int64_t begin = pads[i];
    const std::int64_t end = pads[i + axes.size()];
    check_elements({std::abs(std::max(begin, -INT64_MAX)), std::abs(std::max(end, -INT64_MAX))});
    sizes[axis] += begin + end;
    in_torch_order[2 * (sizes.size() - 1 - axis)] = begin;
    in_torch_order[2 * (sizes.size() - 1 - axis) + 1] = end;
  }
  check_elements(sizes);
  if (mode == "constant") {
    const Tensor value = optional_input(call, 2);
    torch::Scalar fill = 0;
    if (value.defined()) {
      check_same_type(x, value);
      if (value.numel() != 1) core::fail_data(kOperator, "expected one constant value");
      fill = value.detach().reshape({}).item();
    }
    return {torch::constant_pad_nd(x, in_torch_order, fill)};
  }
  if (x.numel() == 0) core::fail_data(kOperator, "mode {} of no elements", mode);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t axis = axis_of(axes[i], x.dim());
    x = x.index_select(
        axis, source_positions(mode, pads[i], pads[i + axes.size()], x.size(axis), x.device()));
  }
  return {x};
}

Results tile(const Call& call) {
  const Tensor& x = input(call, 0);
  const Sizes repeats = integers_of(input(call, 1), "repeats");
  if (static_cast<std::int64_t>(repeats.size()) != x.dim()) {
    core::fail_data(kOperator, "expected {} repeats, got {}", x.dim(), repeats.size());
  }
  Sizes sizes;
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    check_elements({repeats[i]});
    check_elements({repeats[i], x.size(static_cast<std::int64_t>(i))});
    sizes.push_back(repeats[i] * x.size(static_cast<std::int64_t>(i)));
  }
  check_elements(sizes);
  return {x.repeat(repeats)};
}

Results expand(const Call& call) {
  const Tensor& x = input(call, 0);
  const Sizes asked = integers_of(input(call, 1), "shape");
  check_elements(asked);
  const Sizes sizes = at::infer_size(x.sizes(), asked);
  check_elements(sizes);
  return {x.expand(sizes)};
}

std::int64_t block_size(const Call& call) {
  const std::int64_t block = call.attributes.integer("blocksize", 0);
  if (block < 1 || block > 65536 || input(call, 0).dim() != 4) {
    core::fail_data(kOperator, "expected 4 dimensions and a block size in [1, 65536]");
  }
  return block;
}

Results depth_to_space(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::int64_t b = block_size(call);
  const std::int64_t n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
  if (c % (b * b) != 0) core::fail_data(kOperator, "{} channels in blocks of {}^2", c, b);
  const std::string mode = call.attributes.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") core::fail_data(kOperator, "unknown mode '{}'", mode);
  const Tensor split = mode == "DCR"
                           ? x.reshape({n, b, b, c / (b * b), h, w}).permute({0, 3, 4, 1, 5, 2})
                           : x.reshape({n, c / (b * b), b, b, h, w}).permute({0, 1, 4, 2, 5, 3});
  return {split.reshape({n, c / (b * b), h * b, w * b})};
}

Results space_to_depth(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::int64_t b = block_size(call);
  const std::int64_t n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
  if (h % b != 0 || w % b != 0) core::fail_data(kOperator, "{}*{} in blocks of {}", h, w, b);
  return {x.reshape({n, c, h / b, b, w / b, b})
              .permute({0, 3, 5, 1, 2, 4})
              .reshape({n, c * b * b, h / b, w / b})};
}

Results reverse_sequence(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::int64_t batch = axis_of(call.attributes.integer("batch_axis", 1), x.dim());
  const std::int64_t time = axis_of(call.attributes.integer("time_axis", 0), x.dim());
  const Tensor moved = x.movedim({time, batch}, {0, 1});
  return {reverse_sequences(moved, input(call, 1)).movedim({0, 1}, {time, batch})};
}

Results triangle(const Call& call) {
  const Tensor& x = input(call, 0);
  const Tensor diagonal = optional_input(call, 1);
  if (x.dim() < 2) core::fail_data(kOperator, "expected a matrix");
  const std::int64_t k =
      std::clamp(diagonal.defined() ? integer_of(diagonal, "k") : 0, -x.size(-2), x.size(-1));
  return {call.attributes.integer("upper", 1) != 0 ? x.triu(k) : x.tril(k)};
}

constexpr auto kTable = std::to_array<Operator>({
    moves<concat, 1, -1>("Concat"),
    moves<depth_to_space, 1, 1>("DepthToSpace"),
    moves<expand, 2, 2>("Expand"),
    moves<flatten, 1, 1>("Flatten"),
    moves<pad, 1, 4>("Pad"),
    moves<reshape, 2, 2>("Reshape"),
    moves<reverse_sequence, 2, 2>("ReverseSequence"),
    moves<slice, 3, 5>("Slice"),
    moves<space_to_depth, 1, 1>("SpaceToDepth"),
    moves<split, 1, 2>("Split"),
    moves<squeeze, 1, 2>("Squeeze"),
    moves<tile, 2, 2>("Tile"),
    moves<transpose, 1, 1>("Transpose"),
    moves<triangle, 1, 2>("Trilu"),
    moves<unsqueeze, 1, 2>("Unsqueeze"),
});

}  // namespace

std::span<const Operator> shape_operators() { return kTable; }

}  // namespace venturi::net
