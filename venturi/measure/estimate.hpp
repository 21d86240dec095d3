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
  double bits = 0;
  double standard_error = 0;  // in bits
  double low = 0, high = 0;   // the 95 % interval, unless `method` says otherwise
  std::string method;         // "plug-in + Miller-Madow, bootstrap of 200"
  std::size_t n = 0;          // samples
  std::vector<std::string> warnings;

  core::Json json() const;
};

// bits +- 1.96 standard errors.
Estimate normal_estimate(double bits, double standard_error, std::string method, std::size_t n);

}  // namespace venturi::measure
