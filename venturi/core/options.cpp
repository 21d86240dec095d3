#include "venturi/core/options.hpp"

#include <toml++/toml.h>

#include <cmath>

#include "venturi/core/members.hpp"

namespace venturi::core {

std::string Limits::text() const {
  if (!choices.empty()) return fmt::format("one of {}", fmt::join(choices, ", "));
  const bool has_low = std::isfinite(low);
  const bool has_high = std::isfinite(high);
  if (has_low && has_high) return fmt::format("in {}{}, {}]", open_low ? '(' : '[', low, high);
  if (has_low) return fmt::format("{} {}", open_low ? ">" : ">=", low);
  if (has_high) return fmt::format("<= {}", high);
  return {};
}

void check_limits(std::string_view where, std::string_view name, double value,
                  const Limits& limits) {
  const bool inside =
      value >= limits.low && value <= limits.high && !(limits.open_low && value == limits.low);
  if (!inside) {
    const std::string expected = limits.text();
    fail_argument(where, "expected {} {}, got {}", name,
                  expected.empty() ? "to be a number" : expected, value);
  }
}

void check_limits(std::string_view where, std::string_view name, const std::string& value,
                  const Limits& limits) {
  if (limits.choices.empty()) return;
  for (const auto& choice : limits.choices) {
    if (choice == value) return;
  }
  fail_argument(where, "expected {} {}, got '{}'", name, limits.text(), value);
}

namespace detail {

void fail_unknown_key(std::string_view where, std::string_view key,
                      const std::vector<FieldInfo>& fields) {
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const auto& field : fields) names.push_back(field.name);
  fail_argument(where, "unknown option '{}'{}; known: {}", key, did_you_mean(key, names),
                fmt::join(names, ", "));
}

void fail_type(std::string_view where, std::string_view name, const char* type, const Json& found) {
  fail_argument(where, "expected {} to be of type {}, got {}", name, type, found.dump());
}

}  // namespace detail

namespace {

Json to_json(const toml::node& node, std::string_view source) {
  if (const auto* table = node.as_table()) {
    Json out = Json::object();
    for (const auto& [key, value] : *table) out[std::string(key.str())] = to_json(value, source);
    return out;
  }
  if (const auto* array = node.as_array()) {
    Json out = Json::array();
    for (const auto& value : *array) out.push_back(to_json(value, source));
    return out;
  }
  if (const auto* v = node.as_string()) return v->get();
  if (const auto* v = node.as_integer()) return v->get();
  if (const auto* v = node.as_floating_point()) return v->get();
  if (const auto* v = node.as_boolean()) return v->get();
  fail_data("core.parse_toml", "{}:{}: dates and times are not used here", source,
            node.source().begin.line);
}

}  // namespace

Json parse_toml(std::string_view text, std::string_view source) {
  try {
    return to_json(toml::parse(text, source), source);
  } catch (const toml::parse_error& error) {
    fail_data("core.parse_toml", "{}:{}:{}: {}", source, error.source().begin.line,
              error.source().begin.column, error.description());
  }
}

}  // namespace venturi::core
