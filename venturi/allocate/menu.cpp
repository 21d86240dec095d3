#include "venturi/allocate/menu.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "venturi/core/error.hpp"

namespace venturi::allocate {
namespace {

std::int64_t sum_of_least(std::span<const Part> parts, std::int64_t Choice::*field) {
  std::int64_t sum = 0;
  for (const Part& part : parts) {
    std::int64_t least = part.choices.front().*field;
    for (const Choice& c : part.choices) least = std::min(least, c.*field);
    sum += least;
  }
  return sum;
}

void check_choice(const Part& part, std::size_t k, std::string_view where) {
  const Choice& c = part.choices[k];
  if (c.bits < 0) {
    core::fail_argument(where, "part '{}', choice {}: expected bits >= 0, got {}", part.name, k,
                        c.bits);
  }
  if (c.cost < 0) {
    core::fail_argument(where, "part '{}', choice {}: expected cost >= 0, got {}", part.name, k,
                        c.cost);
  }
  if (!std::isfinite(c.distortion) || c.distortion < 0) {
    core::fail_argument(where, "part '{}', choice {}: expected a finite distortion >= 0, got {}",
                        part.name, k, c.distortion);
  }
}

}  // namespace

std::int64_t whole_bits(double bits) {
  if (!(bits >= 0) || bits > 0x1p62) {
    core::fail_argument("allocate.whole_bits", "expected bits in [0, 2^62], got {}", bits);
  }
  return static_cast<std::int64_t>(std::ceil(bits));
}

void check_parts(std::span<const Part> parts, std::string_view where) {
  if (parts.empty()) core::fail_argument(where, "expected at least one part, got none");
  std::int64_t bits = 0;
  std::int64_t cost = 0;
  double distortion = 0;
  for (const Part& part : parts) {
    if (part.choices.empty()) {
      core::fail_argument(where, "part '{}': expected at least one choice, got none", part.name);
    }
    Choice most;
    for (std::size_t k = 0; k < part.choices.size(); ++k) {
      check_choice(part, k, where);
      most.bits = std::max(most.bits, part.choices[k].bits);
      most.cost = std::max(most.cost, part.choices[k].cost);
      most.distortion = std::max(most.distortion, part.choices[k].distortion);
    }
    distortion += most.distortion;
    if (__builtin_add_overflow(bits, most.bits, &bits) ||
        __builtin_add_overflow(cost, most.cost, &cost) || !std::isfinite(distortion)) {
      core::fail_argument(
          where,
          "part '{}': the largest bits, costs or distortions up to here overflow their sum "
          "(2^63 bits, 2^63 of cost, {:.3g} of distortion)",
          part.name, std::numeric_limits<double>::max());
    }
  }
}

std::int64_t least_bits(std::span<const Part> parts) { return sum_of_least(parts, &Choice::bits); }
std::int64_t least_cost(std::span<const Part> parts) { return sum_of_least(parts, &Choice::cost); }

void check_budget(std::span<const Part> parts, std::int64_t budget, std::string_view where) {
  check_parts(parts, where);
  if (const std::int64_t least = least_bits(parts); budget < least) {
    core::fail_argument(where,
                        "expected a budget of at least {} bits, the smallest reachable, got {}",
                        least, budget);
  }
}

Allocation totals(std::span<const Part> parts, std::vector<std::size_t> choice) {
  constexpr std::string_view kWhere = "allocate.totals";
  if (choice.size() != parts.size()) {
    core::fail_argument(kWhere, "expected one choice a part ({}), got {}", parts.size(),
                        choice.size());
  }
  Allocation out;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (choice[p] >= parts[p].choices.size()) {
      core::fail_argument(kWhere, "part '{}': expected a choice below {}, got {}", parts[p].name,
                          parts[p].choices.size(), choice[p]);
    }
    const Choice& c = parts[p].choices[choice[p]];
    out.bits += c.bits;
    out.cost += c.cost;
    out.distortion += c.distortion;
  }
  out.choice = std::move(choice);
  return out;
}

std::vector<std::size_t> undominated(std::span<const Choice> menu) {
  std::vector<std::size_t> order(menu.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (menu[a].bits != menu[b].bits) return menu[a].bits < menu[b].bits;
    if (menu[a].distortion != menu[b].distortion) return menu[a].distortion < menu[b].distortion;
    return a < b;
  });
  std::vector<std::size_t> out;
  for (const std::size_t k : order) {
    if (out.empty() || menu[k].distortion < menu[out.back()].distortion) out.push_back(k);
  }
  return out;
}

}  // namespace venturi::allocate
