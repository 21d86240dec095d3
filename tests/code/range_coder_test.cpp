#include "venturi/code/range_coder.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/testing.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

struct Symbol {
  std::uint32_t cumulative;
  std::uint32_t mass;
  int precision;
};

double cost_bits(const std::vector<Symbol>& symbols) {
  double bits = 0;
  for (const Symbol& s : symbols) bits += s.precision - std::log2(s.mass);
  return bits;
}

std::vector<std::byte> encode(const std::vector<Symbol>& symbols) {
  RangeEncoder encoder;
  for (const Symbol& s : symbols) encoder.encode(s.cumulative, s.mass, s.precision);
  return encoder.finish();
}

void expect_decodes(const std::vector<std::byte>& stream, const std::vector<Symbol>& symbols) {
  RangeDecoder decoder(stream, "test");
  for (const Symbol& s : symbols) {
    const std::uint32_t value = decoder.peek(s.precision);
    ASSERT_GE(value, s.cumulative);
    ASSERT_LT(value - s.cumulative, s.mass);
    decoder.drop(s.cumulative, s.mass);
  }
  decoder.check_end();
}

// Laws of any precision, of one symbol among few or many.
std::vector<Symbol> random_symbols(core::Random& random, std::size_t n) {
  std::vector<Symbol> out(n);
  for (Symbol& s : out) {
    s.precision = 1 + static_cast<int>(random.below(24));
    const std::uint32_t total = 1U << s.precision;
    const std::uint32_t limit = 1U << random.below(s.precision + 1);
    s.mass = 1 + static_cast<std::uint32_t>(random.below(limit));
    s.cumulative = static_cast<std::uint32_t>(random.below(total - s.mass + 1));
  }
  return out;
}

TEST(RangeCoder, RoundTripOfAnyLaws) {
  core::Random random{core::Key(31)};
  for (int trial = 0; trial < 300; ++trial) {
    const auto symbols = random_symbols(random, random.below(200));
    const auto stream = encode(symbols);
    expect_decodes(stream, symbols);
    EXPECT_LE(8.0 * static_cast<double>(stream.size()),
              cost_bits(symbols) + .006 * static_cast<double>(symbols.size()) + 8);
  }
}

TEST(RangeCoder, PaysWhatTheLawSays) {
  core::Random random{core::Key(32)};
  for (const int precision : {8, 16, 24}) {
    // Drawn from a law of 7 masses.
    const std::uint32_t total = 1U << precision;
    std::vector<std::uint32_t> edges = {0,         1,         total / 90, total / 7,
                                        total / 3, total / 2, total - 2,  total};
    std::vector<Symbol> symbols(200000);
    for (Symbol& s : symbols) {
      const auto value = static_cast<std::uint32_t>(random.below(total));
      const auto next = std::ranges::upper_bound(edges, value);
      s = {*(next - 1), *next - *(next - 1), precision};
    }
    const auto stream = encode(symbols);
    const double paid = 8.0 * static_cast<double>(stream.size());
    EXPECT_GE(paid, cost_bits(symbols));
    EXPECT_LE(paid, 1.0001 * cost_bits(symbols) + 8) << precision;
    expect_decodes(stream, symbols);
  }
}

// Certain symbols cost nothing, and a mass of 1 at the top of the range carries through long runs.
TEST(RangeCoder, CarriesRunBack) {
  for (const int precision : {1, 8, 16, 24}) {
    const std::uint32_t total = 1U << precision;
    for (std::size_t n : {0U, 1U, 5U, 200U}) {
      for (const std::uint32_t at : {0U, total - 1, total / 2}) {
        const std::vector<Symbol> symbols(n, Symbol{at, 1, precision});
        expect_decodes(encode(symbols), symbols);
      }
    }
  }
  // .0111...1 then a carry: the low end creeps to just below a power of two, then passes it.
  core::Random random{core::Key(33)};
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<Symbol> symbols = {{(1U << 23) - 1, 1, 24}};
    for (int i = 0; i < 40; ++i) {
      const auto slack = static_cast<std::uint32_t>(random.below(3));
      symbols.push_back({(1U << 24) - 1 - slack, 1 + slack, 24});
    }
    expect_decodes(encode(symbols), symbols);
  }
  EXPECT_TRUE(encode({}).empty());
  EXPECT_TRUE(encode(std::vector<Symbol>(1000, Symbol{0, 256, 8})).empty());
}

TEST(RangeCoder, Bits) {
  core::Random random{core::Key(34)};
  RangeEncoder encoder;
  std::vector<bool> bits(100000);
  std::vector<std::uint32_t> laws(bits.size());
  double cost = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    laws[i] = 1 + static_cast<std::uint32_t>(random.below(65535));
    bits[i] = random.below(65536) >= laws[i];
    cost -= std::log2((bits[i] ? 65536 - laws[i] : laws[i]) / 65536.0);
    encoder.encode_bit(bits[i], laws[i], 16);
  }
  encoder.encode_plain(0xABCDE, 20);
  const auto stream = encoder.finish();
  EXPECT_LE(8.0 * static_cast<double>(stream.size()), 1.0001 * (cost + 20) + 8);
  RangeDecoder decoder(stream, "test");
  for (std::size_t i = 0; i < bits.size(); ++i) {
    ASSERT_EQ(decoder.decode_bit(laws[i], 16), bits[i]);
  }
  EXPECT_EQ(decoder.decode_plain(20), 0xABCDEU);
  EXPECT_EQ(decoder.decode_plain(0), 0U);
  decoder.check_end();
  EXPECT_TRUE(encoder.finish().empty());
}

TEST(RangeCoder, GoldenStream) {
  RangeEncoder encoder;
  for (std::uint32_t i = 0; i < 12; ++i) encoder.encode(i * i, i + 1, 8);
  encoder.encode_bit(true, 60000, 16);
  encoder.encode((1U << 24) - 5, 3, 24);
  EXPECT_EQ(to_hex(encoder.finish()), "000108378c212dc8dda9fe48");
}

TEST(RangeCoder, HostileStreams) {
  core::Random random{core::Key(35)};
  std::vector<Symbol> symbols(60);
  for (Symbol& s : symbols) s = {static_cast<std::uint32_t>(random.below(16)) * 4096, 4096, 16};
  const auto stream = encode(symbols);
  // Reads any bytes in a block of their own size, so that ASan sees a step behind the end.
  const auto read = [&](const std::vector<std::byte>& bytes) {
    RangeDecoder decoder(bytes, "test");
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const std::uint32_t value = decoder.peek(16);
      decoder.drop(value / 4096 * 4096, 4096);
      out.push_back(value / 4096);
    }
    decoder.check_end();
    return out;
  };
  const auto good = read(stream);
  std::size_t passed = 0;
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    try {
      EXPECT_NE(read({stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(cut)}), good);
      ++passed;
    } catch (const core::DataError&) {
    }
  }
  EXPECT_LE(passed, 8U);
  for (std::size_t bit = 0; bit < 8 * stream.size(); ++bit) {
    auto bad = stream;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    try {
      EXPECT_NE(read(bad), good);
    } catch (const core::DataError&) {
    }
  }
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<std::byte> noise(random.below(40));
    for (auto& byte : noise) byte = static_cast<std::byte>(random.below(256));
    try {
      EXPECT_EQ(read(noise).size(), symbols.size());
    } catch (const core::DataError&) {
    }
  }
  auto longer = stream;
  longer.resize(longer.size() + 9);
  EXPECT_ERROR(read(longer), core::DataError, "left over");
  EXPECT_ERROR(read({}), core::DataError, "cut short");
  // What the cut of r leaves over belongs to no symbol.
  const std::vector<std::byte> ones(8, std::byte{0xFF});
  RangeDecoder decoder(ones, "test");
  EXPECT_ERROR(decoder.peek(24), core::DataError, "no symbol has");
}

TEST(RangeCoder, BadLaws) {
  RangeEncoder encoder;
  EXPECT_ERROR(encoder.encode(0, 0, 8), core::InvalidArgument, "mass 0");
  EXPECT_ERROR(encoder.encode(250, 7, 8), core::InvalidArgument, "cumulative 250");
  EXPECT_ERROR(encoder.encode(~0U, ~0U, 8), core::InvalidArgument, "cumulative");
  EXPECT_ERROR(encoder.encode(0, 1, 25), core::InvalidArgument, "precision 25");
  EXPECT_ERROR(encoder.encode(0, 1, 0), core::InvalidArgument, "precision 0");
  EXPECT_ERROR(encoder.encode_bit(true, 256, 8), core::InvalidArgument, "mass 0");
  EXPECT_TRUE(encoder.finish().empty());
}

}  // namespace
}  // namespace venturi::code
