#include "venturi/code/byte_rans.hpp"

#include <array>
#include <cmath>

#include "tests/code/byte_sources.hpp"
#include "tests/testing.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

constexpr std::array kKernels = {ByteKernel::kPortable, ByteKernel::kAvx2, ByteKernel::kAvx512};

Bytes decoded(core::Bytes block, ByteKernel kernel) {
  Bytes out(byte_rans_count(block));
  decode_byte_rans(block, out, kernel);
  return out;
}

void expect_all_kernels_agree(core::Bytes data) {
  const Bytes block = encode_byte_rans(data, ByteKernel::kPortable);
  EXPECT_LE(block.size(), data.size() + 5);
  for (const ByteKernel kernel : kKernels) {
    if (!has_byte_kernel(kernel)) continue;
    ASSERT_EQ(encode_byte_rans(data, kernel), block) << "kernel " << static_cast<int>(kernel);
    ASSERT_EQ(decoded(block, kernel), Bytes(data.begin(), data.end()))
        << "kernel " << static_cast<int>(kernel);
  }
}

TEST(ByteRans, EverySizeAndLaw) {
  for (const double p : {0.999, 0.8, 0.2, 0.02}) {
    const Bytes data = draw(3000, p, 31);
    for (std::size_t n = 0; n < 200; ++n) expect_all_kernels_agree(core::Bytes(data).first(n));
    for (std::size_t n = 2900; n <= 3000; n += 7) {
      expect_all_kernels_agree(core::Bytes(data).first(n));
    }
  }
}

TEST(ByteRans, TwoSlices) {
  for (const std::size_t n : {262143U, 500000U, 500001U, 600017U}) {
    expect_all_kernels_agree(draw(n, 0.3, n));
  }
}

TEST(ByteRans, NoiseConstantAndOneRareSymbol) {
  core::Random random{core::Key(32)};
  Bytes data(70000);
  for (auto& byte : data) byte = static_cast<std::byte>(random.below(256));
  expect_all_kernels_agree(data);
  std::fill(data.begin(), data.end(), std::byte{9});
  expect_all_kernels_agree(data);
  EXPECT_LE(encode_byte_rans(data).size(), 5U);
  data[500] = std::byte{1};
  expect_all_kernels_agree(data);
  data.assign(20000000,
              std::byte{9});  // the cheapest block: its size must pass the check on counts
  data[12345678] = std::byte{8};
  const Bytes block = encode_byte_rans(data);
  EXPECT_EQ(byte_rans_count(block), data.size());
  EXPECT_EQ(decoded(block, ByteKernel::kBest), data);
}

// Every mass from 1 to 4095 divides states exactly in every kernel: two-symbol laws sweep them.
TEST(ByteRans, AllMasses) {
  core::Random random{core::Key(33)};
  for (std::uint32_t mass = 1; mass < 4096; mass += 13) {
    Bytes data(2048);
    for (auto& byte : data) byte = std::byte{random.below(4096) < mass};
    data[0] = std::byte{0};
    data[1] = std::byte{1};
    expect_all_kernels_agree(data);
  }
}

TEST(ByteRans, CloseToEntropy) {
  for (const double p : {0.8, 0.5, 0.2}) {
    const Bytes data = draw(1 << 20, p, 34);
    const double paid = 8.0 * static_cast<double>(encode_byte_rans(data).size());
    EXPECT_LE(paid, 1.002 * entropy_bits(data) + 8 * 200);
    EXPECT_GE(paid, entropy_bits(data));
  }
}

TEST(ByteRans, GoldenBlock) {
  Bytes data;
  for (int i = 0; i < 300; ++i) data.push_back(static_cast<std::byte>(i * i % 7 == 0 ? i % 5 : 1));
  constexpr std::string_view golden =
      "ac0202ffbffd7f22fe6fd7daff3f0000000000000000000000000000000000000000000000000000000000000000"
      "0960"
      "de0528b50100b0f0380080abde0528b501000b2c3900ce54db050f3f3200c2683900576a3200c33a32003c5a3900"
      "c1dc"
      "2c00419b2c00ef0fda059fbc2c009fb32c00a67ad40538fd2c00b4f42c00299c2c00bef62c0070d62c0087b42c00"
      "b8d4"
      "2c00a31c2d009cf52c0043820100446fd90558d72c00438201001609d605";
  EXPECT_EQ(to_hex(encode_byte_rans(data)), golden);
  EXPECT_EQ(decoded(from_hex(golden), ByteKernel::kBest), data);
}

TEST(ByteRans, TruncationsAndFlippedBitsNeverCrash) {
  const Bytes data = draw(500, 0.3, 35);
  const Bytes block = encode_byte_rans(data);
  for (std::size_t cut = 0; cut < block.size(); ++cut) {
    EXPECT_THROW(decoded(core::Bytes(block).first(cut), ByteKernel::kBest), core::DataError);
  }
  auto longer = block;
  longer.push_back(std::byte{0});
  EXPECT_ERROR(decoded(longer, ByteKernel::kBest), core::DataError, "does not end where it should");
  for (const ByteKernel kernel : kKernels) {
    if (!has_byte_kernel(kernel)) continue;
    // Past the count. Few flips give another block that is valid: that is for the chunk's checksum
    // to tell.
    std::size_t passed = 0;
    for (std::size_t bit = 16; bit < 8 * block.size(); ++bit) {
      auto bad = block;
      bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
      try {
        EXPECT_NE(decoded(bad, kernel), data);
        ++passed;
      } catch (const core::DataError& error) {
        EXPECT_NE(std::string(error.what()).find("byte"), std::string::npos) << error.what();
      }
    }
    EXPECT_LE(passed, 8 * block.size() / 200);
  }
}

TEST(ByteRans, TruncatedLargeBlocks) {
  const Bytes data = draw(600000, 0.3, 36);
  const Bytes block = encode_byte_rans(data);
  core::Random random{core::Key(37)};
  for (const ByteKernel kernel : kKernels) {
    if (!has_byte_kernel(kernel)) continue;
    for (int trial = 0; trial < 20; ++trial) {
      const core::Bytes cut = core::Bytes(block).first(random.below(block.size()));
      EXPECT_THROW(decoded(cut, kernel), core::DataError);
      auto bad = block;
      bad[2 + random.below(block.size() - 3)] ^= std::byte{0x10};
      EXPECT_THROW(decoded(bad, kernel), core::DataError);
    }
  }
}

TEST(ByteRans, ForgedBlocks) {
  EXPECT_EQ(byte_rans_count(from_hex("00")), 0U);
  EXPECT_ERROR(decoded({}, ByteKernel::kBest), core::DataError, "number of bytes");
  EXPECT_ERROR(decoded(from_hex("0100"), ByteKernel::kBest), core::DataError, "raw bytes");
  EXPECT_ERROR(decoded(from_hex("010041ff"), ByteKernel::kBest), core::DataError, "left over");
  EXPECT_ERROR(decoded(from_hex("0107"), ByteKernel::kBest), core::DataError, "mode 7");
  EXPECT_ERROR(byte_rans_count(from_hex("8080808004020000")), core::DataError, "cannot hold");
  EXPECT_ERROR(byte_rans_count(from_hex("8180808004020000")), core::DataError, "above");
  Bytes small(3);
  EXPECT_ERROR(decode_byte_rans(from_hex("010041"), small), core::InvalidArgument, "holds 1 bytes");
}

}  // namespace
}  // namespace venturi::code
