// venturi/compress/low_rank.hpp
//
// Factors of a matrix W (rows*columns) under what its inputs are: with second moments H = S S^T
// (Cholesky), W S = U D V^T, the best matrix of rank k in tr((A - W) H (A - W)^T) is
//   A = (U_k D_k^(1/2)) (D_k^(1/2) V_k^T S^-1).
// Source: Yuan et al., "ASVD", arXiv:2312.05821; Wang et al., "SVD-LLM", ICLR 2025 (the Cholesky
// factor). Cost O(min(rows, columns) rows columns + columns^3).
#pragma once

#include <utility>

#include "venturi/tensor/tensor.hpp"

namespace venturi::compress {

// rows*rank and rank*columns, float32. damping: of H's diagonal, in units of its mean; raised
// tenfold until H can be factorized. InvalidArgument for a rank that does not fit.
std::pair<tensor::Tensor, tensor::Tensor> low_rank(const tensor::Tensor& matrix,
                                                   const tensor::Tensor& second, std::int64_t rank,
                                                   double damping = 0.01);

}  // namespace venturi::compress
