#include "venturi/allocate/knapsack.hpp"

#include <algorithm>
#include <numeric>
#include <queue>

#include "venturi/allocate/greedy.hpp"
#include "venturi/allocate/hull.hpp"

namespace venturi::allocate {
namespace {

// Bounds this near to the best known, in parts of it, are rounding: sums of up to 1e5 terms.
constexpr double kTie = 1e-11;
constexpr std::size_t kFirstStates = 1 << 14;

// A choice that may be in a better allocation; bits above the cheapest such choice of its part.
struct Option {
  std::int64_t bits;
  double distortion;
  std::size_t choice;
};

struct CorePart {
  std::size_t part;
  std::vector<Option> menu;  // bits rising from 0, distortion falling
};

// The parts still to come, as one curve: step k leads from vertex k to vertex k+1.
class Rest {
 public:
  explicit Rest(const std::vector<CorePart>& core) {
    for (std::size_t i = 0; i < core.size(); ++i) {
      std::vector<Choice> menu;
      for (const Option& o : core[i].menu) menu.push_back({o.bits, o.distortion});
      const auto hull = lower_hull(menu);
      last_.push_back(menu.back().distortion);
      for (std::size_t k = 1; k < hull.size(); ++k) {
        const Choice& a = menu[hull[k - 1]];
        const Choice& b = menu[hull[k]];
        const auto bits = static_cast<double>(b.bits - a.bits);
        steps_.push_back({(a.distortion - b.distortion) / bits, b.bits - a.bits,
                          a.distortion - b.distortion, i, hull[k]});
      }
    }
    std::stable_sort(steps_.begin(), steps_.end(),
                     [](const Step& a, const Step& b) { return a.slope > b.slope; });
  }

  // Forgets the steps of the parts before `first`.
  void start_at(std::size_t first) {
    first_ = first;
    std::erase_if(steps_, [&](const Step& s) { return s.part < first; });
    bits_.assign(1, 0);
    for (const Step& s : steps_) bits_.push_back(bits_.back() + s.bits);
    distortion_.assign(steps_.size() + 1, 0);
    distortion_.back() =
        std::accumulate(last_.begin() + static_cast<std::ptrdiff_t>(first), last_.end(), 0.0);
    for (std::size_t k = steps_.size(); k-- > 0;) {
      distortion_[k] = distortion_[k + 1] + steps_[k].drop;
    }
    at_ = steps_.size();
  }

  // Call with falling `bits` >= 0.
  struct Value {
    double bound, reached;  // of any completion; of the one that stays on the last vertex
    std::size_t vertex;
  };
  Value at(std::int64_t bits) {
    while (bits_[at_] > bits) --at_;
    if (at_ == steps_.size()) return {distortion_[at_], distortion_[at_], at_};
    return {distortion_[at_ + 1] + steps_[at_].slope * static_cast<double>(bits_[at_ + 1] - bits),
            distortion_[at_], at_};
  }

  // The options of the parts from start_at()'s on at a vertex.
  void options_at(std::size_t vertex, std::vector<std::size_t>& option) const {
    std::fill(option.begin() + static_cast<std::ptrdiff_t>(first_), option.end(), 0);
    for (std::size_t k = 0; k < vertex; ++k) option[steps_[k].part] = steps_[k].option;
  }

 private:
  struct Step {
    double slope;
    std::int64_t bits;
    double drop;
    std::size_t part, option;
  };
  std::vector<double> last_;  // least distortion of each part
  std::vector<Step> steps_;
  std::vector<std::int64_t> bits_;
  std::vector<double> distortion_;
  std::size_t first_ = 0;
  std::size_t at_ = 0;
};

struct State {
  std::int64_t bits;
  double distortion, bound;
  std::uint32_t node, option;  // until the stage ends, `node` is that of the state before
};

struct Node {
  std::uint32_t parent, option;
};

class Search {
 public:
  Search(std::span<const Part> parts, std::int64_t budget, std::size_t states)
      : parts_(parts), budget_(budget), states_(states), curve_(rate_curve(parts)) {}

  // Few states first: what they find lets the next pass drop more, its choices and its states.
  Allocation solve() {
    best_ = lagrangian(parts_, budget_);
    const double relaxed = best_.bound;
    for (std::size_t states = kFirstStates; !best_.proved(); states *= 8) {
      const std::size_t now = std::min(states, states_);
      dropped_bound_ = std::numeric_limits<double>::infinity();
      best_.bound = relaxed;
      reduce();
      if (slack_ >= 0 && !core_.empty()) search(now);
      best_.bound = std::max(relaxed, std::min(best_.distortion, dropped_bound_));
      if (now == states_) break;
    }
    return std::move(best_);
  }

 private:
  double limit() const { return best_.distortion * (1 - kTie); }

  // Fills core_, fixed_ and slack_.
  void reduce() {
    const std::size_t k = curve_.steps_within(budget_);
    const std::vector<std::size_t> vertex = curve_.choice_after(k);
    const double price = curve_.steps[k].slope;
    core_.clear();
    fixed_ = vertex;
    fixed_distortion_ = 0;
    slack_ = budget_;
    std::int64_t unit = 0;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const std::vector<Choice>& menu = parts_[p].choices;
      const Choice& at = menu[vertex[p]];
      CorePart part{p, {}};
      for (const std::size_t c : undominated(menu)) {
        const double reduced = (menu[c].distortion - at.distortion) +
                               price * static_cast<double>(menu[c].bits - at.bits);
        if (c == vertex[p] || best_.bound + reduced < limit()) {
          part.menu.push_back({menu[c].bits, menu[c].distortion, c});
        }
      }
      const std::int64_t least = part.menu.front().bits;
      slack_ -= least;
      for (Option& o : part.menu) unit = std::gcd(unit, o.bits -= least);
      if (part.menu.size() == 1) {
        fixed_[p] = part.menu[0].choice;
        fixed_distortion_ += part.menu[0].distortion;
      } else {
        core_.push_back(std::move(part));
      }
    }
    if (unit > 0 && slack_ > 0) slack_ -= slack_ % unit;
    // Coarse steps first: what is left to the end is fine-grained, where the hull bound is tight.
    std::stable_sort(core_.begin(), core_.end(), [](const CorePart& a, const CorePart& b) {
      return a.menu.back().bits > b.menu.back().bits;
    });
  }

  void search(std::size_t most) {
    Rest rest(core_);
    std::vector<State> states{{0, fixed_distortion_, best_.bound, 0, 0}};
    nodes_.assign(1, {0, 0});
    for (std::size_t stage = 0; stage < core_.size() && !states.empty(); ++stage) {
      rest.start_at(stage + 1);
      const std::size_t left = most - std::min(most, nodes_.size());
      const std::size_t cap =
          std::max<std::size_t>(1, std::min(left / (core_.size() - stage), most / 8));
      states = expand(states, stage, rest, cap);
      for (State& s : states) {
        nodes_.push_back({s.node, s.option});
        s.node = static_cast<std::uint32_t>(nodes_.size() - 1);
      }
    }
  }

  // All states by all options of one part, in order of their bits.
  std::vector<State> expand(const std::vector<State>& states, std::size_t stage, Rest& rest,
                            std::size_t cap) {
    const std::vector<Option>& menu = core_[stage].menu;
    struct Head {
      std::int64_t bits;
      double distortion;
      std::uint32_t option;
      std::size_t state;
      bool operator<(const Head& o) const {  // the largest comes first from the queue
        return bits != o.bits ? bits > o.bits : distortion > o.distortion;
      }
    };
    std::priority_queue<Head> heads;
    const auto push = [&](std::uint32_t option, std::size_t state) {
      if (state == states.size()) return;
      heads.push({states[state].bits + menu[option].bits,
                  states[state].distortion + menu[option].distortion, option, state});
    };
    for (std::uint32_t o = 0; o < menu.size(); ++o) push(o, 0);
    std::vector<State> out;
    double least = std::numeric_limits<double>::infinity();
    Completion found;
    while (!heads.empty()) {
      const Head head = heads.top();
      heads.pop();
      if (head.bits > slack_) break;
      push(head.option, head.state + 1);
      if (head.distortion >= least) continue;
      least = head.distortion;
      const Rest::Value value = rest.at(slack_ - head.bits);
      const std::uint32_t node = states[head.state].node;
      if (head.distortion + value.reached < best_.distortion) {
        best_.distortion = head.distortion + value.reached;
        found = {true, node, head.option, value.vertex};
      }
      const double bound = head.distortion + value.bound;
      if (bound >= limit()) continue;
      out.push_back({head.bits, head.distortion, bound, node, head.option});
      if (out.size() >= 2 * cap) cut(out, cap);
    }
    if (found.yes) complete(stage, rest, found);
    std::erase_if(out, [&](const State& s) { return s.bound >= limit(); });
    if (out.size() > cap) cut(out, cap);
    return out;
  }

  // Keeps the `cap` states of the least bounds, in their order; of equal bounds at the threshold
  // some from everywhere.
  void cut(std::vector<State>& states, std::size_t cap) {
    std::vector<double> bounds;
    bounds.reserve(states.size());
    for (const State& s : states) bounds.push_back(s.bound);
    const auto nth = bounds.begin() + static_cast<std::ptrdiff_t>(cap);
    std::nth_element(bounds.begin(), nth, bounds.end());
    const double threshold = *nth;
    dropped_bound_ = std::min(dropped_bound_, threshold);
    std::size_t below = 0;
    std::size_t ties = 0;
    for (const State& s : states) {
      below += s.bound < threshold ? 1 : 0;
      ties += s.bound == threshold ? 1 : 0;
    }
    const std::size_t keep = cap - below;  // of the ties
    std::size_t sum = 0;
    std::erase_if(states, [&](const State& s) {
      if (s.bound != threshold) return s.bound > threshold;
      sum += keep;
      if (sum < ties) return true;
      sum -= ties;
      return false;
    });
  }

  struct Completion {
    bool yes = false;
    std::uint32_t node = 0, option = 0;
    std::size_t vertex = 0;
  };

  // Writes out the allocation that has become the best one, and spends what it leaves.
  void complete(std::size_t stage, const Rest& rest, const Completion& found) {
    std::vector<std::size_t> option(core_.size());
    rest.options_at(found.vertex, option);
    option[stage] = found.option;
    std::uint32_t node = found.node;
    for (std::size_t i = stage; i-- > 0;) {
      option[i] = nodes_[node].option;
      node = nodes_[node].parent;
    }
    std::vector<std::size_t> choice = fixed_;
    for (std::size_t i = 0; i < core_.size(); ++i) {
      choice[core_[i].part] = core_[i].menu[option[i]].choice;
    }
    Allocation whole = totals(parts_, std::move(choice));
    fill(parts_, {.bits = budget_}, whole);
    whole.bound = best_.bound;
    best_ = std::move(whole);
  }

  std::span<const Part> parts_;
  std::int64_t budget_;
  std::size_t states_;
  RateCurve curve_;
  Allocation best_;
  std::vector<std::size_t> fixed_;  // choices of the parts outside the core
  double fixed_distortion_ = 0;
  std::int64_t slack_ = 0;  // of the budget, above the cheapest options
  std::vector<CorePart> core_;
  std::vector<Node> nodes_;
  double dropped_bound_ = std::numeric_limits<double>::infinity();
};

}  // namespace

Allocation knapsack(std::span<const Part> parts, std::int64_t budget,
                    const KnapsackOptions& options) {
  constexpr std::string_view kWhere = "allocate.knapsack";
  core::check_options(options, kWhere);
  check_budget(parts, budget, kWhere);
  return Search(parts, budget, static_cast<std::size_t>(options.states)).solve();
}

}  // namespace venturi::allocate
