// venturi/compress/rounding.hpp
//
// Grids of equal steps, and codes of given values, laid over a matrix (rows*columns):
//   uniform     levels low .. high (n of them), a scale a matrix, a row, or a group of a row;
//               symmetric: -(n-1)/2 .. (n-1)/2 around 0, else with a zero point between min and max
//   nf4, fp...  the values of a code, scaled so that the largest weight meets the largest value
// A scale is the range by the number of steps, or the best of 80 smaller ones in the mean of
// |error|^2.4 (`search`). Rounding is to the nearest.
// Sources: Nagel et al., "White paper on neural network quantization", arXiv:2106.08295, section 2;
// the search: github.com/IST-DASLab/gptq, quant.py; NF4: Dettmers et al., QLoRA, NeurIPS 2023,
// appendix E; FP6: Xia et al., "FP6-LLM", arXiv:2401.14112.
#pragma once

#include "venturi/compress/coded_matrix.hpp"
#include "venturi/compress/feedback.hpp"

namespace venturi::compress {

struct GridOptions {
  int levels = 16;          // n
  std::int64_t group = -1;  // columns of one scale; -1: a row; 0: the whole matrix
  bool symmetric = false;
  bool search = false;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("levels", self.levels, "of the grid", core::between(2, 1 << 16));
    visit("group", self.group, "columns of one scale; -1: a row, 0: the whole matrix",
          core::at_least(-1));
    visit("symmetric", self.symmetric, "levels around 0");
    visit("search", self.search, "scales of least error in place of the range");
  }
};

// One scale and zero point for each row of `values` (rows*m).
struct Grid {
  tensor::Tensor scale, zero;  // rows; level = clamp(round(w / scale) + zero, 0, n - 1)
  int levels = 0;
  tensor::Tensor level_of(const tensor::Tensor& w) const;  // rows: less the zero point
  tensor::Tensor value_of(const tensor::Tensor& w) const;
};
Grid fit_grid(const tensor::Tensor& values, const GridOptions& options);

CodedMatrix round_to_nearest(const tensor::Tensor& matrix, const GridOptions& options);

// GPTQ: the grid fitted first (groups, by activity too: to the weights as they are), then rounding
// with feedback.
CodedMatrix gptq(const tensor::Tensor& matrix, const Feedback& feedback,
                 const GridOptions& options);
// The levels (rows*columns, less the zero points) on one grid a row, on the matrix's device. The
// loop runs in units of the scales, which commute with feedback: four kernels a column.
tensor::Tensor gptq_levels(const tensor::Tensor& matrix, const Feedback& feedback,
                           const Grid& grid);

// The values of "nf4", "e3m2", "e2m3" (FP6), "e4m3" (FP8), rising; the largest is 1 for nf4.
// InvalidArgument for another name.
std::vector<float> code_values(std::string_view name);
// Each weight to the nearest value of the code, a scale a group (-1: row) that maps the largest
// magnitude of the group to the code's largest.
CodedMatrix round_to_code(const tensor::Tensor& matrix, std::string_view code, std::int64_t group);

// Weights of the matrix as a tensor like `matrix`.
tensor::Tensor to_tensor(const CodedMatrix& coded);

}  // namespace venturi::compress
