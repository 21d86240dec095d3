#include "venturi/compress/budget.hpp"

#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "venturi/core/error.hpp"

namespace venturi::compress {

Budget parse_budget(const std::string& text, std::int64_t parameters) {
  const auto fail = [&] {
    core::fail_argument("compress.parse_budget",
                        "expected a budget such as 10%, 200KB, 2.5bits or drop=0.5, got '{}'",
                        text);
  };
  std::string_view rest = text;
  const bool drop = rest.starts_with("drop=");
  if (drop) rest.remove_prefix(5);
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc() || !std::isfinite(value) || value < 0) fail();
  const std::string_view unit(end, static_cast<std::size_t>(rest.data() + rest.size() - end));
  if (drop) {
    if (!unit.empty() || value > 100) fail();
    return {.drop = value};
  }
  const auto n = static_cast<double>(parameters);
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"B", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1024}, {"MiB", 1048576}};
  double bytes = 0;
  if (unit == "%") bytes = value / 100 * 4 * n;
  if (unit == "bits" || unit == "bit") bytes = value / 8 * n;
  for (const auto& [name, factor] : kUnits) {
    if (unit == name) bytes = value * factor;
  }
  if (!(bytes >= 1) || bytes > 1e15) fail();
  return {.bytes = static_cast<std::int64_t>(bytes)};
}

}  // namespace venturi::compress
