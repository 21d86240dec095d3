// The kernels of circuit_kernels.hpp in AVX-512.
#include "venturi/code/circuit_kernels_body.hpp"

#if defined(__AVX512F__)
// g++ 12 warns of its own header: the untouched lanes of unmasked operations.
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

namespace venturi::code {
namespace {

struct Avx512 {
  static constexpr Index kFloats = 16;
  static __m512 all(float x) { return _mm512_set1_ps(x); }
  static __m512d all(double x) { return _mm512_set1_pd(x); }
  static __m512 load(const float* p) { return _mm512_loadu_ps(p); }
  static __m512d load(const double* p) { return _mm512_loadu_pd(p); }
  static void store(float* p, __m512 a) { _mm512_storeu_ps(p, a); }
  static void store(double* p, __m512d a) { _mm512_storeu_pd(p, a); }
  static __m512 multiply_add(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
  static __m512d multiply_add(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }
  static __m512 largest(__m512 a, __m512 b) { return _mm512_max_ps(a, b); }
  // Of 16 registers of 16: pairs of numbers, pairs of those, then lanes of 128 bits.
  static void transpose(__m512* a) {
    __m512 b[16];
    for (int i = 0; i < 16; i += 2) {
      b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
      b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
      for (int j = 0; j < 2; ++j) {
        const __m512d low = _mm512_castps_pd(b[i + j]);
        const __m512d high = _mm512_castps_pd(b[i + j + 2]);
        a[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
        a[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
      }
    }
    for (int i = 0; i < 4; ++i) {
      b[i] = _mm512_shuffle_f32x4(a[i], a[i + 4], 0x88);
      b[i + 4] = _mm512_shuffle_f32x4(a[i], a[i + 4], 0xdd);
      b[i + 8] = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0x88);
      b[i + 12] = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0xdd);
    }
    for (int i = 0; i < 8; ++i) {
      a[i] = _mm512_shuffle_f32x4(b[i], b[i + 8], 0x88);
      a[i + 8] = _mm512_shuffle_f32x4(b[i], b[i + 8], 0xdd);
    }
  }
};

}  // namespace

const CircuitKernels* avx512_circuit_kernels() {
  static const bool has = __builtin_cpu_supports("avx512f");
  return has ? &kKernels<Avx512> : nullptr;
}

}  // namespace venturi::code

#else

namespace venturi::code {
const CircuitKernels* avx512_circuit_kernels() { return nullptr; }
}  // namespace venturi::code

#endif
