#include "venturi/measure/gaussian.hpp"

#include <Eigen/LU>
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
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < d; ++c) out(i, c) = random.normal();
  }
  return out;
}

// The definition by determinants of covariances.
double by_determinants(const Matrix& x, const Matrix& y) {
  const auto det = [](const Matrix& m) {
    const Matrix centred = m.rowwise() - m.colwise().mean();
    return Eigen::MatrixXd(centred.transpose() * centred / static_cast<double>(m.rows()))
        .determinant();
  };
  Matrix both(x.rows(), x.cols() + y.cols());
  both << x, y;
  return 0.5 * std::log(det(x) * det(y) / det(both));
}

TEST(Gaussian, EqualsTheDeterminants) {
  const Matrix x = normals(300, 3, core::Key(1));
  Matrix y = normals(300, 2, core::Key(2));
  y.col(0) += 2 * x.col(1) - x.col(2);
  y.col(1) = 100 * y.col(1) + 30 * x.col(0);
  EXPECT_NEAR(gaussian_information_nats(x, y, false), by_determinants(x, y), 1e-11);
  const core::Vector rho = canonical_correlations(x, y);
  EXPECT_EQ(rho.size(), 2);
  EXPECT_NEAR(-0.5 * (1 - rho.array().square()).log().sum(), by_determinants(x, y), 1e-11);
}

TEST(Gaussian, BiasOfIndependentDataIsRemoved) {
  double plain = 0, corrected = 0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    const Matrix x = normals(60, 4, core::Key(run).split("x"));
    const Matrix y = normals(60, 3, core::Key(run).split("y"));
    plain += gaussian_information_nats(x, y, false) / kRuns;
    corrected += gaussian_information_nats(x, y, true) / kRuns;
  }
  // About dx dy / (2n) = .1, more by higher orders; the spread of a mean is .002.
  EXPECT_NEAR(plain, gaussian_bias_nats(60, 4, 3), 0.008);
  EXPECT_GT(plain, 0.1);
  EXPECT_NEAR(corrected, 0, 0.008);
}

TEST(Gaussian, TotalCorrelationOfTwoIsInformationAndOfThreeAChain) {
  const Matrix x = normals(300, 2, core::Key(1));
  Matrix y = normals(300, 1, core::Key(2)), z = normals(300, 2, core::Key(3));
  y += 2 * x.col(1);
  z.col(0) += 30 * y - x.col(0);
  for (const bool correct : {false, true}) {
    const core::MatrixView two[] = {x, y}, three[] = {x, y, z};
    EXPECT_NEAR(gaussian_total_correlation_nats(two, correct),
                gaussian_information_nats(x, y, correct), 1e-11);
    Matrix xy(300, 3);
    xy << x, y;
    EXPECT_NEAR(
        gaussian_total_correlation_nats(three, correct),
        gaussian_information_nats(x, y, correct) + gaussian_information_nats(xy, z, correct),
        1e-11);
  }
}

TEST(Gaussian, TotalCorrelationRefuses) {
  const Matrix x = normals(30, 2, core::Key(1)), y = normals(29, 1, core::Key(2));
  const core::MatrixView one[] = {x}, unequal[] = {x, y}, same[] = {x, x};
  const Matrix few = x.topRows(5);
  const core::MatrixView small[] = {few, few};
  EXPECT_ERROR(gaussian_total_correlation_nats(one, true), core::InvalidArgument, "got 1");
  EXPECT_ERROR(gaussian_total_correlation_nats(unequal, true), core::InvalidArgument, "got 29");
  EXPECT_ERROR(gaussian_total_correlation_nats(small, true), core::InvalidArgument, "more rows");
  EXPECT_ERROR(gaussian_total_correlation_nats(same, true), core::DataError,
               "of all groups is singular");
}

TEST(Gaussian, ScoresUndoMonotoneMaps) {
  const Matrix x = normals(2000, 1, core::Key(1));
  const Matrix y = 0.75 * x + std::sqrt(0.4375) * normals(2000, 1, core::Key(2));
  const Matrix bent = y.array().exp().cube();
  const double straight = gaussian_information_nats(normal_scores(x), normal_scores(y), true);
  EXPECT_EQ(gaussian_information_nats(normal_scores(x), normal_scores(bent), true), straight);
  EXPECT_NEAR(straight, -0.5 * std::log(0.4375), 0.05);
}

TEST(Gaussian, ScoresAreQuantilesAndTiesShareTheirRank) {
  Matrix x(4, 2);
  x << 3, 1, 1, 1, 2, 7, 4, 1;
  const Matrix z = normal_scores(x);
  // Phi^-1(5/8) and Phi^-1(7/8), from tables.
  EXPECT_NEAR(z(0, 0), 0.3186393639643752, 1e-14);
  EXPECT_NEAR(z(3, 0), 1.1503493803760079, 1e-14);
  EXPECT_EQ(z(1, 0), -z(3, 0));
  EXPECT_EQ(z(0, 1), z(1, 1));
  EXPECT_NEAR(z(0, 1), z(2, 0), 1e-14);  // mean rank 2, (2 - 1/2)/4 = 3/8
  Matrix wide(100000, 1);
  for (Index i = 0; i < wide.rows(); ++i) wide(i, 0) = static_cast<double>(i);
  EXPECT_NEAR(normal_scores(wide)(0, 0), -4.4171734134690, 1e-6);  // Phi^-1(5e-6)
}

TEST(Gaussian, StandardizedColumns) {
  Matrix x = 3 * normals(50, 2, core::Key(1));
  x.col(1).setConstant(0.1);
  const Matrix z = standardized(x);
  EXPECT_NEAR(z.col(0).mean(), 0, 1e-14);
  EXPECT_NEAR(z.col(0).squaredNorm() / 50, 1, 1e-14);
  EXPECT_EQ(z.col(1).cwiseAbs().maxCoeff(), 0);
}

TEST(Gaussian, RefusesWhatItCannotMeasure) {
  const Matrix x = normals(30, 2, core::Key(1));
  Matrix same = x, constant = x;
  same.col(1) = 2 * same.col(0);
  constant.col(0).setConstant(3);
  const Matrix y = normals(29, 1, core::Key(2));
  EXPECT_ERROR(gaussian_information_nats(x, y, true), core::InvalidArgument, "got 29");
  EXPECT_ERROR(gaussian_information_nats(x.topRows(5), x.topRows(5), true), core::InvalidArgument,
               "more rows");
  EXPECT_ERROR(gaussian_information_nats(same, x, true), core::DataError, "singular");
  EXPECT_ERROR(gaussian_information_nats(x, constant, true), core::DataError, "of y is singular");
  EXPECT_ERROR(gaussian_information_nats(x, x, true), core::DataError, "infinite");
}

}  // namespace
}  // namespace venturi::measure
