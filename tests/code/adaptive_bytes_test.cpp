#include "venturi/code/adaptive_bytes.hpp"

#include <array>
#include <cmath>

#include "tests/code/byte_sources.hpp"
#include "tests/testing.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

// The model written again as the header has it, in plain arithmetic; its cross-entropy in bits.
double oracle_bits(core::Bytes data) {
  struct Law {
    std::array<int, 17> c{};
    int rate = 4;
    int used = 0;
  };
  std::array<Law, 17> laws;
  for (Law& law : laws) {
    for (int i = 0; i <= 16; ++i) law.c[i] = 2048 * i;
  }
  double bits = 0;
  const auto code = [&](Law& law, int nibble) {
    EXPECT_GT(law.c[nibble + 1], law.c[nibble]);
    bits += 15 - std::log2(law.c[nibble + 1] - law.c[nibble]);
    for (int i = 1; i < 16; ++i) {
      const int target = i <= nibble ? 4 * i : 32768 - 4 * (16 - i);
      law.c[i] += static_cast<int>(std::floor((target - law.c[i]) / std::exp2(law.rate)));
    }
    if (law.rate < 7 && ++law.used == 2 << law.rate) {
      ++law.rate;
      law.used = 0;
    }
  };
  for (const std::byte each : data) {
    const int byte = std::to_integer<int>(each);
    code(laws[16], byte >> 4);
    code(laws[byte >> 4], byte & 15);
  }
  return bits;
}

TEST(AdaptiveBytes, RoundTrip) {
  for (const double p : {0.999, 0.8, 0.2, 0.02}) {
    for (const std::size_t n : {0U, 1U, 2U, 1000U, 65535U, 65536U, 65537U, 140000U}) {
      const Bytes data = draw(n, p, n);
      for (const int order : {0, 1}) {
        const Bytes stream = encode_adaptive_bytes(data, order);
        ASSERT_EQ(decode_adaptive_bytes(stream, n, order), data);
      }
    }
  }
}

TEST(AdaptiveBytes, PaysTheModelsCrossEntropy) {
  for (const double p : {0.8, 0.2}) {
    const Bytes data = draw(300000, p, 51);
    const double paid = 8.0 * static_cast<double>(encode_adaptive_bytes(data, 0).size());
    const double blocks = 5;
    EXPECT_LE(paid, 1.001 * oracle_bits(data) + 8 * 20 * blocks);
    EXPECT_GE(paid, oracle_bits(data));
    EXPECT_LE(paid, 1.04 * entropy_bits(data));
  }
}

TEST(AdaptiveBytes, FollowsDriftAndContext) {
  Bytes data(200000);
  for (std::size_t i = 0; i < data.size(); ++i) {
    data[i] = static_cast<std::byte>(i / 50000 * 50 + i % 3);
  }
  const double flat = entropy_bits(data);
  EXPECT_LT(8.0 * static_cast<double>(encode_adaptive_bytes(data, 0).size()), 0.6 * flat);
  EXPECT_LT(8.0 * static_cast<double>(encode_adaptive_bytes(data, 1).size()), 0.05 * flat);
}

TEST(AdaptiveBytes, GoldenStream) {
  Bytes data;
  for (int i = 0; i < 60; ++i) data.push_back(static_cast<std::byte>(i * i % 9 + 60));
  EXPECT_EQ(to_hex(encode_adaptive_bytes(data, 1)),
            "20a99da1290d08000024e0069ee1090d01652a4f636e04f6ef9ba78413050c585bc839b8e721e018e91f3e"
            "a4ae4e528307");
}

TEST(AdaptiveBytes, HostileStreams) {
  const Bytes data = draw(400, 0.3, 52);
  const Bytes stream = encode_adaptive_bytes(data, 0);
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    EXPECT_THROW(decode_adaptive_bytes(core::Bytes(stream).first(cut), data.size(), 0),
                 core::DataError);
  }
  Bytes longer = stream;
  longer.push_back(std::byte{0});
  EXPECT_ERROR(decode_adaptive_bytes(longer, data.size(), 0), core::DataError, "left over");
  std::size_t passed = 0;
  for (std::size_t bit = 0; bit < 8 * stream.size(); ++bit) {
    Bytes bad = stream;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    try {
      EXPECT_NE(decode_adaptive_bytes(bad, data.size(), 0), data);
      ++passed;
    } catch (const core::DataError&) {
    }
  }
  EXPECT_LE(passed, stream.size() * 8 / 100);
  EXPECT_ERROR(decode_adaptive_bytes(stream, std::size_t{1} << 40, 0), core::DataError,
               "cannot hold");
  EXPECT_ERROR(encode_adaptive_bytes(data, 2), core::InvalidArgument, "order");
}

}  // namespace
}  // namespace venturi::code
