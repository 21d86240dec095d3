// venturi/measure/estimate.hpp
//
// An estimated amount of information: never a bare number.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "venturi/core/json.hpp"

namespace venturi::measure {

struct Estimate {
  double bits = 0;            // or in the unit below
  double standard_error = 0;  // in the same unit
  double low = 0, high = 0;   // the interval of this level:
  double level = 0.95;
  std::string method;         // "plug-in + Miller-Madow, bootstrap of 200"
  std::size_t n = 0;          // samples
  std::string unit = "bits";  // of a measure of dependence that is no information: "1"
  std::vector<std::string> warnings;
  core::Json details;  // how a method that chooses came to its choice; else null

  // {"bits": ..., ...}; of another unit {"value": ..., "unit": ..., ...}.
  core::Json json() const;
};

// bits -+ z standard errors, z the normal quantile of the level (1.96 for 0.95).
Estimate normal_estimate(double bits, double standard_error, std::string method, std::size_t n,
                         double level = 0.95);

}  // namespace venturi::measure
