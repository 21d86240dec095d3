#include "venturi/measure/cuda_kernels.hpp"

#include "venturi/measure/cuda_search.hpp"

namespace venturi::measure {

CudaRows cuda_rows(const core::MatrixView& rows, double width) {
  CudaRows out{.n = static_cast<int>(rows.rows()),
               .dims = static_cast<int>(rows.cols()),
               .columns = std::vector<double>(static_cast<std::size_t>(rows.size()))};
  Eigen::Map<Eigen::MatrixXd>(out.columns.data(), rows.rows(), rows.cols()) = rows / width;
  return out;
}

#ifndef VENTURI_CUDA
CudaKernelSums cuda_kernel_sums(const CudaRows&, const CudaRows&) {
  require_cuda("measure.cuda_kernel_sums");
  return {};
}

std::vector<double> cuda_gram_eigenvalues(const CudaRows&) {
  require_cuda("measure.cuda_gram_eigenvalues");
  return {};
}
#endif

}  // namespace venturi::measure
