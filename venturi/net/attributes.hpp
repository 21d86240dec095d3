// venturi/net/attributes.hpp
//
// A node's attributes: names with values of the kinds that ONNX has and our operators use.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "venturi/tensor/tensor.hpp"

namespace venturi::net {

using Attribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>,
                               std::vector<double>, std::vector<std::string>, tensor::Tensor>;

// The typed getters return `fallback` where the name is absent, and throw DataError naming the
// attribute where it is there with another kind of value.
class Attributes {
 public:
  void set(std::string name, Attribute value) { values_[std::move(name)] = std::move(value); }
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }

  std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  double real(std::string_view name, double fallback) const;
  std::string text(std::string_view name, std::string fallback) const;
  std::vector<std::int64_t> integers(std::string_view name,
                                     std::vector<std::int64_t> fallback) const;
  std::vector<double> reals(std::string_view name, std::vector<double> fallback) const;
  std::vector<std::string> texts(std::string_view name) const;  // empty where absent
  tensor::Tensor tensor(std::string_view name) const;           // undefined where absent

  const std::map<std::string, Attribute, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, Attribute, std::less<>> values_;
};

}  // namespace venturi::net
