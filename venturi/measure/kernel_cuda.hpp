// venturi/measure/kernel_cuda.hpp
//
// Sums over Gaussian Gram matrices, and the spectrum of one, on a CUDA device. K_ij =
// exp(-|x_i - x_j|^2 / 2), rows in units of their kernel's width.
// All in float64; the sums differ from the CPU's by the order of adding and the last digit of exp,
// n * 1e-16 of their size at most, and are the same from run to run on one device.
// Cost: O(n^2 d); eigenvalues O(n^3). Memory on the device: 8 n (d + 3) bytes for sums, 8 n^2 and
// cuSOLVER's workspace (about as much) for eigenvalues.
// Errors: DataError, with CUDA's words, if the device fails or its memory does not do, and for
// eigenvalues in a build without cuSOLVER; InvalidArgument for all in a build without CUDA.
// No Eigen and no fmt here: nvcc reads this.
#pragma once

#include <vector>

namespace venturi::measure {

// Value c of row i at columns[c*n + i].
struct CudaRows {
  int n = 0, dims = 0;
  std::vector<double> columns;
};

// Of each row i: sum_j K_ij, sum_j L_ij, sum_j K_ij L_ij; n values each.
struct CudaKernelSums {
  std::vector<double> k, l, product;
};
CudaKernelSums cuda_kernel_sums(const CudaRows& x, const CudaRows& y);

// Of K / n, ascending; n values.
std::vector<double> cuda_gram_eigenvalues(const CudaRows& x);

}  // namespace venturi::measure
