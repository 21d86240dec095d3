// venturi/couple/members.hpp
//
// The members of the room by name, for `venturi couple <name>` and `venturi list`: tables in, one
// JSON document out. Each maker reads its options struct from JSON (unknown keys are errors).
#pragma once

#include <span>
#include <vector>

#include "venturi/core/json.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/members.hpp"
#include "venturi/core/options.hpp"
#include "venturi/core/views.hpp"

namespace venturi::couple {

// What a person hands over: one or more tables, as read from CSV or NPY. A law may be a row or a
// column.
struct CoupleInput {
  std::vector<core::Matrix> tables;
  bool normalise = false;     // divide each table of masses by its sum
  std::vector<double> sweep;  // betas, rates in bits or slopes, where the member has such an axis
  core::Key key{0};
};

using CoupleMaker = core::Json (*)(const CoupleInput& input, const core::Json& options);

// What the member expects of `tables` and `sweep` is the end of its summary: "[joint; betas]".
std::span<const core::Member<CoupleMaker>> members();

// The fields of the member's options, for help texts. InvalidArgument for an unknown name.
std::vector<core::FieldInfo> member_options(std::string_view name);

}  // namespace venturi::couple
