#include "venturi/report/fields.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "venturi/core/error.hpp"

namespace venturi::report {
namespace {

// What a value is, short enough for one line.
std::string short_form(const core::Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  const std::string text = value.dump(-1, ' ', true, core::Json::error_handler_t::replace);
  return text.size() <= 40 ? text : text.substr(0, 37) + "...";
}

}  // namespace

void Field::fail(std::string_view what) const {
  core::fail_data("report", "{}: expected {}, got {}", path_, what, short_form(value_));
}

void Field::expect_keys(std::initializer_list<std::string_view> known) const {
  if (!value_.is_object()) fail("an object");
  for (const auto& item : value_.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      core::fail_data("report", "{}: unknown field '{}'; known: {}", path_,
                      item.key().substr(0, 40), fmt::join(known, ", "));
    }
  }
}

std::optional<Field> Field::find(std::string_view key) const {
  if (!value_.is_object()) fail("an object");
  const auto at = value_.find(std::string(key));
  if (at == value_.end()) return std::nullopt;
  return std::optional<Field>(std::in_place, *at, fmt::format("{}.{}", path_, key));
}

std::vector<Field> Field::elements() const {
  if (!value_.is_array()) fail("an array");
  std::vector<Field> out;
  out.reserve(value_.size());
  for (std::size_t i = 0; i < value_.size(); ++i) {
    out.emplace_back(value_[i], fmt::format("{}[{}]", path_, i));
  }
  return out;
}

std::string Field::text() const {
  if (!value_.is_string()) fail("a text");
  return value_.get<std::string>();
}

bool Field::boolean() const {
  if (!value_.is_boolean()) fail("true or false");
  return value_.get<bool>();
}

double Field::number() const {
  if (!value_.is_number() || !std::isfinite(value_.get<double>())) fail("a finite number");
  return value_.get<double>();
}

std::vector<double> Field::numbers() const {
  if (!value_.is_array()) fail("an array of numbers");
  std::vector<double> out;
  out.reserve(value_.size());
  for (std::size_t i = 0; i < value_.size(); ++i) {
    const auto& element = value_[i];
    if (!element.is_number() && !element.is_null()) {
      Field(element, fmt::format("{}[{}]", path_, i)).fail("a number or null");
    }
    out.push_back(element.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                    : element.get<double>());
  }
  return out;
}

std::vector<std::string> Field::texts() const {
  std::vector<std::string> out;
  for (const auto& element : elements()) out.push_back(element.text());
  return out;
}

std::string Field::text(std::string_view key) const {
  const auto member = find(key);
  return member ? member->text() : "";
}

bool Field::boolean(std::string_view key, bool preset) const {
  const auto member = find(key);
  return member ? member->boolean() : preset;
}

bool nested_at_most(const core::Json& json, std::size_t most) {
  std::vector<std::pair<const core::Json*, std::size_t>> open = {{&json, 0}};
  while (!open.empty()) {
    const auto [value, depth] = open.back();
    open.pop_back();
    if (!value->is_structured()) continue;
    if (depth >= most) return false;
    for (const auto& element : *value) open.emplace_back(&element, depth + 1);
  }
  return true;
}

}  // namespace venturi::report
