// venturi/report/colours.hpp
//
// The colour scales of heat maps: even to the eye and safe for colour-blind readers.
#pragma once

#include <string>

namespace venturi::report {

struct Colour {
  double red = 0, green = 0, blue = 0;  // 0..1, sRGB

  std::string hex() const;  // "#21918c"
  // Relative luminance (WCAG 2.1): 0 black .. 1 white.
  double luminance() const;
};

// t in [0, 1]: dark violet over green to yellow (the viridis scale of Matplotlib, nine of its
// points).
Colour sequential_colour(double t);
// t in [0, 1], 0.5 the middle: blue over near-white to red (after ColorBrewer's RdBu).
Colour diverging_colour(double t);

}  // namespace venturi::report
