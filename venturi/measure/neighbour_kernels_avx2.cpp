#include "venturi/measure/neighbour_kernels_body.hpp"

#ifdef __AVX2__
#include <immintrin.h>

namespace venturi::measure {
namespace {

struct Eight {
  static constexpr std::size_t width = 8;
  using Type = __m256;
  static Type set(float v) { return _mm256_set1_ps(v); }
  static Type load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Type v) { _mm256_storeu_ps(p, v); }
  static Type sub(Type a, Type b) { return _mm256_sub_ps(a, b); }
  static Type max(Type a, Type b) { return _mm256_max_ps(a, b); }
  static Type max_abs(Type a, Type b) {
    return _mm256_max_ps(a, _mm256_andnot_ps(_mm256_set1_ps(-0.0F), b));
  }
  static std::uint32_t less(Type a, Type b) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ)));
  }
};

}  // namespace

const NeighbourKernels* avx2_kernels() { return &KernelsOver<Eight>::kTable; }

}  // namespace venturi::measure
#else
namespace venturi::measure {
const NeighbourKernels* avx2_kernels() { return nullptr; }
}  // namespace venturi::measure
#endif
