// What detectors need beside a backbone: boxes chosen, regions and grids sampled.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

// ---- NonMaxSuppression

// Corners in order and area, from two corners in any order or (center_point_box) centre and size.
struct Box {
  double low0, low1, high0, high1;

  Box(const double* at, bool centred) {
    const double a = centred ? at[0] - at[2] / 2 : at[0];
    const double b = centred ? at[1] - at[3] / 2 : at[1];
    const double c = centred ? at[0] + at[2] / 2 : at[2];
    const double d = centred ? at[1] + at[3] / 2 : at[3];
    low0 = std::min(a, c);
    low1 = std::min(b, d);
    high0 = std::max(a, c);
    high1 = std::max(b, d);
  }
  double area() const { return (high0 - low0) * (high1 - low1); }
};

// Area of the intersection over that of the union.
double overlap(const Box& a, const Box& b) {
  const double side0 = std::min(a.high0, b.high0) - std::max(a.low0, b.low0);
  const double side1 = std::min(a.high1, b.high1) - std::max(a.low1, b.low1);
  if (side0 <= 0 || side1 <= 0) return 0;
  const double both = side0 * side1;
  const double all = a.area() + b.area() - both;
  return all > 0 ? both / all : 0;
}

struct Suppression {
  std::int64_t most = 0;  // of a class
  double overlap = 0;
  double score = -std::numeric_limits<double>::infinity();
};

// Indices of the boxes kept for one class, by falling score; of equal ones the first first.
Sizes kept_boxes(const std::vector<Box>& boxes, const double* scores, const Suppression& limits) {
  Sizes order;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (scores[i] > limits.score) order.push_back(static_cast<std::int64_t>(i));
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return scores[a] > scores[b]; });
  Sizes kept;
  for (const std::int64_t i : order) {
    if (static_cast<std::int64_t>(kept.size()) >= limits.most) break;
    const Box& box = boxes[static_cast<std::size_t>(i)];
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](std::int64_t j) {
      return overlap(box, boxes[static_cast<std::size_t>(j)]) > limits.overlap;
    });
    if (!covered) kept.push_back(i);
  }
  return kept;
}

// boxes b*n*4, scores b*c*n to rows (batch, class, box). O(n^2) a class at worst, on the CPU.
Results non_max_suppression(const Call& call) {
  const Tensor& boxes = real_input(call, 0);
  const Tensor& scores = real_input(call, 1);
  if (boxes.dim() != 3 || scores.dim() != 3 || boxes.size(2) != 4 ||
      boxes.size(0) != scores.size(0) || boxes.size(1) != scores.size(2)) {
    core::fail_data(kOperator, "boxes of {} do not fit scores of {}", fmt::join(boxes.sizes(), "*"),
                    fmt::join(scores.sizes(), "*"));
  }
  const auto number = [&](std::size_t i, double fallback) {
    const Tensor x = optional_input(call, i);
    return x.defined() ? real_of(x, "a limit") : fallback;
  };
  Suppression limits;
  const Tensor most = optional_input(call, 2);
  if (most.defined()) limits.most = integer_of(most, "max_output_boxes_per_class");
  limits.overlap = number(3, 0);
  limits.score = number(4, limits.score);
  const bool centred = call.attributes.integer("center_point_box", 0) != 0;
  const std::vector<double> corners = tensor::to_doubles(boxes.detach());
  const std::vector<double> values = tensor::to_doubles(scores.detach());
  const std::int64_t n = boxes.size(1);
  Sizes rows;
  for (std::int64_t b = 0; b < boxes.size(0); ++b) {
    std::vector<Box> batch;
    for (std::int64_t i = 0; i < n; ++i) batch.emplace_back(&corners[(b * n + i) * 4], centred);
    for (std::int64_t c = 0; c < scores.size(1) && n > 0; ++c) {
      const double* at = &values[(b * scores.size(1) + c) * n];
      for (const std::int64_t i : kept_boxes(batch, at, limits)) {
        rows.insert(rows.end(), {b, c, i});
      }
    }
  }
  return {torch::tensor(rows, torch::kInt64).reshape({-1, 3}).to(boxes.device())};
}

// ---- GridSample

// The grid with its points moved to the nearest cell of a volume, halves to the even one: Torch
// rounds halves away from zero where x has three spatial dimensions, and to even where it has two.
Tensor at_cells(const Tensor& grid, const Tensor& x, bool corners) {
  const Tensor size = torch::tensor({x.size(4), x.size(3), x.size(2)}, grid.options());
  // A side of one cell with its corners aligned has no extent.
  const Tensor extent = (corners ? size - 1 : size).clamp_min(1);
  const double shift = corners ? 0 : 0.5;
  const Tensor cells = torch::round((grid + 1) / 2 * extent - shift);
  return (cells + shift) * 2 / extent - 1;
}

// "bilinear" and "bicubic" before operator set 20, "linear" and "cubic" since.
Results grid_sample(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const Tensor& grid = real_input(call, 1);
  const std::string mode = call.attributes.text("mode", "linear");
  const std::string padding = call.attributes.text("padding_mode", "zeros");
  const auto place = [](const std::string& name, std::initializer_list<const char*> names) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) core::fail_data(kOperator, "unknown mode '{}'", name);
    return static_cast<std::int64_t>(at - names.begin());
  };
  const bool old = mode == "bilinear" || mode == "bicubic";
  const std::int64_t interpolation =
      place(old ? mode.substr(2) : mode, {"linear", "nearest", "cubic"});
  check_same_type(x, grid);
  if (x.numel() == 0) core::fail_data(kOperator, "samples of no elements");
  const bool corners = call.attributes.integer("align_corners", 0) != 0;
  const bool volume = x.dim() == 5 && grid.dim() == 5 && grid.size(4) == 3;
  return {torch::grid_sampler(x, volume && mode == "nearest" ? at_cells(grid, x, corners) : grid,
                              interpolation, place(padding, {"zeros", "border", "reflection"}),
                              corners)};
}

// ---- RoiAlign

struct Alignment {
  std::int64_t height = 1, width = 1;
  std::int64_t ratio = 0;  // samples along a side of a cell; 0: as many as it has input cells
  double scale = 1;
  double shift = 0;
  bool largest = false;
};

// Positions `at` (any shape) of an axis of n as the two neighbours and the weight of the upper one;
// beyond one position outside the weight of both is 0.
struct Neighbours {
  Tensor low, high, low_weight, high_weight;
};
Neighbours neighbours(const Tensor& at, std::int64_t n) {
  const Tensor inside = ((at >= -1) & (at <= n)).to(at.scalar_type());
  const Tensor bounded = at.clamp(0, n - 1);
  const Tensor low = bounded.floor();
  const Tensor upper = bounded - low;
  return {low.to(torch::kInt64), (low + 1).clamp_max(n - 1).to(torch::kInt64), (1 - upper) * inside,
          upper * inside};
}

// One region (4 numbers) of a feature map c*h*w to c*height*width.
Tensor align_region(const Tensor& map, const double* roi, const Alignment& a) {
  const auto side = [&](double begin, double end) {
    // Without the half-pixel shift a region is at least one cell.
    return a.shift == 0 ? std::max(end - begin, 1.0) : end - begin;
  };
  const double x0 = roi[0] * a.scale - a.shift, y0 = roi[1] * a.scale - a.shift;
  const double w = side(x0, roi[2] * a.scale - a.shift) / static_cast<double>(a.width);
  const double h = side(y0, roi[3] * a.scale - a.shift) / static_cast<double>(a.height);
  const auto samples = [&](double cell) {
    const double count = a.ratio > 0 ? static_cast<double>(a.ratio) : std::ceil(cell);
    if (!(count <= 65536)) core::fail_data(kOperator, "a region of {} cells", count);
    return std::max<std::int64_t>(static_cast<std::int64_t>(count), 1);
  };
  const std::int64_t nx = samples(w), ny = samples(h);
  check_elements({map.size(0), a.height, ny, a.width, nx});
  const auto positions = [&](double begin, double cell, std::int64_t cells, std::int64_t count) {
    const Tensor i = torch::arange(cells * count, map.options().requires_grad(false));
    return begin + (i + 0.5) * (cell / static_cast<double>(count));
  };
  const Neighbours x = neighbours(positions(x0, w, a.width, nx), map.size(2));
  const Neighbours y = neighbours(positions(y0, h, a.height, ny), map.size(1));
  const auto part = [&](const Tensor& row, const Tensor& row_weight, const Tensor& column,
                        const Tensor& column_weight) {
    return map.index_select(1, row).index_select(2, column) * row_weight.unsqueeze(1) *
           column_weight;
  };
  const std::array<Tensor, 4> parts = {part(y.low, y.low_weight, x.low, x.low_weight),
                                       part(y.low, y.low_weight, x.high, x.high_weight),
                                       part(y.high, y.high_weight, x.low, x.low_weight),
                                       part(y.high, y.high_weight, x.high, x.high_weight)};
  const auto cells = [&](const Tensor& values) {
    return values.reshape({map.size(0), a.height, ny, a.width, nx});
  };
  if (!a.largest) return cells(parts[0] + parts[1] + parts[2] + parts[3]).mean(Sizes{2, 4});
  // The standard's maximum is over the four weighted neighbours of every sample.
  const Tensor best =
      torch::maximum(torch::maximum(parts[0], parts[1]), torch::maximum(parts[2], parts[3]));
  return cells(best).amax(Sizes{2, 4});
}

Results roi_align(const Call& call) {
  const Tensor& x = real_input(call, 0);
  const Tensor& rois = real_input(call, 1);
  if (x.dim() != 4 || x.numel() == 0 || rois.dim() != 2 || rois.size(1) != 4 ||
      input(call, 2).dim() != 1 || input(call, 2).size(0) != rois.size(0)) {
    core::fail_data(kOperator, "expected X of 4 dimensions, rois (n*4) and batch_indices (n)");
  }
  const Attributes& attributes = call.attributes;
  const std::string mode = attributes.text("mode", "avg");
  const std::string shift = attributes.text("coordinate_transformation_mode",
                                            call.opset < 16 ? "output_half_pixel" : "half_pixel");
  const Alignment a{.height = attributes.integer("output_height", 1),
                    .width = attributes.integer("output_width", 1),
                    .ratio = attributes.integer("sampling_ratio", 0),
                    .scale = attributes.real("spatial_scale", 1),
                    .shift = shift == "half_pixel" ? 0.5 : 0,
                    .largest = mode == "max"};
  if ((mode != "avg" && mode != "max") || (shift != "half_pixel" && shift != "output_half_pixel") ||
      a.height < 1 || a.width < 1) {
    core::fail_data(kOperator, "expected mode avg or max, known coordinates and an output size");
  }
  check_elements({rois.size(0), x.size(1), a.height, a.width});
  const Sizes batch = integers_of(wrap_indices(input(call, 2), x.size(0)), "batch_indices");
  const std::vector<double> corners = tensor::to_doubles(rois.detach());
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    out.push_back(align_region(x[batch[i]], &corners[4 * i], a));
  }
  if (out.empty()) return {torch::empty({0, x.size(1), a.height, a.width}, x.options())};
  return {torch::stack(out)};
}

constexpr auto kTable = std::to_array<Operator>({
    maths<grid_sample, 2, 2>("GridSample"),
    maths<non_max_suppression, 2, 5>("NonMaxSuppression"),
    maths<roi_align, 3, 3>("RoiAlign"),
});

}  // namespace

std::span<const Operator> detect_operators() { return kTable; }

}  // namespace venturi::net
