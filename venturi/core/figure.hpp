// venturi/core/figure.hpp
//
// One number that a recipe measures, and what its source promises of it.
#pragma once

#include <string>

namespace venturi::core {

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::string relation;  // "<=", ">=" or "": reported, nothing promised
  double target = 0;

  bool holds() const {
    if (relation == "<=") return value <= target;
    return relation == ">=" ? value >= target : true;
  }
};

}  // namespace venturi::core
