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

// Registers of sums at once, to hide the latency of multiply_add.
constexpr Index kSums = 8;

// Tiles of `tile` rows, of which the registers of `wide` are summed at once, each as several
// chains that take turns at the entries.
template <class Vector, Index tile, Index wide, class Number>
void multiply(const SparseView<Number>& s, const Number* in, Number* out) {
  using Register = decltype(Vector::all(Number{}));
  constexpr Index lanes = sizeof(Register) / sizeof(Number);
  constexpr Index registers = wide / lanes;
  constexpr Index chains = kSums > registers ? kSums / registers : 1;
  for (Index z = 0; z < s.rows; ++z) {
    for (Index at = 0; at < tile; at += wide) {
      Register sum[chains][registers];
      const auto add = [&](Index chain, std::uint32_t i) {
        const Register value = Vector::all(s.value[i]);
        const Number* from = in + s.column[i] * tile + at;
        for (Index j = 0; j < registers; ++j) {
          sum[chain][j] =
              Vector::multiply_add(value, Vector::load(from + j * lanes), sum[chain][j]);
        }
      };
      for (Index k = 0; k < chains; ++k) {
        for (Index j = 0; j < registers; ++j) sum[k][j] = Vector::all(Number{0});
      }
      std::uint32_t i = s.start[z];
      const std::uint32_t end = s.start[z + 1];
      for (; i + chains <= end; i += chains) {
        for (Index k = 0; k < chains; ++k) add(k, i + static_cast<std::uint32_t>(k));
      }
      for (; i < end; ++i) add(0, i);
      for (Index j = 0; j < registers; ++j) {
        for (Index k = 1; k < chains; ++k) sum[0][j] = sum[0][j] + sum[k][j];
        Vector::store(out + z * tile + at + j * lanes, sum[0][j]);
      }
    }
  }
}

// Plain loops, which compilers turn into instructions of the file they are compiled for.
template <class Vector>
std::uint64_t dot(const std::uint32_t* a, const std::uint32_t* b, Index m) {
  std::uint64_t sum = 0;
  for (Index z = 0; z < m; ++z) sum += static_cast<std::uint64_t>(a[z]) * b[z];
  return sum;
}

template <class Vector>
std::uint64_t product(const std::uint32_t* a, const std::uint32_t* b, Index m, std::uint64_t* out) {
  std::uint64_t all = 0;
  for (Index z = 0; z < m; ++z) {
    out[z] = static_cast<std::uint64_t>(a[z]) * b[z];
    all |= out[z];
  }
  return all;
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
constexpr CircuitKernels kKernels = {multiply<Vector, kTile, 4 * Vector::kFloats, float>,
                                     multiply<Vector, kExactTile, kExactTile, double>,
                                     dot<Vector>,
                                     product<Vector>,
                                     times<Vector>,
                                     divide<Vector>,
                                     scale<Vector>,
                                     flows<Vector>,
                                     gather<Vector>,
                                     scatter<Vector>};

}  // namespace
}  // namespace venturi::code
