#include "venturi/compress/rounding.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

Tensor half(const Tensor& x) { return x.to(torch::kFloat16).to(x.scalar_type()); }

void check_matrix(const Tensor& matrix, std::string_view where) {
  if (matrix.dim() != 2 || matrix.numel() == 0) {
    core::fail_argument(where, "expected a matrix, got {} axes", matrix.dim());
  }
  if (!matrix.isfinite().all().item<bool>()) {
    core::fail_argument(where, "expected finite weights");
  }
}

// A scale must be there after rounding to float16.
Tensor usable(const Tensor& scale) {
  const Tensor rounded = half(scale.clamp(0, 60000));
  return torch::where(rounded.gt(0), rounded, torch::full_like(rounded, 0x1p-14));
}

std::vector<std::int32_t> to_levels(const Tensor& levels) {
  const Tensor whole = levels.round().to(torch::kInt32).contiguous().to(torch::kCPU);
  const auto* p = whole.data_ptr<std::int32_t>();
  return {p, p + whole.numel()};
}

// Columns of a scale, and the scales' number a row.
std::int64_t width_of(std::int64_t group, std::int64_t columns) {
  return group <= 0 ? columns : std::min(group, columns);
}

std::vector<Grid> fit_grids(const Tensor& matrix, const GridOptions& options) {
  const std::int64_t columns = matrix.size(1), width = width_of(options.group, columns);
  std::vector<Grid> grids;
  for (std::int64_t begin = 0; begin < columns; begin += width) {
    const Tensor part = matrix.slice(1, begin, std::min(begin + width, columns));
    grids.push_back(fit_grid(options.group == 0 ? part.reshape({1, -1}) : part, options));
  }
  return grids;
}

CodedMatrix coded_from(const Tensor& levels, const std::vector<Grid>& grids,
                       const GridOptions& options) {
  const std::int64_t rows = levels.size(0), columns = levels.size(1);
  CodedMatrix out{.way = Way::scaled, .rows = rows, .columns = columns};
  out.levels = to_levels(levels);
  out.group = options.group == 0 ? 0 : width_of(options.group, columns);
  std::vector<Tensor> scales;
  for (const Grid& grid : grids) scales.push_back(grid.scale);
  out.scales = tensor::to_floats(torch::stack(scales, 1));
  return out;
}

}  // namespace

Tensor Grid::level_of(const Tensor& w) const {
  return torch::round(w / scale).add(zero).clamp(0, levels - 1).sub(zero);
}

Tensor Grid::value_of(const Tensor& w) const { return level_of(w) * scale; }

Grid fit_grid(const Tensor& values, const GridOptions& options) {
  core::check_options(options, "compress.fit_grid");
  const double n = options.levels;
  Tensor low = values.amin(1).clamp_max(0), high = values.amax(1).clamp_min(0);
  if (options.symmetric) {
    high = torch::maximum(high, -low);
    low = -high;
  }
  const Tensor none = (high - low).le(0);
  low = torch::where(none, torch::full_like(low, -1), low);
  high = torch::where(none, torch::full_like(high, 1), high);
  const auto at = [&](double shrink) {
    Grid grid{.levels = options.levels};
    grid.scale = usable((high - low) * (shrink / (n - 1)));
    grid.zero = options.symmetric ? torch::full_like(low, std::floor(n / 2))
                                  : torch::round(-low * shrink / grid.scale).clamp(0, n - 1);
    return grid;
  };
  Grid best = at(1);
  if (!options.search) return best;
  const auto error = [&](const Grid& grid) {
    const Grid wide{grid.scale.unsqueeze(1), grid.zero.unsqueeze(1), grid.levels};
    return (wide.value_of(values) - values).abs().pow(2.4).sum(1);
  };
  Tensor least = error(best);
  for (int k = 1; k < 80; ++k) {
    const Grid grid = at(1 - k / 100.0);
    const Tensor now = error(grid);
    const Tensor better = now.lt(least);
    least = torch::where(better, now, least);
    best.scale = torch::where(better, grid.scale, best.scale);
    best.zero = torch::where(better, grid.zero, best.zero);
  }
  return best;
}

CodedMatrix round_to_nearest(const Tensor& matrix, const GridOptions& options) {
  check_matrix(matrix, "compress.round_to_nearest");
  const std::int64_t width = width_of(options.group, matrix.size(1));
  const auto grids = fit_grids(matrix, options);
  std::vector<Tensor> levels;
  for (std::size_t g = 0; g < grids.size(); ++g) {
    const auto begin = static_cast<std::int64_t>(g) * width;
    const Tensor part = matrix.slice(1, begin, std::min(begin + width, matrix.size(1)));
    const Grid wide{grids[g].scale.unsqueeze(1), grids[g].zero.unsqueeze(1), grids[g].levels};
    levels.push_back(wide.level_of(part));
  }
  return coded_from(torch::cat(levels, 1), grids, options);
}

Tensor gptq_levels(const Tensor& matrix, const Feedback& feedback, const Grid& grid) {
  const Tensor scale = grid.scale.unsqueeze(1);
  const Tensor low = -grid.zero, high = low + (grid.levels - 1);
  const auto round = [&](std::int64_t, std::int64_t, const Tensor& w, Tensor q) {
    torch::round_out(q, w);
    q.clamp_(low, high);
  };
  return round_with_feedback(matrix / scale, feedback, round).weights;
}

CodedMatrix gptq(const Tensor& matrix, const Feedback& feedback, const GridOptions& options) {
  check_matrix(matrix, "compress.gptq");
  const torch::NoGradGuard no_grad;
  const Tensor w = matrix.to(feedback.u.scalar_type());
  const std::int64_t width = width_of(options.group, matrix.size(1));
  const auto grids = fit_grids(w, options);
  if (grids.size() == 1) return coded_from(gptq_levels(w, feedback, grids[0]), grids, options);
  Tensor levels = torch::empty({matrix.size(1), matrix.size(0)}, feedback.u.options());
  const auto round = [&](std::int64_t column, std::int64_t, const Tensor& now, const Tensor& q) {
    const Grid& grid = grids[static_cast<std::size_t>(column / width)];
    const Tensor level = grid.level_of(now);
    levels.select(0, column).copy_(level);
    q.copy_(level * grid.scale);
  };
  round_with_feedback(w, feedback, round);
  return coded_from(levels.t(), grids, options);
}

std::vector<float> code_values(std::string_view name) {
  if (name == "nf4") {
    return {-1.0F,       -.69619280F, -.52507305F, -.39491749F, -.28444138F, -.18477343F,
            -.09105004F, 0.0F,        .07958030F,  .16093020F,  .24611230F,  .33791524F,
            .44070983F,  .56261700F,  .72295684F,  1.0F};
  }
  int exponent_bits = 0, mantissa_bits = 0;
  if (name == "e3m2") exponent_bits = 3, mantissa_bits = 2;
  if (name == "e2m3") exponent_bits = 2, mantissa_bits = 3;
  if (name == "e4m3") exponent_bits = 4, mantissa_bits = 3;
  if (exponent_bits == 0) {
    core::fail_argument("compress.code_values", "expected nf4, e3m2, e2m3 or e4m3, got '{}'", name);
  }
  const int bias = (1 << (exponent_bits - 1)) - 1;
  std::vector<float> out = {0};
  for (int e = 0; e < 1 << exponent_bits; ++e) {
    for (int m = 0; m < 1 << mantissa_bits; ++m) {
      if (e == 0 && m == 0) continue;
      // e4m3 keeps its last code for "not a number"; the six-bit codes have none.
      if (name == "e4m3" && e == 15 && m == 7) continue;
      const double fraction = static_cast<double>(m) / (1 << mantissa_bits);
      const double v = e == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, e - bias);
      out.push_back(static_cast<float>(v));
      out.push_back(static_cast<float>(-v));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

CodedMatrix round_to_code(const Tensor& matrix, std::string_view code, std::int64_t group) {
  check_matrix(matrix, "compress.round_to_code");
  const std::vector<float> values = code_values(code);
  const std::int64_t rows = matrix.size(0), columns = matrix.size(1);
  const std::int64_t width = width_of(group, columns);
  CodedMatrix out{.way = Way::table, .rows = rows, .columns = columns};
  out.group = group == 0 ? 0 : width;
  out.table = values;
  const Tensor table = torch::tensor(values);
  const Tensor middles = (table.slice(0, 1) + table.slice(0, 0, -1)) / 2;
  std::vector<Tensor> scales, levels;
  const Tensor w = matrix.to(torch::kCPU, torch::kFloat32);
  for (std::int64_t begin = 0; begin < columns; begin += width) {
    const Tensor part = w.slice(1, begin, std::min(begin + width, columns));
    Tensor most = part.abs().amax(1);
    if (group == 0) most = most.max().reshape({1});
    const Tensor scale = usable(most / values.back());
    scales.push_back(scale);
    levels.push_back(torch::bucketize((part / scale.unsqueeze(1)).contiguous(), middles));
  }
  out.scales = tensor::to_floats(torch::stack(scales, 1));
  out.levels = to_levels(torch::cat(levels, 1));
  round_to_file(out);
  return out;
}

Tensor to_tensor(const CodedMatrix& coded) {
  auto w = weights(coded);
  return torch::from_blob(w.data(), {coded.rows, coded.columns}, torch::kFloat32).clone();
}

}  // namespace venturi::compress
