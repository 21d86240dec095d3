// venturi/compress/members.hpp
//
// The room's ways to squeeze one matrix, by name: one table for `venturi list`, the comparison of
// figures.hpp, and whoever lets a person choose. Each takes one knob, `levels`: how many values a
// weight may take (of svd: 1 / levels of the full rank is kept; of magnitude and sparsegpt: grids
// of this many levels for the half that is kept).
#pragma once

#include <span>

#include "venturi/compress/coded_matrix.hpp"
#include "venturi/compress/subject.hpp"
#include "venturi/core/members.hpp"

namespace venturi::compress {

// Squeezes matrix k of a subject.
using Method = CodedMatrix (*)(const Subject& subject, std::size_t k, int levels);

std::span<const core::Member<Method>> members();

}  // namespace venturi::compress
