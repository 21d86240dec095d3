#include "venturi/code/circuit_kernels.hpp"

#include <cstring>

#include "venturi/code/circuit_kernels_body.hpp"

namespace venturi::code {
namespace {

// Vectors that every target of GCC and Clang has, in one register or in two.
struct Portable {
  using Floats = float __attribute__((vector_size(16)));
  using Doubles = double __attribute__((vector_size(16)));
  static constexpr Index kFloats = 4;
  static Floats all(float x) { return Floats{x, x, x, x}; }
  static Doubles all(double x) { return Doubles{x, x}; }
  static Floats load(const float* p) { return copy<Floats>(p); }
  static Doubles load(const double* p) { return copy<Doubles>(p); }
  static void store(float* p, Floats a) { std::memcpy(p, &a, sizeof(a)); }
  static void store(double* p, Doubles a) { std::memcpy(p, &a, sizeof(a)); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return a * b + c; }
  static Doubles multiply_add(Doubles a, Doubles b, Doubles c) { return a * b + c; }
  static Floats largest(Floats a, Floats b) { return a > b ? a : b; }
  static void transpose(Floats* a) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < i; ++j) {
        const float above = a[j][i];
        a[j][i] = a[i][j];
        a[i][j] = above;
      }
    }
  }

 private:
  template <class Register>
  static Register copy(const void* p) {
    Register out;
    std::memcpy(&out, p, sizeof(out));
    return out;
  }
};

}  // namespace

const CircuitKernels* portable_circuit_kernels() { return &kKernels<Portable>; }

const CircuitKernels& circuit_kernels() {
  if (const auto* kernels = avx512_circuit_kernels()) return *kernels;
  if (const auto* kernels = avx2_circuit_kernels()) return *kernels;
  return *portable_circuit_kernels();
}

}  // namespace venturi::code
