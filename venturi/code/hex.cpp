#include "venturi/code/hex.hpp"

#include "venturi/core/error.hpp"

namespace venturi::code {

std::string to_hex(core::Bytes bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const std::byte b : bytes) {
    out += digits[std::to_integer<std::size_t>(b >> 4)];
    out += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return out;
}

std::vector<std::byte> from_hex(std::string_view text) {
  const auto digit = [&](std::size_t i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    core::fail_data("code.from_hex", "character {} is not a digit 0-9 or a-f", i);
  };
  if (text.size() % 2 != 0) {
    core::fail_data("code.from_hex", "expected two digits a byte, got {} digits", text.size());
  }
  std::vector<std::byte> out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    out.push_back(static_cast<std::byte>(16 * digit(i) + digit(i + 1)));
  }
  return out;
}

}  // namespace venturi::code
