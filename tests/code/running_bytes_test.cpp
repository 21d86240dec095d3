#include "venturi/code/running_bytes.hpp"

#include <array>
#include <cmath>

#include "tests/code/byte_sources.hpp"
#include "tests/testing.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/code/running_law.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

double paid_bits(const Bytes& data) {
  return 8.0 * static_cast<double>(encode_running_bytes(data).size());
}

const auto kKernels = {ByteKernel::kPortable, ByteKernel::kAvx2, ByteKernel::kAvx512};

TEST(RunningBytes, RoundTripWithOneStreamFromEveryKernel) {
  for (const double p : {0.9999, 0.8, 0.2, 0.004}) {
    for (const std::size_t n : {0U, 1U, 31U, 32U, 33U, 1000U, 70001U, (1U << 20) + 5}) {
      const Bytes data = draw(n, p, n);
      const Bytes stream = encode_running_bytes(data, ByteKernel::kPortable);
      for (const ByteKernel kernel : kKernels) {
        if (!has_byte_kernel(kernel)) continue;
        ASSERT_EQ(encode_running_bytes(data, kernel), stream);
        ASSERT_EQ(decode_running_bytes(stream, n, kernel), data);
      }
    }
  }
}

TEST(RunningBytes, SettlesOnALawThatStays) {
  for (const double p : {0.8, 0.2, 0.05}) {
    const Bytes data = draw(1 << 20, p, 61);
    EXPECT_LE(paid_bits(data), 1.004 * entropy_bits(data) + 8 * 128) << p;
  }
  // All bytes alike, and one byte alone.
  core::Random random{core::Key(62)};
  Bytes data(1 << 20);
  for (auto& byte : data) byte = static_cast<std::byte>(random.below(256));
  EXPECT_LE(paid_bits(data), 8.04 * static_cast<double>(data.size()));
  data.assign(1 << 20, std::byte{7});
  EXPECT_LE(paid_bits(data), 8 * 300);
}

TEST(RunningBytes, ForgetsALawThatGoes) {
  // Four laws over bytes that do not meet, each for 50,000 bytes.
  Bytes data(200000);
  for (std::size_t i = 0; i < data.size(); ++i) {
    data[i] = static_cast<std::byte>(i / 50000 * 50 + i % 3);
  }
  const double by_law = static_cast<double>(data.size()) * std::log2(3.0);
  EXPECT_LT(paid_bits(data), 1.11 * by_law + 8 * 128);
  EXPECT_LT(paid_bits(data), .6 * entropy_bits(data));
}

// The law is a law, whatever came before.
TEST(RunningLaw, MassesSumUp) {
  core::Random random{core::Key(63)};
  for (int trial = 0; trial < 200; ++trial) {
    RunningLaw running;
    std::size_t alphabet = 1 + random.below(256);
    for (int chunk = 0; chunk < 60; ++chunk) {
      if (random.below(8) == 0) alphabet = 1 + random.below(256);
      const ChunkLaw law = running.law();
      std::uint32_t sum = 0;
      for (int s = 0; s < 256; ++s) {
        sum += law.masses[s];
        ASSERT_LE(law.masses[s], 4095U);
        const bool has_slot = running.seen(static_cast<std::byte>(s)) || s == law.escape;
        ASSERT_EQ(law.masses[s] > 0, chunk == 0 || has_slot);
      }
      ASSERT_EQ(sum, 1U << law.precision);
      Bytes bytes(running.chunk_size());
      ByteCounts counts{};
      std::uint32_t escapes = 0;
      for (auto& byte : bytes) {
        byte = static_cast<std::byte>(random.below(3) > 0 ? 0 : random.below(alphabet));
        if (chunk > 0 && !running.seen(byte)) ++escapes;
      }
      for (const std::byte byte : bytes) ++counts[std::to_integer<std::size_t>(byte)];
      ASSERT_EQ(running.escapes(counts), escapes);
      running.learn(counts, static_cast<std::uint32_t>(bytes.size()), law);
    }
  }
}

TEST(RunningBytes, GoldenStream) {
  Bytes data;
  for (int i = 0; i < 150; ++i) data.push_back(static_cast<std::byte>(i * i % 9 + i / 80 * 40));
  EXPECT_EQ(to_hex(encode_running_bytes(data)),
            "401002000e002e60090083200b0008000e00ee000700fdc00e000fc00b008e0007003f40090002000e002e"
            "60090083200b0008000e00ee000700fdc00e000fc00b0088c062002140dc001700da00374081008de0f600"
            "1b80cb00e2c00a00fca0160019800d0083c00a0028e0100019800d0039600e0086e0100019800d00e2c00a"
            "0014bbc046ed3867aff561f20bf3755440763e14bbc046ed3867aff561f20bf375dae0cf20424ce937daa0"
            "747eb33ec849a5182730cf20d411eab1fe910572cdd12928292c282f2f282c2928292c282f2f");
}

TEST(RunningBytes, HostileStreams) {
  const Bytes data = draw(900, 0.3, 64);
  const Bytes stream = encode_running_bytes(data);
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    EXPECT_THROW(decode_running_bytes(core::Bytes(stream).first(cut), data.size()),
                 core::DataError);
  }
  Bytes longer = stream;
  longer.push_back(std::byte{0});
  EXPECT_ERROR(decode_running_bytes(longer, data.size()), core::DataError, "left over");
  std::size_t passed = 0;
  for (std::size_t bit = 0; bit < 8 * stream.size(); ++bit) {
    Bytes bad = stream;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    try {
      EXPECT_NE(decode_running_bytes(bad, data.size()), data);
      ++passed;
    } catch (const core::DataError&) {
    }
  }
  EXPECT_LE(passed, stream.size() * 8 / 10);
  EXPECT_ERROR(decode_running_bytes(stream, std::size_t{1} << 40), core::DataError, "cannot hold");
}

}  // namespace
}  // namespace venturi::code
