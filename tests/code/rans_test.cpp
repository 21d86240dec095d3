#include "venturi/code/rans.hpp"

#include <cmath>
#include <limits>

#include "tests/testing.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();

using Symbols = std::vector<std::int32_t>;
using Tables = std::vector<FrequencyTable>;

// exp(-|s|/scale) over first .. first + size - 1.
FrequencyTable laplace(std::int32_t first, std::size_t size, double scale, int precision = 16) {
  std::vector<double> masses(size);
  for (std::size_t i = 0; i < size; ++i) {
    masses[i] = std::exp(-std::abs(first + static_cast<double>(i)) / scale);
  }
  return FrequencyTable::from_masses(first, masses, 1e-9, precision);
}

// Draws from the table; an escape becomes a value outside the range.
std::int32_t draw(const FrequencyTable& table, core::Random& random) {
  const auto value = static_cast<std::uint32_t>(random.below(1U << table.precision()));
  const std::size_t slot = table.slot_at(value);
  if (slot < table.size()) return table.first() + static_cast<std::int32_t>(slot);
  return table.last() + 1 + static_cast<std::int32_t>(random.below(100));
}

double cost_bits(const Symbols& symbols, const Tables& tables) {
  double bits = 0;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    bits += tables[i % tables.size()].cost_bits(symbols[i]);
  }
  return bits;
}

void expect_round_trip(const Symbols& symbols, const Tables& tables) {
  const auto bytes = encode_rans(symbols, tables.size(), tables);
  EXPECT_EQ(decode_rans(bytes, symbols.size(), tables.size(), tables), symbols);
  const double paid = 8.0 * static_cast<double>(bytes.size());
  EXPECT_LE(paid, 1.0002 * cost_bits(symbols, tables) + 32);
}

TEST(Rans, EveryTableWithEveryLaw) {
  Tables tables;
  for (const int precision : {2, 5, 8, 12, 15, 16}) {
    for (const double scale : {0.05, 0.4, 2.0, 30.0}) {
      const std::size_t size = std::min((std::size_t{1} << precision) - 1, std::size_t{201});
      tables.push_back(laplace(-static_cast<std::int32_t>(size / 2), size, scale, precision));
    }
  }
  core::Random random{core::Key(11)};
  for (const FrequencyTable& coder : tables) {
    for (const FrequencyTable& law : tables) {
      Symbols symbols(1500);
      for (auto& symbol : symbols) symbol = draw(law, random);
      const auto bytes = encode_rans(symbols, 1, {{coder}});
      ASSERT_EQ(decode_rans(bytes, symbols.size(), 1, {{coder}}), symbols);
      EXPECT_LE(8.0 * static_cast<double>(bytes.size()), 1.0002 * cost_bits(symbols, {coder}) + 32);
    }
  }
}

TEST(Rans, Columns) {
  core::Random random{core::Key(12)};
  Tables tables;
  for (int j = 0; j < 7; ++j) tables.push_back(laplace(-9, 19, 0.1 + j, 10 + j % 7));
  Symbols symbols(7 * 999);
  for (std::size_t i = 0; i < symbols.size(); ++i) symbols[i] = draw(tables[i % 7], random);
  expect_round_trip(symbols, tables);
}

TEST(Rans, OverheadOnAMillion) {
  core::Random random{core::Key(13)};
  for (const double scale : {0.02, 0.3, 1.2, 40.0}) {
    const Tables tables = {laplace(-300, 601, scale)};
    Symbols symbols(1000000);
    for (auto& symbol : symbols) symbol = draw(tables[0], random);
    expect_round_trip(symbols, tables);
  }
}

TEST(Rans, NoneAndOne) {
  const Tables tables = {laplace(-3, 7, 1)};
  EXPECT_TRUE(encode_rans({}, 1, tables).empty());
  EXPECT_TRUE(decode_rans({}, 0, 1, tables).empty());
  for (std::int32_t symbol = -6; symbol <= 6; ++symbol) {
    const auto bytes = encode_rans({{symbol}}, 1, tables);
    EXPECT_LE(bytes.size(), 8U);
    EXPECT_EQ(decode_rans(bytes, 1, 1, tables), Symbols{symbol});
  }
}

TEST(Rans, NearlyCertainSymbol) {
  // 65535 of 65536: the cheapest symbol there is, and the rule on counts must let it pass.
  const Tables tables = {FrequencyTable::from_masses(0, std::vector<double>{1}, 0)};
  ASSERT_EQ(tables[0].mass(0), 65535U);
  for (const std::size_t count : {1U, 10U, 65536U, 5000000U}) {
    const Symbols symbols(count, 0);
    expect_round_trip(symbols, tables);
  }
}

TEST(Rans, FarEscapes) {
  const Tables tables = {laplace(-3, 7, 1), laplace(kMin, 9, 1), laplace(kMax - 8, 9, 1, 5)};
  Symbols symbols;
  for (const std::int32_t value : {kMin, kMin + 1, kMin + 9, -1000000, -5, -4, -3, 0, 3, 4, 5,
                                   65536, kMax - 9, kMax - 1, kMax}) {
    for (std::size_t j = 0; j < 3; ++j) symbols.push_back(value);
  }
  expect_round_trip(symbols, tables);
}

TEST(Rans, GoldenBytes) {
  const Tables tables = {
      FrequencyTable::from_masses(-3, std::vector<double>{1, 2.5, 7, 19, 7, 2.5, 1}, 0.001),
      FrequencyTable::from_masses(-2, std::vector<double>{1, 7, 52, 7, 1}, 0, 12)};
  const Symbols symbols = {0, 0, 1, -1, 3, 2, -3, 0, 0, 0, 100, 1, 0, -70000, 1, 0, 2, 0, 0, 0};
  constexpr std::string_view golden_stream = "749f10ad03d55fefb26078f7fe004044bb";
  constexpr std::string_view golden_tables =
      "051007ffffcfcc07006b66cbcc636601c09909030c05ffe33fd3df0e3fd38f03";
  EXPECT_EQ(to_hex(encode_rans(symbols, 2, tables)), golden_stream);
  std::vector<std::byte> table_bytes;
  for (const auto& table : tables) table.serialize(table_bytes);
  EXPECT_EQ(to_hex(table_bytes), golden_tables);
  std::size_t offset = 0;
  const auto first = FrequencyTable::deserialize(from_hex(golden_tables), offset);
  const auto second = FrequencyTable::deserialize(from_hex(golden_tables), offset);
  EXPECT_EQ(decode_rans(from_hex(golden_stream), symbols.size(), 2, {{first, second}}), symbols);
}

TEST(Rans, BadArguments) {
  const Tables tables = {laplace(-3, 7, 1)};
  EXPECT_ERROR(encode_rans({{1, 2}}, 2, tables), core::InvalidArgument, "a table a column");
  EXPECT_ERROR(encode_rans({{1, 2}}, 0, {}), core::InvalidArgument, "a table a column");
  EXPECT_ERROR(decode_rans({}, 3, 2, Tables{tables[0], tables[0]}), core::InvalidArgument,
               "3 symbols");
}

TEST(Rans, TruncatedAtEveryByte) {
  core::Random random{core::Key(14)};
  const Tables tables = {laplace(-8, 17, 2)};
  Symbols symbols(120);
  for (auto& symbol : symbols) symbol = draw(tables[0], random);
  symbols[40] = 123456;
  const auto bytes = encode_rans(symbols, 1, tables);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_THROW(decode_rans(core::Bytes(bytes).first(cut), symbols.size(), 1, tables),
                 core::DataError);
  }
  auto longer = bytes;
  for (int extra = 0; extra < 9; ++extra) {
    longer.push_back(std::byte{0});
    EXPECT_THROW(decode_rans(longer, symbols.size(), 1, tables), core::DataError);
  }
  EXPECT_THROW(decode_rans(bytes, symbols.size() - 1, 1, tables), core::DataError);
  EXPECT_THROW(decode_rans(bytes, symbols.size() + 1, 1, tables), core::DataError);
}

TEST(Rans, FlippedBitsNeverPass) {
  core::Random random{core::Key(15)};
  const Tables tables = {laplace(-8, 17, 2)};
  Symbols symbols(200);
  for (auto& symbol : symbols) symbol = draw(tables[0], random);
  const auto bytes = encode_rans(symbols, 1, tables);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto bad = bytes;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    EXPECT_ERROR(decode_rans(bad, symbols.size(), 1, tables), core::DataError, "byte");
  }
}

TEST(Rans, NoiseAndForgedCounts) {
  core::Random random{core::Key(16)};
  const Tables tables = {laplace(-8, 17, 2),
                         FrequencyTable::from_masses(0, std::vector<double>{1}, 0)};
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<std::byte> bytes(random.below(40));
    for (auto& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    try {
      const auto symbols = decode_rans(bytes, 2 * random.below(60), 2, tables);
      EXPECT_EQ(encode_rans(symbols, 2, tables), bytes);  // one stream a sequence
    } catch (const core::DataError&) {
    }
  }
  EXPECT_ERROR(decode_rans(std::vector<std::byte>(100), std::size_t{1} << 62, 2, tables),
               core::DataError, "cannot hold");
  EXPECT_ERROR(decode_rans({}, 2, 2, tables), core::DataError, "cannot hold");
}

}  // namespace
}  // namespace venturi::code
