#include "venturi/measure/kernel_cuda.hpp"

#ifdef VENTURI_CUSOLVER
#include <cusolverDn.h>
#endif

#include <cstddef>
#include <cstdint>
#include <string>

#include "venturi/measure/on_device.cuh"

namespace venturi::measure {
namespace {

constexpr int kSide = 16;  // a block takes 16 rows i, and 16 rows j at a time: a pair a thread

struct Rows {
  const double* columns;
  int n, dims;
};

// |x_i - x_j|^2 of the thread's pair, i = first_i + threadIdx.y, j = first_j + threadIdx.x, by 16
// columns at a time through shared memory. Every thread of the block takes part; rows past the end
// are zeros.
__device__ double squared_distance(const Rows& x, int first_i, int first_j,
                                   double (&tile_i)[kSide][kSide + 1],
                                   double (&tile_j)[kSide][kSide + 1]) {
  const int along = threadIdx.x, across = threadIdx.y;
  double sum = 0;
  for (int first = 0; first < x.dims; first += kSide) {
    const int c = first + across;
    const std::int64_t at = (std::int64_t)c * x.n;
    const int i = first_i + along, j = first_j + along;
    __syncthreads();  // the tiles have been read
    tile_i[across][along] = c < x.dims && i < x.n ? x.columns[at + i] : 0;
    tile_j[across][along] = c < x.dims && j < x.n ? x.columns[at + j] : 0;
    __syncthreads();
#pragma unroll
    for (int t = 0; t < kSide; ++t) {
      const double gap = tile_i[t][across] - tile_j[t][along];
      sum += gap * gap;
    }
  }
  return sum;
}

// The sum over the 16 threads of one row i; threads of a row are half a warp. In lane 0 of them.
__device__ double sum_of_row(double v) {
  for (int step = kSide / 2; step > 0; step /= 2) {
    v += __shfl_down_sync(0xFFFFFFFF, v, step, kSide);
  }
  return v;
}

__global__ void sums_kernel(Rows x, Rows y, double* k, double* l, double* product) {
  __shared__ double tile_i[kSide][kSide + 1], tile_j[kSide][kSide + 1];
  const int first_i = blockIdx.x * kSide, i = first_i + threadIdx.y;
  double sum_k = 0, sum_l = 0, sum = 0;
  for (int first_j = 0; first_j < x.n; first_j += kSide) {
    const double of_x = exp(-0.5 * squared_distance(x, first_i, first_j, tile_i, tile_j));
    const double of_y = exp(-0.5 * squared_distance(y, first_i, first_j, tile_i, tile_j));
    if (first_j + (int)threadIdx.x >= x.n) continue;  // the last round: no barrier is missed
    sum_k += of_x;
    sum_l += of_y;
    sum += of_x * of_y;
  }
  sum_k = sum_of_row(sum_k);
  sum_l = sum_of_row(sum_l);
  sum = sum_of_row(sum);
  if (threadIdx.x != 0 || i >= x.n) return;
  k[i] = sum_k;
  l[i] = sum_l;
  product[i] = sum;
}

int blocks_of(int n) { return (n + kSide - 1) / kSide; }

class Uploaded {
 public:
  explicit Uploaded(const CudaRows& rows)
      : columns_(std::span<const double>(rows.columns)), n_(rows.n), dims_(rows.dims) {}
  Rows view() const { return {columns_.get(), n_, dims_}; }

 private:
  OnDevice<double> columns_;
  int n_, dims_;
};

#ifdef VENTURI_CUSOLVER
// K / n, both halves.
__global__ void gram_kernel(Rows x, double* gram) {
  __shared__ double tile_i[kSide][kSide + 1], tile_j[kSide][kSide + 1];
  const int first_i = blockIdx.y * kSide, first_j = blockIdx.x * kSide;
  const double v = exp(-0.5 * squared_distance(x, first_i, first_j, tile_i, tile_j)) / x.n;
  const int i = first_i + threadIdx.y, j = first_j + threadIdx.x;
  if (i < x.n && j < x.n) gram[(std::int64_t)i * x.n + j] = v;
}

void check(cusolverStatus_t status) {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  cuda_failed(("cuSOLVER's status " + std::to_string(static_cast<int>(status))).c_str());
}

struct Solver {
  cusolverDnHandle_t handle = nullptr;
  cusolverDnParams_t parameters = nullptr;
  Solver() {
    check(cusolverDnCreate(&handle));
    check(cusolverDnCreateParams(&parameters));
  }
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;
  ~Solver() {
    cusolverDnDestroyParams(parameters);
    cusolverDnDestroy(handle);
  }
};
#endif

}  // namespace

CudaKernelSums cuda_kernel_sums(const CudaRows& x, const CudaRows& y) {
  const Uploaded on_x(x), on_y(y);
  const auto n = static_cast<std::size_t>(x.n);
  const OnDevice<double> k(n), l(n), product(n);
  sums_kernel<<<blocks_of(x.n), dim3(kSide, kSide)>>>(on_x.view(), on_y.view(), k.get(), l.get(),
                                                      product.get());
  check(cudaGetLastError());
  check(cudaDeviceSynchronize());
  CudaKernelSums out{std::vector<double>(n), std::vector<double>(n), std::vector<double>(n)};
  k.fetch(out.k);
  l.fetch(out.l);
  product.fetch(out.product);
  return out;
}

#ifdef VENTURI_CUSOLVER
std::vector<double> cuda_gram_eigenvalues(const CudaRows& x) {
  const Uploaded on_device(x);
  const auto n = static_cast<std::size_t>(x.n);
  const OnDevice<double> gram(n * n), values(n);
  const int blocks = blocks_of(x.n);
  gram_kernel<<<dim3(blocks, blocks), dim3(kSide, kSide)>>>(on_device.view(), gram.get());
  check(cudaGetLastError());
  const Solver solver;
  std::size_t device_bytes = 0, host_bytes = 0;
  check(cusolverDnXsyevd_bufferSize(solver.handle, solver.parameters, CUSOLVER_EIG_MODE_NOVECTOR,
                                    CUBLAS_FILL_MODE_LOWER, x.n, CUDA_R_64F, gram.get(), x.n,
                                    CUDA_R_64F, values.get(), CUDA_R_64F, &device_bytes,
                                    &host_bytes));
  // Never empty: a pointer to nothing is not a buffer.
  const OnDevice<std::byte> on_device_work(device_bytes + 1);
  std::vector<std::byte> host_work(host_bytes + 1);
  const OnDevice<int> info(1);
  check(cusolverDnXsyevd(solver.handle, solver.parameters, CUSOLVER_EIG_MODE_NOVECTOR,
                         CUBLAS_FILL_MODE_LOWER, x.n, CUDA_R_64F, gram.get(), x.n, CUDA_R_64F,
                         values.get(), CUDA_R_64F, on_device_work.get(), device_bytes,
                         host_work.data(), host_bytes, info.get()));
  check(cudaDeviceSynchronize());
  int failed = 0;
  info.fetch({&failed, 1});
  if (failed != 0) cuda_failed("the eigenvalues did not converge");
  std::vector<double> out(n);
  values.fetch(out);
  return out;
}
#else
std::vector<double> cuda_gram_eigenvalues(const CudaRows&) {
  cuda_failed("this build has no cuSOLVER for eigenvalues; take alpha = 2, or the CPU");
}
#endif

}  // namespace venturi::measure
