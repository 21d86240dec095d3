#include "venturi/code/indexed_rans.hpp"

#include <cmath>
#include <limits>

#include "tests/testing.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

struct Latents {
  std::vector<std::int32_t> symbols;
  std::vector<std::uint8_t> index;
  double entropy_bits = 0;  // of the rounded Gaussians themselves, in double
};

double exact_mass(double y, double scale) {
  const double root = scale * std::sqrt(2.0);
  const double low = (std::abs(y) - 0.5) / root;
  const double high = (std::abs(y) + 0.5) / root;
  return low < 0 ? 1 - 0.5 * std::erfc(-low) - 0.5 * std::erfc(high)
                 : 0.5 * (std::erfc(low) - std::erfc(high));
}

Latents draw(std::size_t n, std::size_t least, std::size_t most, std::uint64_t seed) {
  const auto scales = log_spaced_scales();
  core::Random random{core::Key(seed)};
  Latents out;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t t = least + random.below(most - least + 1);
    const double y = std::round(scales[t] * random.normal());
    out.index.push_back(static_cast<std::uint8_t>(t));
    out.symbols.push_back(static_cast<std::int32_t>(y));
    out.entropy_bits -= std::log2(exact_mass(y, scales[t]));
  }
  return out;
}

double cost_bits(const IndexedRans& coder, const Latents& latents) {
  double bits = 0;
  for (std::size_t i = 0; i < latents.symbols.size(); ++i) {
    bits += coder.cost_bits(latents.symbols[i], latents.index[i]);
  }
  return bits;
}

TEST(IndexedRans, RoundTripAndSize) {
  const IndexedRans coder(gaussian_tables(log_spaced_scales()));
  for (const auto& [least, most] : {std::pair{0, 63}, {0, 5}, {20, 30}, {60, 63}}) {
    for (const std::size_t n : {0U, 1U, 7U, 8U, 9U, 100U, 200000U}) {
      const Latents latents = draw(n, least, most, 41);
      const auto bytes = coder.encode(latents.symbols, latents.index);
      ASSERT_EQ(coder.decode(bytes, latents.index), latents.symbols);
      const double paid = 8.0 * static_cast<double>(bytes.size());
      EXPECT_LE(paid, 1.001 * cost_bits(coder, latents) + 8 * 48) << least << " " << n;
      // Tables of 12 bits against the laws themselves.
      EXPECT_LE(paid, 1.005 * latents.entropy_bits + 0.002 * static_cast<double>(n) + 8 * 48)
          << least << " " << n;
    }
  }
}

TEST(IndexedRans, MassesAreThoseOfTheGaussian) {
  const auto scales = log_spaced_scales();
  EXPECT_NEAR(scales.front(), 0.11, 1e-12);
  EXPECT_NEAR(scales.back(), 256, 1e-9);
  const auto tables = gaussian_tables(scales);
  for (std::size_t t = 0; t < tables.size(); ++t) {
    const auto& [table, shift] = tables[t];
    ASSERT_LE(table.size(), 255U);
    for (std::size_t slot = 0; slot < table.size(); ++slot) {
      double mass = 0;
      for (int low = 0; low < 1 << shift; ++low) {
        mass += exact_mass(std::ldexp(table.first() + static_cast<double>(slot), shift) + low,
                           scales[t]);
      }
      // One unit for rounding, and what masses below one unit take from the others.
      EXPECT_NEAR(table.mass(slot), 4096 * mass, 1.01 + 0.02 * 4096 * mass);
    }
  }
}

TEST(IndexedRans, Escapes) {
  constexpr std::int32_t least = std::numeric_limits<std::int32_t>::min();
  constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  const IndexedRans coder(gaussian_tables(log_spaced_scales()));
  Latents latents;
  for (int t = 0; t < 64; ++t) {
    for (const std::int32_t value : {least, -100000, -300, -1, 0, 1, 300, 100000, most}) {
      latents.symbols.push_back(value);
      latents.index.push_back(static_cast<std::uint8_t>(t));
    }
  }
  const auto bytes = coder.encode(latents.symbols, latents.index);
  EXPECT_EQ(coder.decode(bytes, latents.index), latents.symbols);
  EXPECT_LE(8.0 * static_cast<double>(bytes.size()), 1.001 * cost_bits(coder, latents) + 8 * 48);
}

TEST(IndexedRans, EscapesFromATableAtTheEndOfTheRange) {
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  const double masses[3] = {1, 1, 1};
  std::vector<ShiftedTable> tables;
  tables.push_back({FrequencyTable::from_masses(kMost - 2, masses, 1, 12), 0});
  const IndexedRans coder(std::move(tables));
  const std::vector<std::int32_t> symbols = {5, kMost, -7, kMost - 2,
                                             std::numeric_limits<std::int32_t>::min()};
  const std::vector<std::uint8_t> index(symbols.size(), 0);
  EXPECT_EQ(coder.decode(coder.encode(symbols, index), index), symbols);
}

TEST(IndexedRans, GoldenStream) {
  const double masses[5] = {1, 2, 4, 2, 1};
  std::vector<ShiftedTable> tables;
  for (const int shift : {0, 3}) {
    tables.push_back({FrequencyTable::from_masses(-2, masses, .5, 12), shift});
  }
  const IndexedRans coder(std::move(tables));
  std::vector<std::int32_t> symbols;
  std::vector<std::uint8_t> index;
  for (int i = 0; i < 60; ++i) {
    symbols.push_back(i * i % 17 - 8 + (i == 40 ? 1000 : 0));
    index.push_back(i % 3 == 0 ? 0 : 1);
  }
  constexpr std::string_view golden =
      "0c10e90f45004033460098610900776d1100b22c966b48c5010063bf010074f9476d5fb9d8bfe3afd627ca793e1f"
      "0f0b0a070d100e0e100d07c40f0a0b0f0b21f05e48c040ad1022c17b80098117";
  EXPECT_EQ(to_hex(coder.encode(symbols, index)), golden);
  EXPECT_EQ(coder.decode(from_hex(golden), index), symbols);
}

TEST(IndexedRans, StoredTablesDecode) {
  std::vector<std::byte> stored;
  std::vector<int> shifts;
  shifts.reserve(64);
  for (const auto& [table, shift] : gaussian_tables(log_spaced_scales())) {
    table.serialize(stored);
    shifts.push_back(shift);
  }
  std::vector<ShiftedTable> tables;
  tables.reserve(shifts.size());
  std::size_t offset = 0;
  for (const int shift : shifts)
    tables.push_back({FrequencyTable::deserialize(stored, offset), shift});
  const IndexedRans writer(gaussian_tables(log_spaced_scales()));
  const IndexedRans reader(tables);
  const Latents latents = draw(5000, 0, 63, 42);
  EXPECT_EQ(reader.decode(writer.encode(latents.symbols, latents.index), latents.index),
            latents.symbols);
}

TEST(IndexedRans, HostileBytes) {
  const IndexedRans coder(gaussian_tables(log_spaced_scales()));
  Latents latents = draw(150, 20, 55, 43);
  latents.symbols[3] = 1 << 20;
  const auto bytes = coder.encode(latents.symbols, latents.index);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_THROW(coder.decode(core::Bytes(bytes).first(cut), latents.index), core::DataError);
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_ERROR(coder.decode(longer, latents.index), core::DataError, "left over");
  EXPECT_ERROR(coder.decode(bytes, {}), core::DataError, "left over");
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto bad = bytes;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    try {
      EXPECT_NE(coder.decode(bad, latents.index), latents.symbols);
    } catch (const core::DataError&) {
    }
  }
}

TEST(IndexedRans, BadArguments) {
  EXPECT_ERROR(gaussian_tables(std::vector<double>{1, 0}), core::InvalidArgument, "scale");
  EXPECT_ERROR(gaussian_tables(std::vector<double>{std::nan("")}), core::InvalidArgument, "scale");
  EXPECT_ERROR(log_spaced_scales(1, 1), core::InvalidArgument, "least");
  EXPECT_ERROR(IndexedRans({}), core::InvalidArgument, "1 to 256 tables");
  const auto wide = FrequencyTable::from_masses(0, std::vector<double>{1, 1}, 0, 16);
  EXPECT_ERROR(IndexedRans({{wide, 0}}), core::InvalidArgument, "precision 16");
  const IndexedRans coder(gaussian_tables(std::vector<double>{1, 2}));
  EXPECT_ERROR(coder.encode(std::vector<std::int32_t>{1}, {}), core::InvalidArgument, "1 symbols");
  EXPECT_ERROR(coder.encode(std::vector<std::int32_t>{1}, std::vector<std::uint8_t>{2}),
               core::InvalidArgument, "index 2");
}

}  // namespace
}  // namespace venturi::code
