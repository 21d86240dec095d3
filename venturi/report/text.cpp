#include "venturi/report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace venturi::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

// The code point that begins at text[at]; an invalid one spans a single byte.
CodePoint decode_utf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(at);
  if (first < 0x80) return {first, 1, true};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return {};
  std::uint32_t value = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(at + i) & 0x3Fu);
  }
  // Overlong forms, surrogates, beyond the last plane.
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || (value >= 0xD800 && value < 0xE000) || value > 0x10FFFF) return {};
  return {value, length, true};
}

// XML 1.0 forbids most control characters and the two non-characters of the first plane.
bool allowed_in_xml(std::uint32_t c) {
  return c >= 0x20 ? c != 0xFFFE && c != 0xFFFF && c != 0x7F : c == '\t' || c == '\n' || c == '\r';
}

// Width in em of a common sans-serif face, rounded up a little.
double advance(std::uint32_t c) {
  if (c >= 0x0300 && c < 0x0370) return 0;  // combining marks
  if (c >= 0x1100 && (c < 0x2000 || c >= 0x2E80)) return 1.05;
  if (c >= 0x80) return 0.62;
  switch (c) {
    case ' ':
    case '!':
    case '\'':
    case ',':
    case '.':
    case '/':
    case ':':
    case ';':
    case 'I':
    case '|':
    case '`':
      return 0.34;
    case '[':
    case ']':
    case 'f':
    case 't':
    case '(':
    case ')':
    case 'r':
    case '-':
      return 0.4;
    case 'i':
    case 'j':
    case 'l':
      return 0.27;
    case 'm':
    case 'M':
    case 'W':
    case '%':
    case '@':
      return 0.92;
    case 'w':
    case '=':
    case '+':
    case '<':
    case '>':
      return 0.78;
    default:
      return c >= 'A' && c <= 'Z' ? 0.7 : 0.61;
  }
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    if (!c.valid || !allowed_in_xml(c.value)) {
      out += kReplacement;
    } else if (c.value == '&') {
      out += "&amp;";
    } else if (c.value == '<') {
      out += "&lt;";
    } else if (c.value == '>') {
      out += "&gt;";
    } else if (c.value == '"') {
      out += "&quot;";
    } else if (c.value == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(at, c.bytes);
    }
    at += c.bytes;
  }
  return out;
}

double text_width(std::string_view text, double font_size) {
  double width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    width += advance(c.valid ? c.value : 0xFFFD);
    at += c.bytes;
  }
  return width * font_size;
}

std::string shorten(std::string_view text, double font_size, double width) {
  const double ellipsis = 0.9 * font_size;
  double used = 0;
  std::size_t keep = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    used += advance(c.valid ? c.value : 0xFFFD) * font_size;
    at += c.bytes;
    if (used + ellipsis <= width) keep = at;
    if (used > width) return std::string(text.substr(0, keep)) + std::string(kEllipsis);
  }
  return std::string(text);
}

std::vector<std::string> wrap(std::string_view text, double font_size, double width,
                              int max_lines) {
  std::vector<std::string> lines;
  std::string line;
  constexpr std::string_view kSpaces = " \t\r\n";
  for (std::size_t at = text.find_first_not_of(kSpaces); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kSpaces, at), text.size());
    const std::string word = shorten(text.substr(at, end - at), font_size, width);
    const double used = line.empty() ? 0 : text_width(line, font_size) + text_width(" ", font_size);
    if (used + text_width(word, font_size) > width && !line.empty()) {
      if (static_cast<int>(lines.size()) + 1 == max_lines) {
        lines.push_back(shorten(line, font_size, width - font_size) + std::string(kEllipsis));
        return lines;
      }
      lines.push_back(std::exchange(line, {}));
    }
    if (!line.empty()) line += ' ';
    line += word;
    at = text.find_first_not_of(kSpaces, end);
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "no value";
  return fmt::format("{:.6g}", value == 0 ? 0.0 : value);
}

std::string count_text(std::size_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace venturi::report
