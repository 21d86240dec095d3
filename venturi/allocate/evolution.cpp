#include "venturi/allocate/evolution.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace venturi::allocate {
namespace {

constexpr std::string_view kWhere = "allocate.evolve";
constexpr int kTriesPerOffspring = 8;  // before a generation stays smaller, all of it being known

using Levels = std::vector<std::uint32_t>;  // one a part, into its choices by bits

// The menus as levels, and what can be done to an allocation of them.
class Ladder {
 public:
  Ladder(std::span<const Part> parts, std::int64_t budget) : parts_(parts), budget_(budget) {
    for (const Part& part : parts) {
      std::vector<std::size_t> order(part.choices.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return part.choices[a].bits < part.choices[b].bits;
      });
      order_.push_back(std::move(order));
    }
  }

  std::vector<std::size_t> choice(const Levels& levels) const {
    std::vector<std::size_t> out(levels.size());
    for (std::size_t p = 0; p < levels.size(); ++p) out[p] = order_[p][levels[p]];
    return out;
  }

  Levels levels(std::span<const std::size_t> choice) const {
    Levels out(choice.size());
    for (std::size_t p = 0; p < choice.size(); ++p) {
      const auto at = std::find(order_[p].begin(), order_[p].end(), choice[p]);
      out[p] = static_cast<std::uint32_t>(at - order_[p].begin());
    }
    return out;
  }

  // Levels raised one by one in random order, round by round, while the budget lasts.
  void fill(Levels& levels, core::Random& random) const {
    std::int64_t left = budget_ - bits(levels);
    for (bool raised = true; raised;) {
      raised = false;
      for (const std::size_t p : random.permutation(levels.size())) {
        if (!can_rise(levels, p) || step_bits(p, levels[p]) > left) continue;
        left -= step_bits(p, levels[p]++);
        raised = true;
      }
    }
  }

  // One level up, random others down until the budget holds. Nothing happens where that cannot be.
  void switch_levels(Levels& levels, core::Random& random) const {
    Levels next = levels;
    const auto raised = pick(random, next, [&](std::size_t p) { return can_rise(next, p); });
    if (raised == next.size()) return;
    std::int64_t left = budget_ - bits(next) - step_bits(raised, next[raised]);
    ++next[raised];
    while (left < 0) {
      const auto lowered =
          pick(random, next, [&](std::size_t p) { return p != raised && next[p] > 0; });
      if (lowered == next.size()) return;
      left += step_bits(lowered, --next[lowered]);
    }
    levels = std::move(next);
  }

  // One random part a level down.
  void lower(Levels& levels, core::Random& random) const {
    const auto p = pick(random, levels, [&](std::size_t q) { return levels[q] > 0; });
    if (p < levels.size()) --levels[p];
  }

 private:
  std::int64_t step_bits(std::size_t p, std::uint32_t level) const {
    const std::vector<Choice>& menu = parts_[p].choices;
    return menu[order_[p][level + 1]].bits - menu[order_[p][level]].bits;
  }
  bool can_rise(const Levels& levels, std::size_t p) const {
    return levels[p] + 1 < order_[p].size();
  }
  std::int64_t bits(const Levels& levels) const { return totals(parts_, choice(levels)).bits; }

  // A random part for which `may` holds; levels.size() if there is none.
  template <class May>
  static std::size_t pick(core::Random& random, const Levels& levels, const May& may) {
    std::vector<std::size_t> open;
    for (std::size_t p = 0; p < levels.size(); ++p) {
      if (may(p)) open.push_back(p);
    }
    return open.empty() ? levels.size() : open[random.below(open.size())];
  }

  std::span<const Part> parts_;
  std::int64_t budget_;
  std::vector<std::vector<std::size_t>> order_;
};

void check(const EvolutionOptions& options) {
  core::check_options(options, kWhere);
  const auto& keep = options.survivors;
  const auto& data = options.data;
  if (keep.empty() || keep.size() != data.size() || keep.back() != 1 ||
      !std::is_sorted(keep.rbegin(), keep.rend()) || !std::is_sorted(data.begin(), data.end())) {
    core::fail_argument(kWhere,
                        "expected as many survivors (falling, the last 1) as sizes of data "
                        "(rising), got [{}] and [{}]",
                        fmt::join(keep, ", "), fmt::join(data, ", "));
  }
}

// Losses, counted.
class Judge {
 public:
  Judge(const Ladder& ladder, const Fitness& fitness, Evolution& state)
      : ladder_(ladder), fitness_(fitness), state_(state) {}

  double operator()(const Levels& levels, std::int64_t data) const {
    ++state_.evaluations;
    state_.data_used += data;
    const double loss = fitness_(ladder_.choice(levels), data);
    return std::isnan(loss) ? std::numeric_limits<double>::infinity() : loss;
  }

 private:
  const Ladder& ladder_;
  const Fitness& fitness_;
  Evolution& state_;
};

// The `keep` best on so much data, the best first; of equal ones those that stood before.
std::vector<Levels> select(std::vector<Levels> candidates, std::int64_t data, std::size_t keep,
                           const Judge& judge, double& best) {
  std::vector<std::pair<double, std::size_t>> losses;
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    losses.emplace_back(judge(candidates[k], data), k);
  }
  std::sort(losses.begin(), losses.end());
  best = losses.front().first;
  std::vector<Levels> out;
  for (std::size_t k = 0; k < std::min(keep, losses.size()); ++k) {
    out.push_back(std::move(candidates[losses[k].second]));
  }
  return out;
}

std::vector<Levels> offspring_of(const Levels& parent, const Ladder& ladder, core::Key key,
                                 const EvolutionOptions& options) {
  std::vector<Levels> out;
  std::set<Levels> known{parent};
  const auto count = static_cast<std::size_t>(options.offspring);
  const auto most = static_cast<std::uint64_t>(options.switches);
  for (std::uint64_t k = 0; out.size() < count && k < count * kTriesPerOffspring; ++k) {
    core::Random random(key.split(k));
    Levels child = parent;
    const std::uint64_t switches = 1 + std::min(random.below(most), random.below(most));
    for (std::uint64_t s = 0; s < switches; ++s) {
      if (options.fill || random.below(2) == 0) {
        ladder.switch_levels(child, random);
      } else {
        ladder.lower(child, random);
      }
    }
    if (options.fill) ladder.fill(child, random);
    if (known.insert(child).second) out.push_back(std::move(child));
  }
  return out;
}

}  // namespace

Evolution start_evolution(std::span<const Part> parts, std::int64_t budget, const Fitness& fitness,
                          core::Key key, const EvolutionOptions& options,
                          std::vector<std::size_t> start) {
  check(options);
  check_budget(parts, budget, kWhere);
  const Ladder ladder(parts, budget);
  Evolution state;
  const Judge judge(ladder, fitness, state);
  Levels levels;
  if (start.empty()) {
    std::set<Levels> tried;
    for (std::uint64_t k = 0; k < static_cast<std::uint64_t>(options.initial); ++k) {
      core::Random random(key.split("start").split(k));
      Levels one(parts.size(), 0);
      ladder.fill(one, random);
      tried.insert(std::move(one));
    }
    double loss = 0;
    levels = select({tried.begin(), tried.end()}, options.data.front(), 1, judge, loss).front();
  } else {
    if (const Allocation given = totals(parts, start); given.bits > budget) {
      core::fail_argument(kWhere, "expected a start of at most {} bits, got {}", budget,
                          given.bits);
    }
    levels = ladder.levels(start);
  }
  state.best = totals(parts, ladder.choice(levels));
  state.best.distortion = judge(levels, options.data.back());
  state.history.push_back(state.best.distortion);
  return state;
}

void evolve(std::span<const Part> parts, std::int64_t budget, const Fitness& fitness, core::Key key,
            const EvolutionOptions& options, Evolution& state, core::Monitor& monitor) {
  check(options);
  check_budget(parts, budget, kWhere);
  if (totals(parts, state.best.choice).bits > budget) {
    core::fail_argument(kWhere, "expected a state of at most {} bits, got {}", budget,
                        state.best.bits);
  }
  const Ladder ladder(parts, budget);
  const Judge judge(ladder, fitness, state);
  Levels parent = ladder.levels(state.best.choice);
  const core::Key generations = key.split("generations");
  while (state.generation < options.generations && !monitor.stop_requested()) {
    auto candidates = offspring_of(
        parent, ladder, generations.split(static_cast<std::uint64_t>(state.generation)), options);
    double loss = std::numeric_limits<double>::infinity();
    for (std::size_t s = 0; s < options.data.size() && !candidates.empty(); ++s) {
      candidates = select(std::move(candidates), options.data[s],
                          static_cast<std::size_t>(options.survivors[s]), judge, loss);
    }
    if (loss < state.best.distortion) {
      parent = std::move(candidates.front());
      state.best = totals(parts, ladder.choice(parent));
      state.best.distortion = loss;
    } else if (std::isinf(state.best.distortion) && std::isinf(loss)) {
      core::fail_data(kWhere, "generation {}: no allocation has a finite loss", state.generation);
    }
    ++state.generation;
    state.history.push_back(state.best.distortion);
    monitor.progress({.task = "evolve",
                      .done = static_cast<std::uint64_t>(state.generation),
                      .total = static_cast<std::uint64_t>(options.generations),
                      .unit = "generations",
                      .metric = fmt::format("loss {:.5g}", state.best.distortion)});
  }
}

}  // namespace venturi::allocate
