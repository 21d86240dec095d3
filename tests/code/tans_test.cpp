#include "venturi/code/tans.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <deque>
#include <numeric>

#include "tests/code/byte_sources.hpp"
#include "tests/testing.hpp"
#include "venturi/code/frequency_table.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/code/normalize.hpp"
#include "venturi/code/pack.hpp"

namespace venturi::code {
namespace {

using Masses = std::vector<std::uint32_t>;

// The definition in the header, word for word: slow, with bits one at a time.
struct Textbook {
  explicit Textbook(const Masses& masses) : f(masses) {
    size = std::accumulate(f.begin(), f.end(), 0U);
    constexpr int kNone = -1;
    std::vector<int> symbol_at(size, kNone);
    const auto ones = static_cast<std::uint32_t>(std::ranges::count(f, 1U));
    std::uint32_t last = size - ones;
    for (std::size_t s = 0; s < f.size(); ++s) {
      if (f[s] == 1) symbol_at[last++] = static_cast<int>(s);
    }
    std::uint32_t stride = size / 2 + size / 8 + 3;
    if (stride % 2 == 0) ++stride;
    std::uint64_t walk = 0;
    for (std::size_t s = 0; s < f.size(); ++s) {
      for (std::uint32_t k = 0; f[s] > 1 && k < f[s]; ++k) {
        while (symbol_at[walk % size] != kNone) walk += stride;
        symbol_at[walk % size] = static_cast<int>(s);
      }
    }
    places.resize(f.size());
    for (std::uint32_t t = 0; t < size; ++t) {
      spread.push_back(static_cast<std::uint8_t>(symbol_at[t]));
      places[spread.back()].push_back(t);
    }
  }

  // C(s, x), x in [f_s, 2 f_s), and its inverse.
  std::uint32_t code(std::size_t s, std::uint32_t x) const { return size + places[s].at(x - f[s]); }
  std::pair<std::size_t, std::uint32_t> decode(std::uint32_t state) const {
    const std::size_t s = spread.at(state - size);
    const auto& of_s = places[s];
    const auto rank = std::ranges::find(of_s, state - size) - of_s.begin();
    return {s, f[s] + static_cast<std::uint32_t>(rank)};
  }

  // Bits in the order in which the decoder reads them.
  using Bits = std::deque<int>;
  static void put(Bits& bits, std::uint32_t value, int count) {
    for (int k = count - 1; k >= 0; --k) bits.push_front(static_cast<int>(value >> k & 1));
  }
  Bytes encode(const std::vector<std::uint8_t>& symbols) const {
    if (symbols.empty()) return {};
    Bits strings[2];
    std::uint32_t states[4] = {size, size, size, size};
    for (std::size_t i = symbols.size(); i-- > 0;) {
      const std::size_t s = symbols[i];
      int b = 0;
      while (states[i % 4] >> b >= 2 * f[s]) ++b;
      put(strings[i % 4 / 2], states[i % 4], b);
      states[i % 4] = code(s, states[i % 4] >> b);
    }
    Bytes out;
    for (int g = 0; g < 2; ++g) {
      for (int j = 1; j >= 0; --j) put(strings[g], states[2 * g + j], std::countr_zero(size));
      put(strings[g], 1, 1);
      while (strings[g].size() % 8 != 0) put(strings[g], 0, 1);
      if (g == 0) put_varint(out, strings[g].size() / 8);
      for (std::size_t k = 0; k < strings[g].size(); ++k) {
        if (k % 8 == 0) out.push_back(std::byte{0});
        out.back() |= static_cast<std::byte>(strings[g][k] << (k % 8));
      }
    }
    return out;
  }

  // Symbols of a stream that is known to be right, and whether it ends as it should.
  std::pair<std::vector<std::uint8_t>, bool> decode(core::Bytes stream, std::size_t count) const {
    if (count == 0) return {{}, stream.empty()};
    ByteReader reader(stream, 0, "textbook");
    const std::size_t first = reader.varint("size", reader.left());
    Bits strings[2];
    std::uint32_t states[4];
    for (int g = 0; g < 2; ++g) {
      for (const std::byte b : reader.take(g == 0 ? first : reader.left(), "string")) {
        for (int k = 0; k < 8; ++k) strings[g].push_back(std::to_integer<int>(b) >> k & 1);
      }
      while (take(strings[g]) == 0) {
      }
      for (int j = 0; j < 2; ++j) {
        states[2 * g + j] = size;
        for (std::uint32_t bit = 1; bit < size; bit *= 2) {
          states[2 * g + j] += bit * take(strings[g]);
        }
      }
    }
    std::vector<std::uint8_t> out;
    for (std::size_t i = 0; i < count; ++i) {
      const auto [s, x] = decode(states[i % 4]);
      out.push_back(static_cast<std::uint8_t>(s));
      int bits = 0;
      while (x << bits < size) ++bits;
      states[i % 4] = x << bits;
      for (int k = 0; k < bits; ++k) states[i % 4] += take(strings[i % 4 / 2]) << k;
    }
    return {out, strings[0].empty() && strings[1].empty() &&
                     std::ranges::all_of(states, [&](std::uint32_t x) { return x == size; })};
  }
  static std::uint32_t take(Bits& bits) {
    const int bit = bits.at(0);
    bits.pop_front();
    return static_cast<std::uint32_t>(bit);
  }

  Masses f;
  std::uint32_t size;
  std::vector<std::uint8_t> spread;
  std::vector<std::vector<std::uint32_t>> places;  // of each symbol, rising
};

Bytes as_bytes(const std::vector<std::uint8_t>& symbols) {
  Bytes out(symbols.size());
  std::ranges::transform(symbols, out.begin(), [](std::uint8_t s) { return std::byte{s}; });
  return out;
}

// Symbols in the proportions of the masses.
std::vector<std::uint8_t> draw_from(const Masses& masses, std::size_t n, core::Random& random) {
  std::vector<std::uint8_t> slots;
  for (std::size_t s = 0; s < masses.size(); ++s) {
    slots.insert(slots.end(), masses[s], static_cast<std::uint8_t>(s));
  }
  std::vector<std::uint8_t> out(n);
  for (auto& symbol : out) symbol = slots[random.below(slots.size())];
  return out;
}

void expect_textbook(const Masses& masses, const std::vector<std::uint8_t>& symbols) {
  const Textbook textbook(masses);
  ASSERT_EQ(tans_spread(masses), textbook.spread);
  const Bytes stream = textbook.encode(symbols);
  ASSERT_EQ(TansEncoder(masses).encode(as_bytes(symbols)), stream);
  ASSERT_EQ(textbook.decode(stream, symbols.size()), std::pair(symbols, true));
  Bytes back(symbols.size());
  TansDecoder(masses).decode(stream, 0, back);
  ASSERT_EQ(back, as_bytes(symbols));
  EXPECT_LE(symbols.size(), most_tans_symbols(stream.size()));
}

// All laws of up to three symbols, one of which may not occur, over 2, 4, 8 and 16 places.
TEST(Tans, CodeAndDecodeAreInverse) {
  core::Random random{core::Key(301)};
  for (const std::uint32_t size : {2U, 4U, 8U, 16U}) {
    for (std::uint32_t a = 0; a <= size; ++a) {
      for (std::uint32_t b = 0; a + b <= size; ++b) {
        const Masses masses = {a, b, size - a - b};
        const Textbook textbook(masses);
        for (std::uint32_t state = size; state < 2 * size; ++state) {
          const auto [s, x] = textbook.decode(state);
          EXPECT_EQ(textbook.code(s, x), state);
        }
        for (const std::size_t n : {0U, 1U, 2U, 3U, 5U, 31U, 100U}) {
          expect_textbook(masses, draw_from(masses, n, random));
        }
      }
    }
  }
}

TEST(Tans, TheTextbookAtEverySizeAndPrecision) {
  core::Random random{core::Key(302)};
  for (int precision = 1; precision <= kMostTansPrecision; ++precision) {
    const std::size_t kinds = std::min<std::size_t>(256, std::size_t{1} << precision);
    Masses masses(kinds);
    std::vector<std::uint64_t> counts(kinds);
    for (std::size_t s = 0; s < kinds; ++s) {
      counts[s] = static_cast<std::uint64_t>(std::exp(4 * random.normal()) + 1);
      masses[s] = random.below(3) > 0 || s == 0 ? 1 : 0;
    }
    normalize_counts(counts, 1U << precision, masses);
    for (std::size_t n = 0; n < 70; ++n) expect_textbook(masses, draw_from(masses, n, random));
    expect_textbook(masses, draw_from(masses, 3001, random));
    // Against the law: the dearest symbol alone.
    const auto rare = std::ranges::min_element(
        masses, {}, [](std::uint32_t mass) { return mass == 0 ? ~0U : mass; });
    expect_textbook(
        masses, std::vector<std::uint8_t>(500, static_cast<std::uint8_t>(rare - masses.begin())));
  }
}

TEST(Tans, GoldenSpreadAndStream) {
  const Masses masses = {1, 7, 0, 5, 1, 2};
  const std::vector<std::uint8_t> spread = {1, 1, 3, 5, 1, 3, 5, 1, 3, 3, 1, 1, 3, 1, 0, 4};
  EXPECT_EQ(tans_spread(masses), spread);
  constexpr std::array kSymbols = {1, 3, 1, 5, 0, 1, 3, 4};
  Bytes data;
  for (int i = 0; i < 40; ++i) data.push_back(static_cast<std::byte>(kSymbols[i * i % 11 % 8]));
  constexpr std::string_view golden = "070c21e68eebcd2ea0e7ec2065fc00";
  EXPECT_EQ(to_hex(TansEncoder(masses).encode(data)), golden);
  Bytes back(data.size());
  TansDecoder(masses).decode(from_hex(golden), 0, back);
  EXPECT_EQ(back, data);
}

// The law of a model: its slots are the symbols, the escape the last of them.
TEST(Tans, AFrequencyTableGivesTheMasses) {
  std::vector<double> weights;
  for (int y = -20; y <= 20; ++y) weights.push_back(std::exp(-y * y / 18.));
  const auto table = FrequencyTable::from_masses(-20, weights, 1e-9, 12);
  Masses masses;
  for (std::size_t slot = 0; slot <= table.size(); ++slot) masses.push_back(table.mass(slot));
  core::Random random{core::Key(303)};
  const auto symbols = draw_from(masses, 100000, random);
  double bits = 0;
  for (const std::uint8_t s : symbols) bits += 12 - std::log2(masses[s]);
  const Bytes stream = TansEncoder(masses).encode(as_bytes(symbols));
  Bytes back(symbols.size());
  TansDecoder(masses).decode(stream, 0, back);
  EXPECT_EQ(back, as_bytes(symbols));
  EXPECT_LE(8. * static_cast<double>(stream.size()), 1.001 * bits + 64);
}

TEST(Tans, MassesThatAreNoLaw) {
  for (const Masses& bad : {Masses{}, Masses{1}, Masses{0, 0}, Masses{3, 4}, Masses{4096, 4096},
                            Masses{0xFFFFFFFF, 5}, Masses(257, 1)}) {
    EXPECT_ERROR(tans_spread(bad), core::InvalidArgument, "power of two");
    EXPECT_ERROR(TansEncoder{bad}, core::InvalidArgument, "power of two");
    EXPECT_ERROR(TansDecoder{bad}, core::InvalidArgument, "power of two");
  }
}

TEST(Tans, ASymbolWithoutMass) {
  const TansEncoder encoder(Masses{3, 0, 4095 - 2});
  for (const std::size_t n : {1U, 8U, 1000U}) {
    EXPECT_ERROR(encoder.encode(Bytes(n, std::byte{1})), core::InvalidArgument, "no mass");
    EXPECT_ERROR(encoder.encode(Bytes(n, std::byte{77})), core::InvalidArgument, "no mass");
  }
}

// The cheapest symbols there are: the bound on their number must let them pass.
TEST(Tans, AllButOnePlace) {
  for (const std::uint32_t size : {2U, 64U, 4096U}) {
    const Masses masses = {size - 1, 1};
    const Bytes data(300000);
    const Bytes stream = TansEncoder(masses).encode(data);
    EXPECT_LE(data.size(), most_tans_symbols(stream.size()));
    Bytes back(data.size(), std::byte{1});
    TansDecoder(masses).decode(stream, 0, back);
    EXPECT_EQ(back, data);
  }
}

TEST(Tans, DamagedStreams) {
  const Masses masses = {3, 90, 1, 162};
  core::Random random{core::Key(304)};
  const Bytes data = as_bytes(draw_from(masses, 300, random));
  const Bytes stream = TansEncoder(masses).encode(data);
  const TansDecoder decoder(masses);
  Bytes out(data.size());
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    EXPECT_THROW(decoder.decode(core::Bytes(stream).first(cut), 0, out), core::DataError);
  }
  for (const std::size_t count : {0U, 299U, 301U, 40000U}) {
    Bytes other(count);
    EXPECT_ERROR(decoder.decode(stream, 0, other), core::DataError, "at byte");
  }
  for (std::size_t bit = 0; bit < 8 * stream.size(); ++bit) {
    Bytes bad = stream;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    try {
      decoder.decode(bad, 0, out);
      EXPECT_NE(out, data);
    } catch (const core::DataError& error) {
      EXPECT_NE(std::string(error.what()).find("at byte"), std::string::npos) << error.what();
    }
  }
  // Strings without the one that starts them, too short for their states, and too long a first one.
  for (const char* bad : {"0200000180", "01ff01ff", "0480808080", "7f8080", "01"}) {
    EXPECT_ERROR(decoder.decode(from_hex(bad), 0, out), core::DataError, "at byte");
  }
}

}  // namespace
}  // namespace venturi::code
