// tests/code/byte_sources.hpp: bytes of a known law, and what they are worth.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

using Bytes = std::vector<std::byte>;

// Geometric with parameter p, cut off at 255.
inline Bytes draw(std::size_t n, double p, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  Bytes out(n);
  for (auto& byte : out) {
    const double value = std::floor(std::log(1 - random.uniform()) / std::log(1 - p));
    byte = static_cast<std::byte>(std::min(value, 255.0));
  }
  return out;
}

// Of all bytes, under their own frequencies.
inline double entropy_bits(core::Bytes data) {
  std::array<double, 256> counts{};
  for (const std::byte b : data) ++counts[std::to_integer<std::size_t>(b)];
  double bits = 0;
  for (const double count : counts) {
    if (count > 0) bits -= count * std::log2(count / static_cast<double>(data.size()));
  }
  return bits;
}

}  // namespace venturi::code
