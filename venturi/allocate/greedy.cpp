#include "venturi/allocate/greedy.hpp"

#include <algorithm>
#include <queue>

namespace venturi::allocate {
namespace {

struct Offer {
  double worth;  // drop per price
  std::size_t part, choice;
  bool operator<(const Offer& other) const {
    return worth != other.worth ? worth < other.worth : part > other.part;
  }
};
using Offers = std::priority_queue<Offer>;

double worth_of(const Choice& from, const Choice& to, double cost_weight) {
  const double price =
      static_cast<double>(std::max<std::int64_t>(to.bits - from.bits, 0)) +
      cost_weight * static_cast<double>(std::max<std::int64_t>(to.cost - from.cost, 0));
  const double drop = from.distortion - to.distortion;
  return price > 0 ? drop / price : std::numeric_limits<double>::infinity();
}

bool fits(const Allocation& a, const Choice& from, const Choice& to, const Budgets& budgets) {
  return to.bits - from.bits <= budgets.bits - a.bits &&
         to.cost - from.cost <= budgets.cost - a.cost;
}

void move(std::span<const Part> parts, Allocation& a, std::size_t part, std::size_t choice) {
  const Choice& from = parts[part].choices[a.choice[part]];
  const Choice& to = parts[part].choices[choice];
  a.bits += to.bits - from.bits;
  a.cost += to.cost - from.cost;
  a.choice[part] = choice;
}

}  // namespace

void fill(std::span<const Part> parts, const Budgets& budgets, Allocation& a) {
  Offers offers;
  const auto best_of = [&](std::size_t p) {
    const std::vector<Choice>& menu = parts[p].choices;
    const Choice& from = menu[a.choice[p]];
    Offer best{-1, p, 0};
    for (std::size_t k = 0; k < menu.size(); ++k) {
      if (menu[k].distortion >= from.distortion || !fits(a, from, menu[k], budgets)) continue;
      const double worth = worth_of(from, menu[k], budgets.cost_weight);
      if (worth > best.worth) best = {worth, p, k};
    }
    if (best.worth >= 0) offers.push(best);
  };
  // Again while something moved: a change may free what an earlier part wanted.
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t p = 0; p < parts.size(); ++p) best_of(p);
    while (!offers.empty()) {
      const Offer next = offers.top();
      offers.pop();
      const std::vector<Choice>& menu = parts[next.part].choices;
      if (fits(a, menu[a.choice[next.part]], menu[next.choice], budgets)) {
        move(parts, a, next.part, next.choice);
        moved = true;
      }
      best_of(next.part);
    }
  }
  const double bound = a.bound;
  a = totals(parts, std::move(a.choice));
  a.bound = bound;
}

Allocation greedy(std::span<const Part> parts, std::int64_t budget) {
  check_budget(parts, budget, "allocate.greedy");
  std::vector<std::vector<std::size_t>> levels;
  std::vector<std::size_t> lowest;
  for (const Part& part : parts) {
    levels.push_back(undominated(part.choices));
    lowest.push_back(levels.back().front());
  }
  Allocation out = totals(parts, std::move(lowest));
  std::vector<std::size_t> at(parts.size(), 0);
  Offers offers;
  const auto offer_next = [&](std::size_t p) {
    if (at[p] + 1 >= levels[p].size()) return;
    const std::size_t next = levels[p][at[p] + 1];
    offers.push({worth_of(parts[p].choices[levels[p][at[p]]], parts[p].choices[next], 0), p, next});
  };
  for (std::size_t p = 0; p < parts.size(); ++p) offer_next(p);
  while (!offers.empty()) {
    const Offer next = offers.top();
    offers.pop();
    const std::vector<Choice>& menu = parts[next.part].choices;
    // What does not fit now never will: a part's later levels cost more still.
    if (!fits(out, menu[out.choice[next.part]], menu[next.choice], {.bits = budget})) continue;
    move(parts, out, next.part, next.choice);
    ++at[next.part];
    offer_next(next.part);
  }
  return totals(parts, std::move(out.choice));
}

}  // namespace venturi::allocate
