#include "venturi/code/normalize.hpp"

#include <algorithm>
#include <cmath>
#include <queue>

#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

// A move of one unit of mass to or from a slot, and the bits that it saves or costs.
struct Step {
  double bits;
  std::size_t slot;
  std::uint32_t mass;  // at the time; the step is stale once the slot's mass differs
};
struct LessSaving {
  bool operator()(const Step& a, const Step& b) const {
    return a.bits != b.bits ? a.bits < b.bits : a.slot > b.slot;
  }
};
struct MoreCost {
  bool operator()(const Step& a, const Step& b) const {
    return a.bits != b.bits ? a.bits > b.bits : a.slot > b.slot;
  }
};

// Moves units of mass between slots, always the best one: optimal, as each slot's cost is convex.
class Exchange {
 public:
  Exchange(std::span<const std::uint64_t> counts, std::vector<std::uint32_t>& masses)
      : counts_(counts), masses_(masses) {
    for (std::size_t slot = 0; slot < masses.size(); ++slot) offer(slot);
  }

  void run(std::int64_t surplus) {
    for (; surplus < 0; ++surplus) change(best(gains_), 1);
    for (; surplus > 0; --surplus) change(best(losses_), -1);
    while (true) {
      const Step gain = best(gains_);
      if (!has(losses_)) return;
      const Step loss = best(losses_);
      if (gain.slot == loss.slot || gain.bits <= loss.bits) return;
      change(gain, 1);
      change(loss, -1);
    }
  }

 private:
  // What `mass` -> mass + 1 saves, in units of ln 2.
  double step_bits(std::size_t slot, std::uint32_t mass) const {
    const double count = slot < counts_.size() ? static_cast<double>(counts_[slot]) : 0.0;
    return count * std::log1p(1.0 / mass);
  }
  void offer(std::size_t slot) {
    const std::uint32_t mass = masses_[slot];
    if (mass == 0) return;
    gains_.push({step_bits(slot, mass), slot, mass});
    if (mass > 1) losses_.push({step_bits(slot, mass - 1), slot, mass});
  }
  void change(const Step& step, int by) {
    masses_[step.slot] += static_cast<std::uint32_t>(by);
    offer(step.slot);
  }
  template <class Queue>
  bool has(Queue& queue) const {
    while (!queue.empty() && queue.top().mass != masses_[queue.top().slot]) queue.pop();
    return !queue.empty();
  }
  template <class Queue>
  Step best(Queue& queue) const {
    if (!has(queue)) core::fail_bug("code.normalize_counts", "no mass left to move");
    return queue.top();
  }

  std::span<const std::uint64_t> counts_;
  std::vector<std::uint32_t>& masses_;
  std::priority_queue<Step, std::vector<Step>, LessSaving> gains_;
  std::priority_queue<Step, std::vector<Step>, MoreCost> losses_;
};

}  // namespace

void normalize_counts(std::span<const std::uint64_t> counts, std::uint32_t units,
                      std::vector<std::uint32_t>& masses) {
  double total = 0;
  for (const std::uint64_t count : counts) total += static_cast<double>(count);
  std::int64_t surplus = -static_cast<std::int64_t>(units);
  for (std::size_t slot = 0; slot < masses.size(); ++slot) {
    if (masses[slot] > 0 && slot < counts.size()) {
      const double quota = static_cast<double>(counts[slot]) / total * units;
      masses[slot] = std::max(1U, static_cast<std::uint32_t>(quota));
    }
    surplus += masses[slot];
  }
  Exchange(counts, masses).run(surplus);
}

}  // namespace venturi::code
