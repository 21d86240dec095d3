#include "venturi/code/context_mixing.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/code/byte_codec.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

using Bytes = std::vector<std::byte>;

double paid_bits(const Bytes& data) {
  return 8.0 * static_cast<double>(encode_context_mixing(data).size());
}

TEST(ContextMixing, RoundTrip) {
  core::Random random{core::Key(71)};
  for (const std::size_t n : {0U, 1U, 2U, 1000U, 20000U}) {
    for (const unsigned alphabet : {1U, 3U, 256U}) {
      Bytes data(n);
      for (auto& byte : data) byte = static_cast<std::byte>(random.below(alphabet));
      ASSERT_EQ(decode_context_mixing(encode_context_mixing(data), n), data);
      const ByteCodec& codec = byte_codec("bytes-cm");
      ASSERT_EQ(codec.decode(codec.encode(data), n), data);
    }
  }
}

// Sources whose entropy is known: independent bits, and a byte that follows from the two before.
TEST(ContextMixing, NearsTheEntropyOfKnownSources) {
  core::Random random{core::Key(72)};
  Bytes data(100000);
  for (auto& byte : data) {
    byte = static_cast<std::byte>(random.uniform() < .1 ? 'b' : 'a');
  }
  const double h = -.1 * std::log2(.1) - .9 * std::log2(.9);
  EXPECT_LE(paid_bits(data), 1.03 * h * 1e5 + 8000);
  EXPECT_GE(paid_bits(data), .98 * h * 1e5);
  for (std::size_t i = 2; i < data.size(); ++i) {
    const auto sum =
        std::to_integer<unsigned>(data[i - 1]) + std::to_integer<unsigned>(data[i - 2]);
    data[i] = static_cast<std::byte>(random.uniform() < .05 ? random.below(16) : sum % 16);
  }
  // A slip: 5 %, to one of 16. 256 pairs of bytes have to be learned.
  const double q = .05 * 15 / 16;
  const double h2 = -(1 - q) * std::log2(1 - q) - q * std::log2(q / 15);
  EXPECT_LE(paid_bits(data), 1.16 * h2 * 1e5);
  for (auto& byte : data) byte = static_cast<std::byte>(random.below(256));
  EXPECT_LE(paid_bits(data), 1.02 * 8e5);
  data.assign(data.size(), std::byte{0});
  EXPECT_LE(paid_bits(data), 8 * 130);
}

TEST(ContextMixing, GoldenStream) {
  Bytes data;
  for (int i = 0; i < 200; ++i)
    data.push_back(static_cast<std::byte>("to be or not to be "[i % 19]));
  EXPECT_EQ(to_hex(encode_context_mixing(data)), "74286bff3c989d517924dfcd84507a0ac4293281");
}

TEST(ContextMixing, HostileStreams) {
  Bytes data;
  for (int i = 0; i < 60; ++i) data.push_back(static_cast<std::byte>(i * i % 50));
  const Bytes stream = encode_context_mixing(data);
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    try {
      EXPECT_NE(decode_context_mixing(core::Bytes(stream).first(cut), data.size()), data);
    } catch (const core::DataError&) {
    }
  }
  for (std::size_t bit = 0; bit < 8 * stream.size(); ++bit) {
    Bytes bad = stream;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    try {
      EXPECT_NE(decode_context_mixing(bad, data.size()), data);
    } catch (const core::DataError&) {
    }
  }
  Bytes longer = stream;
  longer.resize(longer.size() + 9, std::byte{1});
  EXPECT_ERROR(decode_context_mixing(longer, data.size()), core::DataError, "left over");
  EXPECT_ERROR(decode_context_mixing(stream, std::size_t{1} << 40), core::DataError, "cannot hold");
}

}  // namespace
}  // namespace venturi::code
