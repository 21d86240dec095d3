// venturi/report/scale.hpp
//
// From data to pixels: the ends of an axis, its ticks (1-2-5, or decades) and their labels.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "venturi/report/plot.hpp"

namespace venturi::report {

// Values beyond this (in size) cannot be drawn and count as not finite.
inline constexpr double kLargestDrawn = 1e300;

// The smallest and largest value that an axis must show.
struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  bool empty() const { return low > high; }
};

// Whether an axis of this kind has a place for the value.
bool drawable(double value, bool log);

struct Scale {
  bool log = false;
  double low = 0, high = 1;               // data at the two ends, low < high
  double from = 0, to = 1;                // pixels at the two ends
  double operator()(double value) const;  // data -> pixel; value drawable
  bool holds(double value) const { return value >= low && value <= high; }
};

// The axis' own ends where given, else the data's with some air: a linear axis of values at or
// above zero that come near it begins at zero; constant data get room on both sides; no data, 0..1.
// The pixel ends are left at 0 and 1.
Scale make_scale(const Axis& axis, const Extent& data);

struct Tick {
  double at = 0;
  std::string label;  // empty for a minor tick
};

// At most about `target` labelled ticks inside the scale, ascending.
std::vector<Tick> make_ticks(const Scale& scale, int target);

// InvalidArgument if fixed ends are not finite, not ascending, or not above zero on a log axis.
void check_axis(const Axis& axis, std::string_view where);

}  // namespace venturi::report
