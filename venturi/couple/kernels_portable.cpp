// venturi/couple/kernels_portable.cpp: the twin for any machine.
#include "venturi/couple/kernels_body.hpp"

namespace venturi::couple {

const Kernels* portable_kernels() {
  static constexpr Kernels kTable = make_kernels("portable");
  return &kTable;
}

}  // namespace venturi::couple
