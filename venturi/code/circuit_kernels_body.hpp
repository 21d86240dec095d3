// venturi/code/circuit_kernels_body.hpp
//
// Inner header: the functions of circuit_kernels.hpp over a type of vectors. Vector says
//   Floats, Doubles           a register of each
//   kFloats, kDoubles         numbers in it
//   load, store, all, multiply_add, largest, transpose
// Included by one file an instruction set, in an unnamed namespace of its own.
#pragma once

#include "venturi/code/circuit_kernels.hpp"

namespace venturi::code {
namespace {

using Index = RowIndex;

// Registers of sums at once: twice as many hide the latency of multiply_add.
constexpr Index kWide = 4;

template <class Vector, class Number>
void multiply(const SparseView<Number>& s, const Number* in, Number* out) {
  using Register = decltype(Vector::all(Number{}));
  constexpr Index lanes = sizeof(Register) / sizeof(Number);
  for (Index z = 0; z < s.rows; ++z) {
    for (Index at = 0; at < kTile; at += kWide * lanes) {
      Register even[kWide];
      Register odd[kWide];
      for (Index j = 0; j < kWide; ++j) even[j] = odd[j] = Vector::all(Number{0});
      std::uint32_t i = s.start[z];
      const std::uint32_t end = s.start[z + 1];
      for (; i + 1 < end; i += 2) {
        const Register first = Vector::all(s.value[i]);
        const Register second = Vector::all(s.value[i + 1]);
        const Number* a = in + s.column[i] * kTile + at;
        const Number* b = in + s.column[i + 1] * kTile + at;
        for (Index j = 0; j < kWide; ++j) {
          even[j] = Vector::multiply_add(first, Vector::load(a + j * lanes), even[j]);
          odd[j] = Vector::multiply_add(second, Vector::load(b + j * lanes), odd[j]);
        }
      }
      if (i < end) {
        const Register first = Vector::all(s.value[i]);
        const Number* a = in + s.column[i] * kTile + at;
        for (Index j = 0; j < kWide; ++j) {
          even[j] = Vector::multiply_add(first, Vector::load(a + j * lanes), even[j]);
        }
      }
      for (Index j = 0; j < kWide; ++j) {
        Vector::store(out + z * kTile + at + j * lanes, even[j] + odd[j]);
      }
    }
  }
}

template <class Vector>
void times(float* message, const float* factor, Index m, float* largest) {
  constexpr Index lanes = Vector::kFloats;
  for (Index at = 0; at < kTile; at += lanes) {
    auto most = Vector::all(0.0F);
    for (Index z = 0; z < m; ++z) {
      const Index i = z * kTile + at;
      const auto product = Vector::load(message + i) * Vector::load(factor + i);
      Vector::store(message + i, product);
      most = Vector::largest(most, product);
    }
    Vector::store(largest + at, most);
  }
}

template <class Vector>
void divide(float* message, const float* above, Index m) {
  const auto least = Vector::all(1e-30F);
  for (Index i = 0; i < m * kTile; i += Vector::kFloats) {
    Vector::store(message + i,
                  Vector::load(above + i) / Vector::largest(Vector::load(message + i), least));
  }
}

template <class Vector>
void scale(float* message, const float* by, Index m) {
  for (Index at = 0; at < kTile; at += Vector::kFloats) {
    const auto factor = Vector::load(by + at);
    for (Index z = 0; z < m; ++z) {
      float* place = message + z * kTile + at;
      Vector::store(place, Vector::load(place) * factor);
    }
  }
}

// Tile by tile, so that the lower message stays in the cache nearest.
template <class Vector>
void flows(const SparseView<float>& s, const float* upper, const float* lower, float* flow) {
  using Register = decltype(Vector::all(0.0F));
  constexpr Index group = Vector::kFloats;  // entries at once
  for (Index z = 0; z < s.rows; ++z) {
    const std::uint32_t end = s.start[z + 1];
    for (std::uint32_t i = s.start[z]; i < end; i += group) {
      const Index n = end - i < group ? end - i : group;
      Register sum[group];
#pragma GCC unroll 16
      for (Index g = 0; g < group; ++g) {
        const float* from = lower + s.column[i + (g < n ? g : 0)] * kTile;
        sum[g] = Vector::load(upper + z * kTile) * Vector::load(from);
        for (Index at = Vector::kFloats; at < kTile; at += Vector::kFloats) {
          sum[g] = Vector::multiply_add(Vector::load(upper + z * kTile + at),
                                        Vector::load(from + at), sum[g]);
        }
      }
      Vector::transpose(sum);
      for (Index g = 1; g < group; ++g) sum[0] = sum[0] + sum[g];
      if (n == group) {
        Vector::store(flow + i, Vector::load(flow + i) + sum[0]);
        continue;
      }
      float rest[group];
      Vector::store(rest, sum[0]);
      for (Index g = 0; g < n; ++g) flow[i + g] += rest[g];
    }
  }
}

template <class Vector>
void gather(const float* leaf, const std::uint8_t* x, Index m, float* out) {
  constexpr Index block = Vector::kFloats;
  using Register = decltype(Vector::all(0.0F));
  const Index whole = m - m % block;
  for (Index r = 0; r < kTile; r += block) {
    for (Index z = 0; z < whole; z += block) {
      Register rows[block];
      for (Index j = 0; j < block; ++j) rows[j] = Vector::load(leaf + x[r + j] * m + z);
      Vector::transpose(rows);
      for (Index j = 0; j < block; ++j) Vector::store(out + (z + j) * kTile + r, rows[j]);
    }
    for (Index z = whole; z < m; ++z) {
      for (Index j = r; j < r + block; ++j) out[z * kTile + j] = leaf[x[j] * m + z];
    }
  }
}

template <class Vector>
void scatter(const float* message, const std::uint8_t* x, Index m, float* leaf) {
  constexpr Index block = Vector::kFloats;
  using Register = decltype(Vector::all(0.0F));
  const Index whole = m - m % block;
  for (Index r = 0; r < kTile; r += block) {
    for (Index z = 0; z < whole; z += block) {
      Register rows[block];
      for (Index j = 0; j < block; ++j) rows[j] = Vector::load(message + (z + j) * kTile + r);
      Vector::transpose(rows);
      for (Index j = 0; j < block; ++j) {
        float* place = leaf + x[r + j] * m + z;
        Vector::store(place, Vector::load(place) + rows[j]);
      }
    }
    for (Index z = whole; z < m; ++z) {
      for (Index j = r; j < r + block; ++j) leaf[x[j] * m + z] += message[z * kTile + j];
    }
  }
}

template <class Vector>
constexpr CircuitKernels kKernels = {multiply<Vector, float>, multiply<Vector, double>,
                                     times<Vector>,           divide<Vector>,
                                     scale<Vector>,           flows<Vector>,
                                     gather<Vector>,          scatter<Vector>};

}  // namespace
}  // namespace venturi::code
