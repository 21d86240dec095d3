// venturi/core/options.hpp
//
// One list of fields per options struct gives its JSON, TOML, command-line help and run record.
//
//   struct KsgOptions {
//     int k = 3;
//     std::string scale = "none";
//     template <class Self, class Visit>
//     static void fields(Self& self, Visit&& visit) {
//       visit("k", self.k, "nearest neighbours used", core::at_least(1));
//       visit("scale", self.scale, "transform of each column first",
//             core::one_of({"none", "standard", "rank"}));
//     }
//   };
//
// Field types: bool, int, std::int64_t, std::uint64_t, double, std::string,
// std::vector<double>, std::vector<std::int64_t>.
// A key that is not a field is an error that lists the fields; a value outside its limits is an
// error that states them.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/core/json.hpp"

namespace venturi::core {

// What a field may hold: numbers in [low, high] (or (low, high] if open), strings out of `choices`.
// For a list, what each element may hold.
struct Limits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false;
  std::vector<std::string> choices;

  // "in [0, 1]", "one of a, b", or "" if anything goes.
  std::string text() const;
};

inline Limits at_least(double low) { return {.low = low, .choices = {}}; }
inline Limits above(double low) { return {.low = low, .open_low = true, .choices = {}}; }
inline Limits between(double low, double high) { return {.low = low, .high = high, .choices = {}}; }
inline Limits one_of(std::vector<std::string> choices) { return {.choices = std::move(choices)}; }

// Throws InvalidArgument unless the value is inside the limits. NaN never is.
void check_limits(std::string_view where, std::string_view name, double value,
                  const Limits& limits);
void check_limits(std::string_view where, std::string_view name, const std::string& value,
                  const Limits& limits);

// A field as help texts and tables show it.
struct FieldInfo {
  std::string name;
  std::string help;
  std::string type;    // "bool", "integer", "number", "text", "numbers", "integers"
  std::string preset;  // its default, as JSON text
  Limits limits;
};

namespace detail {

template <class T>
constexpr const char* type_name() {
  if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else if constexpr (std::is_integral_v<T>) {
    return "integer";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "text";
  } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
    return "integers";
  } else {
    static_assert(std::is_same_v<T, std::vector<double>>, "not a field type");
    return "numbers";
  }
}

[[noreturn]] void fail_unknown_key(std::string_view where, std::string_view key,
                                   const std::vector<FieldInfo>& fields);
[[noreturn]] void fail_type(std::string_view where, std::string_view name, const char* type,
                            const Json& found);

template <class T>
void check_value(std::string_view where, std::string_view name, const T& value,
                 const Limits& limits) {
  if constexpr (std::is_same_v<T, bool>) {
    return;
  } else if constexpr (std::is_arithmetic_v<T>) {
    check_limits(where, name, static_cast<double>(value), limits);
  } else if constexpr (std::is_same_v<T, std::string>) {
    check_limits(where, name, value, limits);
  } else {
    for (const auto element : value) {
      check_limits(where, name, static_cast<double>(element), limits);
    }
  }
}

template <class T>
bool holds(const Json& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value.is_boolean();
  } else if constexpr (std::is_integral_v<T>) {
    if (!value.is_number_integer()) return false;
    if (value.is_number_unsigned()) {
      return value.get<std::uint64_t>() <=
             static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    }
    const auto v = value.get<std::int64_t>();
    return v >= static_cast<std::int64_t>(std::numeric_limits<T>::min()) &&
           (v < 0 || static_cast<std::uint64_t>(v) <=
                         static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
  } else if constexpr (std::is_floating_point_v<T>) {
    return value.is_number();
  } else if constexpr (std::is_same_v<T, std::string>) {
    return value.is_string();
  } else {
    if (!value.is_array()) return false;
    for (const auto& element : value) {
      if (!holds<typename T::value_type>(element)) return false;
    }
    return true;
  }
}

}  // namespace detail

// The fields in their order, with the struct's in-class defaults.
template <class Options>
std::vector<FieldInfo> describe_options() {
  std::vector<FieldInfo> out;
  Options defaults;
  Options::fields(defaults, [&]<class T>(const char* name, const T& value, const char* help,
                                         Limits limits = {}) {
    out.push_back({name, help, detail::type_name<T>(), Json(value).dump(), std::move(limits)});
  });
  return out;
}

// Throws InvalidArgument if a field is outside its limits.
template <class Options>
void check_options(const Options& options, std::string_view where) {
  Options::fields(options, [&]<class T>(const char* name, const T& value, const char*,
                                        const Limits& limits = {}) {
    detail::check_value(where, name, value, limits);
  });
}

template <class Options>
Json options_to_json(const Options& options) {
  Json out = Json::object();
  Options::fields(options, [&]<class T>(const char* name, const T& value, const char*,
                                        const Limits& = {}) { out[name] = value; });
  return out;
}

// Overwrites the fields that `json` (an object) names; the others keep their values.
template <class Options>
void options_from_json(Options& options, const Json& json, std::string_view where) {
  if (!json.is_object()) fail_argument(where, "expected an object of options, got {}", json.dump());
  for (const auto& item : json.items()) {
    bool known = false;
    Options::fields(
        options, [&]<class T>(const char* name, T& value, const char*, const Limits& limits = {}) {
          if (item.key() != name) return;
          known = true;
          if (!detail::holds<T>(item.value())) {
            detail::fail_type(where, name, detail::type_name<T>(), item.value());
          }
          T next = item.value().template get<T>();
          detail::check_value(where, name, next, limits);
          value = std::move(next);
        });
    if (!known) detail::fail_unknown_key(where, item.key(), describe_options<Options>());
  }
}

// A TOML file or text as JSON; dates are refused. Errors name the file, line and column.
Json parse_toml(std::string_view text, std::string_view source);

}  // namespace venturi::core
