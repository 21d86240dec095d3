#include "venturi/code/circuit_kernels.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/code/sparse_rows.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixF;

struct Named {
  const char* name;
  const CircuitKernels* kernels;
};
std::vector<Named> here() {
  std::vector<Named> out{{"portable", portable_circuit_kernels()}};
  if (const auto* kernels = avx2_circuit_kernels()) out.push_back({"AVX2", kernels});
  if (const auto* kernels = avx512_circuit_kernels()) out.push_back({"AVX-512", kernels});
  return out;
}

// Numbers in [.1, 1), a share of them 0.
MatrixF drawn(Index rows, Index columns, double share, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  MatrixF out(rows, columns);
  for (Index k = 0; k < out.size(); ++k) {
    out.data()[k] = random.uniform() < share ? 0 : static_cast<float>(.1 + .9 * random.uniform());
  }
  return out;
}

class CircuitKernelsOf : public ::testing::TestWithParam<Index> {};

TEST_P(CircuitKernelsOf, ProductsAndFlowsAgainstLoops) {
  const Index m = GetParam();
  const MatrixF t = drawn(m, m, .6, 1);
  const MatrixF in = drawn(m, kTile, 0, 2);
  const MatrixF other = drawn(m, kTile, 0, 3);
  const MatrixF product = t * in;
  const MatrixF transposed = t.transpose() * in;
  const MatrixF flow = other * in.transpose();
  const SparseRows<float> rows(t, false);
  const SparseRows<float> columns(t, true);
  for (const auto& [name, kernels] : here()) {
    MatrixF out(m, kTile);
    kernels->multiply(rows.view(), in.data(), out.data());
    EXPECT_LE((out - product).cwiseAbs().maxCoeff(), 1e-4) << name;
    kernels->multiply(columns.view(), in.data(), out.data());
    EXPECT_LE((out - transposed).cwiseAbs().maxCoeff(), 1e-4) << name;
    const auto list = rows.view();
    std::vector<float> flows(list.start[m], 1.0F);
    kernels->flows(list, other.data(), in.data(), flows.data());
    for (Index z = 0; z < m; ++z) {
      for (std::uint32_t i = list.start[z]; i < list.start[z + 1]; ++i) {
        ASSERT_NEAR(flows[i], 1 + flow(z, list.column[i]), 1e-4) << name << ' ' << z;
      }
    }
  }
}

// Whole numbers as the codec has them: the same bits whatever the instructions.
TEST_P(CircuitKernelsOf, ExactProductsAreExact) {
  const Index m = GetParam();
  core::Random random{core::Key(4)};
  Matrix t(m, m);
  Matrix in(m, kExactTile);
  for (Index k = 0; k < t.size(); ++k) {
    t.data()[k] = random.uniform() < .5 ? 0 : static_cast<double>(random.below(1U << 16));
  }
  for (Index k = 0; k < in.size(); ++k) in.data()[k] = double(random.below(1U << 29));
  const SparseRows<double> rows(t, false);
  for (const auto& [name, kernels] : here()) {
    Matrix out(m, kExactTile);
    kernels->multiply_exact(rows.view(), in.data(), out.data());
    for (Index z = 0; z < m; ++z) {
      for (Index r = 0; r < kExactTile; ++r) {
        std::uint64_t sum = 0;
        for (Index k = 0; k < m; ++k) {
          sum += static_cast<std::uint64_t>(t(z, k)) * static_cast<std::uint64_t>(in(k, r));
        }
        ASSERT_EQ(static_cast<std::uint64_t>(out(z, r)), sum) << name << ' ' << z << ' ' << r;
      }
    }
  }
}

TEST_P(CircuitKernelsOf, WholeProductsAreExact) {
  const Index m = GetParam();
  core::Random random{core::Key(7)};
  std::vector<std::uint32_t> a(m), b(m);
  for (Index z = 0; z < m; ++z) {
    a[z] = static_cast<std::uint32_t>(random.below(1U << 29));
    b[z] = static_cast<std::uint32_t>(random.below(1U << 29));
  }
  std::uint64_t sum = 0;
  std::uint64_t all = 0;
  for (Index z = 0; z < m; ++z) {
    sum += std::uint64_t{a[z]} * b[z];
    all |= std::uint64_t{a[z]} * b[z];
  }
  for (const auto& [name, kernels] : here()) {
    std::vector<std::uint64_t> out(m);
    EXPECT_EQ(kernels->dot(a.data(), b.data(), m), sum) << name;
    EXPECT_EQ(kernels->product(a.data(), b.data(), m, out.data()), all) << name;
    for (Index z = 0; z < m; ++z) ASSERT_EQ(out[z], std::uint64_t{a[z]} * b[z]) << name;
  }
}

TEST_P(CircuitKernelsOf, Elementwise) {
  const Index m = GetParam();
  const MatrixF a = drawn(m, kTile, .1, 5);
  const MatrixF b = drawn(m, kTile, .1, 6);
  const MatrixF leaf = drawn(7, m, 0, 7);
  std::uint8_t x[kTile];
  for (Index i = 0; i < kTile; ++i) x[i] = static_cast<std::uint8_t>(i * i % 7);
  for (const auto& [name, kernels] : here()) {
    MatrixF out = a;
    Eigen::Matrix<float, 1, kTile> largest;
    kernels->times(out.data(), b.data(), m, largest.data());
    EXPECT_EQ(out, MatrixF(a.cwiseProduct(b))) << name;
    EXPECT_EQ(largest, out.colwise().maxCoeff()) << name;
    out = a;
    kernels->divide(out.data(), b.data(), m);
    EXPECT_EQ(out, MatrixF(b.array() / a.array().max(1e-30F))) << name;
    out = a;
    kernels->scale(out.data(), largest.data(), m);
    EXPECT_EQ(out, MatrixF(a.array().rowwise() * largest.array())) << name;
    kernels->gather(leaf.data(), x, m, out.data());
    MatrixF sums = leaf;
    MatrixF expected = leaf;
    kernels->scatter(a.data(), x, m, sums.data());
    for (Index i = 0; i < kTile; ++i) {
      EXPECT_EQ(MatrixF(out.col(i)), MatrixF(leaf.row(x[i]).transpose())) << name;
      expected.row(x[i]) += a.col(i).transpose();
    }
    EXPECT_EQ(sums, expected) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(States, CircuitKernelsOf, ::testing::Values(1, 5, 16, 61, 256));

TEST(SparseRows, Refresh) {
  MatrixF t = drawn(9, 9, .5, 8);
  SparseRows<float> rows(t, false);
  SparseRows<float> columns(t, true);
  t *= 2;
  rows.refresh(t);
  columns.refresh(t);
  for (Index z = 0; z < 9; ++z) {
    for (std::uint32_t i = rows.view().start[z]; i < rows.view().start[z + 1]; ++i) {
      EXPECT_EQ(rows.view().value[i], t(z, rows.view().column[i]));
    }
    for (std::uint32_t i = columns.view().start[z]; i < columns.view().start[z + 1]; ++i) {
      EXPECT_EQ(columns.view().value[i], t(columns.view().column[i], z));
    }
  }
}

}  // namespace
}  // namespace venturi::code
