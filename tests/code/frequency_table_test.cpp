#include "venturi/code/frequency_table.hpp"

#include <cmath>
#include <limits>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();

std::vector<std::uint32_t> masses_of(const FrequencyTable& table) {
  std::vector<std::uint32_t> out;
  for (std::size_t slot = 0; slot <= table.size(); ++slot) out.push_back(table.mass(slot));
  return out;
}

void expect_valid(const FrequencyTable& table) {
  std::uint32_t sum = 0;
  for (const std::uint32_t mass : masses_of(table)) {
    EXPECT_GE(mass, 1U);
    sum += mass;
  }
  EXPECT_EQ(sum, 1U << table.precision());
}

double cost(std::span<const std::uint64_t> counts, std::span<const std::uint32_t> masses) {
  double bits = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    bits -= static_cast<double>(counts[i]) * std::log2(masses[i]);
  }
  return bits;
}

// The least cost over all ways to give `units` to the slots from `slot` on, by trying them all.
double least_cost(std::span<const std::uint64_t> counts, std::size_t slot, std::uint32_t units) {
  if (slot == counts.size()) return units >= 1 ? 0 : std::numeric_limits<double>::infinity();
  double best = std::numeric_limits<double>::infinity();
  for (std::uint32_t mass = 1; mass < units; ++mass) {
    const double here = -static_cast<double>(counts[slot]) * std::log2(mass);
    best = std::min(best, here + least_cost(counts, slot + 1, units - mass));
  }
  return best;
}

TEST(FrequencyTable, LargestRemainderByHand) {
  // 16 units for 8 : 5 : 2.5 : 0 (escape): the escape takes 1, 15 are left for 8.0 : 5 : 2.5
  // of 15.5, that is 7.742, 4.839, 2.419; floors 7, 4, 2 leave 2 for the first two.
  const std::vector<double> masses = {8, 5, 2.5};
  const auto table = FrequencyTable::from_masses(-1, masses, 0, 4);
  EXPECT_EQ(masses_of(table), (std::vector<std::uint32_t>{8, 5, 2, 1}));
  EXPECT_EQ(table.first(), -1);
  EXPECT_EQ(table.last(), 1);
  // Ties go to the lower slot: 1/3 each of 8 - 1 after the escape's unit.
  const std::vector<double> equal = {1, 1, 1};
  EXPECT_EQ(masses_of(FrequencyTable::from_masses(0, equal, 0, 3)),
            (std::vector<std::uint32_t>{3, 2, 2, 1}));
}

TEST(FrequencyTable, MassesOfManyLaws) {
  core::Random random{core::Key(3)};
  for (int trial = 0; trial < 400; ++trial) {
    const auto precision = static_cast<int>(1 + random.below(16));
    const std::uint64_t most = (1U << precision) - 1;
    const std::size_t size = 1 + random.below(std::min<std::uint64_t>(most, 3000));
    std::vector<double> masses(size);
    const double spread = 40 * random.uniform();
    for (double& mass : masses) mass = std::exp(spread * (random.uniform() - 1));
    if (trial % 5 == 0) masses[random.below(size)] = 0;
    const double escape = trial % 3 == 0 ? 0 : 1e-9;
    double total = escape;
    for (const double mass : masses) total += mass;
    if (total == 0) continue;
    const auto table = FrequencyTable::from_masses(-5, masses, escape, precision);
    expect_valid(table);
    // No slot that gets more than its least is above its share by a unit or more.
    for (std::size_t i = 0; i < size; ++i) {
      if (table.mass(i) > 1) {
        EXPECT_LT(table.mass(i), masses[i] / total * (1U << precision) + 1);
      }
    }
    for (std::uint32_t value = 0; value < 1U << precision; ++value) {
      const std::size_t slot = table.slot_at(value);
      ASSERT_LE(table.cumulative(slot), value);
      ASSERT_LT(value, table.cumulative(slot + 1));
    }
  }
}

TEST(FrequencyTable, FullAlphabet) {
  std::vector<double> masses(65535, 0.0);
  masses[7] = 1;
  const auto table = FrequencyTable::from_masses(kMin, masses, 0);
  for (std::size_t slot = 0; slot <= table.size(); ++slot) ASSERT_EQ(table.mass(slot), 1U);
  masses.push_back(1);
  EXPECT_ERROR(FrequencyTable::from_masses(0, masses, 0), core::InvalidArgument,
               "1 to 65535 symbols");
}

TEST(FrequencyTable, BadMasses) {
  const auto make = [](std::vector<double> masses, double escape, int precision = 16,
                       std::int32_t first = 0) {
    return FrequencyTable::from_masses(first, masses, escape, precision);
  };
  EXPECT_ERROR(make({1, std::nan("")}, 0), core::InvalidArgument, "mass 1 must be finite");
  EXPECT_ERROR(make({1, -0.5}, 0), core::InvalidArgument, "got -0.5");
  EXPECT_ERROR(make({1, INFINITY}, 0), core::InvalidArgument, "mass 1 must be finite");
  EXPECT_ERROR(make({1}, std::nan("")), core::InvalidArgument, "mass 1 must be finite");
  EXPECT_ERROR(make({0, 0}, 0), core::InvalidArgument, "positive sum");
  EXPECT_ERROR(make({1e308, 1e308}, 0), core::InvalidArgument, "positive sum");
  EXPECT_ERROR(make({}, 1), core::InvalidArgument, "1 to 65535 symbols");
  EXPECT_ERROR(make({1, 1}, 0, 1), core::InvalidArgument, "1 to 1 symbols");
  EXPECT_ERROR(make({1}, 0, 17), core::InvalidArgument, "precision");
  EXPECT_ERROR(make({1}, 0, 0), core::InvalidArgument, "precision");
  EXPECT_ERROR(make({1, 1}, 0, 16, kMax), core::InvalidArgument, "int32");
}

TEST(FrequencyTable, CountsAreOptimal) {
  core::Random random{core::Key(4)};
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<std::uint64_t> counts(1 + random.below(4));
    for (auto& count : counts) count = random.below(trial % 2 == 0 ? 5 : 1000);
    counts[random.below(counts.size())] += 1;
    const auto table = FrequencyTable::from_counts(0, counts, 5);
    expect_valid(table);
    const double best = least_cost(counts, 0, 32);
    EXPECT_NEAR(cost(counts, masses_of(table)), best, 1e-9 * (1 + std::abs(best)));
  }
  EXPECT_ERROR(FrequencyTable::from_counts(0, std::vector<std::uint64_t>(3), 8),
               core::InvalidArgument, "all 3 counts are 0");
}

TEST(FrequencyTable, HugeCounts) {
  const std::vector<std::uint64_t> counts = {~0ULL, ~0ULL, 1, 0};
  const auto table = FrequencyTable::from_counts(0, counts);
  expect_valid(table);
  EXPECT_EQ(table.mass(2), 1U);
}

TEST(FrequencyTable, Cost) {
  const std::vector<double> masses = {1, 2};
  const auto table = FrequencyTable::from_masses(10, masses, 1, 2);  // 1, 2, 1 of 4
  EXPECT_EQ(table.cost_bits(10), 2);
  EXPECT_EQ(table.cost_bits(11), 1);
  EXPECT_EQ(table.cost_bits(12), 2 + 1 + 1);             // distance 0
  EXPECT_EQ(table.cost_bits(9), 2 + 1 + 1);              // the other side
  EXPECT_EQ(table.cost_bits(13), 2 + 1 + 3);             // distance 1
  EXPECT_EQ(table.cost_bits(kMin), 2 + 1 + 2 * 31 + 1);  // distance 2^31 + 9
}

TEST(FrequencyTable, SerializedRoundTrip) {
  core::Random random{core::Key(5)};
  for (int trial = 0; trial < 300; ++trial) {
    const auto precision = static_cast<int>(1 + random.below(16));
    const std::size_t size = 1 + random.below(std::min((1 << precision) - 1, 500));
    std::vector<double> masses(size);
    for (double& mass : masses) mass = std::exp(20 * random.uniform());
    const std::int32_t first =
        trial == 0 ? kMin : static_cast<std::int32_t>(random.below(1000)) - 500;
    const auto table = FrequencyTable::from_masses(first, masses, 1, precision);
    std::vector<std::byte> bytes(3);
    table.serialize(bytes);
    const std::size_t end = bytes.size();
    bytes.push_back(std::byte{77});
    std::size_t offset = 3;
    EXPECT_EQ(FrequencyTable::deserialize(bytes, offset), table);
    EXPECT_EQ(offset, end);
    for (std::size_t cut = 3; cut < end; ++cut) {
      offset = 3;
      EXPECT_THROW(FrequencyTable::deserialize(core::Bytes(bytes).first(cut), offset),
                   core::DataError);
      EXPECT_EQ(offset, 3U);
    }
  }
}

TEST(FrequencyTable, FlippedBitsAreTablesOrErrors) {
  const std::vector<double> masses = {1, 4, 9, 30, 50, 31, 9, 4, 2};
  std::vector<std::byte> bytes;
  FrequencyTable::from_masses(-4, masses, 0.01).serialize(bytes);
  EXPECT_LE(bytes.size(), 4 + 9 * 16 / 8U);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto bad = bytes;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    std::size_t offset = 0;
    try {
      const auto table = FrequencyTable::deserialize(bad, offset);
      expect_valid(table);
      std::vector<std::byte> again;
      table.serialize(again);  // one form a table
      EXPECT_EQ(again, std::vector<std::byte>(bad.begin(), bad.begin() + offset));
    } catch (const core::DataError& error) {
      EXPECT_NE(std::string(error.what()).find("byte"), std::string::npos) << error.what();
    }
  }
}

TEST(FrequencyTable, ForgedSizes) {
  const auto read = [](std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    std::size_t offset = 0;
    return FrequencyTable::deserialize(bytes, offset);
  };
  EXPECT_ERROR(read({0, 16, 0xFF, 0xFF, 0x03, 0}), core::DataError, "do not fit");
  EXPECT_ERROR(read({0, 16, 0x80, 0x80, 0x04, 0}), core::DataError, "above 65535");
  EXPECT_ERROR(read({0, 16, 0, 0}), core::DataError, "do not fit");
  EXPECT_ERROR(read({0, 17, 1, 0}), core::DataError, "precision");
  EXPECT_ERROR(read({0, 0, 1, 0}), core::DataError, "precision");
  EXPECT_ERROR(read({0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 4, 2, 0}), core::DataError, "do not fit");
  EXPECT_ERROR(read({0x80, 0x00, 4, 2, 0}), core::DataError, "shortest form");
  EXPECT_ERROR(read({0, 2, 1, 0x80}), core::DataError, "padding");
}

}  // namespace
}  // namespace venturi::code
