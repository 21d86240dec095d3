// venturi/couple/kernels_avx2.cpp: compiled with its own flags (CMakeLists.txt).
#include "venturi/couple/kernels.hpp"

#ifdef __AVX2__
#include "venturi/couple/kernels_body.hpp"

namespace venturi::couple {

const Kernels* avx2_kernels() {
  static constexpr Kernels kTable = make_kernels("avx2");
  return &kTable;
}

}  // namespace venturi::couple
#else
namespace venturi::couple {

const Kernels* avx2_kernels() { return nullptr; }

}  // namespace venturi::couple
#endif
