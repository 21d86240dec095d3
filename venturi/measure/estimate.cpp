#include "venturi/measure/estimate.hpp"

#include <utility>

#include "venturi/measure/gaussian.hpp"

namespace venturi::measure {

core::Json Estimate::json() const {
  core::Json out = {{unit == "bits" ? "bits" : "value", bits},
                    {"standard_error", standard_error},
                    {"low", low},
                    {"high", high},
                    {"level", level},
                    {"method", method},
                    {"n", n},
                    {"warnings", warnings}};
  if (unit != "bits") out["unit"] = unit;
  if (!details.is_null()) out["details"] = details;
  return out;
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
