#include "venturi/measure/ksg.hpp"

#include <cmath>
#include <numbers>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/digamma.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;

Matrix normals(Index n, Index d, core::Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < d; ++c) out(i, c) = random.normal();
  }
  return out;
}

// y = rho x + sqrt(1 - rho^2) noise in every column: I = -d/2 log(1 - rho^2).
Matrix correlated(const Matrix& x, double rho, core::Key key) {
  return rho * x + std::sqrt(1 - rho * rho) * normals(x.rows(), x.cols(), key);
}

TEST(Digamma, KnownValues) {
  const Digamma psi(1000);
  EXPECT_DOUBLE_EQ(psi(1), -std::numbers::egamma);
  EXPECT_NEAR(psi(2), 1 - std::numbers::egamma, 1e-15);
  // psi(1000) by its asymptotic series.
  EXPECT_NEAR(psi(1000), std::log(1000) - 1 / 2000.0 - 1 / 12e6, 1e-12);
}

// The four corners of a square and its centre, by hand: k = 1, so e_i is 1 for all, the corners'
// neighbour being the centre; strictly nearer in x are 1 (the corner below or above) for a corner,
// 0 for the centre.
TEST(Ksg, FivePointsByHand) {
  Matrix x(5, 1), y(5, 1);
  x << -1, -1, 1, 1, 0;
  y << -1, 1, -1, 1, 0;
  const Digamma psi(5);
  const auto local = ksg1_local(x, y, 1);
  for (int i = 0; i < 4; ++i) EXPECT_DOUBLE_EQ(local[i], psi(1) + psi(5) - 2 * psi(2));
  EXPECT_DOUBLE_EQ(local[4], psi(1) + psi(5) - 2 * psi(1));
}

TEST(Ksg, CorrelatedNormals) {
  const Matrix x = normals(4000, 1, core::Key(1));
  const Matrix y = correlated(x, 0.75, core::Key(2));
  const double truth = -0.5 * std::log(1 - 0.75 * 0.75);
  // The spread of KSG at n = 4000 is about .015 (Kraskov et al., figure 4).
  EXPECT_NEAR(mean_of(ksg1_local(x, y, 3)), truth, 0.04);
  EXPECT_NEAR(mean_of(ksg2_local(x, y, 3)), truth, 0.04);
  EXPECT_NEAR(mean_of(gao_local(x, y, 5)), truth, 0.05);
}

TEST(Ksg, IndependentDataScatterAroundZero) {
  double one = 0, two = 0;
  for (int run = 0; run < 30; ++run) {
    const Matrix x = normals(200, 1, core::Key(run).split("x"));
    const Matrix y = normals(200, 2, core::Key(run).split("y"));
    one += mean_of(ksg1_local(x, y, 3)) / 30;
    two += mean_of(ksg2_local(x, y, 3)) / 30;
  }
  EXPECT_NEAR(one, 0, 0.03);
  EXPECT_NEAR(two, 0, 0.03);
}

TEST(Ksg, CommonScaleAndOrderOfArgumentsDoNotMatter) {
  const Matrix x = normals(500, 1, core::Key(1));
  const Matrix y = correlated(x, 0.6, core::Key(2));
  // Powers of two scale float64 exactly, and the same for both keeps every comparison.
  const Matrix x4 = 4 * x, y4 = 4 * y;
  EXPECT_EQ(ksg1_local(x4, y4, 3), ksg1_local(x, y, 3));
  // Swapped, the same terms are added in another order.
  EXPECT_NEAR(mean_of(ksg1_local(y, x, 3)), mean_of(ksg1_local(x, y, 3)), 1e-13);
}

// A law with an atom: X = Y with probability 1/2 on {0, .., 4}, else independent there. Gao's
// estimate sees the plug-in value of its discrete data.
TEST(Gao, DiscreteDataGivesTheirMutualInformation) {
  core::Random random(core::Key(4));
  Matrix x(4000, 1), y(4000, 1);
  for (Index i = 0; i < 4000; ++i) {
    x(i, 0) = static_cast<double>(random.below(5));
    y(i, 0) = random.uniform() < 0.5 ? x(i, 0) : static_cast<double>(random.below(5));
  }
  const double truth = 0.6 * std::log(0.6 * 5) + 0.4 * std::log(0.1 * 5);
  EXPECT_NEAR(mean_of(gao_local(x, y, 5)), truth, 0.03);
}

// y = label + noise, uniform on [0, 1): intervals of length 1 that overlap by nothing at distance 1
// (I = H(label)), and wholly for equal labels (I = 0).
TEST(Ross, DisjointAndIndependent) {
  core::Random random(core::Key(5));
  std::vector<std::int32_t> labels;
  Matrix apart(3000, 1), alike(3000, 1);
  for (Index i = 0; i < 3000; ++i) {
    labels.push_back(static_cast<std::int32_t>(random.below(3)) - 1);
    alike(i, 0) = random.uniform();
    apart(i, 0) = 2 * labels.back() + random.uniform();
  }
  EXPECT_NEAR(mean_of(ross_local(labels, apart, 3)), std::log(3.0), 0.01);
  EXPECT_NEAR(mean_of(ross_local(labels, alike, 3)), 0, 0.03);
  // A label seen once is left out.
  labels[7] = 99;
  EXPECT_EQ(ross_local(labels, alike, 3).size(), 2999u);
}

TEST(Ross, RefusesBadInput) {
  const Matrix y = normals(4, 1, core::Key(1));
  const std::vector<std::int32_t> distinct{1, 2, 3, 4}, three{1, 1, 1};
  EXPECT_ERROR(ross_local(distinct, y, 3), core::DataError, "no label occurs twice");
  EXPECT_ERROR(ross_local(three, y, 3), core::InvalidArgument, "expected 3 rows");
}

TEST(ConditionalInformation, ChainAndCommonCause) {
  const Matrix z = normals(3000, 1, core::Key(1));
  const Matrix x = correlated(z, 0.8, core::Key(2));
  const Matrix y = correlated(z, 0.8, core::Key(3));
  EXPECT_NEAR(mean_of(conditional_local(x, y, z, 4)), 0, 0.04);
  // Given an independent z, it is I(X;Y).
  const Matrix w = normals(3000, 1, core::Key(5));
  const double truth = -0.5 * std::log(1 - 0.64 * 0.64);
  EXPECT_NEAR(mean_of(conditional_local(x, y, w, 4)), truth, 0.06);
}

// Unit normals with all correlations rho: det = (1-rho)^(m-1) (1+(m-1) rho).
double log_det(int m, double rho) {
  return (m - 1) * std::log(1 - rho) + std::log(1 + (m - 1) * rho);
}

TEST(TotalCorrelation, EquicorrelatedNormals) {
  const double rho = 0.5;
  const Matrix common = normals(4000, 1, core::Key(1));
  std::vector<Matrix> parts;
  for (int g = 0; g < 3; ++g) {
    parts.push_back(correlated(common, std::sqrt(rho), core::Key(2).split(g)));
  }
  const std::vector<MatrixView> groups(parts.begin(), parts.end());
  const double total = -0.5 * log_det(3, rho);
  // sum_g H(X_{-g}) - 2 H(all), the constants of normal entropies cancelling.
  const double dual = 0.5 * (3 * log_det(2, rho) - 2 * log_det(3, rho));
  const double tc = mean_of(total_correlation_local(groups, 4));
  const double dtc = mean_of(dual_total_correlation_local(groups, 4));
  EXPECT_NEAR(tc, total, 0.04);
  EXPECT_NEAR(dtc, dual, 0.06);
  EXPECT_NEAR(mean_of(o_information_local(groups, 4)), tc - dtc, 1e-12);
  const std::vector<MatrixView> two(parts.begin(), parts.begin() + 2);
  EXPECT_EQ(dual_total_correlation_local(two, 4).size(), 4000u);
  EXPECT_NEAR(mean_of(dual_total_correlation_local(two, 4)),
              mean_of(ksg1_local(parts[0], parts[1], 4)), 1e-12);
}

TEST(KlEntropy, NormalsAndScale) {
  for (const int d : {1, 3, 5}) {
    const Matrix x = normals(4000, d, core::Key(d));
    const double truth = 0.5 * d * std::log(2 * std::numbers::pi * std::numbers::e);
    const double h = mean_of(entropy_local(x, 3));
    EXPECT_NEAR(h, truth, 0.03 * d + 0.03);
    // h(aX) = h(X) + d log a.
    const Matrix scaled = 8 * x;
    EXPECT_NEAR(mean_of(entropy_local(scaled, 3)), h + d * std::log(8.0), 1e-9);
  }
}

TEST(KlEntropy, DuplicatesAreNamed) {
  Matrix x = normals(20, 2, core::Key(1));
  for (int i = 0; i < 4; ++i) x.row(5 + i) = x.row(5);
  EXPECT_ERROR(entropy_local(x, 3), core::DataError, "discrete.hpp");
}

TEST(Ksg, RefusesBadInput) {
  const Matrix x = normals(10, 1, core::Key(1)), y = normals(9, 1, core::Key(1));
  EXPECT_ERROR(ksg1_local(x, y, 3), core::InvalidArgument, "got 9");
  EXPECT_ERROR(ksg2_local(x, x, 10), core::InvalidArgument, "k < n");
  const std::vector<MatrixView> one{x};
  EXPECT_ERROR(total_correlation_local(one, 3), core::InvalidArgument, "2 to 31 groups");
}

}  // namespace
}  // namespace venturi::measure
