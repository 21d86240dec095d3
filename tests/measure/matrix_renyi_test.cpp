#include "venturi/measure/matrix_renyi.hpp"

#include <Eigen/SVD>
#include <cmath>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;

Matrix normals(Index n, Index d, core::Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (Index i = 0; i < out.size(); ++i) out(i) = random.normal();
  return out;
}

Eigen::MatrixXd gram(const Kerneled& x) {
  Eigen::MatrixXd out(x.rows.rows(), x.rows.rows());
  for (Index i = 0; i < out.rows(); ++i) {
    for (Index j = 0; j < out.rows(); ++j) {
      out(i, j) =
          std::exp(-(x.rows.row(i) - x.rows.row(j)).squaredNorm() / (2 * x.width * x.width));
    }
  }
  return out;
}

// By singular values of the product of the Gram matrices, which equal its eigenvalues.
double slow(const Eigen::MatrixXd& product, double alpha) {
  const Eigen::MatrixXd a = product / product.trace();
  return std::log2(Eigen::JacobiSVD<Eigen::MatrixXd>(a).singularValues().array().pow(alpha).sum()) /
         (1 - alpha);
}

// By the sum of squares at 2, by eigenvalues beside it: there S falls with the order by at most S
// itself a unit.
TEST(MatrixRenyi, OrderTwoTakesNoMatrix) {
  const Matrix x = normals(60, 3, core::Key(11)), y = normals(60, 2, core::Key(12));
  const Kerneled both[] = {{x, 1.2}, {y, 0.8}};
  EXPECT_NEAR(renyi_entropy_bits({both, 1}, {.alpha = 2}), slow(gram(both[0]), 2), 1e-12);
  EXPECT_NEAR(renyi_entropy_bits(both, {.alpha = 2}),
              slow(gram(both[0]).cwiseProduct(gram(both[1])), 2), 1e-12);
  EXPECT_NEAR(renyi_entropy_bits(both, {.alpha = 2}), renyi_entropy_bits(both, {.alpha = 2 + 1e-9}),
              1e-7);
  // No limit binds where no matrix is taken.
  EXPECT_GT(renyi_entropy_bits(both, {.alpha = 2, .memory_limit = 1}), 0);
  EXPECT_ERROR(renyi_entropy_bits(both, {.alpha = 3, .memory_limit = 1}), core::InvalidArgument,
               "memory_limit");
}

TEST(MatrixRenyi, EqualsTheDefinition) {
  const Matrix x = normals(30, 2, core::Key(1)), z = normals(30, 1, core::Key(3));
  const Matrix y = x.col(0) + 0.5 * normals(30, 1, core::Key(2));
  const Kerneled vx{x, 0.9}, vy{y, 0.6}, vz{z, 0.4};
  const Eigen::MatrixXd a = gram(vx), b = gram(vy), c = gram(vz);
  for (const double alpha : {0.5, 1.01, 2.0}) {
    const RenyiOptions options{.alpha = alpha};
    // 1 / (1 - alpha) magnifies the rounding of eigenvalues near 0, which a power of .5 does too.
    const double tolerance = alpha < 1 ? 1e-5 : 1e-10;
    const Kerneled all[] = {vx, vy, vz}, two[] = {vx, vz};
    EXPECT_NEAR(renyi_entropy_bits({&vx, 1}, options), slow(a, alpha), tolerance);
    EXPECT_NEAR(renyi_entropy_bits(all, options), slow(a.cwiseProduct(b).cwiseProduct(c), alpha),
                tolerance);
    EXPECT_NEAR(renyi_information_bits(two, vy, options),
                slow(a.cwiseProduct(c), alpha) + slow(b, alpha) -
                    slow(a.cwiseProduct(b).cwiseProduct(c), alpha),
                tolerance);
    EXPECT_NEAR(renyi_total_correlation_bits(all, options),
                slow(a, alpha) + slow(b, alpha) + slow(c, alpha) -
                    slow(a.cwiseProduct(b).cwiseProduct(c), alpha),
                tolerance);
  }
}

// Four groups of equal rows, far apart: every order gives the entropy of the groups, 2 bits. The
// quadratic one is -log2 of the mean squared kernel.
TEST(MatrixRenyi, KnownAnswers) {
  Matrix groups(40, 1), flat = Matrix::Ones(40, 1);
  for (Index i = 0; i < 40; ++i) groups(i) = 1000.0 * static_cast<double>(i % 4);
  const Kerneled g{groups, 1}, one{flat, 1};
  EXPECT_NEAR(renyi_entropy_bits({&g, 1}), 2, 1e-10);
  EXPECT_NEAR(renyi_entropy_bits({&one, 1}), 0, 1e-10);
  EXPECT_NEAR(renyi_information_bits({&g, 1}, g), 2, 1e-10);
  EXPECT_NEAR(renyi_information_bits({&g, 1}, one), 0, 1e-10);
  Matrix apart(40, 1);
  for (Index i = 0; i < 40; ++i) apart(i) = 1000.0 * static_cast<double>(i);
  const Kerneled a{apart, 1};
  EXPECT_NEAR(renyi_entropy_bits({&a, 1}), std::log2(40.0), 1e-10);
  const Matrix x = normals(25, 2, core::Key(7));
  const Kerneled v{x, 0.7};
  EXPECT_NEAR(renyi_entropy_bits({&v, 1}, {.alpha = 2}),
              -std::log2(gram(v).array().square().mean()), 1e-12);
}

TEST(MatrixRenyi, Errors) {
  const Matrix x = normals(100, 1, core::Key(1)), y = normals(99, 1, core::Key(2));
  const Kerneled vx{x, 1}, vy{y, 1}, thin{x, -1};
  const Kerneled unequal[] = {vx, vy};
  EXPECT_ERROR(renyi_entropy_bits(unequal), core::InvalidArgument, "got 99");
  EXPECT_ERROR(renyi_entropy_bits({}), core::InvalidArgument, "got 0");
  EXPECT_ERROR(renyi_information_bits({}, vx), core::InvalidArgument, "got 0");
  EXPECT_ERROR(renyi_total_correlation_bits({&vx, 1}), core::InvalidArgument, "got 1");
  EXPECT_ERROR(renyi_entropy_bits({&thin, 1}), core::InvalidArgument, "got -1");
  EXPECT_ERROR(renyi_entropy_bits({&vx, 1}, {.alpha = 1}), core::InvalidArgument, "other than 1");
  EXPECT_ERROR(renyi_entropy_bits({&vx, 1}, {.alpha = 0}), core::InvalidArgument, "alpha");
  EXPECT_ERROR(renyi_entropy_bits({&vx, 1}, {.memory_limit = 159999}), core::InvalidArgument,
               "160000 bytes");
  EXPECT_GT(renyi_entropy_bits({&vx, 1}, {.memory_limit = 160000}), 0);
  Matrix nan = x;
  nan(7) = std::nan("");
  const Kerneled vn{nan, 1};
  EXPECT_ERROR(renyi_entropy_bits({&vn, 1}), core::DataError, "NaN");
}

}  // namespace
}  // namespace venturi::measure
