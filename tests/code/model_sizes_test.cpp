// What ten million symbols cost over the cross-entropy of the model that codes them: at most 0.1 %
// and 16 bytes, for each kind of model. The decoder has the model; what a coder writes of it is
// counted where the row says so.
#include <cmath>
#include <functional>
#include <numbers>

#include "tests/code/byte_sources.hpp"
#include "tests/testing.hpp"
#include "venturi/code/adaptive_law.hpp"
#include "venturi/code/byte_rans.hpp"
#include "venturi/code/indexed_rans.hpp"
#include "venturi/code/rans.hpp"
#include "venturi/code/running_bytes.hpp"
#include "venturi/code/running_law.hpp"

namespace venturi::code {
namespace {

constexpr std::size_t kCount = 10'000'000;
constexpr int kSide = 100;  // tables reach from -kSide to kSide

using Symbols = std::vector<std::int32_t>;
using Density = std::function<double(double)>;  // distribution function, from 0 to 1

void expect_small(const char* model, double bits, std::size_t bytes) {
  const double ideal = bits / 8;
  const double over = static_cast<double>(bytes) - ideal;
  std::printf("%-46s %12.0f bytes, over the model %+8.0f = %+.4f %%\n", model, ideal, over,
              100 * over / ideal);
  EXPECT_LE(over, 0.001 * ideal + 16) << model;
}

// The law F((y + .5) / s) - F((y - .5) / s), for each scale a table.
std::vector<FrequencyTable> quantized(const Density& below) {
  std::vector<FrequencyTable> out;
  for (const double scale : {0.15, 0.5, 1.2, 4.0, 12.0}) {
    std::vector<double> masses;
    for (int y = -kSide; y <= kSide; ++y) {
      masses.push_back(std::max(0.0, below((y + .5) / scale) - below((y - .5) / scale)));
    }
    out.push_back(FrequencyTable::from_masses(-kSide, masses, 2 * below(-(kSide + .5) / scale)));
  }
  return out;
}

// Symbol i by table i mod tables.size(), in the tables' proportions.
Symbols drawn(const std::vector<FrequencyTable>& tables, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  Symbols out(kCount / tables.size() * tables.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const FrequencyTable& table = tables[i % tables.size()];
    const auto value = static_cast<std::uint32_t>(random.below(1U << table.precision()));
    const std::size_t slot = table.slot_at(value);
    out[i] = slot < table.size() ? table.first() + static_cast<std::int32_t>(slot)
                                 : table.last() + 1 + static_cast<std::int32_t>(random.below(50));
  }
  return out;
}

void expect_columns(const char* model, const std::vector<FrequencyTable>& tables,
                    const Symbols& symbols, std::size_t written = 0) {
  double bits = 0;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    bits += tables[i % tables.size()].cost_bits(symbols[i]);
  }
  const auto bytes = encode_rans(symbols, tables.size(), tables);
  ASSERT_EQ(decode_rans(bytes, symbols.size(), tables.size(), tables), symbols) << model;
  expect_small(model, bits, bytes.size() + written);
}

double normal(double x) { return .5 * std::erfc(-x / std::numbers::sqrt2); }
double laplace(double x) { return x < 0 ? .5 * std::exp(x) : 1 - .5 * std::exp(-x); }
double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double mixture(double x) { return .6 * normal(x) + .3 * normal(x / 4) + .1 * laplace(x - 2); }

TEST(ModelSizesSlow, StaticHistogram) {
  for (const double p : {.8, .2}) {
    const Bytes data = draw(kCount, p, 81);
    std::vector<std::uint64_t> counts(256);
    Symbols symbols;
    for (const std::byte b : data) {
      symbols.push_back(std::to_integer<std::int32_t>(b));
      ++counts[symbols.back()];
    }
    const std::vector<FrequencyTable> table{FrequencyTable::from_counts(0, counts)};
    std::vector<std::byte> file;
    table[0].serialize(file);
    expect_columns("histogram, its table written", table, symbols, file.size());
  }
}

TEST(ModelSizesSlow, QuantizedDensities) {
  for (const auto& [model, density] : {std::pair<const char*, Density>{"Gaussian", normal},
                                       {"Laplace", laplace},
                                       {"logistic", logistic},
                                       {"mixture of two Gaussians and a Laplace", mixture}}) {
    const auto tables = quantized(density);
    expect_columns(model, tables, drawn(tables, 82));
  }
}

// Any masses: a density that a network learned, or a distribution over categories.
TEST(ModelSizesSlow, LearnedTablesAndCategories) {
  core::Random random{core::Key(83)};
  std::vector<FrequencyTable> tables;
  for (const int size : {2, 10, 250, 4000}) {
    std::vector<double> masses(static_cast<std::size_t>(size));
    for (double& m : masses) m = std::exp(3 * random.normal());
    tables.push_back(FrequencyTable::from_masses(0, masses, 0));
    expect_columns("categories, by their probabilities", {tables.back()},
                   drawn({tables.back()}, 84));
  }
  expect_columns("learned tables, one a column", tables, drawn(tables, 85));
}

TEST(ModelSizesSlow, Conditional) {
  const auto scales = log_spaced_scales();
  const auto tables = gaussian_tables(scales);
  const IndexedRans coder(tables);
  core::Random random{core::Key(86)};
  Symbols symbols(kCount);
  std::vector<std::uint8_t> index(kCount);
  double bits = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    index[i] = static_cast<std::uint8_t>(random.below(scales.size()));
    symbols[i] = static_cast<std::int32_t>(std::lround(scales[index[i]] * random.normal()));
    bits += coder.cost_bits(symbols[i], index[i]);
  }
  const auto bytes = coder.encode(symbols, index);
  ASSERT_EQ(coder.decode(bytes, index), symbols);
  expect_small("Gaussian, the scale by an index a symbol", bits, bytes.size());
}

TEST(ModelSizesSlow, AdaptiveLaw) {
  const Bytes data = draw(kCount, .05, 87);
  AdaptiveLaw law(256);
  RangeEncoder out;
  double bits = 0;
  for (const std::byte b : data) {
    bits += law.cost_bits(std::to_integer<int>(b));
    law.encode(std::to_integer<int>(b), out);
  }
  expect_small("adaptive, by counts", bits, out.finish().size());
}

// The model's law is the one of its header; a byte without a slot costs the escape's and 8 bits.
TEST(ModelSizesSlow, RunningBytes) {
  for (const double p : {.8, .2}) {
    const Bytes data = draw(kCount, p, 88);
    RunningLaw running;
    double bits = 0;
    for (std::size_t at = 0; at < kCount;) {
      // Chunks end with blocks of 2^20.
      const std::size_t block = std::min(kCount, (at / (1 << 20) + 1) << 20);
      const std::size_t size = std::min(running.chunk_size(), block - at);
      const ChunkLaw law = running.law();
      ByteCounts counts{};
      for (std::size_t i = at; i < at + size; ++i) {
        const bool slot = law.escape < 0 || running.seen(data[i]);
        const auto place =
            slot ? std::to_integer<std::size_t>(data[i]) : static_cast<std::size_t>(law.escape);
        bits += law.precision - std::log2(law.masses[place]) + (slot ? 0 : 8);
        ++counts[std::to_integer<std::size_t>(data[i])];
      }
      running.learn(counts, static_cast<std::uint32_t>(size), law);
      at += size;
    }
    expect_small("running bytes", bits, encode_running_bytes(data).size());
  }
}

}  // namespace
}  // namespace venturi::code
