// venturi/measure/methods.hpp
//
// The room's estimators by name: one table for each quantity, the first of a table its default.
// Everything here is in NATS and bare; the front (mutual_information.hpp) turns it into bits with
// an interval.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "venturi/core/members.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

// The data that a method is made for; other data get a warning, or are refused.
enum class Takes {
  density,       // continuous in all columns, no ties
  normal,        // continuous; ties do no harm, few values do
  anything,      // continuous, discrete and mixtures
  labels_first,  // x one column of whole numbers, the others continuous
  labels,        // whole numbers in all columns
};

// What methods take beside data; each has use for some of it.
struct Settings {
  int k = 3;                           // nearest neighbours
  int components = 4;                  // principal components kept of a side of more columns
  int bins = 0;                        // of each column; 0: the cube root of n, rounded up
  std::string_view width = "default";  // of kernels: silverman, median; default as the method says
};

// What a method keeps at once, to be compared with a limit before it is taken.
struct Size {
  core::Index n, columns;  // rows; columns of all variables
  int k;
};
using Bytes = double (*)(Size);

// Paired rows x n*dx, y n*dy.
struct MiMethod {
  using Call = double (*)(const core::MatrixView& x, const core::MatrixView& y,
                          const Settings& settings);
  Call nats;
  Takes takes;
  Bytes bytes;
  bool compares_scales = true;  // distances set columns of x against columns of y
};

struct ConditionalMethod {
  using Call = double (*)(const core::MatrixView& x, const core::MatrixView& y,
                          const core::MatrixView& z, const Settings& settings);
  Call nats;
  Takes takes;
  Bytes bytes;
};

struct EntropyMethod {
  using Call = double (*)(const core::MatrixView& x, const Settings& settings);
  Call nats;
  Takes takes;
  Bytes bytes;
};

// m groups of columns, n*d_g each.
struct GroupMethod {
  using Call = double (*)(std::span<const core::MatrixView> groups, const Settings& settings);
  Call nats;
  Takes takes;
  Bytes bytes;
};

// A measure of dependence that is no Shannon information: kernel_sums.hpp, matrix_renyi.hpp. Widths
// are each variable's own, by default the median distance of two rows.
struct DependenceMethod {
  using Call = double (*)(const core::MatrixView& x, const core::MatrixView& y,
                          const Settings& settings);
  Call value;
  std::string_view unit;  // "bits", or "1" for a bare number
  Bytes bytes;
};

std::span<const core::Member<MiMethod>> mi_methods();
std::span<const core::Member<ConditionalMethod>> conditional_methods();
std::span<const core::Member<EntropyMethod>> entropy_methods();
std::span<const core::Member<GroupMethod>> group_methods();
std::span<const core::Member<DependenceMethod>> dependence_methods();

// These and decomposition_methods(), as `venturi list` prints them.
std::vector<core::MemberInfo> member_infos();

// The member of that name, the first for "default".
template <class Make>
const core::Member<Make>& choose(std::span<const core::Member<Make>> table, std::string_view name,
                                 std::string_view where) {
  return name == "default" ? table.front() : core::find_member(table, name, where);
}

// Rows of whole numbers as one label a row: equal rows, equal labels. DataError, saying which row
// of what, for anything but whole numbers that an int32 holds.
std::vector<std::int32_t> row_labels(const core::MatrixView& x, std::string_view name,
                                     std::string_view where);

}  // namespace venturi::measure
