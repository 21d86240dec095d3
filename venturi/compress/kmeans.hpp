// venturi/compress/kmeans.hpp
//
// Tables of values that weights share, one a row or one for the matrix.
//   squeezellm  dense and sparse: the weights of largest Fisher information (`sensitive`) and the
//               largest ones left (`outliers`, shares of the matrix) are kept apart as float16; the
//               rest of each row goes to n centres that minimise sum_j F_j (w_j - c)^2. One row is
//               one dimension, so the minimum is found exactly, by dynamic programming over sorted
//               weights where there are at most 4096, else by Lloyd's iteration.
//   edkm        one table for the matrix, found by gradient of nothing but itself: soft assignment
//               A = softmax(-|w - c| / temperature), c <- A^T w / sum A until it stands still. Rows
//               of A are computed once for each distinct value (weights of 16 bits have at most
//               65,536), which is exact; `distinct` says how many there were. differentiable:
//               backward() gives d(loss)/dw for soft weights A c.
// Sources: Kim et al., "SqueezeLLM", ICML 2024, arXiv:2306.07629, section 4; Cho et al., "DKM",
// ICLR 2022; Cho et al., "eDKM", arXiv:2309.00964. Exact k-means of a line: Wang, Song, R Journal 3
// (2011).
#pragma once

#include <span>

#include "venturi/compress/coded_matrix.hpp"
#include "venturi/core/key.hpp"

namespace venturi::compress {

// n centres (rising) of least sum_i weight_i (x_i - c)^2; x rising. Weights >= 0; where all are 0
// they count alike. n at most the number of values is used up; more centres repeat the last.
// O(n m log m) exactly for m <= 4096, Lloyd's iteration (50) from quantiles above.
std::vector<float> line_means(std::span<const float> x, std::span<const double> weight, int n);

struct SqueezeOptions {
  int levels = 8;
  double sensitive = 0.0005;
  double outliers = 0.004;
};
// w, fisher (rows*columns). InvalidArgument for sizes or shares that do not fit.
CodedMatrix squeezellm(std::span<const float> w, std::span<const double> fisher, std::int64_t rows,
                       const SqueezeOptions& options = {});

struct SoftMeans {
  std::vector<float> centres;  // rising
  std::vector<float> soft;     // A c, as w
  std::int64_t distinct = 0;
  std::int64_t stored = 0;  // numbers kept for A: distinct * n, and an index a weight
  int iterations = 0;
};
struct SoftMeansOptions {
  int levels = 8;
  double temperature = 0.02;  // in units of the weights' deviation
  int most_iterations = 30;
};
// w as it is rounded to bfloat16, whose distinct values share rows of A.
SoftMeans soft_means(std::span<const float> w, const SoftMeansOptions& options = {});
// The gradient of sum_i g_i soft_i with respect to w, the centres held fixed as in the last
// iteration.
std::vector<float> soft_means_backward(std::span<const float> w, const SoftMeans& means,
                                       std::span<const float> gradient,
                                       const SoftMeansOptions& options = {});
// Hard assignment to the soft means' centres.
CodedMatrix edkm(std::span<const float> w, std::int64_t rows, const SoftMeansOptions& options = {});

}  // namespace venturi::compress
