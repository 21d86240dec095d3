// venturi/report/fields.hpp
//
// Reading records that anybody may have written: every field checked for its type, every error
// with the path of the field.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/json.hpp"
#include "venturi/report/plot.hpp"

namespace venturi::report {

// A value inside a JSON document and the way to it, "plot.series[2].y".
class Field {
 public:
  Field(const core::Json& value, std::string path) : value_(value), path_(std::move(path)) {}

  const core::Json& value() const { return value_; }
  const std::string& path() const { return path_; }

  // Throws DataError "[report] <path>: expected <what>, got <a short form of the value>".
  [[noreturn]] void fail(std::string_view what) const;

  // An object whose keys are all in `known`; DataError naming the first other.
  void expect_keys(std::initializer_list<std::string_view> known) const;
  // The member `key`, if it is there.
  std::optional<Field> find(std::string_view key) const;
  // The elements of an array.
  std::vector<Field> elements() const;

  std::string text() const;
  bool boolean() const;
  double number() const;  // finite
  // Numbers; null is NaN.
  std::vector<double> numbers() const;
  std::vector<std::string> texts() const;

  // The same of the member `key`, or the preset where it is absent.
  std::string text(std::string_view key) const;
  bool boolean(std::string_view key, bool preset) const;

 private:
  const core::Json& value_;
  std::string path_;
};

// Whether no array or object of the document lies deeper than `most`. Copying or printing a
// document goes as deep as it is nested, so a hostile one is held to this first. O(values), no
// recursion.
bool nested_at_most(const core::Json& json, std::size_t most);

inline constexpr std::size_t kDeepest = 64;

// plot_from_json and heat_map_from_json for a place inside a record.
Plot plot_from(const Field& field);
HeatMap heat_map_from(const Field& field);

}  // namespace venturi::report
