// venturi/measure/neighbour_kernels.hpp
//
// The inner loops of the brute-force search, once per instruction set, all with the same results:
// every step is an exact float subtraction, absolute value, maximum or comparison.
#pragma once

#include <cstddef>
#include <cstdint>

namespace venturi::measure {

// Query points handled together, so that one load of a column serves all of them.
inline constexpr int kQuad = 4;
// Row lengths are multiples of this many floats; the padding lies at infinity.
inline constexpr std::size_t kPad = 32;

// Lanes of `at` .. whose test held.
struct Hits {
  std::size_t at;
  std::uint32_t lanes;
};

// A point's distances within each group, one row a group; the union is their maximum.
struct DistanceRows {
  const float* const* group;
  int groups;
};

struct NeighbourKernels {
  // out[r*out_stride + j] = max_c |columns[c*stride + j] - queries[c*kQuad + r]|, j < length.
  void (*distances)(const float* columns, std::size_t stride, int dims, const float* queries,
                    std::size_t length, float* out, std::size_t out_stride);
  // The first vector in [from, to) with a distance < bound, or {to, 0}.
  Hits (*next_below)(DistanceRows rows, std::size_t from, std::size_t to, float bound);
  // Adds to *sure the distances < low, up to and with the first vector that has one in
  // [low, high), whose lanes it returns; {to, 0} if there is none.
  Hits (*count_until)(DistanceRows rows, std::size_t from, std::size_t to, float low, float high,
                      std::int64_t* sure);
  int width;
};

// nullptr where the build has no such unit.
const NeighbourKernels* portable_kernels();
const NeighbourKernels* avx2_kernels();
const NeighbourKernels* avx512_kernels();

}  // namespace venturi::measure
