// The local nearest-neighbour Gaussian: its closed form against a numerical maximum of the local
// likelihood, its table of biases against simulated Poisson fields, its values on known laws.
#include "venturi/measure/local_gaussian.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <numbers>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/nearest_lists.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;
using core::Vector;

Matrix uniforms(Index n, Index d, Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (double& v : out.reshaped()) v = random.uniform();
  return out;
}

double normal_entropy(Index d) {
  return 0.5 * static_cast<double>(d) * std::log(2 * std::numbers::pi * std::numbers::e);
}

// 1, u_c, u_b u_c for b <= c.
Vector monomials(const Vector& u) {
  const Index d = u.size();
  Vector out(1 + d + d * (d + 1) / 2);
  out[0] = 1;
  out.segment(1, d) = u;
  for (Index c = 0, at = 1 + d; c < d; ++c) {
    for (Index b = 0; b <= c; ++b) out[at++] = u[b] * u[c];
  }
  return out;
}

// The points of a grid over the box [-reach, reach]^d.
std::vector<Vector> grid(Index d, double reach, double step) {
  const auto side = static_cast<Index>(2 * reach / step) + 1;
  std::vector<Vector> out;
  for (Index at = 0; at < (d == 1 ? side : side * side); ++at) {
    Vector u(d);
    u[0] = static_cast<double>(at % side) * step - reach;
    if (d == 2) u[1] = static_cast<double>(at / side) * step - reach;
    out.push_back(u);
  }
  return out;
}

// -a of the a + b'u + u'Au that maximises sum_j w_j (..)(u_j) - int w exp(..), by Newton's method
// on the sum over a grid in place of the integral.
double obvious_fit(const std::vector<Vector>& points, double reach, double step) {
  const Index d = points[0].size();
  const double cell = std::pow(step, static_cast<double>(d));
  Vector sums = Vector::Zero(monomials(points[0]).size());
  for (const Vector& u : points) sums += std::exp(-0.5 * u.squaredNorm()) * monomials(u);
  const std::vector<Vector> places = grid(d, reach, step);
  Eigen::MatrixXd rows(static_cast<Index>(places.size()), sums.size());
  Vector log_weights(rows.rows());
  for (std::size_t p = 0; p < places.size(); ++p) {
    rows.row(static_cast<Index>(p)) = monomials(places[p]);
    log_weights[static_cast<Index>(p)] = -0.5 * places[p].squaredNorm();
  }
  const auto masses = [&](const Vector& a) -> Vector {
    return cell * (rows * a + log_weights).array().exp();
  };
  Vector a = Vector::Zero(sums.size());
  a[0] = std::log(sums[0]) - 0.5 * static_cast<double>(d) * std::log(2 * std::numbers::pi);
  double value = sums.dot(a) - masses(a).sum();
  for (int round = 0; round < 200; ++round) {
    const Vector mass = masses(a);
    const Vector gradient = sums - rows.transpose() * mass;
    if (gradient.norm() < 1e-11 * sums.norm()) return -a[0];
    const Eigen::MatrixXd curvature = rows.transpose() * mass.asDiagonal() * rows;
    const Vector step_to = curvature.ldlt().solve(gradient);
    // Shorter until the likelihood grows; a step at the top changes nothing but rounding.
    for (double part = 1; part > 1e-9; part /= 2) {
      const Vector there = a + part * step_to;
      const double value_there = sums.dot(there) - masses(there).sum();
      if (!(value_there >= value - 1e-13 * std::fabs(value))) continue;
      a = there;
      value = value_there;
      break;
    }
  }
  ADD_FAILURE() << "no maximum was found";
  return 0;
}

// S0, S1, S2 of these points, added up as the header says.
double closed_fit(const std::vector<Vector>& points) {
  const Index d = points[0].size();
  double s0 = 0;
  Vector s1 = Vector::Zero(d);
  Eigen::MatrixXd s2 = Eigen::MatrixXd::Zero(d, d);
  for (const Vector& u : points) {
    const double w = std::exp(-0.5 * u.squaredNorm());
    s0 += w;
    s1 += w * u;
    s2 += w * u * u.transpose();
  }
  return local_fit_nats(s0, s1, s2);
}

// Grids of a fiftieth and a tenth of the kernel's width integrate Gaussians not much thinner than
// it to rounding (the trapezoid rule's error is exp(-2 pi^2 width^2 / step^2)).
TEST(LocalGaussian, ClosedFormIsTheMaximumOfTheLocalLikelihood) {
  for (int run = 0; run < 6; ++run) {
    const Index d = run % 2 + 1;
    core::Random random(Key(40).split(run));
    std::vector<Vector> points;
    for (int j = 0; j < 12; ++j) {
      Vector u(d);
      for (double& v : u) v = 0.8 * random.normal() + 0.3;  // off the middle
      if (d == 2) u[1] += 0.7 * u[0];
      points.push_back(u);
    }
    EXPECT_NEAR(closed_fit(points), obvious_fit(points, 12, d == 1 ? 0.02 : 0.1), 1e-8) << run;
  }
}

TEST(LocalGaussian, EqualsTheObviousSum) {
  for (const Index d : {1, 2, 3, 5}) {
    const Matrix x = normals(60, d, Key(41).split(d));
    const auto local = lnn_entropy_local(x, 5);
    const NearestLists lists(x, 5, Norm::euclidean);
    for (Index i = 0; i < 60; ++i) {
      const double r = lists.of(i)[4].distance;
      std::vector<Vector> points;
      for (Index j = 0; j < 60; ++j) {
        if (j != i) points.push_back((x.row(j) - x.row(i)).transpose() / r);
      }
      EXPECT_NEAR(local[i],
                  closed_fit(points) + std::log(59.0) + static_cast<double>(d) * std::log(r) -
                      lnn_bias(5, d),
                  1e-10);
    }
  }
}

// int_reach^inf u^power exp(-u^2/2) du.
double tail(double reach, Index power) {
  if (power == 0) return std::sqrt(std::numbers::pi / 2) * std::erfc(reach / std::sqrt(2.0));
  const double edge = std::exp(-0.5 * reach * reach);
  if (power == 1) return edge;
  return std::pow(reach, static_cast<double>(power - 1)) * edge +
         static_cast<double>(power - 1) * tail(reach, power - 2);
}

// -log f at the origin of a uniform Poisson field of density 1, whose k-th nearest point is the
// unit of length: the k nearest and all up to `reach` drawn, the rest by its mean.
double field_fit(int k, Index d, core::Random& random) {
  constexpr double kReach = 3.5;
  const auto columns = static_cast<double>(d);
  double s0 = 0;
  Vector s1 = Vector::Zero(d), u(d);
  Eigen::MatrixXd s2 = Eigen::MatrixXd::Zero(d, d);
  const auto add = [&](double radius) {
    for (double& v : u) v = random.normal();
    u *= radius / u.norm();
    const double w = std::exp(-0.5 * radius * radius);
    s0 += w;
    s1 += w * u;
    s2.noalias() += w * u * u.transpose();
  };
  double mass = 0;  // points expected within the unit ball: a sum of k exponentials
  for (int j = 0; j < k; ++j) mass -= std::log1p(-random.uniform());
  add(1);
  for (int j = 1; j < k; ++j) add(std::pow(random.uniform(), 1 / columns));
  for (double volume = 1;;) {
    volume -= std::log1p(-random.uniform()) / mass;
    const double radius = std::pow(volume, 1 / columns);
    if (radius > kReach) break;
    add(radius);
  }
  s0 += mass * columns * tail(kReach, d - 1);
  s2.diagonal().array() += mass * tail(kReach, d + 1);
  return local_fit_nats(s0, s1, s2) + std::log(mass) - log_ball_volume(d);
}

void expect_tabled_bias(int k, Index d, int fields) {
  double sum = 0, squares = 0;
  for (int f = 0; f < fields; ++f) {
    core::Random random(Key(42).split(k).split(d).split(f));
    const double found = field_fit(k, d, random);
    sum += found;
    squares += found * found;
  }
  const double mean = sum / fields;
  const double error = std::sqrt((squares / fields - mean * mean) / fields);
  // Both are simulated: four standard errors of the difference, the table's being .0015 at most.
  EXPECT_NEAR(lnn_bias(k, d), mean, 4 * std::hypot(error, 0.0015)) << k << " " << d;
}

TEST(LocalGaussian, BiasIsThatOfAUniformField) {
  expect_tabled_bias(4, 1, 20000);
  expect_tabled_bias(5, 1, 20000);
  expect_tabled_bias(5, 2, 20000);
  expect_tabled_bias(12, 2, 10000);
  expect_tabled_bias(4, 3, 5000);
  expect_tabled_bias(5, 4, 2000);
  expect_tabled_bias(8, 4, 1000);
}

TEST(SlowLocalGaussian, BiasIsThatOfAUniformField) {
  for (int k = 4; k <= 10; ++k) {
    for (Index d = 1; d <= 6; ++d) expect_tabled_bias(k, d, d < 4 ? 20000 : d < 6 ? 2000 : 300);
  }
}

// The mean of -log f over n draws has a standard error of sqrt(d/2n) for a normal and 0 for a
// uniform; the fit's own spread (its sd a row is .5 at most) adds .01. To three of these comes the
// bias that the header states.
TEST(LocalGaussian, EntropyOfNormals) {
  for (const Index d : {1, 2, 3, 5}) {
    EXPECT_NEAR(mean_of(lnn_entropy_local(normals(3000, d, Key(43)), 5)), normal_entropy(d), 0.1)
        << d;
  }
  // Log-quadratic: many columns do no harm.
  EXPECT_NEAR(mean_of(lnn_entropy_local(normals(2000, 8, Key(44)), 5)), normal_entropy(8), 0.15);
}

TEST(LocalGaussian, EntropyOfStronglyCorrelatedNormals) {
  for (const auto& [d, bias] : {std::pair{2, 0.05}, {3, 0.1}, {5, 0.14}}) {
    // One common column of variance 1, and .05^2 of each one's own.
    const Matrix own = normals(2000, d, Key(45)), common = normals(2000, 1, Key(46));
    const Matrix x = 0.05 * own + common.replicate(1, d);
    const double truth =
        normal_entropy(d) + d * std::log(0.05) + 0.5 * std::log1p(d / (0.05 * 0.05));
    EXPECT_NEAR(mean_of(lnn_entropy_local(x, 5)), truth + bias, 0.1) << d;
  }
}

TEST(LocalGaussian, EntropyOfUniforms) {
  for (const auto& [d, bias] : {std::pair{1, 0.01}, {2, 0.04}, {3, 0.18}, {5, 0.71}}) {
    const Matrix x = 3 * uniforms(2000, d, Key(47));
    EXPECT_NEAR(mean_of(lnn_entropy_local(x, 5)), d * std::log(3.0) + bias, 0.04) << d;
  }
}

TEST(LocalGaussian, ScalesAndTurns) {
  const Matrix x = normals(400, 3, Key(51));
  Eigen::Matrix3d turn;
  turn << 1, 2, 2, 2, 1, -2, 2, -2, 1;  // a rotation, times 3
  const double plain = mean_of(lnn_entropy_local(x, 6));
  EXPECT_NEAR(mean_of(lnn_entropy_local(Matrix(x * turn), 6)), plain + 3 * std::log(3.0), 1e-9);
}

TEST(LocalGaussian, Information) {
  const Matrix x = normals(2000, 2, Key(52));
  const Matrix y = 0.8 * x + 0.6 * normals(2000, 2, Key(53));
  EXPECT_NEAR(mean_of(lnn_local(x, y, 5)), -std::log(1 - 0.64), 0.1);
  EXPECT_NEAR(mean_of(lnn_local(x, normals(2000, 2, Key(54)), 5)), 0, 0.1);
}

// A line of width .001: cubes are too coarse for it.
TEST(LocalGaussian, InformationOfAThinLine) {
  const Matrix x = normals(1000, 1, Key(55)), y = x + 1e-3 * normals(1000, 1, Key(56));
  const double truth = 0.5 * std::log1p(1e6);
  EXPECT_LT(mean_of(ksg1_local(x, y, 5)), truth - 1.5);
  EXPECT_NEAR(mean_of(lnn_local(x, y, 5)), truth, 0.6);
}

TEST(LocalGaussian, RefusesBadInput) {
  Matrix x = normals(100, 2, Key(57));
  EXPECT_ERROR(lnn_entropy_local(x, 3), core::InvalidArgument, "k >= 4");
  EXPECT_ERROR(lnn_entropy_local(x, 100), core::InvalidArgument, "k < n");
  EXPECT_ERROR(lnn_local(x, x.topRows(99), 5), core::InvalidArgument, "100 rows");
  x.col(1) = x.col(0);
  EXPECT_ERROR(lnn_entropy_local(x, 5), core::DataError, "plane");
  x = (x.array() > 0).cast<double>();
  EXPECT_ERROR(lnn_entropy_local(x, 5), core::DataError, "coincide");
  x(0, 0) = std::nan("");
  EXPECT_ERROR(lnn_entropy_local(x, 5), core::DataError, "finite");
}

}  // namespace
}  // namespace venturi::measure
