// tests/learn/blobs.hpp: a small classification set that every learn test can afford.
#pragma once

#include <cmath>

#include "venturi/core/key.hpp"
#include "venturi/data/dataset.hpp"

namespace venturi::learn {

// Four Gaussian blobs at the corners of a square in the first two of six columns, deviation .3.
inline data::Dataset blobs(core::Index n, core::Key key) {
  data::Dataset out{.name = "blobs", .shape = {6}, .task = data::Task::kClasses, .classes = 4};
  out.x.resize(n, 6);
  core::Random random(key);
  for (core::Index i = 0; i < n; ++i) {
    const auto label = static_cast<std::int32_t>(random.below(4));
    out.labels.push_back(label);
    for (core::Index c = 0; c < 6; ++c) out.x(i, c) = static_cast<float>(0.3 * random.normal());
    out.x(i, 0) += (label & 1) != 0 ? 1.0F : -1.0F;
    out.x(i, 1) += (label & 2) != 0 ? 1.0F : -1.0F;
  }
  return out;
}

// y = x0 - 2 x1 + noise of deviation .1.
inline data::Dataset line(core::Index n, core::Key key) {
  data::Dataset out{.name = "line", .shape = {3}, .task = data::Task::kRegression};
  out.x.resize(n, 3);
  out.y.resize(n, 1);
  core::Random random(key);
  for (core::Index i = 0; i < n; ++i) {
    for (core::Index c = 0; c < 3; ++c) out.x(i, c) = static_cast<float>(random.normal());
    out.y(i, 0) = out.x(i, 0) - 2 * out.x(i, 1) + static_cast<float>(0.1 * random.normal());
  }
  return out;
}

}  // namespace venturi::learn
