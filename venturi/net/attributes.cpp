#include "venturi/net/attributes.hpp"

#include "venturi/core/error.hpp"

namespace venturi::net {
namespace {

template <class T>
constexpr const char* kKind = nullptr;
template <>
constexpr const char* kKind<std::int64_t> = "an integer";
template <>
constexpr const char* kKind<double> = "a real number";
template <>
constexpr const char* kKind<std::string> = "a text";
template <>
constexpr const char* kKind<std::vector<std::int64_t>> = "a list of integers";
template <>
constexpr const char* kKind<std::vector<double>> = "a list of real numbers";
template <>
constexpr const char* kKind<std::vector<std::string>> = "a list of texts";
template <>
constexpr const char* kKind<tensor::Tensor> = "a tensor";

template <class T>
T value_or(const std::map<std::string, Attribute, std::less<>>& values, std::string_view name,
           T fallback) {
  const auto at = values.find(name);
  if (at == values.end()) return fallback;
  if (const T* value = std::get_if<T>(&at->second)) return *value;
  const char* found = std::visit(
      [](const auto& value) { return kKind<std::decay_t<decltype(value)>>; }, at->second);
  core::fail_data("net.Attributes", "expected {} in attribute '{}', got {}", kKind<T>, name, found);
}

}  // namespace

std::int64_t Attributes::integer(std::string_view name, std::int64_t fallback) const {
  return value_or(values_, name, fallback);
}

double Attributes::real(std::string_view name, double fallback) const {
  return value_or(values_, name, fallback);
}

std::string Attributes::text(std::string_view name, std::string fallback) const {
  return value_or(values_, name, std::move(fallback));
}

std::vector<std::int64_t> Attributes::integers(std::string_view name,
                                               std::vector<std::int64_t> fallback) const {
  return value_or(values_, name, std::move(fallback));
}

std::vector<double> Attributes::reals(std::string_view name, std::vector<double> fallback) const {
  return value_or(values_, name, std::move(fallback));
}

std::vector<std::string> Attributes::texts(std::string_view name) const {
  return value_or(values_, name, std::vector<std::string>{});
}

tensor::Tensor Attributes::tensor(std::string_view name) const {
  return value_or(values_, name, tensor::Tensor{});
}

}  // namespace venturi::net
