#include "venturi/data/query.hpp"

#include <algorithm>
#include <charconv>

#include "venturi/core/error.hpp"
#include "venturi/core/members.hpp"

namespace venturi::data {

std::pair<std::string_view, std::string_view> split_at(std::string_view text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

Query::Query(std::string_view text, const std::vector<std::string>& known, std::string_view where)
    : where_(where) {
  while (!text.empty()) {
    const auto [pair, rest] = split_at(text, '&');
    text = rest;
    if (pair.empty()) continue;
    if (pair.find('=') == std::string_view::npos) {
      core::fail_argument(where_, "expected key=value, got '{}'", pair);
    }
    const auto [key, value] = split_at(pair, '=');
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      core::fail_argument(where_, "unknown key '{}'{}; known: {}", key,
                          core::did_you_mean(key, known), fmt::join(known, ", "));
    }
    if (raw(key)) core::fail_argument(where_, "'{}' is given twice", key);
    pairs_.emplace_back(key, value);
  }
}

std::optional<std::string_view> Query::raw(std::string_view key) const {
  for (const auto& [name, value] : pairs_) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::string Query::decode(std::string_view text) const {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned code = 0;
    const auto digits = text.substr(i + 1, 2);
    const char* end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, code, 16);
    if (digits.size() != 2 || result.ec != std::errc() || result.ptr != end) {
      core::fail_argument(where_, "expected two hexadecimal digits behind '%' in '{}'", text);
    }
    out += static_cast<char>(code);
    i += 2;
  }
  return out;
}

std::optional<std::string> Query::text(std::string_view key) const {
  const auto value = raw(key);
  if (!value) return std::nullopt;
  return decode(*value);
}

std::vector<std::string> Query::list(std::string_view key) const {
  std::vector<std::string> out;
  auto value = raw(key).value_or("");
  while (!value.empty()) {
    const auto [first, rest] = split_at(value, ',');
    if (!first.empty()) out.push_back(decode(first));
    value = rest;
  }
  return out;
}

namespace {

template <class T>
T parse_number(const std::optional<std::string>& text, std::string_view key, T preset,
               std::string_view where) {
  if (!text) return preset;
  T value{};
  const char* end = text->data() + text->size();
  const auto result = std::from_chars(text->data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) {
    core::fail_argument(where, "expected {} to be a number, got '{}'", key, *text);
  }
  return value;
}

template <class T>
T check_between(T value, std::string_view key, T low, T high, std::string_view where) {
  if (value >= low && value <= high) return value;
  core::fail_argument(where, "expected {} in [{}, {}], got {}", key, low, high, value);
}

}  // namespace

double Query::number(std::string_view key, double preset, double low, double high) const {
  return check_between(parse_number(text(key), key, preset, where_), key, low, high, where_);
}

std::int64_t Query::integer(std::string_view key, std::int64_t preset, std::int64_t low,
                            std::int64_t high) const {
  return check_between(parse_number(text(key), key, preset, where_), key, low, high, where_);
}

}  // namespace venturi::data
