// The laws of known_laws.hpp that choices inside the method auto were made on.
#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <cmath>
#include <numbers>
#include <utility>

#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/known_laws.hpp"
#include "venturi/measure/normal_mixture.hpp"
#include "venturi/measure/student.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;
using core::Random;
using core::Vector;
using Square = Eigen::MatrixXd;

Matrix normal_matrix(Index n, Index d, Key key) {
  Random random(key);
  Matrix out(n, d);
  for (double& v : out.reshaped()) v = random.normal();
  return out;
}

Pairs halves(const Matrix& both, Index dx) {
  return {both.leftCols(dx), both.rightCols(both.cols() - dx)};
}

// A correlation matrix of `common` random factors and as much noise.
Square random_correlation(Index d, Index common, Key key) {
  const Square load = normal_matrix(d, common, key);
  Square s = load * load.transpose();
  s.diagonal().array() += static_cast<double>(common);
  const Vector scale = s.diagonal().cwiseSqrt().cwiseInverse();
  return scale.asDiagonal() * s * scale.asDiagonal();
}

double log_det(const Square& s) {
  return 2 * Square(s.llt().matrixL()).diagonal().array().log().sum();
}

double normal_nats(const Square& s, Index dx) {
  const Index dy = s.rows() - dx;
  return 0.5 *
         (log_det(s.topLeftCorner(dx, dx)) + log_det(s.bottomRightCorner(dy, dy)) - log_det(s));
}

// A normal law, or with degrees of freedom a Student law, of given dispersion; `margin` bends each
// column.
KnownLaw elliptical(std::string name, const Square& s, Index dx, int freedom = 0,
                    double (*margin)(double) = nullptr) {
  double nats = normal_nats(s, dx);
  if (freedom > 0) {
    nats += student_information_nats(freedom, static_cast<double>(dx),
                                     static_cast<double>(s.rows() - dx));
  }
  const Square lower = s.llt().matrixL();
  return {std::move(name), nats, [=](Index n, Key key) {
            Matrix both = normal_matrix(n, lower.rows(), key.split("normal")) * lower.transpose();
            Random random(key.split("scale"));
            for (Index i = 0; freedom > 0 && i < n; ++i) {
              double chi2 = 0;
              for (int f = 0; f < freedom; ++f) chi2 += std::pow(random.normal(), 2);
              both.row(i) *= std::sqrt(freedom / chi2);
            }
            if (margin != nullptr) both = both.unaryExpr(margin);
            return halves(both, dx);
          }};
}

Square paired(Index d, Index pairs, double rho) {
  Square s = Square::Identity(2 * d, 2 * d);
  for (Index c = 0; c < pairs; ++c) s(c, d + c) = s(d + c, c) = rho;
  return s;
}

// y = f(x) + s e, x and e standard normal: h(Y) - h(s e), h(Y) by sums on grids.
double noisy_nats(double (*f)(double), double s) {
  constexpr int kX = 4001;
  const Vector x = Vector::LinSpaced(kX, -7, 7), at = x.unaryExpr(f);
  Vector mass = (-0.5 * x.array().square()).exp();
  mass /= mass.sum();
  const double low = at.minCoeff() - 8 * s, high = std::min(at.maxCoeff() + 8 * s, 400.0);
  const int steps = static_cast<int>(std::clamp((high - low) / (0.05 * s), 1000.0, 8000.0));
  const double width = (high - low) / steps;
  double h = 0;
  for (int i = 0; i <= steps; ++i) {
    const double y = low + width * i;
    const double p = (mass.array() * (-0.5 * ((y - at.array()) / s).square()).exp()).sum() /
                     (s * std::sqrt(2 * std::numbers::pi));
    if (p > 0) h -= p * std::log(p) * width;
  }
  return h - 0.5 * std::log(2 * std::numbers::pi * std::numbers::e * s * s);
}

// That pair of columns, and as many of noise as make d a side.
KnownLaw noisy(std::string name, double (*f)(double), double s, Index d = 1) {
  return {std::move(name), noisy_nats(f, s), [=](Index n, Key key) {
            Pairs out = halves(normal_matrix(n, 2 * d, key), d);
            for (Index i = 0; i < n; ++i) out.y(i, 0) = f(out.x(i, 0)) + s * out.y(i, 0);
            return out;
          }};
}

// The mean of c ln c over the unit square, on normal scores.
double copula_nats(double (*log_density)(double u, double v)) {
  constexpr int kSteps = 1200;
  constexpr double kFar = 6;
  Vector z = Vector::LinSpaced(kSteps, -kFar, kFar), mass = (-0.5 * z.array().square()).exp();
  mass /= mass.sum();
  double sum = 0, total = 0;
  for (int i = 0; i < kSteps; ++i) {
    for (int j = 0; j < kSteps; ++j) {
      const double log_c = log_density(normal_cdf(z[i]), normal_cdf(z[j]));
      const double p = mass[i] * mass[j] * std::exp(log_c);
      sum += p * log_c;
      total += p;
    }
  }
  return sum / total;
}

constexpr double kTheta = 2;  // of both

double clayton_log_density(double u, double v) {
  return std::log(1 + kTheta) - (1 + kTheta) * std::log(u * v) -
         (2 + 1 / kTheta) * std::log(std::pow(u, -kTheta) + std::pow(v, -kTheta) - 1);
}

double gumbel_log_density(double u, double v) {
  const double a = -std::log(u), b = -std::log(v);
  const double s = std::pow(a, kTheta) + std::pow(b, kTheta), r = std::pow(s, 1 / kTheta);
  return -r - std::log(u * v) + (kTheta - 1) * std::log(a * b) + (2 / kTheta - 2) * std::log(s) +
         std::log1p((kTheta - 1) / r);
}

KnownLaw clayton() {
  return {"Clayton 2", copula_nats(clayton_log_density), [](Index n, Key key) {
            Random random(key);
            Pairs out{Matrix(n, 1), Matrix(n, 1)};
            for (Index i = 0; i < n; ++i) {
              const double u = 1 - random.uniform(), w = 1 - random.uniform();
              out.x(i, 0) = u;
              out.y(i, 0) =
                  std::pow(std::pow(u, -kTheta) * (std::pow(w, -kTheta / (1 + kTheta)) - 1) + 1,
                           -1 / kTheta);
            }
            return out;
          }};
}

// A common positive stable scale of index 1/2, which is 1/(2 chi^2), over two exponentials.
KnownLaw gumbel() {
  return {"Gumbel 2", copula_nats(gumbel_log_density), [](Index n, Key key) {
            Random random(key);
            Pairs out{Matrix(n, 1), Matrix(n, 1)};
            for (Index i = 0; i < n; ++i) {
              const double scale = 0.5 / std::pow(random.normal(), 2);
              for (Matrix* side : {&out.x, &out.y}) {
                const double e = -std::log1p(-random.uniform());
                (*side)(i, 0) = std::exp(-std::sqrt(e / scale));
              }
            }
            return out;
          }};
}

MixtureLaw random_mixture(Index dx, Index dy, int parts, double nats) {
  const std::string name = fmt::format("mixture of {} in {}x{}", parts, dx, dy);
  const Key key = Key(91).split(name);
  Random random(key);
  std::vector<NormalMixture::Part> list;
  for (int k = 0; k < parts; ++k) {
    Vector mean(dx + dy);
    for (double& v : mean) v = 1.5 * random.normal();
    list.push_back({1.0 / parts, mean,
                    random_correlation(dx + dy, 2, key.split(static_cast<std::uint64_t>(k)))});
  }
  const NormalMixture both(list);
  MixtureLaw out;
  out.name = name;
  out.nats = nats;
  out.nats_error = 0.0011;
  out.draw = [=](Index n, Key k) { return halves(both.draw(n, k), dx); };
  out.pointwise = [=](Index n, Key k) {
    const Matrix z = both.draw(n, k);
    const Vector ratio = both.log_density(z) - both.marginal(0, dx).log_density(z.leftCols(dx)) -
                         both.marginal(dx, dy).log_density(z.rightCols(dy));
    return std::vector<double>(ratio.begin(), ratio.end());
  };
  return out;
}

// Columns c + 1 of each side move c by its square: volumes are kept.
KnownLaw sheared(KnownLaw base, double by) {
  return {"sheared " + base.name, base.nats, [draw = base.draw, by](Index n, Key key) {
            Pairs out = draw(n, key);
            for (Matrix* side : {&out.x, &out.y}) {
              for (Index c = 0; c + 1 < side->cols(); ++c) {
                side->col(c).array() += by * side->col(c + 1).array().square();
              }
            }
            return out;
          }};
}

// x on a closed curve in three columns, y its angle with noise.
KnownLaw ring() {
  constexpr double kNoise = 0.4;  // radians: the wrapped normal is normal but for 1e-13
  return {"ring 3x1",
          std::log(2 * std::numbers::pi) -
              0.5 * std::log(2 * std::numbers::pi * std::numbers::e * kNoise * kNoise),
          [](Index n, Key key) {
            Random random(key);
            Pairs out{Matrix(n, 3), Matrix(n, 1)};
            for (Index i = 0; i < n; ++i) {
              const double a = 2 * std::numbers::pi * random.uniform();
              out.x.row(i) << std::cos(a), std::sin(a), std::cos(2 * a);
              const double b = a + kNoise * random.normal();
              out.y(i, 0) = b - 2 * std::numbers::pi * std::floor(b / (2 * std::numbers::pi));
            }
            return out;
          }};
}

}  // namespace

std::vector<KnownLaw> tuning_laws() {
  const auto correlation = [](Index d, Index common) {
    return random_correlation(d, common, Key(17).split(static_cast<std::uint64_t>(d)));
  };
  const auto exponential = [](double v) { return std::exp(std::clamp(v, -300.0, 300.0)); };
  const auto cubic = [](double v) { return v * v * v; };
  const auto wave = [](double v) { return std::sin(3 * v); };
  const auto square = [](double v) { return v * v; };
  const auto steep = [](double v) { return 3 * std::tanh(2 * v) + v; };
  std::vector<KnownLaw> out{
      elliptical("normal 4x4", correlation(8, 2), 4),
      elliptical("normal 12x8", correlation(20, 4), 12),
      elliptical("normal 40x4, exp", correlation(44, 6), 40, 0, exponential),
      elliptical("independent 3x3", paired(3, 0, 0), 3),
      elliptical("independent 8x8, cubed", paired(8, 0, 0), 8, 0, cubic),
      elliptical("Student 1x1 dof 4", paired(1, 1, 0.6), 1, 4),
      elliptical("Student 2x3 dof 1, cubed", correlation(5, 2), 2, 1, cubic),
      elliptical("Student 4x4 dof 5, exp", correlation(8, 3), 4, 5, exponential),
      elliptical("Student 8x8 dof 4", paired(8, 2, 0.7), 8, 4),
      elliptical("normal 3x3 of 6 nats", paired(3, 3, std::sqrt(-std::expm1(-4.0))), 3),
      elliptical("Student 2x2 dof 3 of 5 nats", paired(2, 2, std::sqrt(-std::expm1(-4.8))), 2, 3),
      noisy("sine 1x1", wave, 0.3),
      noisy("parabola 1x1", square, 0.5),
      noisy("steep 1x1", steep, 0.1),
      noisy("sine 3x3", wave, 0.3, 3),
      noisy("cubic 8x8", cubic, 1, 8),
      noisy("parabola 8x8", square, 0.5, 8),
      clayton(),
      gumbel(),
      sheared(elliptical("pairs 2x2", paired(2, 2, 0.7), 2), 0.5),
      sheared(elliptical("pairs 4x4", paired(4, 2, 0.7), 4), 0.3),
      sheared(elliptical("pairs 12x12", paired(12, 2, 0.7), 12), 0.3),
      ring()};
  for (MixtureLaw& law : tuning_mixtures()) out.push_back(std::move(law));
  return out;
}

std::vector<MixtureLaw> tuning_mixtures() {
  return {random_mixture(1, 1, 3, 0.1013), random_mixture(2, 1, 6, 0.2548),
          random_mixture(2, 2, 4, 0.5669), random_mixture(3, 3, 5, 1.0092),
          random_mixture(6, 6, 3, 1.6901), random_mixture(20, 2, 3, 0.9887)};
}

}  // namespace venturi::measure
