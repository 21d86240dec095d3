// venturi/allocate/members.hpp
//
// The room's ways to allocate by name, for `venturi list` and for whoever lets a person choose.
#pragma once

#include <optional>

#include "venturi/allocate/evolution.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/members.hpp"

namespace venturi::allocate {

struct Problem {
  std::span<const Part> parts;
  std::int64_t bits = 0;             // the budget
  std::optional<std::int64_t> cost;  // two-budgets only, and needed there
  Fitness fitness;                   // evopress only; none: the sum of the parts' distortions
  core::Key key{0};                  // evopress only
};

// Options by name; an unknown one is InvalidArgument, as is a budget or loss that the member does
// not know.
using Allocator = Allocation (*)(const Problem& problem, const core::Json& options);

std::span<const core::Member<Allocator>> members();

}  // namespace venturi::allocate
