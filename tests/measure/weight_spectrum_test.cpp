#include "venturi/measure/weight_spectrum.hpp"

#include <Eigen/LU>
#include <Eigen/QR>
#include <cmath>
#include <numbers>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/measure/gaussian.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

Matrix turn(Index d, const char* name) {
  return Eigen::HouseholderQR<Eigen::MatrixXd>(Eigen::MatrixXd(normals(d, d, Key(9).split(name))))
      .householderQ();
}

TEST(WeightSpectrum, PlantedValues) {
  core::Vector values(4);
  values << 8, 4, 2, 0.5;
  const Matrix w = turn(6, "u").leftCols(4) * values.asDiagonal() * turn(4, "v");
  const WeightSpectrum found = weight_spectrum(w);
  EXPECT_LT((found.singular_values - values).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_NEAR(found.condition, 16, 1e-10);
  EXPECT_NEAR(found.log2_volume, 3 + 2 + 1 - 1, 1e-10);
  EXPECT_NEAR(weight_spectrum(-1e-7 * w.transpose()).condition, 16, 1e-10);
  EXPECT_NEAR(weight_spectrum(turn(5, "t")).condition, 1, 1e-12);
}

// h(Wx) from the covariance, against h(x) + log-volume for square W.
TEST(WeightSpectrum, EntropyOfANormalOutput) {
  const Matrix w = normals(4, 4, Key(9).split("w")), a = normals(4, 4, Key(9).split("a"));
  const Matrix covariance = a * a.transpose();
  const double of_x = gaussian_output_entropy_bits(Matrix::Identity(4, 4), covariance);
  EXPECT_NEAR(of_x,
              2 * std::log2(2 * std::numbers::pi * std::numbers::e) +
                  0.5 * std::log2(covariance.determinant()),
              1e-10);
  EXPECT_NEAR(gaussian_output_entropy_bits(w, covariance), of_x + weight_spectrum(w).log2_volume,
              1e-9);
}

TEST(WeightSpectrum, SingularAndHostile) {
  const Matrix thin = normals(5, 2, Key(9).split("a")) * normals(2, 5, Key(9).split("b"));
  EXPECT_TRUE(std::isinf(weight_spectrum(thin).condition));
  EXPECT_EQ(weight_spectrum(thin).log2_volume, -std::numeric_limits<double>::infinity());
  EXPECT_ERROR(gaussian_output_entropy_bits(thin, Matrix::Identity(5, 5)), core::DataError,
               "singular");
  EXPECT_ERROR(gaussian_output_entropy_bits(thin, Matrix::Identity(4, 4)), core::InvalidArgument,
               "5*5");
  EXPECT_ERROR(weight_spectrum(Matrix(0, 3)), core::InvalidArgument, "0*3");
  EXPECT_ERROR(weight_spectrum(Matrix::Zero(3, 3)), core::DataError, "0");
  Matrix bad = thin;
  bad(0, 0) = std::nan("");
  EXPECT_ERROR(weight_spectrum(bad), core::DataError, "finite");
}

TEST(TuningOrder, LowestFirstTiesInOrder) {
  EXPECT_EQ(tuning_order({3, 1, 2, 1}), (std::vector<std::size_t>{1, 3, 2, 0}));
  EXPECT_TRUE(tuning_order({}).empty());
}

}  // namespace
}  // namespace venturi::measure
