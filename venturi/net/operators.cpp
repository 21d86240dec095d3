#include "venturi/net/operators.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"
#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

std::vector<Operator> all_operators() {
  std::vector<Operator> out;
  for (const auto family :
       {unary_operators(), binary_operators(), reduce_operators(), shape_operators(),
        select_operators(), create_operators(), linear_operators(), convolve_operators(),
        pool_operators(), normalise_operators(), resize_operators(), quantise_operators(),
        recurrent_operators(), detect_operators()}) {
    out.insert(out.end(), family.begin(), family.end());
  }
  std::sort(out.begin(), out.end(),
            [](const Operator& a, const Operator& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(out.begin(), out.end(),
                         [](const Operator& a, const Operator& b) { return a.name == b.name; });
  if (twice != out.end()) core::fail_bug("net.operators", "'{}' is there twice", twice->name);
  return out;
}

}  // namespace

std::span<const Operator> operators() {
  static const std::vector<Operator> table = all_operators();
  return table;
}

const Operator* find_operator(std::string_view name) {
  const auto table = operators();
  const auto at =
      std::lower_bound(table.begin(), table.end(), name,
                       [](const Operator& one, std::string_view key) { return one.name < key; });
  return at != table.end() && at->name == name ? &*at : nullptr;
}

}  // namespace venturi::net
