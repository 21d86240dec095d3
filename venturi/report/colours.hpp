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

// Heat maps take their colours from classes, so that the same drawing has a scale for light pages
// (pale to deep) and one for dark screens (deep to bright).
inline constexpr int kColourLevels = 64;

// t in [0, 1] -> "vt-s12" (sequential) or "vt-d12" (diverging, 0.5 the middle): the class of a
// cell; with 't' before the number the class of the text upon it: "vt-st12".
std::string cell_class(double t, bool diverging);
std::string cell_text_class(double t, bool diverging);
// The colour of that class in a light page.
Colour cell_colour(double t, bool diverging);

// The rules of all classes of one scale.
std::string colour_style(bool diverging);

}  // namespace venturi::report
