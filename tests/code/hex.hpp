// tests/code/hex.hpp: bytes as hexadecimal text, for golden files in the source.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

inline std::string to_hex(core::Bytes bytes) {
  std::string out;
  for (const std::byte b : bytes) out += fmt::format("{:02x}", std::to_integer<int>(b));
  return out;
}

inline std::vector<std::byte> from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::vector<std::byte> out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<std::byte>(16 * digit(text[i]) + digit(text[i + 1])));
  }
  return out;
}

}  // namespace venturi::code
