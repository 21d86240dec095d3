#include "venturi/allocate/figures.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/allocate/knapsack.hpp"

namespace venturi::allocate {
namespace {

using core::Figure;
using core::Index;
using core::Matrix;

Matrix normals(Index rows, Index columns, core::Random random) {
  Matrix out(rows, columns);
  for (Index i = 0; i < out.size(); ++i) out.data()[i] = random.normal();
  return out;
}

// To 2^bits evenly spaced values, symmetric about zero, of the spacing (of 64 tried) with the least
// squared error.
Matrix rounded(const Matrix& w, int bits) {
  const double half = std::exp2(bits - 1);
  const double largest = w.cwiseAbs().maxCoeff();
  Matrix best = w;
  double least = std::numeric_limits<double>::infinity();
  for (int k = 1; k <= 64; ++k) {
    const double step = largest / half * k / 64;
    const Matrix q = ((w.array() / step).floor().max(-half).min(half - 1) + 0.5) * step;
    const double error = (q - w).squaredNorm();
    if (error >= least) continue;
    least = error;
    best = q;
  }
  return best;
}

// The least losses among all allocations: of those that spend the budget, of those within it.
struct Least {
  double spent = std::numeric_limits<double>::infinity();
  double within = std::numeric_limits<double>::infinity();
};

Least enumerate(const std::vector<Part>& parts, std::int64_t budget, const Fitness& fitness,
                std::int64_t data) {
  Least out;
  std::vector<std::size_t> choice(parts.size(), 0);
  for (std::size_t p = 0; p < parts.size();) {
    const std::int64_t bits = totals(parts, choice).bits;
    if (bits <= budget) {
      const double loss = fitness(choice, data);
      out.within = std::min(out.within, loss);
      if (bits == budget) out.spent = std::min(out.spent, loss);
    }
    for (p = 0; p < parts.size() && ++choice[p] == parts[p].choices.size(); ++p) choice[p] = 0;
  }
  return out;
}

Evolution search(const std::vector<Part>& parts, std::int64_t budget, const Fitness& fitness,
                 core::Key key, const EvolutionOptions& options) {
  Evolution out = start_evolution(parts, budget, fitness, key, options);
  evolve(parts, budget, fitness, key, options, out);
  return out;
}

// In how many parts of all raises of one level the loss rises.
double harmful_raises(const std::vector<Part>& parts, const Fitness& fitness, std::int64_t data,
                      core::Random random) {
  int worse = 0;
  constexpr int kTrials = 200;
  for (int k = 0; k < kTrials; ++k) {
    std::vector<std::size_t> choice(parts.size());
    for (std::size_t p = 0; p < parts.size(); ++p) {
      choice[p] = random.below(parts[p].choices.size());
    }
    std::size_t& one = choice[random.below(choice.size())];
    one = random.below(parts.front().choices.size() - 1);
    const double before = fitness(choice, data);
    ++one;
    worse += fitness(choice, data) > before ? 1 : 0;
  }
  return static_cast<double>(worse) / kTrials;
}

void network_figures(core::Key key, bool quick, std::vector<Figure>& out) {
  const int nets = quick ? 2 : 20;
  const RoundedNetwork::Shape shape;
  const std::int64_t budget = shape.layers * shape.inputs * shape.outputs * 5 / 2;
  const EvolutionOptions options{
      .generations = 40, .offspring = 32, .survivors = {8, 2, 1}, .data = {32, 128, shape.samples}};
  int at_optimum = 0;
  int leaves_bits = 0;
  double sum_over = 0;
  std::int64_t off = 0;
  double evaluations = 0;
  for (int n = 0; n < nets; ++n) {
    const core::Key one = key.split(static_cast<std::uint64_t>(n));
    const RoundedNetwork net(shape, one.split("net"));
    const auto parts = net.parts();
    const Evolution found = search(parts, budget, net.fitness(), one, options);
    const Least least = enumerate(parts, budget, net.fitness(), shape.samples);
    // The same function on the same choice: equal to the last digit.
    at_optimum += found.best.distortion <= least.spent ? 1 : 0;
    leaves_bits += least.within < least.spent ? 1 : 0;
    sum_over += net.loss(knapsack(parts, budget).choice, shape.samples) / least.spent / nets;
    off = std::max(off, std::abs(found.best.bits - budget));
    evaluations += static_cast<double>(found.evaluations) / nets;
  }
  out.push_back(
      {"networks: largest distance from the budget", static_cast<double>(off), "bits", "<=", 0});
  out.push_back(
      {"networks at the optimum of enumeration", 100.0 * at_optimum / nets, "%", ">=", 100});
  out.push_back(
      {"networks: least sum of part errors over the optimum, mean", sum_over, "times", "", 0});
  out.push_back({"networks that do better with bits left", 100.0 * leaves_bits / nets, "%", "", 0});
  out.push_back({"networks: evaluations, mean", evaluations, "", "", 0});
}

void branch_figures(core::Key key, bool quick, std::vector<Figure>& out) {
  const int trials = quick ? 3 : 20;
  const RoundedNetwork::Shape shape{RoundedNetwork::Kind::sum, 24, 8, 1, 5, 1024};
  const std::int64_t budget = shape.layers * shape.inputs * 5 / 2;
  const EvolutionOptions options{.generations = quick ? 50 : 150,
                                 .offspring = 64,
                                 .survivors = {8, 2, 1},
                                 .data = {64, 256, shape.samples}};
  double largest = 0;
  double mean = 0;
  double harmful = 0;
  std::int64_t off = 0;
  for (int n = 0; n < trials; ++n) {
    const core::Key one = key.split(static_cast<std::uint64_t>(n));
    const RoundedNetwork net(shape, one.split("net"));
    const auto parts = net.parts();
    const Evolution found = search(parts, budget, net.fitness(), one, options);
    const double ratio =
        found.best.distortion / net.loss(knapsack(parts, budget).choice, shape.samples);
    largest = std::max(largest, ratio);
    mean += ratio / trials;
    harmful +=
        harmful_raises(parts, net.fitness(), shape.samples, core::Random(one.split("raises"))) /
        trials;
    off = std::max(off, std::abs(found.best.bits - budget));
  }
  out.push_back({"branches: raises of a level that harm", 100 * harmful, "%", ">=", 5});
  out.push_back(
      {"branches: largest distance from the budget", static_cast<double>(off), "bits", "<=", 0});
  out.push_back({"branches: loss over that of the least sum, mean", mean, "times", "", 0});
  out.push_back(
      {"branches: loss over that of the least sum, largest", largest, "times", "<=", 0.95});
}

}  // namespace

template <class Weight>
Matrix RoundedNetwork::output(const Weight& weight, Index data) const {
  Matrix y = inputs_.leftCols(data);
  if (shape_.kind == Kind::sum) {
    Matrix sum = weight(0);
    for (Index l = 1; l < shape_.layers; ++l) sum += weight(l);
    return sum * y;
  }
  for (Index l = 0; l < shape_.layers; ++l) {
    y = (weight(l) * y).eval();
    if (l + 1 < shape_.layers) y = y.array().tanh();
  }
  return y;
}

RoundedNetwork::RoundedNetwork(const Shape& shape, core::Key key) : shape_(shape) {
  inputs_ = normals(shape.inputs, shape.samples, core::Random(key.split("inputs")));
  for (Index l = 0; l < shape.layers; ++l) {
    core::Random random(key.split("weights").split(static_cast<std::uint64_t>(l)));
    // Layers of unlike size, as trained ones are.
    const double scale = std::exp(0.5 * random.normal()) / std::sqrt(double(shape.inputs));
    weights_.push_back(scale * normals(shape.outputs, shape.inputs, random));
    rounded_.emplace_back();
    for (int bits = 1; bits <= shape.levels; ++bits) {
      rounded_.back().push_back(rounded(weights_.back(), bits));
    }
  }
  exact_ = output([&](Index l) -> const Matrix& { return weights_[l]; }, shape.samples);
}

double RoundedNetwork::loss(std::span<const std::size_t> choice, std::int64_t data) const {
  const Matrix q = output([&](Index l) -> const Matrix& { return rounded_[l][choice[l]]; }, data);
  return (q - exact_.leftCols(data)).squaredNorm() / exact_.leftCols(data).squaredNorm();
}

Fitness RoundedNetwork::fitness() const {
  return
      [this](std::span<const std::size_t> choice, std::int64_t data) { return loss(choice, data); };
}

std::vector<Part> RoundedNetwork::parts() const {
  std::vector<Part> out;
  for (Index l = 0; l < shape_.layers; ++l) {
    Part part{fmt::format("layer {}", l), {}};
    for (int k = 0; k < shape_.levels; ++k) {
      const Matrix q =
          output([&](Index m) -> const Matrix& { return m == l ? rounded_[m][k] : weights_[m]; },
                 shape_.samples);
      part.choices.push_back({(k + 1) * shape_.inputs * shape_.outputs,
                              (q - exact_).squaredNorm() / exact_.squaredNorm()});
    }
    out.push_back(std::move(part));
  }
  return out;
}

std::vector<Figure> evopress_figures(core::Key key, bool quick) {
  std::vector<Figure> out;
  network_figures(key.split("networks"), quick, out);
  branch_figures(key.split("branches"), quick, out);
  return out;
}

}  // namespace venturi::allocate
