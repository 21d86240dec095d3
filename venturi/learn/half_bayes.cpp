#include "venturi/learn/half_bayes.hpp"

#include <Eigen/Cholesky>
#include <array>
#include <cmath>
#include <numbers>

#include "venturi/core/views.hpp"
#include "venturi/learn/adam.hpp"
#include "venturi/learn/channel.hpp"
#include "venturi/learn/traces.hpp"

namespace venturi::learn {
namespace {

using core::Figure;
using core::Index;
using core::Matrix;
using core::Vector;
using tensor::Tensor;

constexpr Index kSamples = 40, kColumns = 20;
constexpr double kNoise = 1;  // variance s^2

const double kLog2Pi = std::log(2 * std::numbers::pi);

// Mean of -log N(a; b, variance) for |a - b|^2 of these means.
double normal_nats(double squared, double variance) {
  return 0.5 * (kLog2Pi + std::log(variance) + squared / variance);
}

Matrix normals(Index rows, Index columns, core::Key key) {
  core::Random random(key);
  Matrix out(rows, columns);
  for (double& v : out.reshaped<Eigen::RowMajor>()) v = random.normal();
  return out;
}

struct Regression {
  Matrix x;
  Vector theta, y;
};

Regression draw(core::Key key) {
  Regression out{.x = normals(kSamples, kColumns, key.split("x")), .theta = {}, .y = {}};
  out.theta = normals(kColumns, 1, key.split("theta")).col(0) / std::sqrt(double{kColumns});
  out.y = out.x * out.theta + std::sqrt(kNoise) * normals(kSamples, 1, key.split("noise")).col(0);
  return out;
}

// A fitted law of y: N(w'x, s^2 + spread(x)), spread constant or x'Sx.
struct Fitted {
  Vector w;
  double spread = 0;
  Matrix covariance;
  double objective = 0;

  // Mean over rows of the expected -log density of a new y at x.
  double risk(const Matrix& x, const Vector& theta) const {
    double sum = 0;
    for (Index i = 0; i < x.rows(); ++i) {
      const double miss = x.row(i).dot(w - theta);
      const double wide =
          covariance.size() > 0 ? x.row(i).dot(covariance * x.row(i).transpose()) : 0.0;
      sum += normal_nats(miss * miss + kNoise, kNoise + spread + wide);
    }
    return sum / static_cast<double>(x.rows());
  }
};

std::array<Fitted, 3> fit(const Regression& p) {
  const auto n = static_cast<double>(kSamples);
  const Matrix square = p.x.transpose() * p.x;
  std::array<Fitted, 3> out;
  auto& [empirical, vib, bayes] = out;
  empirical.w = square.ldlt().solve(p.x.transpose() * p.y);
  empirical.objective = normal_nats((p.y - p.x * empirical.w).squaredNorm() / n, kNoise);
  vib.w = empirical.w / (1 + kNoise);
  vib.spread = kNoise / (1 + kNoise);
  const Vector mean = p.x * vib.w;
  vib.objective = normal_nats((p.y - mean).squaredNorm() / n + vib.spread, kNoise) +
                  0.5 * (mean.squaredNorm() / n + vib.spread - 1 - std::log(vib.spread));
  const Matrix precision =
      square / kNoise + double{kColumns} * Matrix::Identity(kColumns, kColumns);
  const Eigen::LLT<Matrix> root(precision);
  bayes.covariance = root.solve(Matrix::Identity(kColumns, kColumns));
  bayes.w = bayes.covariance * p.x.transpose() * p.y / kNoise;
  const Matrix evidence =
      kNoise * Matrix::Identity(kSamples, kSamples) + p.x * p.x.transpose() / double{kColumns};
  const Eigen::LLT<Matrix> of_evidence(evidence);
  const double log_determinant = 2 * Matrix(of_evidence.matrixL()).diagonal().array().log().sum();
  bayes.objective = 0.5 * (kLog2Pi + (log_determinant + p.y.dot(of_evidence.solve(p.y))) / n);
  return out;
}

struct Conjugate {
  double descended = 0, formula = 0, risk = 0;
};

// A law for each sample, by descent on drawn z.
Conjugate conjugate(const Regression& p, int steps, core::Key key) {
  const Tensor y = tensor::from_matrix(core::MatrixF(p.y.cast<float>())).squeeze(1);
  Tensor values = torch::zeros({2 * kSamples}).requires_grad_();
  Tensor slope = torch::zeros({2 * kSamples});
  Tensor detached = values.detach();
  Adam adam(detached, slope, 0, {});
  auto generator = tensor::make_generator(key, torch::kCPU);
  const auto parts = [&] { return values.view({2, kSamples}); };
  const auto kl = [&] {
    const Tensor zero = torch::zeros({1});
    return gaussian_kl_nats(parts()[0].unsqueeze(1), parts()[1].unsqueeze(1), zero, zero);
  };
  for (int s = 0; s < steps; ++s) {
    const Tensor noise = torch::empty({16, kSamples}).normal_(0, 1, generator);
    const Tensor z = parts()[0] + parts()[1].exp() * noise;
    const Tensor loss = ((y - z).square() / (2 * kNoise)).mean(0).sum() + kl().sum();
    slope.copy_(torch::autograd::grad({loss}, {values})[0]);
    adam.step(0.02 * (1 - static_cast<double>(s) / steps));
  }
  const torch::NoGradGuard no_grad;
  const Tensor mean = parts()[0], variance = (2 * parts()[1]).exp();
  const Tensor truth = tensor::from_matrix(core::MatrixF((p.x * p.theta).cast<float>())).squeeze(1);
  Conjugate out;
  const auto nats = [](const Tensor& squared, const Tensor& wide) {
    return (0.5 * (kLog2Pi + wide.log() + squared / wide)).mean().item<double>();
  };
  const Tensor noise = torch::full({kSamples}, kNoise);
  out.descended = nats((y - mean).square() + variance, noise) + kl().mean().item<double>();
  out.formula = nats(y.square(), noise + 1);
  out.risk = nats((truth - mean).square() + kNoise, noise + variance);
  return out;
}

}  // namespace

std::vector<Figure> half_bayes_figures(core::Key key, bool quick) {
  const int problems = quick ? 20 : 200;
  const char* const names[] = {"empirical", "vib", "Bayes"};
  std::vector<double> objective[3], risk[3], elsewhere[3], room;
  double descended = 0, formula = 0;
  for (int t = 0; t < problems; ++t) {
    const core::Key own = key.split(static_cast<std::uint64_t>(t));
    const Regression p = draw(own);
    const std::array<Fitted, 3> fitted = fit(p);
    const Matrix fresh = normals(1000, kColumns, own.split("fresh"));
    for (std::size_t f = 0; f < 3; ++f) {
      objective[f].push_back(fitted[f].objective);
      risk[f].push_back(fitted[f].risk(p.x, p.theta));
      elsewhere[f].push_back(fitted[f].risk(fresh, p.theta));
    }
    const Conjugate one = conjugate(p, quick ? 300 : 600, own.split("descent"));
    descended += one.descended / problems;
    formula += one.formula / problems;
    room.push_back(one.descended - one.risk);
  }
  std::vector<Figure> out = {
      {"conjugate: objective", descended, "nats"},
      {"conjugate: objective, by its formula", formula, "nats"},
      {"conjugate: difference", 100 * std::abs(descended / formula - 1), "%"},
      {"conjugate: objective less risk", mean_of(room).value, "nats"}};
  for (std::size_t f = 0; f < 3; ++f) {
    out.push_back({fmt::format("objective, {}", names[f]), mean_of(objective[f]).value, "nats"});
    out.push_back({fmt::format("risk, {}", names[f]), mean_of(risk[f]).value, "nats"});
    out.push_back(
        {fmt::format("risk at new inputs, {}", names[f]), mean_of(elsewhere[f]).value, "nats"});
  }
  out.push_back({"vib's objective less its risk",
                 mean_of(objective[1]).value - mean_of(risk[1]).value, "nats"});
  out.push_back({"empirical objective less its risk",
                 mean_of(objective[0]).value - mean_of(risk[0]).value, "nats"});
  out.push_back({"risk, empirical less vib, in standard errors", in_errors(risk[0], risk[1]), ""});
  out.push_back({"risk, vib less Bayes, in standard errors", in_errors(risk[1], risk[2]), ""});
  out.push_back({"risk at new inputs, empirical less vib, in standard errors",
                 in_errors(elsewhere[0], elsewhere[1]), ""});
  out.push_back({"objective, vib less empirical, in standard errors",
                 in_errors(objective[1], objective[0]), ""});
  out.push_back(
      {"objective, Bayes less vib, in standard errors", in_errors(objective[2], objective[1]), ""});
  return out;
}

}  // namespace venturi::learn
