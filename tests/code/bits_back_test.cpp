#include "venturi/code/bits_back.hpp"

#include <array>
#include <cmath>

#include "tests/testing.hpp"
#include "venturi/code/frequency_table.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

std::vector<std::uint32_t> seed_words(std::size_t n, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  std::vector<std::uint32_t> out(n);
  for (auto& word : out) word = random();
  return out;
}

// A symbol under a table, both ways.
void push(BitsBackStack& stack, const FrequencyTable& law, std::size_t slot) {
  stack.push(law.cumulative(slot), law.mass(slot), law.precision());
}
std::size_t pop(BitsBackStack& stack, const FrequencyTable& law) {
  const std::size_t slot = law.slot_at(stack.peek(law.precision()));
  stack.pop(law.cumulative(slot), law.mass(slot), law.precision());
  return slot;
}

TEST(BitsBack, PushAndPopAreInverse) {
  core::Random random{core::Key(41)};
  for (int trial = 0; trial < 300; ++trial) {
    BitsBackStack stack(seed_words(random.below(60), trial));
    const BitsBackStack before = stack;
    struct Symbol {
      std::uint32_t cumulative, mass;
      int precision;
    };
    std::vector<Symbol> symbols(random.below(100));
    double cost = 0;
    for (Symbol& s : symbols) {
      s.precision = 1 + static_cast<int>(random.below(24));
      s.mass = 1 + static_cast<std::uint32_t>(random.below(1U << random.below(s.precision + 1)));
      s.cumulative = static_cast<std::uint32_t>(random.below((1U << s.precision) - s.mass + 1));
      stack.push(s.cumulative, s.mass, s.precision);
      cost += s.precision - std::log2(s.mass);
    }
    EXPECT_LE(stack.bits() - before.bits(), cost + .006 * static_cast<double>(symbols.size()));
    for (std::size_t i = symbols.size(); i > 0; --i) {
      const Symbol& s = symbols[i - 1];
      const std::uint32_t value = stack.peek(s.precision);
      ASSERT_GE(value, s.cumulative);
      ASSERT_LT(value - s.cumulative, s.mass);
      stack.pop(s.cumulative, s.mass, s.precision);
    }
    EXPECT_EQ(stack, before);
  }
}

// Popping first and pushing back afterwards is exact too: samples are drawn, then returned.
TEST(BitsBack, SamplesFollowTheirLawAndGoBack) {
  const std::array<double, 4> masses = {.5, .3, .15, .05};
  const auto law = FrequencyTable::from_masses(0, masses, 1e-9);
  BitsBackStack stack(seed_words(4000, 42));
  const BitsBackStack before = stack;
  constexpr int kDraws = 40000;
  std::vector<std::size_t> drawn;
  std::array<int, 5> counts{};
  double cost = 0;
  for (int i = 0; i < kDraws; ++i) {
    drawn.push_back(pop(stack, law));
    ++counts[drawn.back()];
    cost += law.precision() - std::log2(law.mass(drawn.back()));
  }
  for (std::size_t i = 0; i < masses.size(); ++i) {
    const double sigma = std::sqrt(kDraws * masses[i] * (1 - masses[i]));
    EXPECT_NEAR(counts[i], kDraws * masses[i], 4 * sigma);
  }
  EXPECT_NEAR(before.bits() - stack.bits(), cost, 1e-4 * cost);
  for (std::size_t i = drawn.size(); i > 0; --i) push(stack, law, drawn[i - 1]);
  EXPECT_EQ(stack, before);
}

// A mixture of 3 components over 8 symbols: with the exact posterior, bits-back pays -log2 p(x).
TEST(BitsBack, PaysTheMarginalOfAMixture) {
  constexpr int kComponents = 3, kSymbols = 8;
  const std::array<double, kComponents> prior = {.2, .5, .3};
  std::array<std::array<double, kSymbols>, kComponents> likelihood;
  std::array<double, kSymbols> marginal{};
  for (int z = 0; z < kComponents; ++z) {
    double total = 0;
    for (int x = 0; x < kSymbols; ++x) total += std::exp(-.5 * (x - 3 * z) * (x - 3 * z));
    for (int x = 0; x < kSymbols; ++x) {
      likelihood[z][x] = std::exp(-.5 * (x - 3 * z) * (x - 3 * z)) / total;
      marginal[x] += prior[z] * likelihood[z][x];
    }
  }
  const auto prior_law = FrequencyTable::from_masses(0, prior, 1e-12);
  std::vector<FrequencyTable> given_z, given_x;
  for (const auto& row : likelihood) given_z.push_back(FrequencyTable::from_masses(0, row, 1e-12));
  for (int x = 0; x < kSymbols; ++x) {
    std::array<double, kComponents> posterior;
    for (int z = 0; z < kComponents; ++z) {
      posterior[z] = prior[z] * likelihood[z][x] / marginal[x];
    }
    given_x.push_back(FrequencyTable::from_masses(0, posterior, 1e-12));
  }
  const auto marginal_law = FrequencyTable::from_masses(0, marginal, 1e-12);

  core::Random random{core::Key(43)};
  std::vector<std::size_t> data(20000);
  double cost = 0;
  for (auto& x : data) {
    x = marginal_law.slot_at(static_cast<std::uint32_t>(random.below(65536)));
    x = std::min<std::size_t>(x, kSymbols - 1);
    cost -= std::log2(marginal[x]);
  }
  BitsBackStack stack(seed_words(2, 44));
  const BitsBackStack before = stack;
  for (const std::size_t x : data) {
    const std::size_t z = pop(stack, given_x[x]);
    push(stack, given_z[z], x);
    push(stack, prior_law, z);
  }
  EXPECT_NEAR(stack.bits() - before.bits(), cost, .002 * cost);
  stack = BitsBackStack::from_bytes(stack.bytes(), "test");
  for (std::size_t i = data.size(); i > 0; --i) {
    const std::size_t z = pop(stack, prior_law);
    ASSERT_EQ(pop(stack, given_z[z]), data[i - 1]);
    push(stack, given_x[data[i - 1]], z);
  }
  EXPECT_EQ(stack, before);
}

TEST(BitsBack, BytesAndBadInput) {
  BitsBackStack stack;
  EXPECT_EQ(stack.bits(), 0.0);
  EXPECT_EQ(to_hex(stack.bytes()), "0000000001000000");
  for (std::uint32_t i = 0; i < 12; ++i) stack.push(i * i, i + 1, 8);
  EXPECT_EQ(to_hex(stack.bytes()), "81776cf70800000009c1aaaa6e1e4b5a");
  EXPECT_EQ(BitsBackStack::from_bytes(stack.bytes(), "test"), stack);
  const auto bytes = stack.bytes();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    if (cut >= 8 && cut % 4 == 0) continue;  // a shorter stack
    EXPECT_ERROR(BitsBackStack::from_bytes(core::Bytes(bytes).first(cut), "test"), core::DataError,
                 "[test]");
  }
  EXPECT_ERROR(BitsBackStack::from_bytes(std::vector<std::byte>(8), "test"), core::DataError,
               "out of range");
  BitsBackStack empty;
  EXPECT_ERROR(empty.pop(0, 1, 8), core::DataError, "no bits left");
  EXPECT_EQ(empty, BitsBackStack());
  EXPECT_ERROR(empty.pop(1, 1, 8), core::InvalidArgument, "not on top");
  EXPECT_ERROR(empty.push(0, 0, 8), core::InvalidArgument, "mass 0");
  EXPECT_ERROR(empty.push(200, 57, 8), core::InvalidArgument, "cumulative 200");
  EXPECT_ERROR(empty.push(0, 1, 25), core::InvalidArgument, "precision 25");
}

}  // namespace
}  // namespace venturi::code
