#include <cstring>

#include "tests/testing.hpp"
#include "venturi/code/crc32c.hpp"
#include "venturi/code/hash.hpp"
#include "venturi/code/hex.hpp"

namespace venturi::code {
namespace {

core::Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// One bit at a time, straight from the polynomial.
std::uint32_t crc_oracle(core::Bytes bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte b : bytes) {
    crc ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

// The buffer of xxHash's own sanity check.
std::vector<std::byte> sanity_buffer(std::size_t size) {
  std::vector<std::byte> out(size);
  std::uint32_t generator = 2654435761U;
  for (auto& byte : out) {
    byte = static_cast<std::byte>(generator >> 24);
    generator *= generator;
  }
  return out;
}

TEST(Crc32c, PublishedVectors) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c({}), 0U);
  std::vector<std::byte> bytes(32, std::byte{0});  // RFC 3720, B.4
  EXPECT_EQ(crc32c(bytes), 0x8A9136AAU);
  std::fill(bytes.begin(), bytes.end(), std::byte{0xFF});
  EXPECT_EQ(crc32c(bytes), 0x62A8AB43U);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(bytes), 0x46DD794EU);
}

TEST(Crc32c, BothWaysAndPieces) {
  const auto bytes = sanity_buffer(300);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const core::Bytes all = core::Bytes(bytes).first(size);
    const std::uint32_t expected = crc_oracle(all);
    EXPECT_EQ(crc32c_portable(all), expected);
    if (has_crc32c_sse42()) {
      EXPECT_EQ(crc32c_sse42(all), expected);
    }
    const std::size_t cut = size / 3;
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), expected);
  }
}

TEST(Hash, PublishedVectors) {
  EXPECT_EQ(hash64({}), 0xEF46DB3751D8E999U);
  EXPECT_EQ(hash64(bytes_of("a")), 0xD24EC4F1A98C6E5BU);
  EXPECT_EQ(hash64(bytes_of("abc")), 0x44BC2CF5AD770999U);
  constexpr std::uint64_t prime = 2654435761U;
  const auto buffer = sanity_buffer(101);
  const core::Bytes all(buffer);
  EXPECT_EQ(hash64({}, prime), 0xAC75FDA2929B17EFU);
  EXPECT_EQ(hash64(all.first(1)), 0x4FCE394CC88952D8U);
  EXPECT_EQ(hash64(all.first(1), prime), 0x739840CB819FA723U);
  EXPECT_EQ(hash64(all.first(14)), 0xCFFA8DB881BC3A3DU);
  EXPECT_EQ(hash64(all.first(14), prime), 0x5B9611585EFCC9CBU);
  EXPECT_EQ(hash64(all), 0x0EAB543384F878ADU);
  EXPECT_EQ(hash64(all, prime), 0xCAA65939306F1E21U);
}

TEST(Hex, RoundTripAndErrors) {
  EXPECT_EQ(to_hex(bytes_of("\x7F"
                            "az")),
            "7f617a");
  const auto bytes = sanity_buffer(50);
  EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
  EXPECT_ERROR(from_hex("123"), core::DataError, "3 digits");
  EXPECT_ERROR(from_hex("1G"), core::DataError, "character 1");
}

}  // namespace
}  // namespace venturi::code
