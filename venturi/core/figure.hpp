// venturi/core/figure.hpp
//
// One number that a recipe measures, and what its source promises of it.
#pragma once

#include <optional>
#include <string>

namespace venturi::core {

// Where a figure stands on a curve, for a plot.
struct CurvePoint {
  std::string plot;     // its title
  std::string series;   // in its legend
  std::string x_label;  // with the unit
  double x = 0;
};

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::string relation;  // "<=", ">=" or "": reported, nothing promised
  double target = 0;
  std::optional<CurvePoint> point = {};

  bool holds() const {
    if (relation == "<=") return value <= target;
    return relation == ">=" ? value >= target : true;
  }
};

}  // namespace venturi::core
