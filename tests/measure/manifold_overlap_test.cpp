// Precision and recall by hand, against a double loop, and on hostile sets.
#include "venturi/measure/manifold_overlap.hpp"

#include <algorithm>
#include <cmath>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

struct Slow {
  double share = 0;
  std::vector<double> realism;
};
Slow slow_within(const Matrix& points, const Matrix& x, int k) {
  std::vector<double> radii;
  for (Index i = 0; i < x.rows(); ++i) {
    std::vector<double> all;
    for (Index j = 0; j < x.rows(); ++j) {
      if (j != i) all.push_back((x.row(i) - x.row(j)).norm());
    }
    std::sort(all.begin(), all.end());
    radii.push_back(all[static_cast<std::size_t>(k - 1)]);
  }
  std::vector<double> sorted = radii;
  std::sort(sorted.begin(), sorted.end());
  const double median = sorted[(sorted.size() - 1) / 2];
  Slow out;
  for (Index p = 0; p < points.rows(); ++p) {
    bool inside = false;
    double most = 0;
    for (Index i = 0; i < x.rows(); ++i) {
      const double d = (points.row(p) - x.row(i)).norm();
      inside = inside || d <= radii[i];
      if (radii[i] <= median) most = std::max(most, radii[i] / d);
    }
    out.share += inside ? 1.0 / static_cast<double>(points.rows()) : 0;
    out.realism.push_back(most);
  }
  return out;
}

TEST(ManifoldOverlap, EqualsTheDoubleLoop) {
  for (const int k : {1, 3, 10}) {
    const Matrix real = normals(120, 3, Key(9).split("real")),
                 made = 1.5 * normals(90, 3, Key(9).split("made"));
    const ManifoldOverlap found = manifold_overlap(real, made, k);
    const Slow precision = slow_within(made, real, k), recall = slow_within(real, made, k);
    EXPECT_NEAR(found.precision, precision.share, 1e-12);
    EXPECT_NEAR(found.recall, recall.share, 1e-12);
    for (std::size_t i = 0; i < 90; ++i) {
      EXPECT_NEAR(found.realism[i], precision.realism[i], 1e-12 * precision.realism[i]);
    }
  }
}

TEST(ManifoldOverlap, ByHand) {
  Matrix real(4, 1), made(3, 1);
  real << 0, 1, 3, 10;  // radii of one neighbour: 1, 1, 2, 7
  made << 2, 4.5, 20;   // radii 2.5, 2.5, 15.5
  const ManifoldOverlap found = manifold_overlap(real, made, 1);
  EXPECT_NEAR(found.precision, 2.0 / 3, 1e-12);
  EXPECT_NEAR(found.recall, 1, 1e-12);  // 0 in [2 - 2.5, ..], 10 in [4.5, 35.5]
  // Radii up to the (lower) median 1: points 0 and 1.
  EXPECT_NEAR(found.realism[0], 1, 1e-12);
  EXPECT_NEAR(found.realism[1], 1 / 3.5, 1e-12);
}

TEST(ManifoldOverlap, TheSameSetAndFarOnes) {
  const Matrix x = normals(200, 4, Key(9).split("x"));
  const ManifoldOverlap same = manifold_overlap(x, x, 3);
  EXPECT_EQ(same.precision, 1);
  EXPECT_EQ(same.recall, 1);
  const Matrix far = x.array() + 1000;
  const ManifoldOverlap none = manifold_overlap(x, far, 3);
  EXPECT_EQ(none.precision, 0);
  EXPECT_EQ(none.recall, 0);
  EXPECT_LT(*std::max_element(none.realism.begin(), none.realism.end()), 0.01);
}

TEST(ManifoldOverlap, RefusesWhatItCannotTake) {
  const Matrix x = normals(10, 2, Key(9).split("x"));
  EXPECT_ERROR(manifold_overlap(x, normals(10, 3, Key(9).split("y")), 3), core::InvalidArgument,
               "got 3");
  EXPECT_ERROR(manifold_overlap(x, x, 10), core::InvalidArgument, "k = 10");
  EXPECT_ERROR(manifold_overlap(x, x, 0), core::InvalidArgument, "k = 0");
  Matrix bad = x;
  bad(1, 1) = std::nan("");
  EXPECT_ERROR(manifold_overlap(x, bad, 3), core::DataError, "finite");
  const Matrix same = Matrix::Ones(10, 2);  // radii 0: only the point itself is within
  EXPECT_EQ(manifold_overlap(same, same, 3).precision, 1);
  EXPECT_EQ(manifold_overlap(same, x, 3).precision, 0);
}

}  // namespace
}  // namespace venturi::measure
