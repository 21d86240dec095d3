// Compiled with -msse4.2; called only after has_crc32c_sse42().
#include "venturi/code/crc32c.hpp"

#if defined(__x86_64__)
#include <nmmintrin.h>

#include <cstring>
#endif

namespace venturi::code {

#if defined(__x86_64__)

std::uint32_t crc32c_sse42(core::Bytes bytes, std::uint32_t seed) {
  std::uint64_t crc = ~seed;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  auto low = static_cast<std::uint32_t>(crc);
  for (; left > 0; --left, ++at) low = _mm_crc32_u8(low, std::to_integer<unsigned char>(*at));
  return ~low;
}

#else

std::uint32_t crc32c_sse42(core::Bytes bytes, std::uint32_t seed) {
  return crc32c_portable(bytes, seed);
}

#endif

}  // namespace venturi::code
