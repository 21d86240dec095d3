// Disentanglement metrics: closed forms, a slow oracle, invariances.
#include "venturi/measure/disentanglement.hpp"

#include <cmath>
#include <map>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

Matrix uniform_labels(Index n, Index d, int kinds, Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (double& v : out.reshaped<Eigen::RowMajor>()) v = static_cast<double>(random.below(kinds));
  return out;
}

// Every combination of 4 values of 3 factors, twice.
Matrix grid() {
  Matrix out(128, 3);
  for (int i = 0; i < 128; ++i) out.row(i) << i % 4, i / 4 % 4, i / 16 % 4;
  return out;
}

TEST(MutualInformationGap, ByHand) {
  const Matrix f = grid();
  EXPECT_NEAR(mutual_information_gap(f, f), 1, 1e-12);
  EXPECT_NEAR(mutual_information_gap(-2 * f.rowwise().reverse(), f), 1, 1e-12);
  Matrix doubled(128, 6);
  doubled << f, f;
  EXPECT_NEAR(mutual_information_gap(doubled, f), 0, 1e-12);
  // The first latent knows one bit of factor 0, the second all of factor 1, none of factor 2.
  Matrix half(128, 2);
  half.col(0) = (f.col(0).array() >= 2).cast<double>();
  half.col(1) = f.col(1);
  EXPECT_NEAR(mutual_information_gap(half, f), (0.5 + 1 + 0) / 3, 1e-12);
}

// Entropies by maps of counts.
double slow_information(const Matrix& a, Index i, const Matrix& b, Index j) {
  std::map<double, double> pa, pb;
  std::map<std::pair<double, double>, double> pab;
  const auto n = static_cast<double>(a.rows());
  for (Index r = 0; r < a.rows(); ++r) {
    pa[a(r, i)] += 1 / n;
    pb[b(r, j)] += 1 / n;
    pab[{a(r, i), b(r, j)}] += 1 / n;
  }
  double out = 0;
  for (const auto& [key, p] : pab) out += p * std::log(p / pa[key.first] / pb[key.second]);
  return out;
}

TEST(InfoMec, DiscreteAgainstASlowCount) {
  const Matrix factors = uniform_labels(300, 3, 3, Key(1));
  Matrix codes = uniform_labels(300, 4, 3, Key(2));
  codes.col(0) = factors.col(0);
  codes.col(1) = factors.col(1) + factors.col(2);
  const InfoMec found = info_mec(codes, factors);
  Matrix nmi(3, 4);
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 4; ++j) {
      nmi(i, j) = slow_information(factors, i, codes, j) / slow_information(factors, i, factors, i);
    }
  }
  EXPECT_LT((found.nmi - nmi).cwiseAbs().maxCoeff(), 1e-12);
  double m = 0, c = 0;
  for (Index j = 0; j < 4; ++j) m += nmi.col(j).maxCoeff() / nmi.col(j).sum() / 4;
  for (Index i = 0; i < 3; ++i) c += nmi.row(i).maxCoeff() / nmi.row(i).sum() / 3;
  EXPECT_NEAR(found.modularity, (m - 1.0 / 3) / (2.0 / 3), 1e-12);
  EXPECT_NEAR(found.compactness, (c - 0.25) / 0.75, 1e-12);
  EXPECT_EQ(found.active, 4);
}

TEST(InfoMec, OneOnTheFactorsThemselves) {
  const Matrix f = grid();
  const InfoMec found = info_mec(f, f);
  EXPECT_NEAR(found.modularity, 1, 1e-12);
  EXPECT_NEAR(found.compactness, 1, 1e-12);
  EXPECT_GT(found.explicitness, 0.999);
  // A latent that never moves is left out, in any case.
  Matrix padded(128, 4);
  padded << f, Matrix::Ones(128, 1);
  EXPECT_EQ(info_mec(padded, f).active, 3);
  EXPECT_NEAR(info_mec(padded, f).modularity, 1, 1e-12);
}

TEST(InfoMec, ContinuousLatents) {
  const Matrix f = uniform_labels(2000, 2, 3, Key(3));
  Matrix codes(2000, 3);
  codes << f + 0.02 * normals(2000, 2, Key(9).split("noise")),
      0.01 * normals(2000, 1, Key(9).split("still"));
  const InfoMec found = info_mec(codes, f);
  EXPECT_EQ(found.active, 2);  // the third is within a twentieth of the widest
  EXPECT_GT(found.modularity, 0.95);
  EXPECT_GT(found.compactness, 0.95);
  // Three levels are not linearly separable pairwise against the middle, but as softmax they are.
  EXPECT_GT(found.explicitness, 0.95);
  const InfoMec scaled = info_mec(1000 * codes, f);
  EXPECT_NEAR(scaled.modularity, found.modularity, 1e-9);
  // Sources that the codes know nothing of.
  const InfoMec none = info_mec(normals(2000, 2, Key(9).split("none")), f);
  EXPECT_LT(none.explicitness, 0.02);
}

TEST(SeparatedPredictability, SquaredCorrelations) {
  const Matrix f = grid();
  EXPECT_NEAR(separated_predictability(5 - 3 * f.array(), f), 1, 1e-12);
  // Latent 0 is the sum of two independent factors of one variance: it explains half of each.
  Matrix codes(128, 2);
  codes.col(0) = f.col(0) + f.col(1);
  codes.col(1) = f.col(2);
  EXPECT_NEAR(separated_predictability(codes, f), (0.5 + 0.5 + 1) / 3, 1e-12);
}

TEST(Disentanglement, RefusesWhatItCannotTake) {
  const Matrix f = grid();
  EXPECT_ERROR(info_mec(f.topRows(100), f), core::InvalidArgument, "100*3 and 128*3");
  EXPECT_ERROR(info_mec(f.leftCols(1), f), core::DataError, "two latents");
  EXPECT_ERROR(info_mec(f, f.leftCols(1)), core::DataError, "two sources");
  EXPECT_ERROR(info_mec(f, normals(128, 2, Key(9).split("f"))), core::DataError,
               "source 0 has 128");
  EXPECT_ERROR(info_mec(f, Matrix::Ones(128, 2)), core::DataError, "source 0 has 1");
  EXPECT_ERROR(info_mec(Matrix::Ones(128, 2), f), core::DataError, "active");
  Matrix bad = f;
  bad(0, 0) = std::numeric_limits<double>::infinity();
  EXPECT_ERROR(mutual_information_gap(bad, f), core::DataError, "finite");
  EXPECT_ERROR(mutual_information_gap(f, f, 0), core::InvalidArgument, "");
}

}  // namespace
}  // namespace venturi::measure
