// venturi/data/query.hpp
//
// The part of a URI that says how to read: key=value&key=value. %26 stands for '&', %2C for ',',
// %XX for any byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace venturi::data {

// "a/b.csv#target=y" -> {"a/b.csv", "target=y"}, for the mark '#'.
std::pair<std::string_view, std::string_view> split_at(std::string_view text, char mark);

class Query {
 public:
  // InvalidArgument, listing what is known, for a key that is not; also for a key without '=',
  // a key given twice, or a broken %XX.
  Query(std::string_view text, const std::vector<std::string>& known, std::string_view where);

  std::optional<std::string> text(std::string_view key) const;
  // Split at commas; empty if the key is absent.
  std::vector<std::string> list(std::string_view key) const;
  // `preset` if the key is absent. InvalidArgument outside [low, high].
  double number(std::string_view key, double preset, double low, double high) const;
  std::int64_t integer(std::string_view key, std::int64_t preset, std::int64_t low,
                       std::int64_t high) const;

 private:
  // As typed, %XX not yet decoded.
  std::optional<std::string_view> raw(std::string_view key) const;
  std::string decode(std::string_view text) const;

  std::vector<std::pair<std::string, std::string>> pairs_;
  std::string where_;
};

}  // namespace venturi::data
