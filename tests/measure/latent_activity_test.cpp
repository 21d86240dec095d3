#include "venturi/measure/latent_activity.hpp"

#include <cmath>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

// Two active latents, one mixed, and two passive ones whose small means are copies of the first.
struct Planted {
  Matrix mean, variance;
};
Planted planted(Index n) {
  Planted out{normals(n, 5, Key(9).split("mean")), Matrix::Constant(n, 5, 0.05)};
  for (Index i = 0; i < n; ++i) {
    if (i % 2 == 0) out.variance(i, 2) = 0.98;
    out.variance(i, 3) = out.variance(i, 4) = 0.99;
  }
  for (const Index l : {3, 4}) {
    out.mean.col(l) =
        0.02 * out.mean.col(0) + 0.002 * normals(n, 1, Key(9).split(l == 3 ? "a" : "b"));
  }
  return out;
}

TEST(LatentActivity, PlantedLatentsAreAllNamed) {
  using enum Activity;
  const Planted p = planted(500);
  EXPECT_EQ(latent_activity(p.variance), (std::vector{active, active, mixed, passive, passive}));
  EXPECT_EQ(name_of(mixed), "mixed");
}

TEST(LatentActivity, PassiveMeansAloneAreCorrelated) {
  const Planted p = planted(5000);
  const auto kinds = latent_activity(p.variance);
  const auto c = representation_correlation(p.mean, p.variance, kinds, Key(1));
  // Copies with noise of a tenth: rho^2 = 1/1.01, both of one: about 2 * 1/2 log2(101) less what
  // they share, exactly -1/2 log2 det of [1 r r; r 1 r^2; r r^2 1].
  const double r = std::sqrt(1 / 1.01), r2 = r * r;
  const double det = 1 + 2 * r * r * r2 - 2 * r * r - r2 * r2;
  // Each of two correlations moves 1/2 log2(1 - rho^2) by rho / (sqrt(n) ln 2) = .02: 4 deviations.
  EXPECT_NEAR(c.mean_bits, -0.5 * std::log2(det), 0.115);
  EXPECT_NEAR(c.sampled_bits, 0, 0.01);
  EXPECT_NEAR(c.used_mean_bits, 0, 0.01);
  EXPECT_NEAR(c.used_sampled_bits, c.used_mean_bits, 0.01);
}

TEST(LatentActivity, RefusesWhatItCannotTake) {
  const Planted p = planted(50);
  EXPECT_ERROR(latent_activity(Matrix(0, 3)), core::InvalidArgument, "0*3");
  EXPECT_ERROR(latent_activity(-p.variance), core::DataError, ">= 0");
  EXPECT_ERROR(latent_activity(p.variance, {.share = 0.7}), core::InvalidArgument, "share");
  const auto kinds = latent_activity(p.variance);
  EXPECT_ERROR(representation_correlation(p.mean.topRows(49), p.variance, kinds, Key(1)),
               core::InvalidArgument, "49*5");
  EXPECT_ERROR(representation_correlation(Matrix::Ones(50, 5), p.variance, kinds, Key(1)),
               core::DataError, "singular");
}

}  // namespace
}  // namespace venturi::measure
