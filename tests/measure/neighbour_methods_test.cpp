// The estimators that look at the lists of neighbours: weighted Kozachenko-Leonenko, correction for
// local non-uniformity; and conditional information of mixtures.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/digamma.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/nearest_lists.hpp"
#include "venturi/measure/nonuniformity.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

Matrix correlated(const Matrix& x, double rho, Key key) {
  return rho * x + std::sqrt(1 - rho * rho) * normals(x.rows(), x.cols(), key);
}

double normal_entropy(Index d) {
  return 0.5 * static_cast<double>(d) * std::log(2 * std::numbers::pi * std::numbers::e);
}

// All distances of row i, sorted by (distance, index).
std::vector<Neighbour> obvious_list(const Matrix& x, Index i, Norm norm) {
  std::vector<Neighbour> out;
  for (Index j = 0; j < x.rows(); ++j) {
    if (j == i) continue;
    double d = 0;
    for (Index c = 0; c < x.cols(); ++c) {
      const double gap = std::fabs(x(i, c) - x(j, c));
      d = norm == Norm::maximum ? std::max(d, gap) : d + gap * gap;
    }
    out.push_back({norm == Norm::maximum ? d : std::sqrt(d), static_cast<std::int32_t>(j)});
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(NearestLists, EqualsTheObviousOne) {
  for (const Norm norm : {Norm::maximum, Norm::euclidean}) {
    for (const Index d : {1, 2, 6}) {
      Matrix x = normals(200, d, Key(d));
      x = (4 * x).array().round();  // many ties
      const NearestLists lists(x, 7, norm);
      for (Index i = 0; i < 200; ++i) {
        const auto expected = obvious_list(x, i, norm);
        for (int j = 0; j < 7; ++j) {
          EXPECT_EQ(lists.of(i)[j].distance, expected[j].distance);
          EXPECT_EQ(lists.of(i)[j].index, expected[j].index);
        }
      }
    }
  }
}

TEST(NearestLists, RefusesBadInput) {
  Matrix x = normals(10, 2, Key(1));
  EXPECT_ERROR(NearestLists(x, 10, Norm::maximum), core::InvalidArgument, "k < n");
  EXPECT_ERROR(NearestLists(x, 0, Norm::maximum), core::InvalidArgument, "1 <= k");
  x(3, 1) = std::nan("");
  EXPECT_ERROR(NearestLists(x, 2, Norm::euclidean), core::DataError, "finite");
}

TEST(Wkl, WeightsMeetTheirConditions) {
  for (const auto& [k, d] : {std::pair{20, 8}, {30, 13}, {5, 2}, {7, 1}}) {
    const core::Vector w = wkl_weights(k, d);
    EXPECT_NEAR(w.sum(), 1, 1e-10);
    for (int l = 1; l <= d / 4; ++l) {
      double moment = 0, size = 0;
      for (int j = 1; j <= k; ++j) {
        const double ratio = std::exp(std::lgamma(j + 2.0 * l / d) - std::lgamma(j));
        moment += w[j - 1] * ratio;
        size += std::fabs(w[j - 1]) * ratio;
      }
      EXPECT_NEAR(moment / size, 0, 1e-10) << k << " " << d << " " << l;
    }
  }
  // Of many dimensions: the first condition holds, the weights stay small.
  for (const int d : {16, 50, 100}) {
    const core::Vector w = wkl_weights(5, d);
    EXPECT_NEAR(w.sum(), 1, 1e-10);
    EXPECT_LE(w.lpNorm<1>(), 400);
  }
  // In one dimension only the k-th neighbour counts.
  EXPECT_DOUBLE_EQ(wkl_weights(7, 1)[6], 1);
  EXPECT_ERROR(wkl_weights(0, 1), core::InvalidArgument, "k and d");
}

TEST(Wkl, EqualsTheObviousSum) {
  const Matrix x = normals(80, 4, Key(2));
  const core::Vector w = wkl_weights(6, 4);
  const auto local = wkl_entropy_local(x, 6);
  const Digamma psi(80);
  for (Index i = 0; i < 80; ++i) {
    const auto list = obvious_list(x, i, Norm::euclidean);
    double h = 0;
    for (int j = 1; j <= 6; ++j) {
      // V_4 = pi^2 / 2
      h += w[j - 1] * (std::log(79 * std::numbers::pi * std::numbers::pi / 2) - psi(j) +
                       4 * std::log(list[j - 1].distance));
    }
    EXPECT_NEAR(local[i], h, 1e-11);
  }
}

TEST(Wkl, EntropyOfNormals) {
  for (const Index d : {1, 2, 5}) {
    EXPECT_NEAR(mean_of(wkl_entropy_local(normals(3000, d, Key(3)), 5)), normal_entropy(d), 0.08);
  }
  double error = 0;
  for (int run = 0; run < 4; ++run) {
    error += (mean_of(wkl_entropy_local(normals(2000, 8, Key(run)), 20)) - normal_entropy(8)) / 4;
  }
  EXPECT_NEAR(error, 0, 0.2);
}

TEST(Wkl, InformationAndItsInvariance) {
  const Matrix x = normals(2000, 2, Key(4)), y = correlated(x, 0.8, Key(5));
  const double truth = -std::log(1 - 0.64);
  EXPECT_NEAR(mean_of(wkl_local(x, y, 5)), truth, 0.1);
  Matrix turned = x;
  turned.col(0) = 1000 * (x.col(0) + x.col(1));
  EXPECT_NEAR(mean_of(wkl_local(turned, y, 5)), mean_of(wkl_local(x, y, 5)), 1e-9);
}

TEST(Wkl, RefusesBadInput) {
  Matrix x = normals(50, 2, Key(6));
  const Matrix y = normals(50, 1, Key(7));
  EXPECT_ERROR(wkl_local(x, y.topRows(49), 3), core::InvalidArgument, "50 rows");
  for (Index i = 0; i < 4; ++i) x.row(i) = x.row(0);
  EXPECT_ERROR(wkl_entropy_local(x, 2), core::DataError, "duplicates");
  x.col(1).setConstant(1);
  EXPECT_ERROR(wkl_local(x, y, 3), core::DataError, "singular");
}

// A line of width .001: cubes are too coarse for it, slanted boxes are not.
TEST(StrongDependence, LocalShapesSeeIt) {
  const Matrix x = normals(1000, 1, Key(13)), y = x + 1e-3 * normals(1000, 1, Key(14));
  const double truth = 0.5 * std::log1p(1e6);
  EXPECT_LT(mean_of(ksg1_local(x, y, 5)), truth - 1.5);
  EXPECT_NEAR(mean_of(lnc_local(x, y, 5)), truth, 0.4);
}

TEST(Lnc, UniformDataAreRarelyCorrected) {
  core::Random random(Key(15));
  Matrix x(2000, 1), y(2000, 1);
  for (double& v : x.reshaped()) v = random.uniform();
  for (double& v : y.reshaped()) v = random.uniform();
  const auto lnc = lnc_local(x, y, 10), ksg = ksg1_local(x, y, 10);
  int corrected = 0;
  for (Index i = 0; i < 2000; ++i) corrected += lnc[i] != ksg[i] ? 1 : 0;
  EXPECT_LT(corrected, 40);  // .5 % expected, more at the borders
  EXPECT_GT(lnc_alpha(10, 2), lnc_alpha(5, 2));
  EXPECT_LT(lnc_alpha(10, 2), 1);
}

TEST(Lnc, RefusesBadInput) {
  const Matrix x = normals(100, 2, Key(16)), y = normals(100, 1, Key(17));
  EXPECT_ERROR(lnc_local(x, y, 3), core::InvalidArgument, "3 columns");
  const Matrix same = Matrix::Ones(100, 1);
  EXPECT_ERROR(lnc_local(same, same, 5), core::DataError, "coincide");
}

// Z a fair die; X = Z + B, Y = Z + B' with B, B' bits that are equal with probability 3/4: given Z,
// I = log 2 - h(1/4). And independent bits: 0, while X and Y alone share Z.
TEST(MixedConditional, DiscreteData) {
  core::Random random(Key(18));
  Matrix x(4000, 1), y(4000, 1), other(4000, 1), z(4000, 1);
  for (Index i = 0; i < 4000; ++i) {
    const auto bit = static_cast<double>(random.below(2));
    z(i, 0) = static_cast<double>(random.below(6));
    x(i, 0) = z(i, 0) + bit;
    y(i, 0) = z(i, 0) + (random.uniform() < 0.75 ? bit : 1 - bit);
    other(i, 0) = z(i, 0) + static_cast<double>(random.below(2));
  }
  const double truth = std::log(2.0) + 0.75 * std::log(0.75) + 0.25 * std::log(0.25);
  EXPECT_NEAR(mean_of(mixed_conditional_local(x, y, z, 5)), truth, 0.02);
  EXPECT_NEAR(mean_of(mixed_conditional_local(x, other, z, 5)), 0, 0.01);
}

TEST(MixedConditional, ContinuousDataAsFrenzelPompe) {
  const Matrix z = normals(2000, 1, Key(19));
  const Matrix x = correlated(z, 0.6, Key(20)), y = correlated(x, 0.8, Key(21));
  EXPECT_NEAR(mean_of(mixed_conditional_local(x, y, z, 5)), mean_of(conditional_local(x, y, z, 5)),
              0.1);
}

}  // namespace
}  // namespace venturi::measure
