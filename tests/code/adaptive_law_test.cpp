#include "venturi/code/adaptive_law.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

std::vector<std::byte> encoded(const std::vector<int>& symbols, int n) {
  AdaptiveLaw law(n);
  RangeEncoder out;
  for (const int s : symbols) law.encode(s, out);
  return out.finish();
}

std::vector<int> decoded(core::Bytes bytes, std::size_t count, int n) {
  AdaptiveLaw law(n);
  RangeDecoder in(bytes, "test");
  std::vector<int> out(count);
  for (int& s : out) s = law.decode(in);
  in.check_end();
  return out;
}

// Squares of a uniform number: the low symbols come often.
std::vector<int> drawn(std::size_t count, int n, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  std::vector<int> out(count);
  for (int& s : out) {
    const double u = random.uniform();
    s = static_cast<int>(u * u * n);
  }
  return out;
}

// The rule of the header with plain lists.
double oracle_bits(const std::vector<int>& symbols, int n) {
  std::vector<std::uint64_t> weights(static_cast<std::size_t>(n), 1);
  std::uint64_t total = static_cast<std::uint64_t>(n);
  double bits = 0;
  for (const int s : symbols) {
    std::uint64_t below = 0;
    for (int k = 0; k < s; ++k) below += weights[k];
    const std::uint64_t low = (below << 24) / total;
    const std::uint64_t high = ((below + weights[s]) << 24) / total;
    bits += 24 - std::log2(static_cast<double>(high - low));
    weights[s] += 32;
    if ((total += 32) > 1U << 20) {
      total = 0;
      for (auto& w : weights) total += w = (w + 1) / 2;
    }
  }
  return bits;
}

TEST(AdaptiveLaw, RoundTripAtTheRulesCost) {
  for (const int n : {1, 2, 3, 64, 100, 257, 4096}) {
    const auto symbols = drawn(40000, n, 70 + static_cast<std::uint64_t>(n));
    const auto bytes = encoded(symbols, n);
    ASSERT_EQ(decoded(bytes, symbols.size(), n), symbols) << n;
    const double bits = oracle_bits(symbols, n);
    EXPECT_LE(8.0 * static_cast<double>(bytes.size()), 1.001 * bits + 8 * 16) << n;
    EXPECT_GE(8.0 * static_cast<double>(bytes.size()), bits - 8) << n;
  }
}

TEST(AdaptiveLaw, CostIsTheRules) {
  AdaptiveLaw law(1000);
  RangeEncoder out;
  const auto symbols = drawn(5000, 1000, 3);
  double bits = 0;
  for (const int s : symbols) {
    bits += law.cost_bits(s);
    law.encode(s, out);
  }
  EXPECT_NEAR(bits, oracle_bits(symbols, 1000), 1e-6 * bits);
}

TEST(AdaptiveLaw, LargestAlphabet) {
  const auto symbols = drawn(60000, 1 << 16, 5);
  EXPECT_EQ(decoded(encoded(symbols, 1 << 16), symbols.size(), 1 << 16), symbols);
}

// The bytes of a second implementation of the rule and of the range coder, in Python.
TEST(AdaptiveLaw, GoldenStream) {
  EXPECT_EQ(to_hex(encoded({0, 1, 2, 3, 2, 2, 2, 9, 2, 2, 5, 0, 0, 7, 2}, 10)), "14aa68010a8e2f70");
}

TEST(AdaptiveLaw, HostileStreams) {
  const auto symbols = drawn(300, 50, 6);
  const auto bytes = encoded(symbols, 50);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    try {
      EXPECT_NE(decoded(core::Bytes(bytes).first(cut), 300, 50), symbols) << cut;
    } catch (const core::DataError&) {
    }
  }
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto bad = bytes;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    try {
      EXPECT_NE(decoded(bad, 300, 50), symbols) << bit;
    } catch (const core::DataError&) {
    }
  }
  EXPECT_ERROR(AdaptiveLaw(0), core::InvalidArgument, "symbols");
  EXPECT_ERROR(AdaptiveLaw((1 << 16) + 1), core::InvalidArgument, "symbols");
  RangeEncoder out;
  EXPECT_ERROR(AdaptiveLaw(4).encode(4, out), core::InvalidArgument, "below 4");
}

}  // namespace
}  // namespace venturi::code
