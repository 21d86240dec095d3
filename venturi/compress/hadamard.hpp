// venturi/compress/hadamard.hpp
//
// The randomized Hadamard transform of groups of n numbers, orthonormal: random signs, the Hadamard
// matrix of the largest power of two that fits on the first of them; where n is none, random signs
// and the same matrix on the last of them, so that all are mixed (n = 144: two runs of 128 that
// overlap; the 9 runs of 16 that divide it would leave the spread of weights as heavy-tailed as it
// was). After it the numbers of a group are close to normal, whatever they were. O(n log n); sums,
// differences and one factor a run, so the same bits on every machine.
// Source: HIGGS (Malinovskii et al., NAACL 2025), section 4, for powers of two; overlap: own.
#pragma once

#include <cstdint>
#include <span>

namespace venturi::compress {

// In place, for all groups of `group` numbers (the last may be shorter) of one row. `signs` names
// D.
void rotate(std::span<float> row, std::int64_t group, std::uint32_t signs);
void rotate_back(std::span<float> row, std::int64_t group, std::uint32_t signs);

}  // namespace venturi::compress
