#include "venturi/measure/pair_models.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/known_laws.hpp"
#include "venturi/measure/normal_mixture.hpp"
#include "venturi/measure/student.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;
using core::Vector;
using Square = Eigen::MatrixXd;

constexpr const char* kWhere = "measure.pair_models";
const double kLogTwoPi = std::log(2 * std::numbers::pi);

Square correlation_of(const Square& scatter) {
  const Vector scale = scatter.diagonal().cwiseSqrt().cwiseInverse();
  return scale.asDiagonal() * scatter * scale.asDiagonal();
}

Eigen::LLT<Square> factor(const Square& correlation) {
  Eigen::LLT<Square> out(correlation);
  if (out.info() != Eigen::Success || out.matrixLLT().diagonal().minCoeff() < 1e-6) {
    core::fail_data(kWhere, "a column follows from the others");
  }
  return out;
}

double half_log_det(const Eigen::LLT<Square>& llt) {
  return llt.matrixLLT().diagonal().array().log().sum();
}

// z_i^T R^-1 z_i of each row.
Vector squares(const Eigen::LLT<Square>& llt, const MatrixView& z) {
  const Square inverse = llt.matrixL().solve(Square::Identity(z.cols(), z.cols()));
  return (z * inverse.transpose()).rowwise().squaredNorm();
}

Matrix normal_rows(Index n, const Square& correlation, core::Key key) {
  core::Random random(key);
  Matrix out(n, correlation.rows());
  for (double& v : out.reshaped()) v = random.normal();
  const Square lower = correlation.llt().matrixL();
  return out * lower.transpose();
}

// -1/2 log(det R / (det R_xx det R_yy)).
double gaussian_nats(const Square& r, Index dx) {
  const Index dy = r.rows() - dx;
  return half_log_det(factor(r.topLeftCorner(dx, dx))) +
         half_log_det(factor(r.bottomRightCorner(dy, dy))) - half_log_det(factor(r));
}

class GaussianCopula : public PairModel {
 public:
  GaussianCopula(const MatrixView& z, Index dx)
      : dx_(dx), n_(z.rows()), r_(correlation_of(Square(z.transpose() * z))) {
    factor(r_);
  }
  std::string name() const override { return "gaussian copula"; }
  LogDensities log_densities(const MatrixView& z) const override {
    const Index dy = z.cols() - dx_;
    return {of(r_, z), of(r_.topLeftCorner(dx_, dx_), z.leftCols(dx_)),
            of(r_.bottomRightCorner(dy, dy), z.rightCols(dy))};
  }
  Matrix draw(Index n, core::Key key) const override { return normal_rows(n, r_, key); }
  std::optional<double> nats() const override {
    return gaussian_nats(r_, dx_) - gaussian_bias_nats(n_, dx_, r_.rows() - dx_);
  }

 private:
  static Vector of(const Square& r, const MatrixView& z) {
    const auto llt = factor(r);
    const double constant = half_log_det(llt) + 0.5 * static_cast<double>(z.cols()) * kLogTwoPi;
    return (-0.5 * squares(llt, z).array() - constant).matrix();
  }
  Index dx_, n_;
  Square r_;
};

// t scores of normal scores, by a table that is exact at the n scores of ranks.
class StudentScores {
 public:
  StudentScores(double freedom, Index n) : n_(n), t_(student_scores(freedom, n)), gain_(n) {
    for (Index r = 0; r < n; ++r) {
      const double z = normal_quantile((static_cast<double>(r) + 0.5) / static_cast<double>(n));
      gain_[r] = -0.5 * z * z - 0.5 * kLogTwoPi - student_log_density(freedom, t_[r]);
    }
  }
  // w; gain: what ln density gains in each column by the change of variable.
  Matrix operator()(const MatrixView& z, Matrix& gain) const {
    Matrix out(z.rows(), z.cols());
    gain.resize(z.rows(), z.cols());
    for (Index i = 0; i < z.rows(); ++i) {
      for (Index c = 0; c < z.cols(); ++c) {
        const double at = std::clamp(normal_cdf(z(i, c)) * static_cast<double>(n_) - 0.5, 0.0,
                                     static_cast<double>(n_ - 1));
        const Index below = std::min(static_cast<Index>(at), n_ - 2);
        const double part = at - static_cast<double>(below);
        out(i, c) = (1 - part) * t_[below] + part * t_[below + 1];
        gain(i, c) = (1 - part) * gain_[below] + part * gain_[below + 1];
      }
    }
    return out;
  }

 private:
  Index n_;
  Vector t_, gain_;
};

class TCopula : public PairModel {
 public:
  // steps of expectation-maximisation from the dispersion `start`.
  TCopula(const MatrixView& z, Index dx, double freedom, Square start, int steps)
      : dx_(dx),
        n_(z.rows()),
        freedom_(freedom),
        r_(std::move(start)),
        scores_(freedom, std::clamp<Index>(z.rows(), 1000, 20000)) {
    const auto d = static_cast<double>(z.cols());
    Matrix gain;
    const Matrix w = scores_(z, gain);
    for (int s = 0; s < steps; ++s) {
      const Vector weight = (freedom + d) / (freedom + squares(factor(r_), w).array());
      r_ = correlation_of(Square(w.transpose() * weight.asDiagonal() * w));
    }
    mean_ = (of(r_, w) + Vector(gain.rowwise().sum())).mean();
  }
  std::string name() const override {
    return fmt::format("t copula of {:.3g} degrees of freedom", freedom_);
  }
  double mean_log_density() const { return mean_; }
  const Square& dispersion() const { return r_; }

  LogDensities log_densities(const MatrixView& z) const override {
    const Index dy = z.cols() - dx_;
    Matrix gain;
    const Matrix w = scores_(z, gain);
    return {of(r_, w) + gain.rowwise().sum(),
            of(r_.topLeftCorner(dx_, dx_), w.leftCols(dx_)) + gain.leftCols(dx_).rowwise().sum(),
            of(r_.bottomRightCorner(dy, dy), w.rightCols(dy)) + gain.rightCols(dy).rowwise().sum()};
  }
  Matrix draw(Index n, core::Key key) const override {
    Matrix out = normal_rows(n, r_, key.split("normal"));
    core::Random random(key.split("scale"));
    for (Index i = 0; i < n; ++i) {
      out.row(i) *= std::sqrt(freedom_ / (2 * gamma_draw(freedom_ / 2, random)));
    }
    return normal_scores(out);
  }
  std::optional<double> nats() const override {
    const Index dy = r_.rows() - dx_;
    return gaussian_nats(r_, dx_) - gaussian_bias_nats(n_, dx_, dy) +
           student_information_nats(freedom_, static_cast<double>(dx_), static_cast<double>(dy));
  }

 private:
  Vector of(const Square& r, const MatrixView& w) const {
    const auto llt = factor(r);
    const auto k = static_cast<double>(w.cols());
    const double constant = std::lgamma((freedom_ + k) / 2) - std::lgamma(freedom_ / 2) -
                            0.5 * k * std::log(freedom_ * std::numbers::pi) - half_log_det(llt);
    return (constant - 0.5 * (freedom_ + k) * (squares(llt, w).array() / freedom_).log1p())
        .matrix();
  }
  // Marsaglia, Tsang, ACM TOMS 26 (2000).
  static double gamma_draw(double shape, core::Random& random) {
    const double lift = shape < 1 ? std::pow(1 - random.uniform(), 1 / shape) : 1;
    const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double z = random.normal(), v = std::pow(1 + c * z, 3);
      if (v > 0 && std::log1p(-random.uniform()) < 0.5 * z * z + d - d * v + d * std::log(v)) {
        return lift * d * v;
      }
    }
  }

  Index dx_, n_;
  double freedom_;
  Square r_;
  StudentScores scores_;
  double mean_ = 0;
};

class Mixture : public PairModel {
 public:
  Mixture(const MatrixView& z, Index dx, int parts, core::Key key)
      : dx_(dx),
        both_(NormalMixture::fit(z, parts, z.cols() - dx, key)),
        x_(both_.marginal(0, dx)),
        y_(both_.marginal(dx, z.cols() - dx)) {}
  std::string name() const override {
    return fmt::format("mixture of {} normals", both_.parts().size());
  }
  LogDensities log_densities(const MatrixView& z) const override {
    return {both_.log_density(z), x_.log_density(z.leftCols(dx_)),
            y_.log_density(z.rightCols(z.cols() - dx_))};
  }
  Matrix draw(Index n, core::Key key) const override { return both_.draw(n, key); }

 private:
  Index dx_;
  NormalMixture both_, x_, y_;
};

// All canonical variates a = W_x z_x, b = W_y z_y: white on each side, cov(a_i, b_i) = rho_i.
struct Canonical {
  Square x, y;  // W_x, W_y: rows are directions, most correlated first
  Vector rho;
  double log_det_x, log_det_y;  // ln |det W|

  Canonical(const MatrixView& z, Index dx) {
    const Index dy = z.cols() - dx;
    const Square r = correlation_of(Square(z.transpose() * z));
    const auto lx = factor(r.topLeftCorner(dx, dx)), ly = factor(r.bottomRightCorner(dy, dy));
    Square cross = lx.matrixL().solve(r.topRightCorner(dx, dy));
    cross = ly.matrixL().solve(cross.transpose().eval()).transpose().eval();
    const Eigen::JacobiSVD<Square> svd(cross, Eigen::ComputeFullU | Eigen::ComputeFullV);
    rho = svd.singularValues().cwiseMin(1 - 1e-12);
    x = svd.matrixU().transpose() * Square(lx.matrixL().solve(Square::Identity(dx, dx)));
    y = svd.matrixV().transpose() * Square(ly.matrixL().solve(Square::Identity(dy, dy)));
    log_det_x = -half_log_det(lx);
    log_det_y = -half_log_det(ly);
  }
};

class LeadingPairs : public PairModel {
 public:
  LeadingPairs(const MatrixView& z, Index dx, Index pairs, int parts, core::Key key)
      : dx_(dx), pairs_(pairs), axes_(z, dx), lead_(leading(z), pairs, parts, key) {}
  std::string name() const override {
    return fmt::format("{} in {} canonical pairs", lead_.name(), pairs_);
  }
  LogDensities log_densities(const MatrixView& z) const override {
    const Matrix a = z.leftCols(dx_) * axes_.x.transpose();
    const Matrix b = z.rightCols(z.cols() - dx_) * axes_.y.transpose();
    Matrix lead(z.rows(), 2 * pairs_);
    lead << a.leftCols(pairs_), b.leftCols(pairs_);
    LogDensities out = lead_.log_densities(lead);
    const Vector x = rest(a).array() + axes_.log_det_x, y = rest(b).array() + axes_.log_det_y;
    out.x += x;
    out.y += y;
    out.both += x + y;
    for (Index i = pairs_; i < axes_.rho.size(); ++i) {
      const double r = axes_.rho[i], left = 1 - r * r;
      out.both.array() -= 0.5 * std::log(left) +
                          (0.5 * r * r * (a.col(i).array().square() + b.col(i).array().square()) -
                           r * a.col(i).array() * b.col(i).array()) /
                              left;
    }
    return out;
  }
  Matrix draw(Index n, core::Key key) const override {
    const Index dx = axes_.x.rows(), dy = axes_.y.rows();
    const Matrix lead = lead_.draw(n, key.split("lead"));
    core::Random random(key.split("rest"));
    Matrix a(n, dx), b(n, dy);
    for (double& v : a.reshaped()) v = random.normal();
    for (double& v : b.reshaped()) v = random.normal();
    for (Index i = pairs_; i < axes_.rho.size(); ++i) {
      const double r = axes_.rho[i];
      b.col(i) = r * a.col(i) + std::sqrt(1 - r * r) * b.col(i);
    }
    a.leftCols(pairs_) = lead.leftCols(pairs_);
    b.leftCols(pairs_) = lead.rightCols(pairs_);
    Matrix out(n, dx + dy);
    out.leftCols(dx) = axes_.x.partialPivLu().solve(a.transpose()).transpose();
    out.rightCols(dy) = axes_.y.partialPivLu().solve(b.transpose()).transpose();
    return out;
  }

 private:
  Matrix leading(const MatrixView& z) const {
    Matrix out(z.rows(), 2 * pairs_);
    out << z.leftCols(dx_) * axes_.x.topRows(pairs_).transpose(),
        z.rightCols(z.cols() - dx_) * axes_.y.topRows(pairs_).transpose();
    return out;
  }
  // ln density of the white columns after the leading ones.
  Vector rest(const Matrix& white) const {
    const Index left = white.cols() - pairs_;
    return (-0.5 * white.rightCols(left).rowwise().squaredNorm().array() -
            0.5 * static_cast<double>(left) * kLogTwoPi)
        .matrix();
  }
  Index dx_, pairs_;
  Canonical axes_;
  Mixture lead_;
};

}  // namespace

std::unique_ptr<PairModel> fit_gaussian_copula(const MatrixView& z, Index dx) {
  return std::make_unique<GaussianCopula>(z, dx);
}

std::unique_ptr<PairModel> fit_t_copula(const MatrixView& z, Index dx) {
  constexpr double kFirst = 0.5;
  constexpr int kPlaces = 8, kNear = 2, kLast = 6;  // v = 1/2, 1, 2, .. 64
  std::vector<double> log_freedom, reached;
  Square r = correlation_of(Square(z.transpose() * z));
  const auto at = [&](double log_v, int steps) {
    auto out = std::make_unique<TCopula>(z, dx, std::exp(log_v), r, steps);
    r = out->dispersion();
    return out;
  };
  std::size_t best = 0;
  for (int p = kPlaces - 1; p >= 0; --p) {  // from the nearly normal law down
    log_freedom.push_back(std::log(kFirst) + p * std::numbers::ln2);
    reached.push_back(at(log_freedom.back(), kNear)->mean_log_density());
    if (reached.back() > reached[best]) best = reached.size() - 1;
    if (reached.size() > best + 2) break;  // it falls
  }
  // The top of a parabola through the best of three places, twice, each time half as far apart.
  double top = log_freedom[best], step = std::numbers::ln2, height = reached[best];
  for (int round = 0; round < 2; ++round) {
    const double below = at(top - step / 2, kNear)->mean_log_density();
    const double above = at(top + step / 2, kNear)->mean_log_density();
    const double bend = 2 * height - below - above;
    const double move =
        bend > 0 ? std::clamp(0.25 * step * (above - below) / bend, -step, step) : 0.0;
    top += move;
    height = at(top, kNear)->mean_log_density();
    step /= 4;
  }
  return at(std::min(top, std::log(200.0)), kLast);
}

std::unique_ptr<PairModel> fit_mixture(const MatrixView& z, Index dx, int parts, core::Key key) {
  return std::make_unique<Mixture>(z, dx, parts, key);
}

std::unique_ptr<PairModel> fit_leading_pairs(const MatrixView& z, Index dx, Index pairs, int parts,
                                             core::Key key) {
  if (pairs < 1 || pairs > std::min(dx, z.cols() - dx)) {
    core::fail_argument(kWhere, "expected 1 <= pairs <= {}, got {}", std::min(dx, z.cols() - dx),
                        pairs);
  }
  return std::make_unique<LeadingPairs>(z, dx, pairs, parts, key);
}

Matrix canonical_variates(const MatrixView& z, Index dx, Index pairs) {
  const Canonical axes(z, dx);
  Matrix out(z.rows(), 2 * pairs);
  out << z.leftCols(dx) * axes.x.topRows(pairs).transpose(),
      z.rightCols(z.cols() - dx) * axes.y.topRows(pairs).transpose();
  return out;
}

}  // namespace venturi::measure
