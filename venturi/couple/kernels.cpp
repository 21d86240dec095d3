// venturi/couple/kernels.cpp
#include "venturi/couple/kernels.hpp"

#include <cstdlib>
#include <string_view>

namespace venturi::couple {
namespace {

const Kernels& choose() {
  const char* wish = std::getenv("VENTURI_COUPLE_KERNELS");
  const std::string_view most = wish == nullptr ? "" : wish;
#if defined(__x86_64__)
  const bool wide = __builtin_cpu_supports("avx512f") != 0 &&
                    __builtin_cpu_supports("avx512dq") != 0 &&
                    __builtin_cpu_supports("avx512vl") != 0;
  const bool middle = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  if (wide && avx512_kernels() != nullptr && most != "avx2" && most != "portable") {
    return *avx512_kernels();
  }
  if (middle && avx2_kernels() != nullptr && most != "portable") return *avx2_kernels();
#endif
  return *portable_kernels();
}

}  // namespace

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace venturi::couple
