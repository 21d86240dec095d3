#include "venturi/measure/estimate.hpp"

#include <utility>

#include "venturi/measure/gaussian.hpp"

namespace venturi::measure {

core::Json Estimate::json() const {
  return {{"bits", bits},   {"standard_error", standard_error},
          {"low", low},     {"high", high},
          {"level", level}, {"method", method},
          {"n", n},         {"warnings", warnings}};
}

Estimate normal_estimate(double bits, double standard_error, std::string method, std::size_t n,
                         double level) {
  const double z = normal_quantile(0.5 + 0.5 * level);
  return {.bits = bits,
          .standard_error = standard_error,
          .low = bits - z * standard_error,
          .high = bits + z * standard_error,
          .level = level,
          .method = std::move(method),
          .n = n};
}

}  // namespace venturi::measure
