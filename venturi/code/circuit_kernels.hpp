// venturi/code/circuit_kernels.hpp
//
// Inner header: what passes over hidden trees do to one tile of kTile rows. A message of M states
// is M*kTile numbers, the rows of a state side by side, so that instructions work on rows and an
// edge that was pruned costs nothing, wherever it lies. One table of functions an instruction set,
// chosen at run time; sums run in the order of the lists, but multiply-adds are fused where the
// machine has them, so results of float differ in last digits between machines.
#pragma once

#include <cstddef>
#include <cstdint>

namespace venturi::code {

using RowIndex = std::ptrdiff_t;  // core::Index, without its header

constexpr RowIndex kTile = 64;
constexpr RowIndex kExactTile = 16;  // of doubles: with 256 states the cache nearest holds one

// The entries that are not 0 of a matrix: `rows` lists one behind the other. Plain pointers:
// without optimisation an inline function of the library would be emitted under the flags of the
// kernels' files, and the linker may keep that one for all.
template <class Number>
struct SparseView {
  RowIndex rows;
  const std::uint32_t* start;  // rows + 1
  const std::uint16_t* column;
  const Number* value;
};

struct CircuitKernels {
  // out (rows*kTile, exact: rows*kExactTile) = s in.
  void (*multiply)(const SparseView<float>& s, const float* in, float* out);
  void (*multiply_exact)(const SparseView<double>& s, const double* in, double* out);
  // The sum of a[z] b[z] for z < m, modulo 2^64.
  std::uint64_t (*dot)(const std::uint32_t* a, const std::uint32_t* b, RowIndex m);
  // out[z] = a[z] b[z]; returns all of them, or'ed.
  std::uint64_t (*product)(const std::uint32_t* a, const std::uint32_t* b, RowIndex m,
                           std::uint64_t* out);
  // message *= factor, both m*kTile; largest (kTile): of each row.
  void (*times)(float* message, const float* factor, RowIndex m, float* largest);
  // message = above / max(message, 1e-30).
  void (*divide)(float* message, const float* above, RowIndex m);
  // Each row of the message *= by (kTile).
  void (*scale)(float* message, const float* by, RowIndex m);
  // flow[i] += the sum over rows of upper[z] lower[k], for each entry i = (z, k) of s.
  void (*flows)(const SparseView<float>& s, const float* upper, const float* lower, float* flow);
  // out (m*kTile) = rows x of leaf (levels*m); and the reverse: leaf's rows x += message.
  void (*gather)(const float* leaf, const std::uint8_t* x, RowIndex m, float* out);
  void (*scatter)(const float* message, const std::uint8_t* x, RowIndex m, float* leaf);
};

const CircuitKernels& circuit_kernels();

// Of one instruction set; null where this build or this machine lacks it.
const CircuitKernels* portable_circuit_kernels();
const CircuitKernels* avx2_circuit_kernels();
const CircuitKernels* avx512_circuit_kernels();

}  // namespace venturi::code
