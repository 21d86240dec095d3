// venturi/measure/digamma.hpp
//
// psi at the positive integers: psi(m) = -gamma + sum_{i<m} 1/i.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

namespace venturi::measure {

// psi(1) .. psi(largest), in nats; operator()(m) is psi(m). Exact but for the rounding of a sum.
class Digamma {
 public:
  explicit Digamma(std::size_t largest) : values_(largest + 1) {
    double sum = -std::numbers::egamma;
    for (std::size_t m = 1; m <= largest; ++m) {
      values_[m] = sum;
      sum += 1 / static_cast<double>(m);
    }
  }
  double operator()(std::int64_t m) const { return values_[m]; }

 private:
  std::vector<double> values_;
};

}  // namespace venturi::measure
