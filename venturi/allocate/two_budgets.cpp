#include "venturi/allocate/two_budgets.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "venturi/allocate/greedy.hpp"
#include "venturi/allocate/hull.hpp"
#include "venturi/allocate/pareto.hpp"

namespace venturi::allocate {
namespace {

constexpr std::string_view kWhere = "allocate.two_budgets";
constexpr double kTie = 1e-11;  // as in knapsack.cpp
constexpr std::size_t kFirstStates = 1 << 14;
constexpr std::size_t kPrices = 6;
constexpr int kBisections = 60;

// Prices with the choices that are best under them, and the bound that they prove.
struct Prices {
  double bit, cost;
  double bound;
  std::vector<std::size_t> choice;
};

struct Option {
  std::int64_t bits, cost;
  double distortion;
  std::size_t choice;
};

// Sums of the parts still to come, each at its best choice under one pair of prices.
struct Suffix {
  std::int64_t bits = 0, cost = 0;
  double distortion = 0;
};

struct CorePart {
  std::size_t part;
  std::vector<Option> menu;
};

struct State {
  std::int64_t bits, cost;
  double distortion, bound;
  std::uint32_t node, option;  // until the stage ends, `node` is that of the state before
};

struct Node {
  std::uint32_t parent, option;
};

class Search {
 public:
  Search(std::span<const Part> parts, std::int64_t bits, std::int64_t cost, std::size_t states)
      : parts_(parts), bits_(bits), cost_(cost), states_(states) {}

  // `start` meets both budgets. Few states first, as in knapsack.cpp.
  Allocation solve(Allocation start) {
    best_ = std::move(start);
    find_prices();
    for (const Prices& prices : prices_) best_.bound = std::max(best_.bound, prices.bound);
    const double relaxed = best_.bound = std::min(best_.bound, best_.distortion);
    for (std::size_t states = kFirstStates; !best_.proved(); states *= 8) {
      const std::size_t now = std::min(states, states_);
      dropped_bound_ = std::numeric_limits<double>::infinity();
      best_.bound = relaxed;
      if (reduce()) search(now);
      best_.bound = std::max(relaxed, std::min(best_.distortion, dropped_bound_));
      if (now == states_) break;
    }
    return std::move(best_);
  }

 private:
  double limit() const { return best_.distortion * (1 - kTie); }

  // The hull's answer at one price of cost; its cost, for the bisection.
  std::int64_t try_price(std::vector<Part>& priced, double price) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      for (std::size_t k = 0; k < parts_[p].choices.size(); ++k) {
        const Choice& c = parts_[p].choices[k];
        priced[p].choices[k].distortion = c.distortion + price * static_cast<double>(c.cost);
      }
    }
    const RateCurve curve = rate_curve(priced);
    const std::size_t fit = curve.steps_within(bits_);
    const double bit = fit < curve.steps.size() ? curve.steps[fit].slope : 0.0;
    Prices out{bit, price, 0, curve.choice_after(fit)};
    Allocation vertex = totals(parts_, out.choice);
    out.bound = vertex.distortion + bit * static_cast<double>(vertex.bits - bits_) +
                price * (static_cast<double>(vertex.cost) - static_cast<double>(cost_));
    const std::int64_t spent = vertex.cost;
    prices_.push_back(std::move(out));
    if (spent <= cost_) offer(std::move(vertex), {bits_, cost_, bit > 0 ? price / bit : 1.0});
    return spent;
  }

  void offer(Allocation candidate, const Budgets& budgets) {
    fill(parts_, budgets, candidate);
    if (candidate.distortion >= best_.distortion) return;
    candidate.bound = best_.bound;
    best_ = std::move(candidate);
  }

  // Leaves in prices_ those of the best bounds.
  void find_prices() {
    std::vector<Part> priced(parts_.begin(), parts_.end());
    if (try_price(priced, 0) > cost_) {
      // A price at which cost outweighs all else: every distortion over the smallest unit.
      double high = 1e-6 * (1 + best_.distortion) / (1 + static_cast<double>(cost_));
      double low = 0;
      while (high < 1e100 && try_price(priced, high) > cost_) low = std::exchange(high, 4 * high);
      for (int k = 0; k < kBisections && high - low > 1e-12 * high; ++k) {
        const double middle = 0.5 * (low + high);
        (try_price(priced, middle) > cost_ ? low : high) = middle;
      }
    }
    std::stable_sort(prices_.begin(), prices_.end(),
                     [](const Prices& a, const Prices& b) { return a.bound > b.bound; });
    if (prices_.size() > kPrices) prices_.resize(kPrices);
  }

  double reduced(const Prices& prices, std::size_t p, const Choice& c) const {
    const Choice& at = parts_[p].choices[prices.choice[p]];
    return (c.distortion - at.distortion) + prices.bit * static_cast<double>(c.bits - at.bits) +
           prices.cost * static_cast<double>(c.cost - at.cost);
  }

  // Fills core_; false if a part has no choice left that could be better.
  bool reduce() {
    core_.clear();
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const std::vector<Choice>& menu = parts_[p].choices;
      CorePart part{p, {}};
      for (const std::size_t c : undominated_with_cost(menu)) {
        const bool open = std::all_of(prices_.begin(), prices_.end(), [&](const Prices& prices) {
          return prices.bound + reduced(prices, p, menu[c]) < limit();
        });
        if (open) part.menu.push_back({menu[c].bits, menu[c].cost, menu[c].distortion, c});
      }
      if (part.menu.empty()) return false;
      core_.push_back(std::move(part));
    }
    std::stable_sort(core_.begin(), core_.end(), [](const CorePart& a, const CorePart& b) {
      return a.menu.size() < b.menu.size();
    });
    return true;
  }

  // rest_[stage]: sums over the parts from `stage` on; first the least bits and cost, then one for
  // each pair of prices.
  void sum_rests() {
    rest_.assign(core_.size() + 1, std::vector<Suffix>(prices_.size() + 1));
    for (std::size_t i = core_.size(); i-- > 0;) {
      rest_[i] = rest_[i + 1];
      std::int64_t bits = core_[i].menu.front().bits;
      std::int64_t cost = core_[i].menu.front().cost;
      for (const Option& o : core_[i].menu) {
        bits = std::min(bits, o.bits);
        cost = std::min(cost, o.cost);
      }
      rest_[i][0].bits += bits;
      rest_[i][0].cost += cost;
      for (std::size_t m = 0; m < prices_.size(); ++m) {
        const Choice& c = parts_[core_[i].part].choices[prices_[m].choice[core_[i].part]];
        rest_[i][m + 1].bits += c.bits;
        rest_[i][m + 1].cost += c.cost;
        rest_[i][m + 1].distortion += c.distortion;
      }
    }
  }

  void search(std::size_t most) {
    sum_rests();
    std::vector<State> states{{0, 0, 0, best_.bound, 0, 0}};
    nodes_.assign(1, {0, 0});
    for (std::size_t stage = 0; stage < core_.size() && !states.empty(); ++stage) {
      const std::size_t left = most - std::min(most, nodes_.size());
      const std::size_t cap =
          std::max<std::size_t>(1, std::min(left / (core_.size() - stage), most / 16));
      states = expand(states, stage, cap);
      for (State& s : states) {
        nodes_.push_back({s.node, s.option});
        s.node = static_cast<std::uint32_t>(nodes_.size() - 1);
      }
    }
  }

  // All states by all options of one part that can still end well.
  std::vector<State> expand(const std::vector<State>& states, std::size_t stage, std::size_t cap) {
    const std::vector<Option>& menu = core_[stage].menu;
    std::vector<State> out;
    for (const State& from : states) {
      for (std::uint32_t o = 0; o < menu.size(); ++o) {
        State next{from.bits + menu[o].bits,
                   from.cost + menu[o].cost,
                   from.distortion + menu[o].distortion,
                   0,
                   from.node,
                   o};
        if (!judge(next, stage)) continue;
        out.push_back(next);
        if (out.size() >= 2 * cap) {
          thin(out);
          if (out.size() > cap) cut(out, cap);
        }
      }
    }
    std::erase_if(out, [&](const State& s) { return s.bound >= limit(); });
    thin(out);
    if (out.size() > cap) cut(out, cap);
    return out;
  }

  // The bound of a state, and what its completions at fixed prices reach; false if it can go.
  bool judge(State& s, std::size_t stage) {
    const std::vector<Suffix>& rest = rest_[stage + 1];
    const std::int64_t bits = bits_ - s.bits;
    const std::int64_t cost = cost_ - s.cost;
    if (rest[0].bits > bits || rest[0].cost > cost) return false;
    s.bound = s.distortion;
    for (std::size_t m = 0; m < prices_.size(); ++m) {
      const Suffix& at = rest[m + 1];
      const double reached = s.distortion + at.distortion;
      s.bound = std::max(s.bound, reached + prices_[m].bit * static_cast<double>(at.bits - bits) +
                                      prices_[m].cost * static_cast<double>(at.cost - cost));
      if (at.bits <= bits && at.cost <= cost && reached < best_.distortion) {
        complete(s, stage, prices_[m]);
      }
    }
    return s.bound < limit();
  }

  void complete(const State& s, std::size_t stage, const Prices& prices) {
    std::vector<std::size_t> choice = prices.choice;
    choice[core_[stage].part] = core_[stage].menu[s.option].choice;
    std::uint32_t node = s.node;
    for (std::size_t i = stage; i-- > 0;) {
      choice[core_[i].part] = core_[i].menu[nodes_[node].option].choice;
      node = nodes_[node].parent;
    }
    offer(totals(parts_, std::move(choice)),
          {bits_, cost_, prices.bit > 0 ? prices.cost / prices.bit : 1.0});
  }

  // Keeps, in order of bits, the states that no other beats in bits, cost and distortion.
  static void thin(std::vector<State>& states) {
    std::sort(states.begin(), states.end(), [](const State& a, const State& b) {
      if (a.bits != b.bits) return a.bits < b.bits;
      return a.cost != b.cost ? a.cost < b.cost : a.distortion < b.distortion;
    });
    std::map<std::int64_t, double> stairs;  // cost to distortion, falling
    std::erase_if(states, [&](const State& s) {
      auto above = stairs.upper_bound(s.cost);
      if (above != stairs.begin() && std::prev(above)->second <= s.distortion) return true;
      const auto from = stairs.lower_bound(s.cost);
      auto to = from;
      while (to != stairs.end() && to->second >= s.distortion) ++to;
      stairs.insert_or_assign(stairs.erase(from, to), s.cost, s.distortion);
      return false;
    });
  }

  // Keeps the `cap` states of the least bounds.
  void cut(std::vector<State>& states, std::size_t cap) {
    const auto nth = states.begin() + static_cast<std::ptrdiff_t>(cap);
    std::nth_element(states.begin(), nth, states.end(),
                     [](const State& a, const State& b) { return a.bound < b.bound; });
    dropped_bound_ = std::min(dropped_bound_, nth->bound);
    states.erase(nth, states.end());
  }

  std::span<const Part> parts_;
  std::int64_t bits_, cost_;
  std::size_t states_;
  Allocation best_;
  std::vector<Prices> prices_;
  std::vector<CorePart> core_;
  std::vector<std::vector<Suffix>> rest_;
  std::vector<Node> nodes_;
  double dropped_bound_ = std::numeric_limits<double>::infinity();
};

// Fewest bits within the cost, bound in bits: knapsack() with bits as distortion and cost as bits.
Allocation fewest_bits(std::span<const Part> parts, std::int64_t cost,
                       const KnapsackOptions& options) {
  std::vector<Part> turned(parts.begin(), parts.end());
  for (Part& part : turned) {
    for (Choice& c : part.choices) c = {c.cost, static_cast<double>(c.bits), 0};
  }
  const Allocation least = knapsack(turned, cost, options);
  Allocation out = totals(parts, least.choice);
  out.bound = least.bound;
  return out;
}

}  // namespace

Allocation two_budgets(std::span<const Part> parts, std::int64_t bits, std::int64_t cost,
                       const KnapsackOptions& options) {
  core::check_options(options, kWhere);
  check_budget(parts, bits, kWhere);
  if (const std::int64_t least = least_cost(parts); cost < least) {
    core::fail_argument(kWhere, "expected a cost of at least {}, the smallest reachable, got {}",
                        least, cost);
  }
  Allocation start = fewest_bits(parts, cost, options);
  if (start.bits > bits) {
    core::fail_argument(
        kWhere,
        "expected a budget of at least {} bits, the smallest {} within a cost of "
        "{}, got {}",
        start.bits,
        start.bound >= static_cast<double>(start.bits) * (1 - kTie) ? "reachable" : "found", cost,
        bits);
  }
  start.bound = 0;
  fill(parts, {bits, cost, 0}, start);
  return Search(parts, bits, cost, static_cast<std::size_t>(options.states))
      .solve(std::move(start));
}

}  // namespace venturi::allocate
