#include "venturi/measure/neighbour_kernels_body.hpp"

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

}  // namespace

const NeighbourKernels* avx512_kernels() {
  static constexpr NeighbourKernels kKernels{KernelsOver<Sixteen>::kTable,
                                             KernelsOver<SixtyFour>::kTable};
  return &kKernels;
}

}  // namespace venturi::measure
#else
namespace venturi::measure {
const NeighbourKernels* avx512_kernels() { return nullptr; }
}  // namespace venturi::measure
#endif
