// venturi/compress/pruning.hpp
//
// Masks: which weights become 0.
//   by magnitude  the smallest |w| of the matrix
//   SparseGPT     with feedback, block by block of columns: of the block's weights, those of least
//                 w^2 / U_jj^2, the error they would cost; what they lose is handed on. n of m: in
//                 each row, of every m columns the n of least cost
// Survivors may be rounded on the way. Source: Frantar, Alistarh, "SparseGPT", ICML 2023,
// arXiv:2301.00774, section 3.
#pragma once

#include "venturi/compress/feedback.hpp"

namespace venturi::compress {

// The share of zeros is that of the matrix; 0 <= share <= 1.
tensor::Tensor prune_by_magnitude(const tensor::Tensor& matrix, double share);

struct Sparsity {
  double share = .5;  // of zeros in each block
  int zeros = 0;      // n of m: this many of every `of` columns
  int of = 0;
};
// round: what becomes of a weight that stays (null: itself); given the column and its values.
Rounded sparse_gpt(const tensor::Tensor& matrix, const Feedback& feedback, const Sparsity& sparsity,
                   const RoundColumn& round = {});

}  // namespace venturi::compress
