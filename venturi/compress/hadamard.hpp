// venturi/compress/hadamard.hpp
//
// The randomized Hadamard transform of groups of numbers: y = H D x, D random signs, H the
// orthonormal Hadamard matrix of the largest power of two that divides the group's size, applied to
// each run of that size. Its inverse is D H. After it the numbers of a group are close to normal,
// whatever they were. O(n log n). Source: HIGGS (Malinovskii et al., NAACL 2025), section 4;
// QuaRot/QuIP# before it.
#pragma once

#include <cstdint>
#include <span>

namespace venturi::compress {

// In place, for all groups of `group` numbers (the last may be shorter) of one row. `signs` names
// D.
void rotate(std::span<float> row, std::int64_t group, std::uint32_t signs);
void rotate_back(std::span<float> row, std::int64_t group, std::uint32_t signs);

}  // namespace venturi::compress
