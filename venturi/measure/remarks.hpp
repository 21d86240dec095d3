// venturi/measure/remarks.hpp
//
// What is to be said about data and a result: constant columns, ties and few values handed to a
// method that assumes none, with the name of the one that does not; counts too thin; information
// above an entropy.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"
#include "venturi/measure/methods.hpp"

namespace venturi::measure {

// Equal rows, equal codes 0 .. kinds-1. O(n d log n).
struct RowCodes {
  std::vector<std::int32_t> of_row;  // n
  core::Index kinds = 0;
};
RowCodes row_codes(const core::MatrixView& x);

// Whether every column has at least five rows for each of its values.
bool looks_discrete(const core::MatrixView& x);

enum class Quantity { information, conditional, entropy, groups };

// names: one for each variable. The order is that of the variables.
std::vector<std::string> remarks_on_data(std::span<const core::MatrixView> variables,
                                         std::span<const std::string> names, Quantity quantity,
                                         Takes takes);

// For methods whose distances set column against column: that deviations differ by a factor of 10
// or more, so that the narrow columns hardly count. Labels (the first variable under labels_first)
// are no amounts. Empty if they do not.
std::string remark_on_scales(std::span<const core::MatrixView> variables, Takes takes);

// I(X;Y) and I(X;Y|Z) cannot pass H of a discrete x or y (plug-in, of these rows). Empty if
// `bits` does not.
std::vector<std::string> remarks_on_excess(double bits, const core::MatrixView& x,
                                           const core::MatrixView& y);

}  // namespace venturi::measure
