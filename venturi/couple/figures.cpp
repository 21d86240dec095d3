// venturi/couple/figures.cpp
#include "venturi/couple/figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "venturi/couple/mec_b_game.hpp"
#include "venturi/couple/mixture_experiment.hpp"
#include "venturi/couple/tokens_to_thoughts.hpp"

namespace venturi::couple {
namespace {

constexpr std::size_t kMostSets = 20000;

Vector random_law(core::Random& random, Index n, double sharpness) {
  Vector p(n);
  for (Index i = 0; i < n; ++i) p[i] = std::exp(sharpness * random.normal());
  return p / p.sum();
}

// Probabilities of the sets (sorted tokens) that the drafts can be.
using Sets = std::map<std::vector<Index>, double>;

void extend(const Vector& draft, int left, DraftDraw draw, std::vector<Index>& tuple,
            double probability, Sets& sets) {
  if (left == 0) {
    std::vector<Index> set = tuple;
    std::sort(set.begin(), set.end());
    sets[set] += probability;
    if (sets.size() > kMostSets) {
      core::fail_argument("couple.acceptance_by_programme", "expected at most {} sets of drafts",
                          kMostSets);
    }
    return;
  }
  double rest = 1;
  if (draw == DraftDraw::without_replacement) {
    for (const Index i : tuple) rest -= draft[i];
  }
  for (Index i = 0; i < draft.size(); ++i) {
    const bool repeat = std::find(tuple.begin(), tuple.end(), i) != tuple.end();
    if (draft[i] <= 0 || (repeat && draw == DraftDraw::without_replacement)) continue;
    tuple.push_back(i);
    extend(draft, left - 1, draw, tuple, probability * draft[i] / rest, sets);
    tuple.pop_back();
  }
}

// (chi2 - degrees of freedom) / sqrt(2 degrees of freedom) of counts against a law.
double chi_square_sigmas(const Vector& counts, const Vector& law) {
  const double n = counts.sum();
  double chi2 = 0;
  for (Index i = 0; i < law.size(); ++i) chi2 += std::pow(counts[i] - n * law[i], 2) / (n * law[i]);
  const auto freedom = static_cast<double>(law.size() - 1);
  return (chi2 - freedom) / std::sqrt(2 * freedom);
}

void game_figures(core::Key key, bool quick, std::vector<Figure>& out) {
  const GridOptions grid{.side = quick ? 6 : 8, .temperature = 0.2};
  GameOptions options{.messages = quick ? 64 : 512, .episodes = quick ? 100 : 200};
  const std::vector<double> rates{0.1, 0.25, 0.5, 1, 4};
  const auto greedy = trade_off(grid, options, rates, {grid.temperature}, key);
  options.encoder = "uniform";
  const auto uniform = trade_off(grid, options, rates, {grid.temperature}, key);
  double furthest = 0;
  for (std::size_t k = 0; k < rates.size(); ++k) {
    const std::string at = fmt::format(" at {} bits", rates[k]);
    out.push_back({"accuracy, greedy" + at, greedy[k].accuracy, "", "", 0});
    out.push_back({"accuracy, equal shares" + at, uniform[k].accuracy, "", "", 0});
    out.push_back({"reward, greedy" + at, greedy[k].reward, "", "", 0});
    furthest = std::max(furthest, std::abs(greedy[k].reward - greedy[0].reward) /
                                      std::hypot(greedy[k].reward_error, greedy[0].reward_error));
  }
  out.push_back({"accuracy gained by rate, 0.1 to 4 bits",
                 greedy.back().accuracy - greedy.front().accuracy, "", ">=", 0.5});
  out.push_back({"accuracy over equal shares at 0.5 bits", greedy[2].accuracy - uniform[2].accuracy,
                 "", ">=", 0.1});
  out.push_back({"reward moved by talking", furthest, "standard errors", "<=", 4});
}

}  // namespace

double acceptance_by_programme(const VectorView& target, const VectorView& draft, int drafts,
                               DraftDraw draw) {
  constexpr std::string_view kWhere = "couple.acceptance_by_programme";
  const Vector p = checked_distribution(target, kWhere);
  const Vector q = checked_distribution(draft, kWhere);
  if (p.size() != q.size() || drafts < 1) {
    core::fail_argument(kWhere, "expected one vocabulary and drafts >= 1, got {}, {} and {}",
                        p.size(), q.size(), drafts);
  }
  Sets sets;
  std::vector<Index> tuple;
  extend(q, drafts, draw, tuple, 1, sets);
  Vector masses(static_cast<Index>(sets.size()));
  Matrix missed = Matrix::Ones(masses.size(), p.size());
  Index row = 0;
  for (const auto& [set, probability] : sets) {
    masses[row] = probability;
    for (const Index token : set) missed(row, token) = 0;
    ++row;
  }
  masses /= masses.sum();
  return 1 - exact_transport(masses, p, missed).cost;
}

double ebim_by_search(const Vector& p, double rate_bits) {
  const auto entropy = [](double a, double b) {
    return plogp_bits(a) + plogp_bits(b) + plogp_bits(1 - a - b);
  };
  double best = 0;
  double from = 0;
  double width = 1;
  for (int level = 0; level < 4; ++level) {
    double at = from + width / 2;
    for (int k = 0; k < 1000; ++k) {
      const double a = from + width * (k + 0.5) / 1000;
      if (a <= 0 || a >= 1) continue;
      double low = 0;
      double high = (1 - a) / 2;
      if (entropy(a, low) > rate_bits || entropy(a, high) < rate_bits) continue;
      for (int step = 0; step < 60; ++step) {
        const double middle = 0.5 * (low + high);
        (entropy(a, middle) < rate_bits ? low : high) = middle;
      }
      const Vector t{{a, low, 1 - a - low}};
      const double found = entropy_bits(p) + entropy_bits(t) - exact_coupling(p, t).bits;
      if (found > best) {
        best = found;
        at = a;
      }
    }
    width /= 100;
    from = at - width / 2;
  }
  return best;
}

std::vector<Figure> mec_b_figures(core::Key key, bool quick) {
  core::Random random(key.split("laws"));
  double off = 0;
  double worst = -1e300;
  for (int trial = 0; trial < (quick ? 200 : 2000); ++trial) {
    const Vector px = random_law(random, 2 + static_cast<Index>(random.below(30)), 1.5);
    const Vector py = random_law(random, 2 + static_cast<Index>(random.below(30)), 1.5);
    const double rate = entropy_bits(px) * random.uniform();
    const MecB out = mec_b(px, py, rate);
    off = std::max({off, (out.joint.rowwise().sum() - px).cwiseAbs().maxCoeff(),
                    (out.joint.colwise().sum().transpose() - py).cwiseAbs().maxCoeff()});
    Vector sorted = px;
    std::sort(sorted.data(), sorted.data() + sorted.size(), std::greater<>());
    worst = std::max(worst,
                     rate - ebim_map(px, rate).information_bits - binary_entropy_bits(sorted[1]));
  }
  std::vector<Figure> out{{"largest error of a marginal", off, "", "<=", 1e-12},
                          {"EBIM gap over h(p2)", worst, "bits", "<=", 1e-12}};
  const Vector p{{0.7, 0.2, 0.1}};
  double apart = 0;
  for (const auto& labels :
       std::vector<std::vector<int>>{{0, 1, 1}, {0, 1, 0}, {0, 0, 1}, {0, 1, 2}}) {
    const double at = ebim_near_map(p, labels, 0).entropy_bits;
    for (const double delta : {-0.01, 0.01}) {
      if (at + delta >= entropy_bits(p)) continue;
      apart = std::max(apart, std::abs(ebim_near_map(p, labels, delta).information_bits -
                                       ebim_by_search(p, at + delta)));
    }
  }
  out.push_back({"near maps of [.7,.2,.1], distance from search", apart, "bits", "<=", 1e-4});
  game_figures(key.split("game"), quick, out);
  return out;
}

std::vector<Figure> spectr_figures(core::Key key, bool quick) {
  core::Random random(key);
  double worst = 1e300;
  for (int trial = 0; trial < (quick ? 20 : 100); ++trial) {
    const Vector p = random_law(random, 10, 1.5);
    const Vector q = random_law(random, 10, 1.5);
    for (const int k : {1, 2, 3}) {
      worst = std::min(worst, KSequential(p, q, k).acceptance() /
                                  acceptance_by_programme(p, q, k, DraftDraw::with_replacement));
    }
  }
  const Vector p = random_law(random, 50, 1.2);
  const Vector q = random_law(random, 50, 1.2);
  const KSequential selection(p, q, 4);
  const Sampler from(q);
  Vector counts = Vector::Zero(50);
  std::vector<Index> drafts(4);
  const int draws = quick ? 100000 : 2000000;
  int kept = 0;
  for (int n = 0; n < draws; ++n) {
    for (Index& token : drafts) token = from.draw(random);
    const Selection s = selection.select(drafts, random);
    ++counts[s.token];
    kept += s.draft >= 0 ? 1 : 0;
  }
  const double error = std::sqrt(selection.acceptance() * (1 - selection.acceptance()) / draws);
  return {{"least acceptance over the programme's", worst, "", ">=", 1 - 1 / std::numbers::e},
          {"chi-square of the output law", chi_square_sigmas(counts, p), "sigmas", "<=", 5},
          {"acceptance counted against promised",
           std::abs(kept / double(draws) - selection.acceptance()) / error, "standard errors",
           "<=", 5}};
}

std::vector<Figure> optimal_mdsd_figures(core::Key key, bool quick) {
  core::Random random(key);
  double apart = 0;
  double gained = 0;
  double least = 1e300;
  const int laws = quick ? 10 : 60;
  for (int trial = 0; trial < laws; ++trial) {
    const Index n = trial % 5 == 0 ? 50 : 8;
    const Vector p = random_law(random, n, 1.5);
    const Vector q = random_law(random, n, 1.5);
    for (int k = 1; k <= (n == 50 ? 2 : 3); ++k) {
      double with = 0;
      for (const auto draw : {DraftDraw::with_replacement, DraftDraw::without_replacement}) {
        const double dual = optimal_acceptance(p, q, k, draw).acceptance;
        apart = std::max(apart, std::abs(dual - acceptance_by_programme(p, q, k, draw)));
        if (draw == DraftDraw::with_replacement) {
          with = dual;
        } else if (k == 2) {
          gained += (dual - with) / laws;
          least = std::min(least, dual - with);
        }
      }
    }
  }
  return {{"largest distance from the linear programme", apart, "", "<=", 1e-8},
          {"mean gain of drawing without replacement, 2 drafts", gained, "", ">=", 0},
          {"least gain of drawing without replacement, 2 drafts", least, "", ">=", -1e-9}};
}

std::vector<Figure> projektor_figures(core::Key key, bool quick) {
  MixtureExperimentOptions options;
  if (!quick) options.repeats = 40;
  const MixtureFigures f = mixture_experiment(key, options);
  return {{"correlation, unseen mixtures", f.correlation_same_size, "", ">=", 0.8},
          {"correlation, unseen mixtures and size", f.correlation_target, "", ">=", 0.8},
          {"mean error of the forecast over that of the mean", f.error_target / f.spread_target, "",
           "<=", 1},
          {"accuracy short of the best mixture of the grid", f.best_accuracy - f.selected_accuracy,
           "", "<=", 0.025},
          {"accuracy over even weights", f.selected_accuracy - f.even_accuracy, "", "", 0}};
}

std::vector<Figure> tokens_to_thoughts_figures(core::Key key, bool quick) {
  core::Random random(key);
  double over = -1e300;
  double agreement = 1;
  for (int world = 0; world < (quick ? 5 : 20); ++world) {
    const int clusters = 3 + static_cast<int>(random.below(6));
    Matrix points(clusters * 20, 8);
    std::vector<int> labels;
    for (int c = 0; c < clusters; ++c) {
      Eigen::RowVectorXd centre(8);
      for (Index k = 0; k < 8; ++k) centre[k] = 4 * random.normal();
      for (int i = 0; i < 20; ++i) {
        for (Index k = 0; k < 8; ++k) points(c * 20 + i, k) = centre[k] + 0.1 * random.normal();
        labels.push_back(c);
      }
    }
    const auto found = minimise_compression(points, key.split(world), {.beta = 1});
    over = std::max(
        over, std::abs(found.value.objective - compression_meaning(points, labels, 1).objective));
    agreement = std::min(agreement, adjusted_mutual_information(found.labels, labels));
  }
  return {{"least objective against that of the planted partition", over, "", "<=", 1e-9},
          {"least adjusted mutual information", agreement, "", ">=", 1 - 1e-9}};
}

}  // namespace venturi::couple
