// Random problems of many shapes, and the oracle: enumeration of all allocations.
#pragma once

#include <cmath>
#include <functional>

#include "venturi/allocate/menu.hpp"
#include "venturi/core/key.hpp"

namespace venturi::allocate {

enum class Shape {
  rough,       // no structure
  convex,      // distortion halves with each step of bits
  ties,        // few values of everything
  zero_rate,   // the first choice is free
  single,      // one choice in most parts
  flat,        // equal distortions in a part
  wide,        // rates up to 2^57 bits
  subset_sum,  // distortion is the bits not spent: every hull is one line
  wild,        // distortions over 60 decades
};
inline constexpr int kShapes = 9;

inline Choice random_choice(Shape shape, std::size_t k, core::Random& random) {
  Choice c{static_cast<std::int64_t>(random.below(40)), random.uniform(),
           static_cast<std::int64_t>(random.below(40))};
  switch (shape) {
    case Shape::rough:
    case Shape::single:
      break;
    case Shape::convex:
      c.bits = static_cast<std::int64_t>(k) * 7;
      c.distortion = std::exp2(-2.0 * static_cast<double>(k)) * (1 + 0.1 * random.uniform());
      break;
    case Shape::ties:
      c = {static_cast<std::int64_t>(random.below(4)), static_cast<double>(random.below(4)),
           static_cast<std::int64_t>(random.below(3))};
      break;
    case Shape::zero_rate:
      if (k == 0) c.bits = c.cost = 0;
      break;
    case Shape::flat:
      c.distortion = 0.5;
      break;
    case Shape::wide:
      c.bits = static_cast<std::int64_t>(random.bits64() >> 7);
      break;
    case Shape::subset_sum:
      c.bits = static_cast<std::int64_t>(random.below(1000));
      c.distortion = static_cast<double>(1000 - c.bits);
      break;
    case Shape::wild:
      c.distortion = std::pow(10.0, 60 * random.uniform() - 30);
      break;
  }
  return c;
}

inline std::vector<Part> random_parts(Shape shape, std::size_t count, std::size_t most_choices,
                                      core::Random& random) {
  std::vector<Part> out;
  for (std::size_t p = 0; p < count; ++p) {
    Part part{"part " + std::to_string(p), {}};
    std::size_t choices = 1 + random.below(most_choices);
    if (shape == Shape::single && random.below(4) != 0) choices = 1;
    for (std::size_t k = 0; k < choices; ++k) {
      part.choices.push_back(random_choice(shape, k, random));
    }
    out.push_back(std::move(part));
  }
  return out;
}

inline std::int64_t most_bits(const std::vector<Part>& parts) {
  std::int64_t sum = 0;
  for (const Part& part : parts) {
    std::int64_t most = 0;
    for (const Choice& c : part.choices) most = std::max(most, c.bits);
    sum += most;
  }
  return sum;
}

// The least, the most, or anything between (and a little above).
inline std::int64_t random_budget(const std::vector<Part>& parts, core::Random& random) {
  const std::int64_t least = least_bits(parts);
  const std::int64_t most = most_bits(parts);
  if (random.below(10) == 0) return least;
  if (random.below(10) == 0) return most;
  return least +
         static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most - least) + 3));
}

inline void for_each_allocation(const std::vector<Part>& parts,
                                const std::function<void(const Allocation&)>& visit) {
  std::vector<std::size_t> choice(parts.size(), 0);
  for (std::size_t p = 0; p < parts.size();) {
    visit(totals(parts, choice));
    for (p = 0; p < parts.size() && ++choice[p] == parts[p].choices.size(); ++p) choice[p] = 0;
  }
}

// Infinite where nothing fits.
inline double least_distortion(const std::vector<Part>& parts, std::int64_t bits,
                               std::int64_t cost = kNoBudget) {
  double best = std::numeric_limits<double>::infinity();
  for_each_allocation(parts, [&](const Allocation& a) {
    if (a.bits <= bits && a.cost <= cost) best = std::min(best, a.distortion);
  });
  return best;
}

}  // namespace venturi::allocate
