#include "venturi/learn/generator_bound.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "venturi/core/error.hpp"
#include "venturi/couple/transport.hpp"
#include "venturi/measure/pac_bayes.hpp"

namespace venturi::learn {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

constexpr Index kModes = 8;
constexpr double kNoise = 0.05, kPosterior = 0.02, kPrior = 0.5, kRadius = 1, kRing = 0.7;

void cut_to_disc(Matrix& x) {
  for (Index i = 0; i < x.rows(); ++i) {
    const double r = x.row(i).norm();
    if (r > kRadius) x.row(i) *= kRadius / r;
  }
}

Matrix true_centres() {
  Matrix out(kModes, 2);
  for (Index m = 0; m < kModes; ++m) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(m) / kModes;
    out.row(m) << kRing * std::cos(angle), kRing * std::sin(angle);
  }
  return out;
}

// n points around centres, and the centre of each.
struct Points {
  Matrix x;
  std::vector<Index> centre;
};
Points draw(const Matrix& centres, Index n, Key key) {
  core::Random random(key);
  Points out{.x = Matrix(n, 2), .centre = {}};
  for (Index i = 0; i < n; ++i) {
    out.centre.push_back(static_cast<Index>(random.below(kModes)));
    for (Index c = 0; c < 2; ++c) {
      out.x(i, c) = centres(out.centre.back(), c) + kNoise * random.normal();
    }
  }
  cut_to_disc(out.x);
  return out;
}

Matrix perturbed(const Matrix& centres, Key key) {
  core::Random random(key);
  Matrix out = centres;
  for (double& v : out.reshaped<Eigen::RowMajor>()) v += kPosterior * random.normal();
  return out;
}

couple::TransportPlan plan_between(const Matrix& a, const Matrix& b) {
  const Matrix cost = couple::squared_distances(a, b).cwiseMax(0).cwiseSqrt();
  const auto n = static_cast<double>(a.rows()), m = static_cast<double>(b.rows());
  return couple::exact_transport(core::Vector::Constant(a.rows(), 1 / n),
                                 core::Vector::Constant(b.rows(), 1 / m), cost);
}

// Means of rho after steps downhill on W_1 + KL / lambda.
Matrix trained(const Matrix& data, double lambda, int steps, Key key) {
  Matrix centres(kModes, 2);
  core::Random random(key.split("start"));
  for (double& v : centres.reshaped<Eigen::RowMajor>()) v = 0.3 * random.normal();
  for (int s = 0; s < steps; ++s) {
    const Key of_step = key.split(static_cast<std::uint64_t>(s));
    const Points made =
        draw(perturbed(centres, of_step.split("rho")), data.rows(), of_step.split("points"));
    Matrix slope = centres / (kPrior * kPrior * lambda);
    for (const couple::Flow& flow : plan_between(made.x, data).flows) {
      const Eigen::RowVector2d gap = made.x.row(flow.from) - data.row(flow.to);
      const double length = gap.norm();
      if (length > 0) slope.row(made.centre[flow.from]) += flow.mass / length * gap;
    }
    // W_1 moves a centre by its share of the mass: an eighth.
    centres -= 0.1 * (1 - static_cast<double>(s) / steps) * kModes / 2 * slope;
  }
  return centres;
}

struct Held {
  measure::BoundAt bound;
  double truth = 0;
};

// The bound of rho around `centres` from data, and the true E_rho W_1 from large samples.
Held hold(const Matrix& centres, const Matrix& data, bool quick, Key key) {
  const int draws = quick ? 2 : 4;
  const Index large = quick ? 500 : 1500;
  double seen = 0, truth = 0;
  for (int d = 0; d < draws; ++d) {
    const Key of_draw = key.split(static_cast<std::uint64_t>(d));
    const Matrix of_rho = perturbed(centres, of_draw.split("rho"));
    seen += plan_between(draw(of_rho, data.rows(), of_draw.split("seen")).x, data).cost / draws;
    if (d >= 2) continue;
    truth += plan_between(draw(of_rho, large, of_draw.split("made")).x,
                          draw(true_centres(), large, of_draw.split("real")).x)
                 .cost /
             2;
  }
  const auto n = static_cast<double>(data.rows());
  const core::Vector flat = centres.reshaped<Eigen::RowMajor>();
  const measure::GeneratorRisk risk{
      .distance = seen,
      .kl_nats = measure::gaussian_kl_nats(flat, kPosterior * kPosterior, kPrior * kPrior),
      .n = n,
      .m = n,
      .diameter = 2 * kRadius};
  const double lambdas[] = {n / 16, n / 8, n / 4, n / 2, n};
  return {measure::bound_over_grid(risk, lambdas), truth};
}

}  // namespace

std::vector<core::Figure> generator_bound_figures(core::Key key, bool quick) {
  const int trials = quick ? 2 : 20;
  const Index n = quick ? 300 : 1000;
  double below = 0, slack = std::numeric_limits<double>::infinity(), widest = 0;
  std::vector<core::Figure> out;
  for (int t = 0; t < trials; ++t) {
    const Key of_trial = key.split(static_cast<std::uint64_t>(t));
    const Matrix data = draw(true_centres(), n, of_trial.split("data")).x;
    const Matrix some = data(Eigen::seqN(0, std::min<Index>(n, 200)), Eigen::all);
    const Matrix good =
        trained(some, static_cast<double>(n) / 4, quick ? 30 : 80, of_trial.split("train"));
    Matrix half = true_centres();
    half.bottomRows(kModes / 2) = half.topRows(kModes / 2).eval();
    const struct {
      const char* name;
      Matrix centres;
    } generators[] = {
        {"trained", good}, {"four modes", half}, {"untrained", Matrix::Zero(kModes, 2)}};
    for (const auto& g : generators) {
      const Held held = hold(g.centres, data, quick, of_trial.split(g.name));
      below += held.bound.bound < held.truth ? 1 : 0;
      slack = std::min(slack, held.bound.bound - held.truth);
      if (g.name == std::string("trained")) {
        widest = std::max(widest, held.bound.bound / (2 * kRadius));
      }
      if (t > 0) continue;
      out.push_back({fmt::format("{}: bound", g.name), held.bound.bound, ""});
      out.push_back({fmt::format("{}: true W1", g.name), held.truth, ""});
    }
  }
  out.push_back({"bounds below the true distance", below, ""});
  out.push_back({"least slack", slack, ""});
  out.push_back({"trained: bound / diameter, at most", widest, ""});
  return out;
}

}  // namespace venturi::learn
