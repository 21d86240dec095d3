// venturi/couple/mixture_experiment.cpp
#include "venturi/couple/mixture_experiment.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace venturi::couple {
namespace {

constexpr Index kSources = 3;
constexpr int kRegions = 12;  // on a circle; labels alternate between neighbours
constexpr int kNeighbours = 5;
constexpr double kLabelScale = 3;  // a label as a coordinate: unlike labels are far apart

struct Points {
  Matrix x;                 // n*2
  std::vector<int> labels;  // n
};

// Each source's law over regions, and how often it tells a wrong label.
constexpr std::array<std::array<double, kRegions>, kSources> kCover{
    {{0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0, 0, 0, 0, 0, 0},
     {0, 0, 0, 0, 0.15, 0.15, 0.2, 0.2, 0.15, 0.15, 0, 0},
     {0.05, 0.05, 0, 0, 0, 0, 0, 0, 0.2, 0.2, 0.25, 0.25}}};
constexpr std::array<double, kSources> kWrong{0.02, 0.10, 0.20};
constexpr std::array<double, kRegions> kWanted{0.1, 0.1, 0.1,  0.1,  0.1,  0.1,
                                               0.1, 0.1, 0.05, 0.05, 0.05, 0.05};

void add_point(Points& out, Index row, const std::array<double, kRegions>& regions, double wrong,
               core::Random& random) {
  double left = random.uniform();
  int region = 0;
  while (region + 1 < kRegions && left >= regions.at(region)) left -= regions.at(region++);
  const double angle = 2 * std::numbers::pi * region / kRegions;
  out.x(row, 0) = 4 * std::cos(angle) + 0.7 * random.normal();
  out.x(row, 1) = 4 * std::sin(angle) + 0.7 * random.normal();
  const int truth = region % 2;
  out.labels.push_back(random.uniform() < wrong ? 1 - truth : truth);
}

Points draw(const Vector& weights, Index n, core::Random& random) {
  Points out{Matrix(n, 2), {}};
  for (Index i = 0; i < n; ++i) {
    double left = random.uniform();
    Index s = 0;
    while (s + 1 < kSources && left >= weights[s]) left -= weights[s++];
    add_point(out, i, kCover.at(s), kWrong.at(s), random);
  }
  return out;
}

Points draw_wanted(Index n, core::Random& random) {
  Points out{Matrix(n, 2), {}};
  for (Index i = 0; i < n; ++i) add_point(out, i, kWanted, 0, random);
  return out;
}

Matrix with_labels(const Points& points) {
  Matrix out(points.x.rows(), 3);
  out.leftCols(2) = points.x;
  for (Index i = 0; i < out.rows(); ++i) out(i, 2) = kLabelScale * points.labels[i];
  return out;
}

double accuracy(const Points& train, const Points& test) {
  const Matrix distances = squared_distances(test.x, train.x);
  int right = 0;
  std::vector<std::pair<double, int>> near(train.labels.size());
  for (Index i = 0; i < test.x.rows(); ++i) {
    for (std::size_t j = 0; j < near.size(); ++j) {
      near[j] = {distances(i, static_cast<Index>(j)), train.labels[j]};
    }
    std::nth_element(near.begin(), near.begin() + kNeighbours - 1, near.end());
    int votes = 0;
    for (int k = 0; k < kNeighbours; ++k) votes += near[k].second;
    right += (2 * votes > kNeighbours ? 1 : 0) == test.labels[i] ? 1 : 0;
  }
  return right / static_cast<double>(test.x.rows());
}

// Mean accuracy of `repeats` trainings on freshly drawn mixtures.
double measured(const Vector& weights, Index size, int repeats, const Points& test, core::Key key) {
  double sum = 0;
  for (int k = 0; k < repeats; ++k) {
    core::Random random(key.split(static_cast<std::uint64_t>(k)));
    sum += accuracy(draw(weights, size, random), test);
  }
  return sum / repeats;
}

Vector random_weights(core::Random& random) {
  Vector w(kSources);
  for (Index s = 0; s < kSources; ++s) w[s] = -std::log(1 - random.uniform());
  return w / w.sum();
}

double correlation(const Vector& a, const Vector& b) {
  const Eigen::ArrayXd x = a.array() - a.mean();
  const Eigen::ArrayXd y = b.array() - b.mean();
  return (x * y).sum() / std::sqrt(x.square().sum() * y.square().sum());
}

}  // namespace

MixtureFigures mixture_experiment(core::Key key, const MixtureExperimentOptions& options) {
  core::check_options(options, "couple.mixture_experiment");
  core::Random random(key.split("world"));
  const Points test = draw_wanted(400, random);
  const Points validation = draw_wanted(options.pilot, random);
  std::vector<Matrix> pilots;
  for (Index s = 0; s < kSources; ++s) {
    pilots.push_back(with_labels(draw(Vector::Unit(kSources, s), options.pilot, random)));
  }
  const MixtureDistance distance(pilots, with_labels(validation));
  const auto measure = [&](const Vector& w, int size, std::uint64_t name) {
    return measured(w, size, options.repeats, test, key.split("train").split(name));
  };
  std::uint64_t name = 0;
  std::vector<MixtureObservation> seen;
  for (int k = 0; k < options.mixtures; ++k) {
    const Vector w = random_weights(random);
    for (const int size : {options.small_size, options.large_size}) {
      seen.push_back({w, static_cast<double>(size), measure(w, size, name++)});
    }
  }
  const MixtureModel model(distance, seen, {.terms = "linear"});
  MixtureFigures out;
  Vector predicted_same(options.mixtures);
  Vector measured_same(options.mixtures);
  Vector predicted_target(options.mixtures);
  Vector measured_target(options.mixtures);
  for (int k = 0; k < options.mixtures; ++k) {
    const Vector w = random_weights(random);
    predicted_same[k] = model.predict(w, options.large_size);
    measured_same[k] = measure(w, options.large_size, name++);
    predicted_target[k] = model.predict(w, options.target_size);
    measured_target[k] = measure(w, options.target_size, name++);
  }
  out.correlation_same_size = correlation(predicted_same, measured_same);
  out.correlation_target = correlation(predicted_target, measured_target);
  out.error_target = (predicted_target - measured_target).cwiseAbs().mean();
  out.spread_target = (measured_target.array() - measured_target.mean()).abs().mean();
  const MixtureSelection chosen = select_mixture(model, kSources, options.target_size);
  out.selected = chosen.weights;
  out.selected_accuracy = measure(chosen.weights, options.target_size, name++);
  out.even_accuracy =
      measure(Vector::Constant(kSources, 1.0 / kSources), options.target_size, name++);
  for (int i = 0; i <= options.grid; ++i) {
    for (int j = 0; i + j <= options.grid; ++j) {
      Vector w(kSources);
      w << i, j, options.grid - i - j;
      w /= options.grid;
      out.best_accuracy = std::max(out.best_accuracy, measure(w, options.target_size, name++));
    }
  }
  return out;
}

}  // namespace venturi::couple
