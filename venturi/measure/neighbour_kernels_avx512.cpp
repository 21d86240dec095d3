#include "venturi/measure/neighbour_kernels_body.hpp"

#ifdef __AVX512DQ__
#include <immintrin.h>

namespace venturi::measure {
namespace {

struct Sixteen {
  static constexpr std::size_t width = 16;
  using Type = __m512;
  static Type set(float v) { return _mm512_set1_ps(v); }
  static Type load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Type v) { _mm512_storeu_ps(p, v); }
  static Type sub(Type a, Type b) { return _mm512_sub_ps(a, b); }
  static Type max(Type a, Type b) { return _mm512_max_ps(a, b); }
  // One instruction: the larger absolute value (selector 3) with its sign cleared (selector 2).
  static Type max_abs(Type a, Type b) { return _mm512_range_ps(a, b, (2 << 2) | 3); }
  static std::uint32_t less(Type a, Type b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
};

}  // namespace

const NeighbourKernels* avx512_kernels() { return &KernelsOver<Sixteen>::kTable; }

}  // namespace venturi::measure
#else
namespace venturi::measure {
const NeighbourKernels* avx512_kernels() { return nullptr; }
}  // namespace venturi::measure
#endif
