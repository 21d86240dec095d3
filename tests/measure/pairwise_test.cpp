#include "venturi/measure/pairwise.hpp"

#include <algorithm>
#include <cmath>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;

Matrix uniforms(Index n, Index d) {
  core::Random random{core::Key(1)};
  Matrix out(n, d);
  for (Index i = 0; i < out.size(); ++i) out(i) = random.uniform();
  return out;
}

TEST(Pairwise, DistancesAndKernels) {
  const Matrix x = uniforms(20, 3), y = uniforms(7, 3) * 2;
  const Rows rows(x), other(y);
  std::vector<double> squares(20), kernel(20);
  rows.squared_distances(other, 5, squares);
  rows.kernel(other, 5, 0.7, kernel);
  for (Index j = 0; j < 20; ++j) {
    EXPECT_NEAR(squares[j], (y.row(5) - x.row(j)).squaredNorm(), 1e-14);
    EXPECT_NEAR(kernel[j], std::exp(-squares[j] / (2 * 0.49)), 1e-15);
  }
}

TEST(Pairwise, MedianBySorting) {
  for (const Index n : {2, 3, 4, 5, 30}) {  // 1, 3, 6, 10, 435 pairs
    const Matrix x = uniforms(n, 2);
    std::vector<double> all;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < i; ++j) all.push_back((x.row(i) - x.row(j)).norm());
    }
    std::sort(all.begin(), all.end());
    const std::size_t m = all.size();
    EXPECT_NEAR(median_width(x), 0.5 * (all[(m - 1) / 2] + all[m / 2]), 1e-14) << n;
  }
}

TEST(Pairwise, SilvermanByHand) {
  Matrix x(4, 2);
  x << 1, 10, -1, -10, 1, 10, -1, -10;
  const double factor = std::pow(4.0 / (4 * 4), 1.0 / 6);
  EXPECT_NEAR(silverman_widths(x)[0], factor, 1e-15);
  EXPECT_NEAR(silverman_widths(x)[1], 10 * factor, 1e-14);
  EXPECT_NEAR(silverman_width(x), factor * std::sqrt(101.0 / 2), 1e-14);
}

TEST(Pairwise, Errors) {
  const Matrix x = uniforms(1000, 1);
  EXPECT_ERROR(median_width(x, 3995999), core::InvalidArgument, "3996000 bytes");
  EXPECT_GT(median_width(x, 3996000), 0);
  EXPECT_ERROR(median_width(Matrix::Ones(5, 1)), core::DataError, "median distance is 0");
  EXPECT_ERROR(median_width(Matrix::Ones(1, 1)), core::InvalidArgument, "n >= 2");
  EXPECT_ERROR(silverman_widths(Matrix::Ones(5, 1)), core::DataError, "column 0 is constant");
  EXPECT_ERROR(silverman_widths(Matrix::Constant(5, 1, HUGE_VAL)), core::DataError, "infinity");
}

}  // namespace
}  // namespace venturi::measure
