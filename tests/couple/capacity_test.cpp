#include "venturi/couple/capacity.hpp"

#include <cmath>
#include <limits>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::couple {
namespace {

TEST(Capacity, KnownChannels) {
  const double e = 0.11;
  const Capacity symmetric = channel_capacity(Matrix{{1 - e, e}, {e, 1 - e}});
  EXPECT_NEAR(symmetric.bits, 1 - binary_entropy_bits(e), 1e-9);
  const Capacity erasure = channel_capacity(Matrix{{0.7, 0.3, 0}, {0, 0.3, 0.7}});
  EXPECT_NEAR(erasure.bits, 0.7, 1e-9);
  // Z channel with crossover 1/2: log2(5/4), input 2/5 on the noisy letter.
  const Capacity z = channel_capacity(Matrix{{1, 0}, {0.5, 0.5}});
  EXPECT_NEAR(z.bits, std::log2(1.25), 1e-9);
  EXPECT_NEAR(z.input[1], 0.4, 1e-4);
  EXPECT_TRUE(z.converged);
  EXPECT_EQ(channel_capacity(Matrix::Ones(3, 1)).bits, 0.0);
}

TEST(Capacity, BoundsEncloseARandomSearch) {
  core::Random random{core::Key(1)};
  for (int trial = 0; trial < 20; ++trial) {
    Matrix channel(3, 4);
    for (Index x = 0; x < 3; ++x) {
      for (Index y = 0; y < 4; ++y) channel(x, y) = std::pow(random.uniform(), 4);
      channel.row(x) /= channel.row(x).sum();
    }
    const Capacity found = channel_capacity(channel);
    EXPECT_TRUE(found.converged);
    for (int k = 0; k < 500; ++k) {
      Vector p(3);
      for (Index x = 0; x < 3; ++x) p[x] = -std::log(1 - random.uniform());
      p /= p.sum();
      EXPECT_LE(mutual_information_bits(p.asDiagonal() * channel), found.upper_bits + 1e-12);
    }
  }
}

TEST(Capacity, LimitsAndRefusals) {
  const Capacity one = channel_capacity(Matrix{{1, 0}, {0.5, 0.5}}, {.sweep_limit = 1});
  EXPECT_FALSE(one.converged);
  EXPECT_LT(one.bits, std::log2(1.25));
  EXPECT_GT(one.upper_bits, std::log2(1.25));
  EXPECT_ERROR(channel_capacity(Matrix{{0.5, 0.4}}), core::DataError, "sum 1");
  EXPECT_ERROR(channel_capacity(Matrix(0, 0)), core::InvalidArgument, "channel");
}

TEST(RateDistortion, BinarySourceUnderHamming) {
  const double p = 0.3;
  const Matrix hamming{{0, 1}, {1, 0}};
  const auto curve =
      rate_distortion_curve(Vector{{1 - p, p}}, hamming, {0.5, 1.5, 2, 4, 8}, {.tolerance = 1e-10});
  for (const RateDistortion& at : curve) {
    ASSERT_TRUE(at.converged);
    const double d = at.point.distortion;
    const double exact = d < p ? binary_entropy_bits(p) - binary_entropy_bits(d) : 0;
    EXPECT_NEAR(at.point.bits.value, exact, 1e-5) << d;
    EXPECT_LE(at.lower_bits, exact + 1e-9);
    EXPECT_NEAR(at.lower_bits, at.point.bits.value, 1e-5);
  }
  EXPECT_NEAR(curve[0].point.distortion, p, 1e-3);
}

TEST(RateDistortion, EdgesAndRefusals) {
  const RateDistortion free = rate_distortion(Vector{{0.5, 0.5}}, Matrix{{0, 1}, {1, 0}}, 0);
  EXPECT_NEAR(free.point.bits.value, 0, 1e-12);
  const RateDistortion steep = rate_distortion(Vector{{0.5, 0.5}}, Matrix{{0, 1}, {1, 0}}, 5000);
  EXPECT_NEAR(steep.point.bits.value, 1, 1e-9);
  EXPECT_NEAR(steep.point.distortion, 0, 1e-12);
  const Vector half{{0.5, 0.5}};
  EXPECT_ERROR(rate_distortion(half, Matrix{{0, 1}}, 1), core::InvalidArgument, "2 rows");
  EXPECT_ERROR(rate_distortion(half, Matrix{{0, -1}, {1, 0}}, 1), core::DataError, ">= 0");
  EXPECT_ERROR(rate_distortion(half, Matrix{{0, 1}, {1, 0}}, -1), core::InvalidArgument, "slopes");
}

}  // namespace
}  // namespace venturi::couple
