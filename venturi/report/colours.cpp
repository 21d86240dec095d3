#include "venturi/report/colours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace venturi::report {
namespace {

constexpr std::uint32_t kSequential[] = {0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c,
                                         0x28ae80, 0x5ec962, 0xaddc30, 0xfde725};
constexpr std::uint32_t kDiverging[] = {0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7,
                                        0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b};

Colour interpolate(std::span<const std::uint32_t> points, double t) {
  const double at = std::clamp(t, 0.0, 1.0) * static_cast<double>(points.size() - 1);
  const std::size_t below = std::min(static_cast<std::size_t>(at), points.size() - 2);
  const double part = at - static_cast<double>(below);
  const auto channel = [&](int shift) {
    const auto value = [&](std::size_t i) { return (points[i] >> shift & 0xFF) / 255.0; };
    return value(below) * (1 - part) + value(below + 1) * part;
  };
  return {channel(16), channel(8), channel(0)};
}

}  // namespace

std::string Colour::hex() const {
  const auto byte = [](double c) { return static_cast<int>(std::lround(c * 255)); };
  return fmt::format("#{:02x}{:02x}{:02x}", byte(red), byte(green), byte(blue));
}

double Colour::luminance() const {
  const auto linear = [](double c) {
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

Colour sequential_colour(double t) { return interpolate(kSequential, t); }
Colour diverging_colour(double t) { return interpolate(kDiverging, t); }

}  // namespace venturi::report
