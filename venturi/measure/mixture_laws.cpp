// The mixtures of known_laws.hpp.
#include <Eigen/Cholesky>
#include <cmath>
#include <numbers>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/measure/known_laws.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;
using core::Random;
using core::Vector;

// N(mean, L L^T) of some of the coordinates.
class Normal {
 public:
  Normal(Vector mean, const Eigen::MatrixXd& covariance)
      : mean_(std::move(mean)), factor_(covariance.llt().matrixL()) {
    log_scale_ = factor_.diagonal().array().log().sum() +
                 0.5 * static_cast<double>(mean_.size()) * std::log(2 * std::numbers::pi);
  }
  double log_density(const Vector& v) const {
    const Vector z = factor_.triangularView<Eigen::Lower>().solve(v - mean_);
    return -0.5 * z.squaredNorm() - log_scale_;
  }
  Vector draw(Random& random) const {
    Vector z(mean_.size());
    for (double& v : z) v = random.normal();
    return mean_ + factor_ * z;
  }

 private:
  Vector mean_;
  Eigen::MatrixXd factor_;
  double log_scale_ = 0;
};

// Equally or otherwise weighted normals of (x, y), x the first dx coordinates.
class Mixture {
 public:
  explicit Mixture(Index dx) : dx_(dx) {}
  void add(double weight, const Vector& mean, const Eigen::MatrixXd& covariance) {
    const Index dy = mean.size() - dx_;
    parts_.push_back({weight, Normal(mean, covariance),
                      Normal(mean.head(dx_), covariance.topLeftCorner(dx_, dx_)),
                      Normal(mean.tail(dy), covariance.bottomRightCorner(dy, dy))});
    total_ += weight;
  }
  Vector draw(Random& random) const {
    double left = total_ * random.uniform();
    std::size_t part = 0;
    while (part + 1 < parts_.size() && left >= parts_[part].weight) left -= parts_[part++].weight;
    return parts_[part].both.draw(random);
  }
  Pairs draw(Index n, Key key) const {
    Random random(key);
    Pairs out{Matrix(n, dx_), Matrix()};
    for (Index i = 0; i < n; ++i) {
      const Vector v = draw(random);
      if (i == 0) out.y.resize(n, v.size() - dx_);
      out.x.row(i) = v.head(dx_).transpose();
      out.y.row(i) = v.tail(v.size() - dx_).transpose();
    }
    return out;
  }
  std::vector<double> pointwise(Index n, Key key) const {
    Random random(key);
    std::vector<double> out;
    for (Index i = 0; i < n; ++i) {
      const Vector v = draw(random);
      const Vector x = v.head(dx_), y = v.tail(v.size() - dx_);
      out.push_back(log_sum([&](const Part& p) { return p.both.log_density(v); }) -
                    log_sum([&](const Part& p) { return p.x.log_density(x); }) -
                    log_sum([&](const Part& p) { return p.y.log_density(y); }));
    }
    return out;
  }

 private:
  struct Part {
    double weight;
    Normal both, x, y;
  };
  template <class F>
  double log_sum(F log_density) const {
    double most = -std::numeric_limits<double>::infinity(), sum = 0;
    for (const Part& p : parts_) {
      const double term = std::log(p.weight / total_) + log_density(p);
      sum = term > most ? sum * std::exp(most - term) + 1 : sum + std::exp(term - most);
      most = std::max(most, term);
    }
    return most + std::log(sum);
  }

  Index dx_;
  double total_ = 0;
  std::vector<Part> parts_;
};

// `bend` maps the x of one sample; the truth does not change with it.
template <class F>
MixtureLaw law(std::string name, double nats, double nats_error, const Mixture& mixture, F bend) {
  MixtureLaw out;
  out.name = std::move(name);
  out.nats = nats;
  out.nats_error = nats_error;
  out.draw = [mixture, bend](Index n, Key key) {
    Pairs drawn = mixture.draw(n, key);
    for (Index i = 0; i < n; ++i) bend(drawn.x.row(i));
    return drawn;
  };
  out.pointwise = [mixture](Index n, Key key) { return mixture.pointwise(n, key); };
  return out;
}

using Row = Eigen::Ref<Eigen::RowVectorXd>;
constexpr auto kAsDrawn = [](const Row&) {};

Mixture crossed() {
  Mixture out(1);
  for (const double rho : {-0.9, 0.9}) {
    out.add(1, Vector::Zero(2), 0.3 * Eigen::Matrix2d{{1, rho}, {rho, 1}});
  }
  return out;
}

Mixture letters() {
  const auto flat = [](double a, double b) -> Eigen::MatrixXd {
    return Eigen::Vector2d(a, b).asDiagonal();
  };
  Mixture out(1);
  out.add(1, Eigen::Vector2d(1, 0), flat(0.01, 0.2));
  out.add(1, Eigen::Vector2d(1, 1), flat(0.05, 0.001));
  out.add(1, Eigen::Vector2d(1, -1), flat(0.05, 0.001));
  out.add(1, Eigen::Vector2d(-0.8, -0.2), flat(0.03, 0.001));
  const double c = 0.95 * std::sqrt(0.04 * 0.2);
  out.add(1, Eigen::Vector2d(-1.2, 0), Eigen::Matrix2d{{0.04, c}, {c, 0.2}});
  out.add(1, Eigen::Vector2d(-0.4, 0), Eigen::Matrix2d{{0.04, -c}, {-c, 0.2}});
  return out;
}

Mixture galaxy() {
  Mixture out(2);
  for (const double at : {-1.5, 1.5}) {
    out.add(1, Eigen::Vector3d::Constant(at), Eigen::Matrix3d::Identity());
  }
  return out;
}

Mixture waves() {
  Mixture out(2);
  for (int k = 0; k < 12; ++k) {
    out.add(1, 1.5 * Eigen::Vector3d(k, 0, k % 4), Eigen::Vector3d(0.1, 1, 0.1).asDiagonal());
  }
  return out;
}

Mixture shells(Index d, int count) {
  Mixture out(d);
  for (int k = 1; k <= count; ++k) {
    Vector mean = Vector::Zero(d + 1), variance = Vector::Constant(d + 1, double(k) * k);
    mean[d] = k;
    variance[d] = 1e-4;
    out.add(1, mean, variance.asDiagonal());
  }
  return out;
}

// d*d normals, two pairs of which have correlation .8 in a part 1 - a of the samples.
Mixture diluted(Index d, double a) {
  Mixture out(d);
  const Vector mean = Vector::Zero(2 * d);
  const Eigen::MatrixXd unit = Eigen::MatrixXd::Identity(2 * d, 2 * d);
  Eigen::MatrixXd tied = unit;
  for (Index c = 0; c < 2; ++c) tied(c, d + c) = tied(d + c, c) = 0.8;
  out.add(1 - a, mean, tied);
  out.add(a, mean, unit);
  return out;
}

}  // namespace

std::vector<MixtureLaw> mixture_laws() {
  const auto swirl = [](Row x) {
    const double angle = 0.5 * x.squaredNorm(), a = x[0], b = x[1];
    x[0] = 0.3 * (std::cos(angle) * a - std::sin(angle) * b);
    x[1] = 0.3 * (std::sin(angle) * a + std::cos(angle) * b);
  };
  const auto wave = [](Row x) {
    x[0] = 0.1 * (x[0] + 5 * std::sin(3 * x[1])) - 0.8;
    x[1] *= 0.5;
  };
  return {law("X", 0.408, 0.004, crossed(), kAsDrawn),
          law("AI", 0.777, 0.004, letters(), kAsDrawn),
          law("Galaxy 2x1", 0.493, 0.004, galaxy(), swirl),
          law("Waves 2x1", 1.307, 0.004, waves(), wave),
          law("Shells 3x1, 5", 0.455, 0.004, shells(3, 5), kAsDrawn),
          law("Shells 5x1, 5", 0.628, 0.004, shells(5, 5), kAsDrawn),
          law("Shells 3x1, 10", 0.564, 0.004, shells(3, 10), kAsDrawn),
          law("Shells 5x1, 10", 0.748, 0.004, shells(5, 10), kAsDrawn),
          law("Shells 25x1, 5", 1.193, 0.004, shells(25, 5), kAsDrawn),
          law("Diluted 5x5, 0.2", 0.634, 0.004, diluted(5, 0.2), kAsDrawn),
          law("Diluted 5x5, 0.5", 0.272, 0.004, diluted(5, 0.5), kAsDrawn)};
}

}  // namespace venturi::measure
