// tests/measure/normals.hpp: samples that the tests of this room draw.
#pragma once

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

// n*d independent standard normal numbers.
inline core::Matrix normals(core::Index n, core::Index d, core::Key key) {
  core::Random random(key);
  core::Matrix out(n, d);
  for (double& v : out.reshaped()) v = random.normal();
  return out;
}

}  // namespace venturi::measure
