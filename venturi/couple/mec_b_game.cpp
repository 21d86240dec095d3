// venturi/couple/mec_b_game.cpp
#include "venturi/couple/mec_b_game.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <numeric>

#include "venturi/core/record.hpp"
#include "venturi/couple/draft.hpp"

namespace venturi::couple {
namespace {

constexpr int kActions = 4;

struct Episode {
  bool played = false;
  bool right = false;
  double reward = 0;
  double belief_bits = 0;
  double code_bits = 0;  // summed over steps
  int steps = 0;
  std::vector<double> beliefs;
};

// p(action | code) of the coupling of the codes with the policy.
Matrix action_given_code(const Vector& code, const Vector& policy) {
  Matrix out = greedy_coupling(code, policy).dense(code.size(), policy.size());
  for (Index t = 0; t < code.size(); ++t) {
    const double sum = out.row(t).sum();
    if (sum > 0) out.row(t) /= sum;
  }
  return out;
}

Episode play_one(const GridWorld& world, const GridOptions& grid, const GameOptions& options,
                 double rate_bits, core::Key key) {
  core::Random random(key);
  const auto message = static_cast<Index>(random.below(options.messages));
  Vector belief = Vector::Constant(options.messages, 1.0 / options.messages);
  Episode out;
  out.played = true;
  int state = world.start();
  double discount = 1;
  while (state != world.goal() && out.steps < grid.step_limit) {
    const Ebim code = options.encoder == "greedy" ? ebim(belief, rate_bits)
                                                  : uniform_quantiser(belief, rate_bits);
    const Matrix by_code = action_given_code(code.code, world.policy(state));
    // p(action | message): one row of by_code, but for the message that is split.
    Matrix by_message(options.messages, kActions);
    for (Index m = 0; m < options.messages; ++m) by_message.row(m) = by_code.row(code.labels[m]);
    if (code.moved_row >= 0 && belief[code.moved_row] > 0) {
      const double part = std::min(code.moved_mass / belief[code.moved_row], 1.0);
      by_message.row(code.moved_row) =
          (1 - part) * by_code.row(code.labels[code.moved_row]) + part * by_code.row(code.moved_to);
    }
    const Vector choice = by_message.row(message).transpose();
    const auto action = static_cast<int>(Sampler(choice).draw(random));
    const int next = world.step(state, action, random);
    Vector seen = Vector::Zero(kActions);  // likelihood of what the watcher saw, by action
    if (options.watcher == "actions") {
      seen[action] = 1;
    } else {
      for (int a = 0; a < kActions; ++a) seen[a] = world.transition(state, a, next);
    }
    belief = belief.cwiseProduct(by_message * seen);
    belief /= belief.sum();
    state = next;
    discount *= grid.discount;
    ++out.steps;
    out.code_bits += code.entropy_bits;
    out.beliefs.push_back(belief[message]);
  }
  out.reward = state == world.goal() ? discount / grid.discount : 0;
  Index named = 0;
  belief.maxCoeff(&named);
  out.right = named == message;
  out.belief_bits = -std::log2(std::max(belief[message], 1e-300));
  return out;
}

}  // namespace

GridWorld::GridWorld(const GridOptions& options) : side_(options.side), noise_(options.noise) {
  core::check_options(options, "couple.GridWorld");
  Vector value = Vector::Zero(states());
  policy_ = Matrix::Constant(states(), kActions, 1.0 / kActions);
  // A contraction by the discount: 1e-10 is reached after log(1e-10) / log(discount) sweeps.
  const int sweeps = static_cast<int>(std::log(1e-12) / std::log(options.discount + 1e-9)) + 2;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    Vector next = Vector::Zero(states());
    double change = 0;
    for (int s = 0; s < states(); ++s) {
      if (s == goal()) continue;
      Vector q(kActions);
      for (int a = 0; a < kActions; ++a) {
        q[a] = 0;
        for (int b = 0; b < kActions; ++b) {
          const int to = neighbour(s, b);
          const double chance = noise_ / kActions + (a == b ? 1 - noise_ : 0);
          q[a] += chance * (to == goal() ? 1 : options.discount * value[to]);
        }
      }
      const double high = q.maxCoeff();
      const Vector weight = ((q.array() - high) / options.temperature).exp();
      // The mean over actions, not their sum: a warm policy must not be paid for wandering.
      next[s] = high + options.temperature * std::log(weight.sum() / kActions);
      policy_.row(s) = weight.transpose() / weight.sum();
      change = std::max(change, std::abs(next[s] - value[s]));
    }
    value = next;
    if (change < 1e-11) break;
  }
}

int GridWorld::neighbour(int state, int action) const {
  constexpr std::array<int, kActions> kRow{-1, 0, 1, 0};
  constexpr std::array<int, kActions> kColumn{0, 1, 0, -1};
  const int row = std::clamp(state / side_ + kRow.at(action), 0, side_ - 1);
  const int column = std::clamp(state % side_ + kColumn.at(action), 0, side_ - 1);
  return row * side_ + column;
}

double GridWorld::transition(int state, int action, int next) const {
  double sum = 0;
  for (int b = 0; b < kActions; ++b) {
    if (neighbour(state, b) == next) sum += noise_ / kActions + (b == action ? 1 - noise_ : 0);
  }
  return sum;
}

int GridWorld::step(int state, int action, core::Random& random) const {
  const bool slips = random.uniform() < noise_;
  return neighbour(state, slips ? static_cast<int>(random.below(kActions)) : action);
}

GamePoint play(const GridOptions& grid, const GameOptions& options, double rate_bits,
               core::Key key) {
  constexpr std::string_view kWhere = "couple.play";
  core::check_options(options, kWhere);
  if (!(rate_bits >= 0)) core::fail_argument(kWhere, "expected rate >= 0 bits, got {}", rate_bits);
  const GridWorld world(grid);
  const double end = core::now_seconds() + options.time_limit_s;
  std::vector<Episode> episodes(options.episodes);
  std::exception_ptr failure;  // an exception must not leave a parallel region
#pragma omp parallel for schedule(dynamic, 1)
  for (int e = 0; e < options.episodes; ++e) {
    if (e > 0 && core::now_seconds() > end) continue;
    try {
      episodes[e] =
          play_one(world, grid, options, rate_bits, key.split(static_cast<std::uint64_t>(e)));
    } catch (...) {
#pragma omp critical
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  GamePoint out;
  out.rate_bits = rate_bits;
  out.temperature = grid.temperature;
  double squares = 0;
  std::size_t longest = 0;
  for (const Episode& episode : episodes) {
    if (!episode.played) continue;
    ++out.episodes;
    out.accuracy += episode.right ? 1 : 0;
    out.reward += episode.reward;
    squares += episode.reward * episode.reward;
    out.belief_bits += episode.belief_bits;
    out.code_bits += episode.code_bits;
    out.steps += episode.steps;
    longest = std::max(longest, episode.beliefs.size());
  }
  const double n = out.episodes;
  out.code_bits /= std::max(out.steps, 1.0);
  out.accuracy /= n;
  out.reward /= n;
  out.belief_bits /= n;
  out.steps /= n;
  out.accuracy_error = std::sqrt(out.accuracy * (1 - out.accuracy) / n);
  out.reward_error = std::sqrt(std::max(squares / n - out.reward * out.reward, 0.0) / n);
  out.belief_by_step.assign(longest, 0.0);
  for (const Episode& episode : episodes) {
    if (episode.beliefs.empty()) continue;
    for (std::size_t k = 0; k < longest; ++k) {
      out.belief_by_step[k] += episode.beliefs[std::min(k, episode.beliefs.size() - 1)] / n;
    }
  }
  return out;
}

std::vector<GamePoint> trade_off(const GridOptions& grid, const GameOptions& options,
                                 const std::vector<double>& rates_bits,
                                 const std::vector<double>& temperatures, core::Key key) {
  std::vector<GamePoint> out;
  for (const double temperature : temperatures) {
    GridOptions at = grid;
    at.temperature = temperature;
    // The same key at every rate: the same messages and the same luck, so differences are the
    // code's.
    for (const double rate : rates_bits) out.push_back(play(at, options, rate, key));
  }
  return out;
}

Ebim uniform_quantiser(const VectorView& p, double rate_bits) {
  constexpr std::string_view kWhere = "couple.uniform_quantiser";
  const Vector law = checked_distribution(p, kWhere);
  if (!(rate_bits >= 0)) core::fail_argument(kWhere, "expected rate >= 0 bits, got {}", rate_bits);
  const Index n = law.size();
  std::vector<Index> order(n);
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return law[i] > law[j]; });
  // Runs of 2^k codes are refinements of each other, so H grows with k; other counts are not tried.
  Ebim out;
  for (Index codes = 1; codes < 2 * n; codes *= 2) {
    const Index used = std::min(codes, n);
    Ebim next;
    next.labels.resize(n);
    next.code = Vector::Zero(used);
    for (Index k = 0; k < n; ++k) {
      const auto t = static_cast<int>(k * used / n);
      next.labels[order[k]] = t;
      next.code[t] += law[order[k]];
    }
    next.entropy_bits = next.information_bits = couple::entropy_bits(next.code);
    if (next.entropy_bits > rate_bits + 1e-12) break;
    out = std::move(next);
  }
  return out;
}

}  // namespace venturi::couple
