#include "venturi/measure/estimate.hpp"

namespace venturi::measure {

core::Json Estimate::json() const {
  return {{"bits", bits},        {"standard_error", standard_error},
          {"low", low},          {"high", high},
          {"method", method},    {"n", n},
          {"warnings", warnings}};
}

Estimate normal_estimate(double bits, double standard_error, std::string method, std::size_t n) {
  constexpr double kNormal95 = 1.959963984540054;
  return {.bits = bits,
          .standard_error = standard_error,
          .low = bits - kNormal95 * standard_error,
          .high = bits + kNormal95 * standard_error,
          .method = std::move(method),
          .n = n};
}

}  // namespace venturi::measure
