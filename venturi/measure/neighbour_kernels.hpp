// venturi/measure/neighbour_kernels.hpp
//
// The inner loops of the brute-force search, once per instruction set and element (float, and bytes
// four times as fast), all with the same results: every step is an exact subtraction, absolute
// value, maximum or comparison.
#pragma once

#include <cstddef>
#include <cstdint>

#include "venturi/measure/plane_kernels.hpp"

namespace venturi::measure {

// Query points handled together, so that one load of a column serves all of them.
inline constexpr int kQuad = 4;
// Row lengths are multiples of this many elements; the padding lies beyond every bound.
inline constexpr std::size_t kPad = 128;

// Lanes of `at` .. whose test held.
struct Hits {
  std::size_t at;
  std::uint64_t lanes;
};

// A point's distances within each group, one row a group; the union is their maximum.
template <class T>
struct DistanceRows {
  const T* const* group;
  int groups;
};

template <class T>
struct RowKernels {
  // out[r*out_stride + j] = max_c |columns[c*stride + j] - queries[c*kQuad + r]|, j < length.
  void (*distances)(const T* columns, std::size_t stride, int dims, const T* queries,
                    std::size_t length, T* out, std::size_t out_stride);
  // The first vector in [from, to) with a distance < bound, or {to, 0}.
  Hits (*next_below)(DistanceRows<T> rows, std::size_t from, std::size_t to, T bound);
  // The least distance in each lane over the first `length`, to out (width).
  void (*lane_minima)(DistanceRows<T> rows, std::size_t length, T* out);
  // Adds to *sure the distances < low among the first `length`; writes the vectors that have one in
  // [low, high) to shell (room for length / width) and returns how many.
  std::size_t (*count)(DistanceRows<T> rows, std::size_t length, T low, T high, std::int64_t* sure,
                       Hits* shell);
  int width;
};

struct NeighbourKernels {
  RowKernels<float> floats;
  RowKernels<std::uint8_t> bytes;
  PlaneKernels plane;
};

// nullptr where the build has no such unit.
const NeighbourKernels* portable_kernels();
const NeighbourKernels* avx2_kernels();
const NeighbourKernels* avx512_kernels();

}  // namespace venturi::measure
