// venturi/measure/program_figures.hpp
//
// What the recipe kolmogorov-test claims, measured on random programs (program_score.hpp).
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/options.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

struct ProgramOptions {
  int programs = 2000;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("programs", self.programs, "random programs", core::between(2, 1e6));
  }
};

// A general compressor to stand beside: bytes in, how many come out.
struct Packer {
  std::string name;
  std::function<std::size_t(core::Bytes)> bytes;
};

// For each program, its text scored
//   on its own output          "accepted", "largest difference from the true length" in bits
//   with one value changed     "accepted though a value differs"
//   on the next one's output   "accepted though of another sequence" (of those that differ)
// and "bits a value" of the programs, and of each packer on all sequences in one piece (two bytes
// of length before each) and, in the better of the two for it, each alone with its flag of 1 bit;
// "bits of programs / NAME" the ratio to the better. Cost: O(values), and the packers'.
std::vector<core::Figure> program_figures(const ProgramOptions& options, core::Key key,
                                          std::span<const Packer> packers);

}  // namespace venturi::measure
