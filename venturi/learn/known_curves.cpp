#include "venturi/learn/known_curves.hpp"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "venturi/core/units.hpp"
#include "venturi/learn/mixture_terms.hpp"
#include "venturi/learn/trainer.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

// Rate and information of the curve at its parameter b.
std::pair<double, double> at_parameter(std::span<const double> correlations, double b) {
  double rate = 0, information = 0;
  for (const double rho : correlations) {
    const double kept = rho * rho, l = 1 - kept;
    if (!(l < 1 - 1 / b)) continue;
    const double one = 0.5 * std::log2((b - 1) * kept / l);
    rate += one;
    information += one - 0.5 * std::log2(b * kept);
  }
  return {rate, information};
}

data::Dataset pairs(const KnownCurveOptions& options, core::Key key) {
  const auto d = static_cast<core::Index>(options.correlations.size());
  data::Dataset out{.name = "pairs", .shape = {d}, .task = data::Task::kRegression};
  out.x.resize(options.samples, d);
  out.y.resize(options.samples, d);
  core::Random random(key);
  for (core::Index i = 0; i < options.samples; ++i) {
    for (core::Index c = 0; c < d; ++c) {
      const double rho = options.correlations[static_cast<std::size_t>(c)];
      const double x = random.normal();
      out.x(i, c) = static_cast<float>(x);
      out.y(i, c) = static_cast<float>(rho * x + std::sqrt(1 - rho * rho) * random.normal());
    }
  }
  return out;
}

CurvePoint vib_point(const Model& model, const data::Dataset& test) {
  const Evaluation e = evaluate(model, model.inputs(test.x), targets(model, test), 1, core::Key(1));
  // Targets are standardised: each has 1/2 log2(2 pi e) bits.
  const double entropy =
      0.5 * std::log2(2 * std::numbers::pi * std::numbers::e) * static_cast<double>(test.y.cols());
  return {e.mean_rate_bits(), entropy - e.mean_prediction_bits()};
}

// T = A x + s n: I(X;T) = 1/2 log2 det(I + A A'/s^2); y_c given T by the Gaussian formulas.
CurvePoint additive_point(const Model& model, std::span<const double> correlations) {
  const auto unit = static_cast<double>(correlations.size());
  const core::MatrixF probe =
      core::MatrixF::Identity(static_cast<core::Index>(unit), static_cast<core::Index>(unit));
  const torch::NoGradGuard no_grad;
  // The encoder is affine in standardised inputs: its matrix from the images of unit vectors.
  const Tensor unit_x = tensor::from_matrix(probe);
  const auto image = [&](const Tensor& x) { return model.project(model.features(x, {})); };
  const core::Matrix a =
      tensor::to_matrix(image(unit_x) - image(torch::zeros_like(unit_x))).cast<double>();
  const double s = std::exp(model.parameters().at("channel.log_scale").item<double>());
  const auto bits = [](const core::Matrix& covariance) {
    return 0.5 * std::log2(covariance.determinant());
  };
  // Covariances of T and of T given y (y_c leaves 1 - rho_c^2 of x_c), over s^2.
  core::Matrix left = core::Matrix::Identity(a.rows(), a.rows());
  for (core::Index c = 0; c < a.rows(); ++c) {
    left(c, c) -= std::pow(correlations[static_cast<std::size_t>(c)], 2);
  }
  const core::Matrix eye = core::Matrix::Identity(a.cols(), a.cols());
  const core::Matrix whole = eye + a.transpose() * a / (s * s);
  const core::Matrix given = eye + a.transpose() * left * a / (s * s);
  return {bits(whole), bits(whole) - bits(given)};
}

Model trained(const data::Dataset& training, const ModelOptions& model_options,
              const TrainerOptions& trainer, core::Key key, core::Monitor& monitor) {
  Model model(model_options, make_problem(training, model_options.scale), key.split("weights"),
              torch::kCPU);
  train(model, training, trainer, key.split("training"), monitor);
  return model;
}

}  // namespace

double gaussian_ib_bits(std::span<const double> correlations, double rate_bits) {
  double low = 0, high = 200;  // log of b - 1 + tiny: b from 1 up
  low = -60;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (at_parameter(correlations, 1 + std::exp(middle)).first < rate_bits ? low : high) = middle;
  }
  return at_parameter(correlations, 1 + std::exp(high)).second;
}

CurvePoint pairwise_optimum(std::span<const double> correlations, double beta) {
  CurvePoint out;
  for (const double rho : correlations) {
    const double k = rho * rho, l = 1 - k;
    const double linear = beta * (1 + 2 * l) - k;
    const double under = linear * linear - 4 * beta * l * (2 * beta - k);
    if (under < 0) continue;
    const double v = (std::sqrt(under) - linear) / (2 * beta * l);
    const double rate = 0.5 * std::log1p(v), information = rate - 0.5 * std::log1p(l * v);
    if (!(v > 0) || information < beta * (rate + 0.5 * v / (1 + v))) continue;
    out.rate += rate * core::kBitsPerNat;
    out.information += information * core::kBitsPerNat;
  }
  return out;
}

std::vector<core::Figure> gaussian_curve_figures(const KnownCurveOptions& options, core::Key key,
                                                 core::Monitor& monitor) {
  core::check_options(options, "learn.gaussian_curve_figures");
  const data::Dataset training = pairs(options, key.split("training"));
  const data::Dataset test = pairs(options, key.split("test"));
  const auto part = [&](const CurvePoint& p) {
    return p.information / gaussian_ib_bits(options.correlations, p.rate);
  };
  struct Method {
    const char *name, *channel, *rate;
  };
  std::vector<core::Figure> out;
  double least_possible = 1e9, off = 0;  // of nib
  for (const Method& method :
       {Method{"vib", "gaussian", "channel"}, Method{"nib", "additive", "pairwise"},
        Method{"mixture", "additive", "mixture"}}) {
    const std::string name = method.name;
    double least = 1e9, most = 0;
    for (const double beta : options.betas) {
      ModelOptions model;
      model.hidden = {};
      model.channel = {.kind = method.channel,
                       .size = static_cast<std::int64_t>(options.correlations.size()),
                       .prior = "learned"};
      const TrainerOptions trainer{.beta = beta,
                                   .epochs = options.epochs,
                                   .batch = 500,
                                   .learning_rate = 1e-2,
                                   .validation = 0,
                                   .objective = {.rate = method.rate}};
      const Model fitted = trained(training, model, trainer, key, monitor);
      const CurvePoint p =
          name == "vib" ? vib_point(fitted, test) : additive_point(fitted, options.correlations);
      monitor.say(fmt::format("{} beta {:g}: {:.4f} of {:.4f} bits, {:.2f} % of the curve", name,
                              beta, p.information, p.rate, 100 * part(p)));
      least = std::min(least, part(p));
      most = std::max(most, part(p));
      if (name == "nib") {
        const CurvePoint best = pairwise_optimum(options.correlations, beta);
        least_possible = std::min(least_possible, part(best));
        off = std::max(off, std::abs(part(p) - part(best)));
      }
    }
    out.push_back({name + ", least part of the curve", 100 * least, "%"});
    out.push_back({name + ", most", 100 * most, "%"});
  }
  out.push_back({"nib, least part at its bound's own optimum", 100 * least_possible, "%"});
  out.push_back({"nib, farthest from that optimum", 100 * off, "% of the curve"});
  return out;
}

std::vector<core::Figure> deterministic_curve_figures(const KnownCurveOptions& options,
                                                      core::Key key, core::Monitor& monitor) {
  core::check_options(options, "learn.deterministic_curve_figures");
  constexpr core::Index kCopies = 128;
  data::Dataset set{.name = "mod 4", .shape = {16}, .task = data::Task::kClasses, .classes = 4};
  set.x.setZero(16 * kCopies, 16);
  for (core::Index i = 0; i < set.x.rows(); ++i) {
    set.x(i, i % 16) = 1;
    set.labels.push_back(static_cast<std::int32_t>(i % 4));
  }
  const auto rates = [&](const char* form, const std::vector<double>& betas) {
    std::vector<double> found;
    for (const double beta : betas) {
      ModelOptions model;
      model.hidden = {64};
      model.decoder_hidden = {64};
      model.scale = "none";
      model.channel = {.kind = "additive", .size = 2, .prior = "standard"};
      const TrainerOptions trainer{.beta = beta,
                                   .epochs = 10 * options.epochs,
                                   .batch = 256,
                                   .learning_rate = 3e-3,
                                   .validation = 0,
                                   .objective = {.rate = "pairwise", .form = form}};
      const Model fitted = trained(set, model, trainer, key, monitor);
      const torch::NoGradGuard no_grad;
      const Tensor x = fitted.inputs(set.x.topRows(16));
      const Tensor mean = fitted.project(fitted.features(x, {}));
      const Tensor scale = fitted.parameters().at("channel.log_scale").view({1, 1}).expand({1, 2});
      found.push_back(pairwise_upper_nats(mean, scale).item<double>() * core::kBitsPerNat);
      monitor.say(fmt::format("{} beta {:g}: {:.3f} bits", form, beta, found.back()));
    }
    return found;
  };
  const std::vector<double> plain = rates("plain", options.plain_betas);
  std::vector<double> square = rates("square", options.square_betas);
  const auto between = [](const std::vector<double>& all) {
    return static_cast<double>(
        std::ranges::count_if(all, [](double r) { return r > 0.1 && r < 1.9; }));
  };
  std::ranges::sort(square);
  double gap = std::max(square.front(), 2 - square.back());
  for (std::size_t i = 1; i < square.size(); ++i) gap = std::max(gap, square[i] - square[i - 1]);
  return {{"plain: betas with a rate between .1 and 1.9 bits", between(plain), "betas"},
          {"plain: most bits", *std::ranges::max_element(plain), "bits"},
          {"squared: betas with a rate between .1 and 1.9 bits", between(square), "betas"},
          {"squared: widest gap of [0, 2] bits", gap, "bits"}};
}

}  // namespace venturi::learn
