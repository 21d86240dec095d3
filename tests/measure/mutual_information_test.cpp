#include "venturi/measure/mutual_information.hpp"

#include <cmath>
#include <numbers>

#include "tests/testing.hpp"
#include "venturi/measure/ksg.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;

const core::Key kKey(3);

Matrix normals(Index n, Index d, core::Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < d; ++c) out(i, c) = random.normal();
  }
  return out;
}

Matrix correlated(const Matrix& x, double rho, core::Key key) {
  return rho * x + std::sqrt(1 - rho * rho) * normals(x.rows(), x.cols(), key);
}

double normal_bits(double rho) { return -0.5 * std::log2(1 - rho * rho); }

bool warns(const Measured& m, std::string_view part) {
  for (const auto& w : m.estimate.warnings) {
    if (w.find(part) != std::string::npos) return true;
  }
  return false;
}

class EachMethod : public ::testing::TestWithParam<std::string> {};

// 95 % of 60 is 57 with a deviation of 1.7; the standard error from ten parts is itself uncertain,
// and the small bias of nearest neighbours takes its share.
TEST_P(EachMethod, IntervalsCoverABivariateNormal) {
  int inside = 0;
  for (int run = 0; run < 60; ++run) {
    const Matrix x = normals(600, 1, core::Key(run).split("x"));
    const Matrix y = correlated(x, 0.6, core::Key(run).split("y"));
    const Measured m = mutual_information(x, y, {.method = GetParam()}, core::Key(run));
    inside += m.estimate.low <= normal_bits(0.6) && normal_bits(0.6) <= m.estimate.high ? 1 : 0;
    EXPECT_EQ(m.estimate.n, 600u);
    EXPECT_TRUE(m.estimate.warnings.empty());
  }
  EXPECT_GE(inside, 51);
}

INSTANTIATE_TEST_SUITE_P(Methods, EachMethod,
                         ::testing::Values("ksg1", "ksg2", "gaussian", "copula"));

TEST(MutualInformation, PValues) {
  const Matrix x = normals(200, 1, core::Key(1)), y = normals(200, 1, core::Key(2));
  const Matrix tied = correlated(x, 0.5, core::Key(3));
  const MiOptions options{.permutations = 99};
  EXPECT_EQ(mutual_information(x, tied, options, kKey).p_value, 0.01);
  EXPECT_GT(mutual_information(x, y, options, kKey).p_value.value(), 0.05);
  EXPECT_FALSE(mutual_information(x, y, {}, kKey).p_value.has_value());
  EXPECT_EQ(mutual_information(x, y, options, kKey).json(),
            mutual_information(x, y, options, kKey).json());
}

// Two independent random walks of strong memory: shuffles would call them dependent, shifts do not.
TEST(MutualInformation, SeriesAreShiftedNotShuffled) {
  int shuffled = 0, shifted = 0;
  for (int run = 0; run < 20; ++run) {
    Matrix x = normals(300, 1, core::Key(run).split("x"));
    Matrix y = normals(300, 1, core::Key(run).split("y"));
    for (Index i = 1; i < 300; ++i) {
      x(i, 0) += 0.95 * x(i - 1, 0);
      y(i, 0) += 0.95 * y(i - 1, 0);
    }
    MiOptions options{.permutations = 39};
    shuffled += mutual_information(x, y, options, kKey).p_value.value() < 0.05 ? 1 : 0;
    options.series = true;
    shifted += mutual_information(x, y, options, kKey).p_value.value() < 0.05 ? 1 : 0;
  }
  EXPECT_GE(shuffled, 10);
  EXPECT_LE(shifted, 5);
}

TEST(MutualInformation, ScaleIsWhatWasAskedFor) {
  const Matrix x = normals(500, 1, core::Key(1));
  const Matrix y = 1000 * correlated(x, 0.6, core::Key(2)).array().exp();
  const auto bits = [&](const char* scale) {
    return mutual_information(x, y, {.scale = scale}, kKey).estimate.bits;
  };
  EXPECT_DOUBLE_EQ(bits("none"), mean_of(ksg1_local(x, y, 3)) / std::numbers::ln2);
  EXPECT_NE(bits("none"), bits("standard"));
  EXPECT_NEAR(bits("rank"), normal_bits(0.6), 0.15);
}

TEST(MutualInformation, DiscreteDataAreNamed) {
  const Matrix x = normals(300, 1, core::Key(1));
  const Matrix coarse = x.array().round();
  const Matrix fine = (x.array() * 100).round();
  EXPECT_TRUE(warns(mutual_information(coarse, x, {}, kKey), "of x has"));
  EXPECT_TRUE(warns(mutual_information(coarse, x, {}, kKey), "method ross"));
  EXPECT_TRUE(warns(mutual_information(x, fine, {}, kKey), "gao allows them"));
  EXPECT_TRUE(warns(mutual_information(x, Matrix::Zero(300, 1), {}, kKey), "y is constant"));
  EXPECT_FALSE(warns(mutual_information(coarse, x, {.method = "ross"}, kKey), "of x has"));
}

TEST(MutualInformation, AboveTheEntropyOfLabelsIsImpossible) {
  // Two labels far apart in few samples: Ross's estimate passes H(x).
  bool seen = false;
  for (int run = 0; run < 20; ++run) {
    Matrix x(60, 1);
    const Matrix noise = normals(60, 1, core::Key(run));
    for (Index i = 0; i < 60; ++i) x(i, 0) = static_cast<double>(i < 20 + run);
    const Matrix y = 100 * x + noise;
    const Measured m = mutual_information(x, y, {.method = "ross"}, kKey);
    EXPECT_NEAR(m.estimate.bits, 1, 0.3);
    seen = seen || warns(m, "impossible: above H(x)");
  }
  EXPECT_TRUE(seen);
}

TEST(ConditionalFront, TotalAndEntropyInBits) {
  const Matrix x = normals(2000, 1, core::Key(1));
  const Matrix y = correlated(x, 0.6, core::Key(2)), z = normals(2000, 1, core::Key(3));
  const Measured c = conditional_mutual_information(x, y, z, {}, kKey);
  EXPECT_NEAR(c.estimate.bits, normal_bits(0.6), 0.1);
  const MatrixView groups[] = {x, y};
  EXPECT_DOUBLE_EQ(total_correlation(groups, {}, kKey).estimate.bits,
                   mutual_information(x, y, {}, kKey).estimate.bits);
  const Measured h = entropy(x, {}, kKey);
  const double truth = 0.5 * std::log2(2 * std::numbers::pi * std::numbers::e);
  EXPECT_NEAR(h.estimate.bits, truth, 4 * h.estimate.standard_error + 0.02);
}

// y_t = a x_{t-1} + noise, both white: X -> Y carries 1/2 log2(1 + a^2) bits, Y -> X none.
TEST(TransferEntropy, OneWayOnly) {
  const Matrix x = normals(3000, 1, core::Key(1));
  Matrix y = normals(3000, 1, core::Key(2));
  for (Index i = 1; i < 3000; ++i) y(i, 0) += x(i - 1, 0);
  const Measured forth = transfer_entropy(x, y, 1, {.permutations = 19}, kKey);
  const Measured back = transfer_entropy(y, x, 1, {.permutations = 19}, kKey);
  EXPECT_NEAR(forth.estimate.bits, 0.5, 0.08);
  EXPECT_EQ(forth.p_value, 0.05);
  EXPECT_NEAR(back.estimate.bits, 0, 0.06);
  EXPECT_GT(transfer_entropy(x, y, 2, {}, kKey).estimate.bits, 0.3);
}

TEST(MutualInformation, RefusesBadInput) {
  const Matrix x = normals(50, 1, core::Key(1)), one = normals(1, 1, core::Key(1));
  const Matrix y = normals(49, 1, core::Key(1));
  Matrix nan = x;
  nan(3, 0) = std::nan("");
  Matrix infinite = x;
  infinite(3, 0) = -INFINITY;
  EXPECT_ERROR(mutual_information(x, y, {}, kKey), core::InvalidArgument, "got 49");
  EXPECT_ERROR(mutual_information(one, one, {}, kKey), core::InvalidArgument, "at least 2");
  EXPECT_ERROR(mutual_information(x, nan, {}, kKey), core::DataError, "NaN or infinity");
  EXPECT_ERROR(mutual_information(infinite, x, {}, kKey), core::DataError, "NaN or infinity");
  EXPECT_ERROR(mutual_information(x, x, {.k = 50}, kKey), core::InvalidArgument, "k < n = 50");
  EXPECT_ERROR(mutual_information(x, x, {.method = "ksg"}, kKey), core::InvalidArgument,
               "did you mean");
  EXPECT_ERROR(mutual_information(x, x, {.scale = "log"}, kKey), core::InvalidArgument, "rank");
  EXPECT_ERROR(mutual_information(x, x, {.method = "ross"}, kKey), core::DataError,
               "whole numbers");
  EXPECT_ERROR(entropy(x, {.permutations = 9}, kKey), core::InvalidArgument, "permutations = 0");
  EXPECT_ERROR(transfer_entropy(x, x, 49, {}, kKey), core::InvalidArgument, "lags");
  EXPECT_ERROR(entropy(x, {.scale = "rank"}, kKey), core::InvalidArgument, "none");
  EXPECT_ERROR(entropy(Matrix::Zero(50, 1), {}, kKey), core::DataError, "duplicates");
}

TEST(MutualInformation, TooFewRowsForAnIntervalAreSaidSo) {
  const Matrix x = normals(30, 1, core::Key(1));
  const Measured m = mutual_information(x, correlated(x, 0.5, core::Key(2)), {}, kKey);
  EXPECT_TRUE(warns(m, "needs 40 rows, there are 30"));
  EXPECT_TRUE(std::isinf(m.estimate.high));
}

}  // namespace
}  // namespace venturi::measure
