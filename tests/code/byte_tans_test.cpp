#include "venturi/code/byte_tans.hpp"

#include "tests/code/byte_sources.hpp"
#include "tests/testing.hpp"
#include "venturi/code/byte_rans.hpp"
#include "venturi/code/hex.hpp"

namespace venturi::code {
namespace {

Bytes decoded(core::Bytes block) {
  Bytes out(byte_tans_count(block));
  decode_byte_tans(block, out);
  return out;
}

void expect_round_trip(core::Bytes data, int precision = 0) {
  const Bytes block = encode_byte_tans(data, precision);
  EXPECT_LE(block.size(), data.size() + 6);
  ASSERT_EQ(decoded(block), Bytes(data.begin(), data.end())) << data.size() << " " << precision;
}

TEST(ByteTans, EverySizeAndLaw) {
  for (const double p : {0.999, 0.8, 0.2, 0.02}) {
    const Bytes data = draw(3000, p, 311);
    for (std::size_t n = 0; n < 200; ++n) expect_round_trip(core::Bytes(data).first(n));
    for (std::size_t n = 2900; n <= 3000; n += 7) expect_round_trip(core::Bytes(data).first(n));
    for (int precision = 8; precision <= 12; ++precision) expect_round_trip(data, precision);
  }
}

TEST(ByteTans, NoiseConstantAndOneRareSymbol) {
  core::Random random{core::Key(312)};
  Bytes data(70000);
  for (auto& byte : data) byte = static_cast<std::byte>(random.below(256));
  expect_round_trip(data);
  expect_round_trip(data, 8);
  std::fill(data.begin(), data.end(), std::byte{9});
  expect_round_trip(data);
  EXPECT_LE(encode_byte_tans(data).size(), 5U);
  data[500] = std::byte{1};
  expect_round_trip(data);
  data.assign(20000000, std::byte{9});
  data[12345678] = std::byte{8};
  const Bytes block = encode_byte_tans(data);
  EXPECT_LT(block.size(), 1000U);
  EXPECT_EQ(decoded(block), data);
}

// Above the entropy by what the table's size allows: a third for each doubling, and the table.
TEST(ByteTans, CloseToEntropy) {
  for (const double p : {0.8, 0.5, 0.2}) {
    const Bytes data = draw(1 << 20, p, 34);
    const double entropy = entropy_bits(data);
    for (const auto& [precision, over] :
         {std::pair{9, .022}, {10, .0095}, {11, .0042}, {12, .0018}}) {
      const double paid = 8.0 * static_cast<double>(encode_byte_tans(data, precision).size());
      EXPECT_LE(paid, (1 + over) * entropy + 8 * 60) << p << " " << precision;
      EXPECT_GE(paid, entropy);
    }
  }
}

// What it is for: small blocks.
TEST(ByteTans, SmallerThanByteRansOnSmallBlocks) {
  for (const std::size_t n : {1024U, 4096U, 16384U}) {
    const Bytes data = draw(n, 0.2, 313);
    EXPECT_LT(encode_byte_tans(data).size() + 80, encode_byte_rans(data).size()) << n;
  }
}

TEST(ByteTans, GoldenBlock) {
  Bytes data;
  for (int i = 0; i < 300; ++i) data.push_back(static_cast<std::byte>(i * i % 7 == 0 ? i % 5 : 1));
  constexpr std::string_view golden =
      "ac02020004fff02ffc871e00101c7df5a765a28496567f5af60b7e49662066a228a1a5d59f967d89177bec06051"
      "6";
  EXPECT_EQ(to_hex(encode_byte_tans(data)), golden);
  EXPECT_EQ(decoded(from_hex(golden)), data);
}

TEST(ByteTans, TruncationsAndFlippedBitsNeverCrash) {
  const Bytes data = draw(500, 0.3, 35);
  const Bytes block = encode_byte_tans(data);
  for (std::size_t cut = 0; cut < block.size(); ++cut) {
    EXPECT_THROW(decoded(core::Bytes(block).first(cut)), core::DataError);
  }
  auto longer = block;
  longer.push_back(std::byte{0});
  EXPECT_THROW(decoded(longer), core::DataError);
  std::size_t passed = 0;
  for (std::size_t bit = 16; bit < 8 * block.size(); ++bit) {
    auto bad = block;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    try {
      EXPECT_NE(decoded(bad), data);
      ++passed;
    } catch (const core::DataError& error) {
      EXPECT_NE(std::string(error.what()).find("byte"), std::string::npos) << error.what();
    }
  }
  EXPECT_LE(passed, 8 * block.size() / 100);
}

TEST(ByteTans, TruncatedLargeBlocks) {
  const Bytes data = draw(600000, 0.3, 36);
  const Bytes block = encode_byte_tans(data);
  core::Random random{core::Key(314)};
  for (int trial = 0; trial < 40; ++trial) {
    EXPECT_THROW(decoded(core::Bytes(block).first(random.below(block.size()))), core::DataError);
  }
}

TEST(ByteTans, ForgedBlocks) {
  EXPECT_EQ(byte_tans_count(from_hex("00")), 0U);
  EXPECT_ERROR(decoded({}), core::DataError, "number of bytes");
  EXPECT_ERROR(decoded(from_hex("0100")), core::DataError, "raw bytes");
  EXPECT_ERROR(decoded(from_hex("010041ff")), core::DataError, "left over");
  EXPECT_ERROR(decoded(from_hex("0107")), core::DataError, "mode 7");
  EXPECT_ERROR(decoded(from_hex("0102")), core::DataError, "lowest byte at byte 2");
  EXPECT_ERROR(byte_tans_count(from_hex("8080808004020000")), core::DataError, "cannot hold");
  EXPECT_ERROR(byte_tans_count(from_hex("8180808004020000")), core::DataError, "above");
  // Bounds in the wrong order; masses 1 + 2 and 1 + 0; an end without mass.
  EXPECT_ERROR(decoded(from_hex("01020505")), core::DataError, "sum to 0");
  EXPECT_ERROR(decoded(from_hex("010205061b")), core::DataError, "sum to 3");
  EXPECT_ERROR(decoded(from_hex("010205060b")), core::DataError, "both ends above 0");
  Bytes small(3);
  EXPECT_ERROR(decode_byte_tans(from_hex("010041"), small), core::InvalidArgument, "holds 1 bytes");
  EXPECT_ERROR(encode_byte_tans(small, 7), core::InvalidArgument, "8 to 12");
  EXPECT_ERROR(encode_byte_tans(small, 13), core::InvalidArgument, "8 to 12");
}

}  // namespace
}  // namespace venturi::code
