#include "venturi/allocate/hull.hpp"

#include <algorithm>

#include "venturi/allocate/greedy.hpp"

namespace venturi::allocate {
namespace {

double slope_between(const Choice& a, const Choice& b) {
  return (a.distortion - b.distortion) / static_cast<double>(b.bits - a.bits);
}

}  // namespace

std::vector<std::size_t> lower_hull(std::span<const Choice> menu) {
  std::vector<std::size_t> out;
  for (const std::size_t k : undominated(menu)) {
    while (out.size() >= 2 && slope_between(menu[out[out.size() - 2]], menu[out.back()]) <=
                                  slope_between(menu[out.back()], menu[k])) {
      out.pop_back();
    }
    out.push_back(k);
  }
  return out;
}

std::size_t RateCurve::steps_within(std::int64_t budget) const {
  const auto above = std::partition_point(steps.begin(), steps.end(),
                                          [&](const Step& s) { return s.bits <= budget; });
  return static_cast<std::size_t>(above - steps.begin());
}

std::vector<std::size_t> RateCurve::choice_after(std::size_t count) const {
  std::vector<std::size_t> out = start;
  for (std::size_t s = 0; s < count; ++s) out[steps[s].part] = steps[s].choice;
  return out;
}

double RateCurve::bound(std::int64_t budget) const {
  if (budget < start_bits) return std::numeric_limits<double>::infinity();
  const std::size_t k = steps_within(budget);
  if (k == steps.size()) return steps.empty() ? start_distortion : steps.back().distortion;
  // From the far end of the step, where sums are small.
  return steps[k].distortion + steps[k].slope * static_cast<double>(steps[k].bits - budget);
}

RateCurve rate_curve(std::span<const Part> parts) {
  check_parts(parts, "allocate.rate_curve");
  RateCurve out;
  std::vector<double> drops;
  double rest = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const std::vector<Choice>& menu = parts[p].choices;
    const auto hull = lower_hull(menu);
    out.start.push_back(hull.front());
    out.start_bits += menu[hull.front()].bits;
    rest += menu[hull.back()].distortion;
    for (std::size_t k = 1; k < hull.size(); ++k) {
      const Choice& from = menu[hull[k - 1]];
      const Choice& to = menu[hull[k]];
      out.steps.push_back({p, hull[k], slope_between(from, to), to.bits - from.bits,
                           from.distortion - to.distortion});
    }
  }
  std::stable_sort(
      out.steps.begin(), out.steps.end(),
      [](const RateCurve::Step& a, const RateCurve::Step& b) { return a.slope > b.slope; });
  std::int64_t bits = out.start_bits;
  for (RateCurve::Step& s : out.steps) s.bits = bits += s.bits;
  // Distortion from the right: sums of non-negative terms, none larger than the result.
  for (std::size_t k = out.steps.size(); k-- > 0;) {
    const double drop = out.steps[k].distortion;
    out.steps[k].distortion = rest;
    rest += drop;
  }
  out.start_distortion = rest;
  return out;
}

Allocation lagrangian(std::span<const Part> parts, std::int64_t budget) {
  check_budget(parts, budget, "allocate.lagrangian");
  const RateCurve curve = rate_curve(parts);
  Allocation out = totals(parts, curve.choice_after(curve.steps_within(budget)));
  fill(parts, {.bits = budget}, out);
  out.bound = std::min(curve.bound(budget), out.distortion);
  return out;
}

}  // namespace venturi::allocate
