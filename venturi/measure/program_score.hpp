// venturi/measure/program_score.hpp
//
// What a candidate program is worth as the code of a sequence: its bits if it runs and its output
// is the sequence, value for value; else the bits of the sequence as it is, with the reason.
// Random programs to score, after the paper's generator.
//   accepted   1 + program_bits        (1: a program follows)
//   rejected   1 + 16 + 8 n            (its length, its n bytes)
// Hostile candidates: any text (program.hpp); a fault of theirs is a reason, never an exception.
// Source: as program.hpp.
#pragma once

#include <string>
#include <string_view>

#include "venturi/core/key.hpp"
#include "venturi/measure/program.hpp"

namespace venturi::measure {

struct ProgramScore {
  bool accepted = false;
  double bits = 0;
  std::string reason;  // why not
};

// sequence: at most 65,535 values, else InvalidArgument.
ProgramScore score_program(std::string_view candidate, std::span<const std::uint8_t> sequence);

// 1 to 5 initiators of 5 to 25 values; each sequence then passes, with some chance, through
// modifiers and filters, and pairs of one length are added, subtracted or divided; all that has
// come is joined, so that no statement is idle. The same program for the same key.
Program draw_program(core::Key key);

}  // namespace venturi::measure
