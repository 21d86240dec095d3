// The kernels of circuit_kernels.hpp in AVX2.
#include "venturi/code/circuit_kernels_body.hpp"

#if defined(__AVX2__)

#include <immintrin.h>

namespace venturi::code {
namespace {

struct Avx2 {
  static constexpr Index kFloats = 8;
  static __m256 all(float x) { return _mm256_set1_ps(x); }
  static __m256d all(double x) { return _mm256_set1_pd(x); }
  static __m256 load(const float* p) { return _mm256_loadu_ps(p); }
  static __m256d load(const double* p) { return _mm256_loadu_pd(p); }
  static void store(float* p, __m256 a) { _mm256_storeu_ps(p, a); }
  static void store(double* p, __m256d a) { _mm256_storeu_pd(p, a); }
  static __m256 multiply_add(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
  static __m256d multiply_add(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }
  static __m256 largest(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
  // Of 8 registers of 8: pairs of numbers, pairs of those, then halves.
  static void transpose(__m256* a) {
    __m256 b[8];
    for (int i = 0; i < 8; i += 2) {
      b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
      b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
      for (int j = 0; j < 2; ++j) {
        a[i + 2 * j] = _mm256_shuffle_ps(b[i + j], b[i + j + 2], 0x44);
        a[i + 2 * j + 1] = _mm256_shuffle_ps(b[i + j], b[i + j + 2], 0xee);
      }
    }
    for (int i = 0; i < 4; ++i) {
      b[i] = _mm256_permute2f128_ps(a[i], a[i + 4], 0x20);
      b[i + 4] = _mm256_permute2f128_ps(a[i], a[i + 4], 0x31);
    }
    for (int i = 0; i < 8; ++i) a[i] = b[i];
  }
};

}  // namespace

const CircuitKernels* avx2_circuit_kernels() {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has ? &kKernels<Avx2> : nullptr;
}

}  // namespace venturi::code

#else

namespace venturi::code {
const CircuitKernels* avx2_circuit_kernels() { return nullptr; }
}  // namespace venturi::code

#endif
