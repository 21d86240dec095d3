#include "venturi/report/scale.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::report {
namespace {

constexpr std::string_view kMinus = "\xE2\x88\x92";

// 1, 2 or 5 times a power of ten, the one nearest to `raw` > 0 (as ratios go).
double nice_step(double raw) {
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= 1.4 * factor * power) return factor * power;
  }
  return 10 * power;
}

// log(b / a), where the quotient itself may overflow.
double log_ratio(double a, double b) { return std::log(b) - std::log(a); }

std::string superscript(int exponent) {
  constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(exponent))) out += kDigits[digit - '0'];
  return out;
}

std::string with_minus_sign(std::string text) {
  if (text.starts_with('-')) text.replace(0, 1, kMinus);
  return text;
}

// The label of factor * 10^exponent: plain digits where they are short, else a power of ten.
std::string power_label(int factor, int exponent) {
  if (exponent >= -4 && exponent <= 4) {
    std::string digits =
        fmt::format("{:.{}f}", factor * std::pow(10.0, exponent), std::max(0, -exponent));
    if (exponent >= 3) digits.insert(digits.size() - 3, ",");
    return digits;
  }
  return (factor == 1 ? "10" : std::to_string(factor) + "·10") + superscript(exponent);
}

std::vector<Tick> linear_ticks(double low, double high, int target) {
  const double step = nice_step((high - low) / std::max(1, target));
  const double largest = std::max(std::abs(low), std::abs(high));
  // Digits behind the point for the step; past six, or far from one, powers of ten read better.
  const int power = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  const bool scientific = power < -6 || largest >= 1e7;
  const int digits = std::max(0, -power);
  std::vector<Tick> ticks;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) {
    const double at = k == 0 ? 0 : k * step;
    std::string label;
    if (scientific && at != 0) {
      const int lead = static_cast<int>(std::floor(std::log10(std::abs(at)) + 1e-12));
      label = fmt::format("{:.{}f}·10{}", at / std::pow(10.0, lead), std::max(0, lead - power),
                          superscript(lead));
    } else {
      label = fmt::format("{:.{}f}", at, scientific ? 0 : digits);
      if (largest >= 1e4 && digits == 0) {
        const std::size_t first = label.starts_with('-') ? 1 : 0;
        for (std::size_t p = label.size(); p > first + 3; p -= 3) label.insert(p - 3, ",");
      }
    }
    ticks.push_back({at, with_minus_sign(std::move(label))});
    // A step below the spacing of doubles at `low` would never get on.
    if (ticks.size() > 100) break;
  }
  return ticks;
}

std::vector<Tick> log_ticks(const Scale& scale, int target) {
  const int first = static_cast<int>(std::floor(std::log10(scale.low) + 1e-9));
  const int last = static_cast<int>(std::ceil(std::log10(scale.high) - 1e-9));
  const double decades = std::log10(scale.high) - std::log10(scale.low);
  const int stride =
      std::max(1, static_cast<int>(std::ceil(decades / (1.4 * std::max(1, target)))));
  // 1-2-5 where their three labels a decade have room.
  const bool few = 3 * decades <= 1.6 * target;
  std::vector<Tick> ticks;
  std::size_t labelled = 0;
  for (int e = first; e <= last; ++e) {
    for (int factor = 1; factor <= 9; ++factor) {
      const double at = factor * std::pow(10.0, e);
      if (at < scale.low * (1 - 1e-9) || at > scale.high * (1 + 1e-9)) continue;
      const bool major =
          factor == 1 ? (e - first) % stride == 0 : few && (factor == 2 || factor == 5);
      if (!major && (stride > 1 || last - first > 6)) continue;
      ticks.push_back({std::clamp(at, scale.low, scale.high), major ? power_label(factor, e) : ""});
      labelled += major;
    }
  }
  // Within less than a 1-2-5 step, evenly spaced values say more.
  return labelled >= 2 ? ticks : linear_ticks(scale.low, scale.high, target);
}

}  // namespace

bool drawable(double value, bool log) {
  return std::abs(value) <= kLargestDrawn && (!log || value >= 1 / kLargestDrawn);
}

double Scale::operator()(double value) const {
  const double t =
      log ? log_ratio(low, value) / log_ratio(low, high) : (value - low) / (high - low);
  return from + t * (to - from);
}

Scale make_scale(const Axis& axis, const Extent& data) {
  Scale scale{.log = axis.log};
  double low = data.empty() ? (axis.log ? 1 : 0) : data.low;
  double high = data.empty() ? (axis.log ? 10 : 1) : data.high;
  if (axis.min) low = std::min(*axis.min, high);
  if (axis.max) high = std::max(*axis.max, low);
  const double size = std::max(std::abs(low), std::abs(high));
  if (axis.log) {
    const double span = log_ratio(low, high);
    const double air = span > 1e-9 ? 0.03 * span : std::log(2);
    scale.low = std::max(low * std::exp(-air), 0.1 / kLargestDrawn);
    scale.high = std::min(high * std::exp(air), 10 * kLargestDrawn);
  } else if (high - low <= std::max(1e-12 * size, 1e-290)) {
    const double air = size > 1e-280 ? 0.1 * size : 1;
    scale.low = low - air;
    scale.high = high + air;
  } else {
    const double air = 0.04 * (high - low);
    scale.low = low >= 0 && low < 0.3 * high ? 0 : low - air;
    scale.high = high <= 0 && high > 0.3 * low ? 0 : high + air;
  }
  if (axis.min) scale.low = *axis.min;
  if (axis.max) scale.high = *axis.max;
  // One fixed end beyond all data.
  if (scale.low >= scale.high) {
    const double air = axis.log ? 0 : std::max(1.0, std::abs(scale.low));
    if (axis.max && !axis.min) scale.low = axis.log ? scale.high / 10 : scale.high - air;
    if (axis.min && !axis.max) scale.high = axis.log ? scale.low * 10 : scale.low + air;
  }
  return scale;
}

std::vector<Tick> make_ticks(const Scale& scale, int target) {
  return scale.log ? log_ticks(scale, target) : linear_ticks(scale.low, scale.high, target);
}

void check_axis(const Axis& axis, std::string_view where) {
  for (const auto& end : {axis.min, axis.max}) {
    if (end && !drawable(*end, axis.log)) {
      core::fail_argument(where, "expected the ends of axis '{}' finite{}, got {}", axis.label,
                          axis.log ? " and above 0 (it is logarithmic)" : "", *end);
    }
  }
  if (!axis.min || !axis.max) return;
  // Ends that doubles hardly tell apart leave no room for ticks.
  const double size = std::max({std::abs(*axis.min), std::abs(*axis.max), 1e-280});
  if (!(*axis.max - *axis.min > 1e-12 * size)) {
    core::fail_argument(where, "expected min < max on axis '{}', got {} and {}", axis.label,
                        *axis.min, *axis.max);
  }
}

}  // namespace venturi::report
