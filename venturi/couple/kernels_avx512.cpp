// venturi/couple/kernels_avx512.cpp: compiled with its own flags (CMakeLists.txt).
#include "venturi/couple/kernels.hpp"

#ifdef __AVX512F__
#include "venturi/couple/kernels_body.hpp"

namespace venturi::couple {

const Kernels* avx512_kernels() {
  static constexpr Kernels kTable = make_kernels("avx512");
  return &kTable;
}

}  // namespace venturi::couple
#else
namespace venturi::couple {

const Kernels* avx512_kernels() { return nullptr; }

}  // namespace venturi::couple
#endif
