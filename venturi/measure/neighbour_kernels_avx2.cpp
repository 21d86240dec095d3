#include "venturi/measure/neighbour_kernels_body.hpp"
#include "venturi/measure/plane_kernels_body.hpp"

#ifdef __AVX2__
#include <immintrin.h>

namespace venturi::measure {
namespace {

struct Eight {
  static constexpr std::size_t width = 8;
  using Element = float;
  using Type = __m256;
  static Type set(float v) { return _mm256_set1_ps(v); }
  static Type load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Type v) { _mm256_storeu_ps(p, v); }
  static Type max(Type a, Type b) { return _mm256_max_ps(a, b); }
  static Type min(Type a, Type b) { return _mm256_min_ps(a, b); }
  static Type max_gap(Type most, Type a, Type b) {
    return max(most, _mm256_andnot_ps(_mm256_set1_ps(-0.0F), _mm256_sub_ps(a, b)));
  }
  static std::uint64_t less(Type a, Type b) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ)));
  }
};

struct ThirtyTwo {
  static constexpr std::size_t width = 32;
  using Element = std::uint8_t;
  using Type = __m256i;
  static Type set(std::uint8_t v) { return _mm256_set1_epi8(static_cast<char>(v)); }
  static Type load(const std::uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static void store(std::uint8_t* p, Type v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
  }
  static Type max(Type a, Type b) { return _mm256_max_epu8(a, b); }
  static Type min(Type a, Type b) { return _mm256_min_epu8(a, b); }
  // Of the two saturated differences one is the gap, the other 0.
  static Type max_gap(Type most, Type a, Type b) {
    return max(max(most, _mm256_subs_epu8(a, b)), _mm256_subs_epu8(b, a));
  }
  // a >= b where their maximum is a.
  static std::uint64_t less(Type a, Type b) {
    return static_cast<std::uint32_t>(~_mm256_movemask_epi8(_mm256_cmpeq_epi8(max(a, b), a)));
  }
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

const NeighbourKernels* avx2_kernels() {
  static constexpr NeighbourKernels kKernels{
      KernelsOver<Eight>::kTable, KernelsOver<ThirtyTwo>::kTable, PlaneOver<FourDoubles>::kPlane};
  return &kKernels;
}

}  // namespace venturi::measure
#else
namespace venturi::measure {
const NeighbourKernels* avx2_kernels() { return nullptr; }
}  // namespace venturi::measure
#endif
