#include "venturi/code/crc32c.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace venturi::code {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

// tables[0] advances the register by one byte; tables[j] by one byte and j zero bytes more.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78U : 0U);
    tables[0][byte] = crc;
  }
  for (std::size_t j = 1; j < 8; ++j) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[j - 1][byte];
      tables[j][byte] = (before >> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

std::uint32_t crc32c_portable(core::Bytes bytes, std::uint32_t seed) {
  std::uint32_t crc = ~seed;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    word ^= crc;
    crc = 0;
    for (std::size_t j = 0; j < 8; ++j) crc ^= kTables[7 - j][(word >> (8 * j)) & 255];
  }
  for (; left > 0; --left, ++at) {
    crc = (crc >> 8) ^ kTables[0][(crc ^ std::to_integer<std::uint32_t>(*at)) & 255];
  }
  return ~crc;
}

bool has_crc32c_sse42() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("sse4.2");
  return has;
#else
  return false;
#endif
}

std::uint32_t crc32c(core::Bytes bytes, std::uint32_t seed) {
  return has_crc32c_sse42() ? crc32c_sse42(bytes, seed) : crc32c_portable(bytes, seed);
}

}  // namespace venturi::code
