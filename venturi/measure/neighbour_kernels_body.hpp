// venturi/measure/neighbour_kernels_body.hpp
//
// The kernels over a vector type V. Each including unit defines V in an unnamed namespace, so that
// code built with its flags never reaches another unit.
#pragma once

#include "venturi/measure/neighbour_kernels.hpp"

namespace venturi::measure {
namespace {

template <class V>
struct KernelsOver {
  using T = typename V::Element;

  static void distances(const T* columns, std::size_t stride, int dims, const T* queries,
                        std::size_t length, T* out, std::size_t out_stride) {
    for (std::size_t j = 0; j < length; j += 2 * V::width) {
      typename V::Type a[kQuad], b[kQuad];
      for (int r = 0; r < kQuad; ++r) a[r] = b[r] = V::set(0);
      for (int c = 0; c < dims; ++c) {
        const auto left = V::load(columns + c * stride + j);
        const auto right = V::load(columns + c * stride + j + V::width);
        for (int r = 0; r < kQuad; ++r) {
          const auto query = V::set(queries[c * kQuad + r]);
          a[r] = V::max_gap(a[r], left, query);
          b[r] = V::max_gap(b[r], right, query);
        }
      }
      for (int r = 0; r < kQuad; ++r) {
        V::store(out + r * out_stride + j, a[r]);
        V::store(out + r * out_stride + j + V::width, b[r]);
      }
    }
  }

  // One or two groups without a loop.
  static typename V::Type joined(DistanceRows<T> rows, std::size_t j) {
    auto d = V::max(V::load(rows.group[0] + j), V::load(rows.group[rows.groups - 1] + j));
    for (int g = 1; g < rows.groups - 1; ++g) d = V::max(d, V::load(rows.group[g] + j));
    return d;
  }

  static Hits next_below(DistanceRows<T> rows, std::size_t from, std::size_t to, T bound) {
    const auto limit = V::set(bound);
    for (std::size_t j = from; j < to; j += V::width) {
      const std::uint64_t lanes = V::less(joined(rows, j), limit);
      if (lanes != 0) return {j, lanes};
    }
    return {to, 0};
  }

  static void lane_minima(DistanceRows<T> rows, std::size_t length, T* out) {
    auto least = joined(rows, 0);
    for (std::size_t j = V::width; j < length; j += V::width) {
      least = V::min(least, joined(rows, j));
    }
    V::store(out, least);
  }

  static std::size_t count(DistanceRows<T> rows, std::size_t length, T low, T high,
                           std::int64_t* sure, Hits* shell) {
    const auto below = V::set(low), above = V::set(high);
    std::int64_t inside = 0;
    std::size_t found = 0;
    for (std::size_t j = 0; j < length; j += V::width) {
      const auto d = joined(rows, j);
      const std::uint64_t in = V::less(d, below), maybe = V::less(d, above) ^ in;
      inside += __builtin_popcountll(in);
      // Without a branch on the data: the outcomes are coin tosses.
      shell[found] = {j, maybe};
      found += maybe != 0 ? 1 : 0;
    }
    *sure += inside;
    return found;
  }

  static constexpr RowKernels<T> kTable{distances, next_below, lane_minima, count,
                                        static_cast<int>(V::width)};
};

}  // namespace
}  // namespace venturi::measure
