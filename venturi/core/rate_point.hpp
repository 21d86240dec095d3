// venturi/core/rate_point.hpp
//
// The currency of every room: how many bits a channel takes, and what is lost.
#pragma once

#include <string>

#include "venturi/core/units.hpp"

namespace venturi::core {

// One point on a rate-distortion curve.
struct RatePoint {
  Bits bits;              // rate, in bits per sample unless the context says otherwise
  double distortion = 0;  // what is lost, in `unit`; lower is better
  std::string unit;       // "error rate", "squared error", "bits of cross-entropy", ...
};

}  // namespace venturi::core
