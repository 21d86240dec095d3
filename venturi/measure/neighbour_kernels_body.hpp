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
  static void distances(const float* columns, std::size_t stride, int dims, const float* queries,
                        std::size_t length, float* out, std::size_t out_stride) {
    for (std::size_t j = 0; j < length; j += 2 * V::width) {
      typename V::Type a[kQuad], b[kQuad];
      for (int r = 0; r < kQuad; ++r) a[r] = b[r] = V::set(0.0F);
      for (int c = 0; c < dims; ++c) {
        const auto left = V::load(columns + c * stride + j);
        const auto right = V::load(columns + c * stride + j + V::width);
        for (int r = 0; r < kQuad; ++r) {
          const auto query = V::set(queries[c * kQuad + r]);
          a[r] = V::max_abs(a[r], V::sub(left, query));
          b[r] = V::max_abs(b[r], V::sub(right, query));
        }
      }
      for (int r = 0; r < kQuad; ++r) {
        V::store(out + r * out_stride + j, a[r]);
        V::store(out + r * out_stride + j + V::width, b[r]);
      }
    }
  }

  static typename V::Type joined(Rows rows, std::size_t j) {
    auto d = V::load(rows.group[0] + j);
    for (int g = 1; g < rows.groups; ++g) d = V::max(d, V::load(rows.group[g] + j));
    return d;
  }

  static Hits next_below(Rows rows, std::size_t from, std::size_t to, float bound) {
    const auto limit = V::set(bound);
    for (std::size_t j = from; j < to; j += V::width) {
      const std::uint32_t lanes = V::less(joined(rows, j), limit);
      if (lanes != 0) return {j, lanes};
    }
    return {to, 0};
  }

  static Hits count_until(Rows rows, std::size_t from, std::size_t to, float low, float high,
                          std::int64_t* sure) {
    const auto below = V::set(low), above = V::set(high);
    std::int64_t count = 0;
    for (std::size_t j = from; j < to; j += V::width) {
      const auto d = joined(rows, j);
      const std::uint32_t inside = V::less(d, below), maybe = V::less(d, above);
      count += __builtin_popcount(inside);
      if (inside != maybe) {
        *sure += count;
        return {j, inside ^ maybe};
      }
    }
    *sure += count;
    return {to, 0};
  }

  static constexpr NeighbourKernels kTable{distances, next_below, count_until,
                                           static_cast<int>(V::width)};
};

}  // namespace
}  // namespace venturi::measure
