// tests/couple/random_tables.hpp: random laws and joint tables, and all partitions of a few values,
// for the oracles of this room.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/couple/table.hpp"

namespace venturi::couple {

// Log-normal masses: the larger `sharpness`, the fewer of them carry the law.
inline Vector random_law(core::Random& random, Index n, double sharpness = 1) {
  Vector p(n);
  for (Index i = 0; i < n; ++i) p[i] = std::exp(sharpness * random.normal());
  return p / p.sum();
}

inline Joint random_joint(std::uint64_t seed, Index rows, Index columns) {
  core::Random random{core::Key(seed)};
  Matrix p(rows, columns);
  for (Index x = 0; x < rows; ++x) {
    for (Index y = 0; y < columns; ++y) p(x, y) = std::pow(random.uniform(), 3);
  }
  return make_joint(p, {.normalise = true});
}

// Every partition of 0 .. n-1 as restricted growth strings: visit(labels, clusters).
inline void each_partition(int n, const std::function<void(const std::vector<int>&, int)>& visit) {
  std::vector<int> labels(n, 0);
  const std::function<void(int, int)> place = [&](int at, int used) {
    if (at == n) {
      visit(labels, used);
      return;
    }
    for (int k = 0; k <= used; ++k) {
      labels[at] = k;
      place(at + 1, std::max(used, k + 1));
    }
  };
  place(0, 0);
}

}  // namespace venturi::couple
