#include "venturi/report/colours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace venturi::report {
namespace {

// Single hues of even lightness steps, and two hues that meet in the page's own grey; blue against
// orange-red stays apart under the common kinds of colour blindness.
constexpr std::uint32_t kSequentialLight[] = {0xf1f6fa, 0xd6e7f3, 0xabcfe5, 0x74aed4,
                                              0x428bbf, 0x2169a5, 0x114884, 0x0a2a57};
constexpr std::uint32_t kSequentialDark[] = {0x1d242d, 0x1c3a57, 0x1d567f, 0x2678a8,
                                             0x459cc9, 0x78bfe0, 0xb0dcf0, 0xe8f6ff};
constexpr std::uint32_t kDivergingLight[] = {0x1b5a9e, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf5f5f4,
                                             0xfbdcc9, 0xf2a380, 0xd5603f, 0xa81b2b};
constexpr std::uint32_t kDivergingDark[] = {0xa6d6ff, 0x5fa8e2, 0x33709f, 0x244764, 0x20272f,
                                            0x583526, 0x99502f, 0xde7c4c, 0xffc09f};

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

int level(double t) {
  return std::clamp(static_cast<int>(t * kColourLevels), 0, kColourLevels - 1);
}
double middle(int level_index) { return level_index / (kColourLevels - 1.0); }

std::string rules(char scale, std::span<const std::uint32_t> points) {
  std::string out;
  for (int k = 0; k < kColourLevels; ++k) {
    const Colour colour = interpolate(points, middle(k));
    // White or near-black, whichever stands out more (WCAG contrast).
    const bool dark = 1.05 / (colour.luminance() + 0.05) > (colour.luminance() + 0.05) / 0.0635;
    out += fmt::format(".vt .vt-{0}{1}{{fill:{2}}}.vt .vt-{0}t{1}{{fill:{3}}}\n", scale, k,
                       colour.hex(), dark ? "#ffffff" : "#1f2328");
  }
  return out;
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

std::string cell_class(double t, bool diverging) {
  return fmt::format("vt-{}{}", diverging ? 'd' : 's', level(t));
}

std::string cell_text_class(double t, bool diverging) {
  return fmt::format("vt-{}t{}", diverging ? 'd' : 's', level(t));
}

Colour cell_colour(double t, bool diverging) {
  return interpolate(diverging ? std::span<const std::uint32_t>(kDivergingLight) : kSequentialLight,
                     middle(level(t)));
}

std::string colour_style(bool diverging) {
  std::string out = diverging ? rules('d', kDivergingLight) : rules('s', kSequentialLight);
  out += "@media screen and (prefers-color-scheme:dark){\n";
  out += diverging ? rules('d', kDivergingDark) : rules('s', kSequentialDark);
  return out + "}\n";
}

}  // namespace venturi::report
