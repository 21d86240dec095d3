#include "venturi/measure/neighbour_kernels_body.hpp"

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

}  // namespace

const NeighbourKernels* avx2_kernels() {
  static constexpr NeighbourKernels kKernels{KernelsOver<Eight>::kTable,
                                             KernelsOver<ThirtyTwo>::kTable};
  return &kKernels;
}

}  // namespace venturi::measure
#else
namespace venturi::measure {
const NeighbourKernels* avx2_kernels() { return nullptr; }
}  // namespace venturi::measure
#endif
