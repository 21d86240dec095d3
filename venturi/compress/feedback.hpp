// venturi/compress/feedback.hpp
//
// Rounding a matrix column by column, each column's error handed on to the columns that are still
// to come. For W (rows*columns) and the second moments H (columns*columns) of its inputs it seeks
//   min_Q tr((Q - W) H (Q - W)^T)  with the entries of Q on a grid (or masked),
// greedily: with U upper triangular, U^T U = (H + damping I)^-1, column i is rounded to q, and
//   W_{:,j} -= (w_i - q) U_ij / U_ii  for j > i.
// Rounding with an error e costs e^2 / U_ii^2. The updates go in blocks: within a block at once,
// to the rest by one product a block. On any device; a column is two kernels and those of its
// rounding.
//
// U comes from one factorization: with J the reversal, J H J = M M^T gives H = R R^T, R = J M J
// upper triangular, and U = R^-1.
// Inputs that are always 0 (H_ii = 0) get H_ii = 1, and their weights become 0. Where the
// factorization fails, the damping is multiplied by 10 and it is tried again; a Hessian of no use
// at all (not finite) is replaced by the identity. Both are said in `remark`.
// Source: Frantar et al., "GPTQ", ICLR 2023, arXiv:2210.17323, sections 3.2 to 3.3; Frantar,
// Alistarh, "Optimal brain compression", NeurIPS 2022. The reversed factorization is ours.
// Cost O(columns^3 + rows columns^2).
#pragma once

#include <functional>
#include <string>

#include "venturi/core/options.hpp"
#include "venturi/tensor/tensor.hpp"

namespace venturi::compress {

struct FeedbackOptions {
  double damping = 0.01;  // of the mean of H's diagonal
  bool by_activity = false;
  int block = 128;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("damping", self.damping, "added to the diagonal, in units of its mean", core::above(0));
    visit("by_activity", self.by_activity, "columns of largest H_ii first");
    visit("block", self.block, "columns updated at once", core::between(1, 1 << 16));
  }
};

struct Feedback {
  tensor::Tensor order;  // columns, int64: which column is rounded when
  tensor::Tensor u;      // columns*columns in that order
  tensor::Tensor dead;   // columns, bool, in that order
  double damping = 0;    // used, in units of the diagonal's mean
  std::string remark;    // "" unless something was wrong with H
};
// H: columns*columns, symmetric, float32 or float64; InvalidArgument for another shape.
Feedback prepare_feedback(const tensor::Tensor& second, const FeedbackOptions& options = {});

// Rounds one column (rows, contiguous): its place in the original matrix, where in the order it
// comes, its values, and where to write what it becomes.
using RoundColumn = std::function<void(std::int64_t column, std::int64_t place,
                                       const tensor::Tensor& w, const tensor::Tensor& q)>;
// Called before each block with the rows of W still unrounded that belong to it (block*rows, in
// order): for masks and grids that look at several columns.
using BeforeBlock = std::function<void(std::int64_t place, const tensor::Tensor& block)>;

struct Rounded {
  tensor::Tensor weights;  // rows*columns
  double loss = 0;         // tr((Q-W) (H + damping) (Q-W)^T), as the columns paid it
};
Rounded round_with_feedback(const tensor::Tensor& matrix, const Feedback& feedback,
                            const RoundColumn& round, int block = 128,
                            const BeforeBlock& before = {});

}  // namespace venturi::compress
