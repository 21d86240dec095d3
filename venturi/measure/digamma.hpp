// venturi/measure/digamma.hpp
//
// psi at the positive integers: psi(m) = -gamma + sum_{i<m} 1/i; and at any x > 0.
#pragma once

#include <cmath>
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

// psi(x) for x > 0: recurrence up to 10, then the asymptotic series (error below 1e-13).
inline double digamma_real(double x) {
  double shift = 0;
  for (; x < 10; x += 1) shift -= 1 / x;
  const double s = 1 / (x * x);
  return shift + std::log(x) - 0.5 / x -
         s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s * (1.0 / 240 - s / 132))));
}

}  // namespace venturi::measure
