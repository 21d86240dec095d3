// Kernel sums and spectra on a CUDA device against the CPU; in a build without CUDA, its refusal.
#include <Eigen/Eigenvalues>
#include <cmath>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/cuda_kernels.hpp"
#include "venturi/measure/kernel_sums.hpp"
#include "venturi/measure/matrix_renyi.hpp"
#include "venturi/measure/neighbours.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

// The device for one scope.
class OnCuda {
 public:
  OnCuda() { set_search("cuda"); }
  ~OnCuda() { set_search("auto"); }
  OnCuda(const OnCuda&) = delete;
  OnCuda& operator=(const OnCuda&) = delete;
};

bool has_cuda() {
  try {
    const OnCuda device;
    return true;
  } catch (const core::InvalidArgument&) {
    return false;
  }
}

double on_cpu(const CudaRows& x, int i, int j) {
  double sum = 0;
  for (int c = 0; c < x.dims; ++c) {
    const double gap = x.columns[c * x.n + i] - x.columns[c * x.n + j];
    sum += gap * gap;
  }
  return std::exp(-0.5 * sum);
}

TEST(KernelCuda, RowsAreInUnitsOfTheWidth) {
  Matrix x(2, 3);
  x << 1, 2, 3, 4, 5, 6;
  const CudaRows rows = cuda_rows(x, 2);
  EXPECT_EQ(rows.n, 2);
  EXPECT_EQ(rows.dims, 3);
  EXPECT_EQ(rows.columns, (std::vector<double>{0.5, 2, 1, 2.5, 1.5, 3}));
}

TEST(KernelCuda, RefusesWithoutADevice) {
  if (has_cuda()) GTEST_SKIP() << "this build has CUDA";
  const CudaRows x = cuda_rows(normals(5, 1, Key(1)), 1);
  EXPECT_ERROR(cuda_kernel_sums(x, x), core::InvalidArgument, "VENTURI_CUDA");
  EXPECT_ERROR(cuda_gram_eigenvalues(x), core::InvalidArgument, "VENTURI_CUDA");
}

// Sums of n terms of at most 1 in another order, each exp off by a last digit: n^2 times 2^-53.
TEST(KernelCuda, SumsAreThoseOfTheCpu) {
  if (!has_cuda()) GTEST_SKIP() << "this build has no CUDA";
  for (const Index n : {2, 15, 16, 17, 333}) {
    for (const Index d : {1, 16, 17, 40}) {
      const double width = 0.7 * std::sqrt(static_cast<double>(d));
      const CudaRows x = cuda_rows(normals(n, d, Key(2).split(n)), width);
      const CudaRows y = cuda_rows(normals(n, 3, Key(3).split(n)), 1.5);
      const CudaKernelSums found = cuda_kernel_sums(x, y);
      const double close = static_cast<double>(n * n) * 0x1p-50;
      for (int i = 0; i < x.n; ++i) {
        double k = 0, l = 0, product = 0;
        for (int j = 0; j < x.n; ++j) {
          k += on_cpu(x, i, j);
          l += on_cpu(y, i, j);
          product += on_cpu(x, i, j) * on_cpu(y, i, j);
        }
        EXPECT_NEAR(found.k[i], k, close);
        EXPECT_NEAR(found.l[i], l, close);
        EXPECT_NEAR(found.product[i], product, close);
      }
    }
  }
}

// The measures are differences of means of size 1: 1e-12 is a thousand of their last digits.
TEST(KernelCuda, MeasuresAreThoseOfTheCpu) {
  if (!has_cuda()) GTEST_SKIP() << "this build has no CUDA";
  const Matrix x = normals(500, 5, Key(4));
  const Matrix y = x.leftCols(2) + normals(500, 2, Key(5));
  const Kerneled of_x{x, 2.5}, of_y{y, 1.5};
  const auto all = [&] {
    return std::vector<double>{hsic(of_x, of_y),
                               hsic_unbiased(of_x, of_y),
                               kernel_cka(of_x, of_y),
                               cauchy_schwarz_information_nats(of_x, of_y),
                               normalised_cauchy_schwarz_information(of_x, of_y),
                               renyi_information_bits({&of_x, 1}, of_y, {.alpha = 2})};
  };
  const std::vector<double> expected = all();
  const OnCuda device;
  const std::vector<double> found = all();
  for (std::size_t m = 0; m < found.size(); ++m) EXPECT_NEAR(found[m], expected[m], 1e-12) << m;
}

// Eigenvalues of a symmetric matrix of norm at most 1 are exact to n times 2^-53 of it.
TEST(KernelCuda, EigenvaluesAreThoseOfTheCpu) {
  if (!has_cuda()) GTEST_SKIP() << "this build has no CUDA";
  const CudaRows x = cuda_rows(normals(300, 4, Key(6)), 2);
  Eigen::MatrixXd gram(300, 300);
  for (int i = 0; i < 300; ++i) {
    for (int j = 0; j < 300; ++j) gram(i, j) = on_cpu(x, i, j) / 300;
  }
  const Eigen::VectorXd expected =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(gram, Eigen::EigenvaluesOnly).eigenvalues();
  const std::vector<double> found = cuda_gram_eigenvalues(x);
  for (int i = 0; i < 300; ++i) EXPECT_NEAR(found[i], expected[i], 300 * 0x1p-50);
  EXPECT_NEAR(Eigen::Map<const Eigen::VectorXd>(found.data(), 300).sum(), 1, 1e-12);  // the trace
}

TEST(SlowKernelCuda, TwentyThousandRows) {
  if (!has_cuda()) GTEST_SKIP() << "this build has no CUDA";
  const Matrix x = normals(20000, 20, Key(7)), y = x + normals(20000, 20, Key(8));
  const Kerneled of_x{x, 6}, of_y{y, 9};
  const double expected = hsic(of_x, of_y);
  const double entropy = renyi_entropy_bits({&of_x, 1}, {.alpha = 2});
  const OnCuda device;
  // n last digits of sums of size 1.
  EXPECT_NEAR(hsic(of_x, of_y), expected, 1e-11);
  EXPECT_NEAR(renyi_entropy_bits({&of_x, 1}, {.alpha = 2}), entropy, 1e-10);
  // S falls with the order, at 2 by at most S itself a unit, and S is at most log2 n = 14.3.
  RenyiOptions by_spectrum{.alpha = 2.0001};
  by_spectrum.memory_limit = std::uint64_t{16} << 30;
  const double near_two = renyi_entropy_bits({&of_x, 1}, by_spectrum);
  EXPECT_LE(near_two, entropy);
  EXPECT_NEAR(near_two, entropy, 1.5e-3);
}

}  // namespace
}  // namespace venturi::measure
