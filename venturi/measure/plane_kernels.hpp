// venturi/measure/plane_kernels.hpp
//
// The inner loops of the search in two columns (plane_search.hpp), once per instruction set, with
// no header of other rooms: a vector of doubles, each lane with the nearest that it has met, and
// sorted values eight at a time. Every step is a subtraction, absolute value, maximum, minimum or
// comparison of float64: the results are the same.
#pragma once

#include <cstddef>
#include <cstdint>

namespace venturi::measure {

// Points in strips of equal numbers along x, each strip sorted by y. Strip s begins at s * stride +
// kMargin; before it and behind it stand at least kMargin points at y = -+ infinity.
struct Strips {
  static constexpr std::size_t kMargin = 8;
  const double *x, *y;
  const std::int32_t *left, *right;  // points of the strip before and behind that are lower in y
  const double* edge;  // the sorted x: strip s holds edge[s*length] to edge[..+length-1]
  std::size_t n, length, count, stride;
};

// A strip's points and their radii, and what to do with them.
struct PlaneTask {
  const Strips* strips;
  std::size_t strip;
  double* radius;      // of each point of the strip
  std::int32_t* open;  // room for the points of the strip
};

// Where to look for a value: start[b] is the first place whose value falls into stretch b or later,
// b = bucket(value) clamped to 0 .. buckets. Values are followed by kSpare infinities.
struct ValueTable {
  static constexpr int kSpare = 8;
  const double* values;
  const std::int32_t* start;
  double low, scale;
  std::int32_t buckets, size;
};

struct CountTask {
  const double *x, *radius;
  std::size_t length;
  bool closed;
  std::int32_t* counts;  // with the point itself; -1 where eight values do not settle it
};

struct PlaneKernels {
  // The distance to the k-th nearest point among 48 about each point of the strip; returns how many
  // are open: a nearer one may lie farther off. 1 <= k <= kPlaneNear.
  std::size_t (*nearest)(const PlaneTask& task, int k);
  void (*count)(const ValueTable& table, const CountTask& task);
};

inline constexpr int kPlaneNear = 7;

}  // namespace venturi::measure
