#include "venturi/measure/neighbour_kernels_body.hpp"
#include "venturi/measure/plane_kernels_body.hpp"

#if defined(__AVX512DQ__) && defined(__AVX512BW__)
// g++ 12 warns of its own header: the untouched lanes of unmasked operations.
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

namespace venturi::measure {
namespace {

struct Sixteen {
  static constexpr std::size_t width = 16;
  using Element = float;
  using Type = __m512;
  static Type set(float v) { return _mm512_set1_ps(v); }
  static Type load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Type v) { _mm512_storeu_ps(p, v); }
  static Type max(Type a, Type b) { return _mm512_max_ps(a, b); }
  static Type min(Type a, Type b) { return _mm512_min_ps(a, b); }
  // The larger absolute value (selector 3) with its sign cleared (selector 2) in one instruction.
  static Type max_gap(Type most, Type a, Type b) {
    return _mm512_range_ps(most, _mm512_sub_ps(a, b), (2 << 2) | 3);
  }
  static std::uint64_t less(Type a, Type b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
};

struct SixtyFour {
  static constexpr std::size_t width = 64;
  using Element = std::uint8_t;
  using Type = __m512i;
  static Type set(std::uint8_t v) { return _mm512_set1_epi8(static_cast<char>(v)); }
  static Type load(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
  static void store(std::uint8_t* p, Type v) { _mm512_storeu_si512(p, v); }
  static Type max(Type a, Type b) { return _mm512_max_epu8(a, b); }
  static Type min(Type a, Type b) { return _mm512_min_epu8(a, b); }
  // Of the two saturated differences one is the gap, the other 0.
  static Type max_gap(Type most, Type a, Type b) {
    return max(max(most, _mm512_subs_epu8(a, b)), _mm512_subs_epu8(b, a));
  }
  static std::uint64_t less(Type a, Type b) { return _mm512_cmplt_epu8_mask(a, b); }
};

// Doubles, with the halves of the vector apart.
struct FourDoubles {
  using Type = __m256d;
  using Half = __m128d;
  static Type set(double v) { return _mm256_set1_pd(v); }
  static Type load(const double* p) { return _mm256_loadu_pd(p); }
  static Type max(Type a, Type b) { return _mm256_max_pd(a, b); }
  static Type min(Type a, Type b) { return _mm256_min_pd(a, b); }
  static Type minus(Type a, Type b) { return _mm256_sub_pd(a, b); }
  static Type gap(Type a, Type b) { return _mm256_andnot_pd(set(-0.0), minus(a, b)); }
  // Lanes with a < b, or a <= b.
  static int lanes(Type a, Type b, bool strict) {
    const Type held = strict ? _mm256_cmp_pd(a, b, _CMP_LT_OQ) : _mm256_cmp_pd(a, b, _CMP_LE_OQ);
    return __builtin_popcount(static_cast<unsigned>(_mm256_movemask_pd(held)));
  }
  static Half low(Type v) { return _mm256_castpd256_pd128(v); }
  static Half high(Type v) { return _mm256_extractf128_pd(v, 1); }
  static Half max(Half a, Half b) { return _mm_max_pd(a, b); }
  static Half min(Half a, Half b) { return _mm_min_pd(a, b); }
  static double first(Half v) { return _mm_cvtsd_f64(v); }
  static double second(Half v) { return _mm_cvtsd_f64(_mm_unpackhi_pd(v, v)); }
};

}  // namespace

const NeighbourKernels* avx512_kernels() {
  static constexpr NeighbourKernels kKernels{
      KernelsOver<Sixteen>::kTable, KernelsOver<SixtyFour>::kTable, PlaneOver<FourDoubles>::kPlane};
  return &kKernels;
}

}  // namespace venturi::measure
#else
namespace venturi::measure {
const NeighbourKernels* avx512_kernels() { return nullptr; }
}  // namespace venturi::measure
#endif
