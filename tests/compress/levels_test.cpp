#include "venturi/compress/levels.hpp"

#include <cmath>
#include <map>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::compress {
namespace {

std::vector<std::int32_t> normals(std::size_t n, double deviation, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  std::vector<std::int32_t> out(n);
  for (auto& q : out) q = static_cast<std::int32_t>(std::lround(deviation * random.normal()));
  return out;
}

double entropy_bits(const std::vector<std::int32_t>& levels) {
  std::map<std::int32_t, double> counts;
  for (const auto q : levels) ++counts[q];
  double bits = 0;
  const auto n = static_cast<double>(levels.size());
  for (const auto& [q, c] : counts) bits -= c * std::log2(c / n);
  return bits;
}

TEST(Levels, ComeBack) {
  for (const std::int64_t rows : {1, 3, 64}) {
    for (const double deviation : {0.0, 0.2, 1.0, 6.0, 300.0}) {
      for (const bool plain : {false, true}) {
        const auto levels = normals(static_cast<std::size_t>(rows) * 37, deviation, 1);
        const auto bytes = encode_levels(levels, rows, plain);
        EXPECT_EQ(decode_levels(bytes, rows, 37, "test"), levels);
      }
    }
  }
}

TEST(Levels, FarValuesComeBack) {
  const std::vector<std::int32_t> levels = {0, 15, -15, 16, -16, 1000000, -(1 << 30) + 1, 1, 0, 7};
  EXPECT_EQ(decode_levels(encode_levels(levels, 2), 2, 5, "test"), levels);
}

// Independent numbers of one law have nothing to learn from but the law: close to its entropy.
TEST(Levels, SizeIsNearTheEntropy) {
  for (const double deviation : {0.4, 1.0, 3.0}) {
    const auto levels = normals(64 * 576, deviation, 2);
    const double bits = 8.0 * static_cast<double>(encode_levels(levels, 64).size());
    EXPECT_LT(bits, 1.025 * entropy_bits(levels)) << deviation;
  }
}

// Rows of different deviations: less than the entropy of all together.
TEST(Levels, RowsOfTheirOwnScale) {
  std::vector<std::int32_t> levels(64 * 300);
  core::Random random{core::Key(3)};
  for (std::size_t r = 0; r < 64; ++r) {
    for (std::size_t c = 0; c < 300; ++c) {
      levels[r * 300 + c] =
          static_cast<std::int32_t>(std::lround((r % 2 == 0 ? .2 : 5) * random.normal()));
    }
  }
  EXPECT_LT(8.0 * static_cast<double>(encode_levels(levels, 64).size()),
            .85 * entropy_bits(levels));
}

// The price that rounding weighs is the price that the file pays.
TEST(Levels, PricesAreWhatIsPaid) {
  const auto levels = normals(32 * 200, 1.5, 4);
  double mean = 0;
  for (const auto q : levels) mean += std::abs(q) / static_cast<double>(levels.size());
  LevelModel model(32, LevelModel::start_of(mean));
  double bits = 0;
  for (std::size_t c = 0; c < 200; ++c) {
    for (std::size_t r = 0; r < 32; ++r) {
      bits += model.bits(levels[r * 200 + c]);
      model.learn(levels[r * 200 + c]);
    }
  }
  const double paid = 8.0 * static_cast<double>(encode_levels(levels, 32).size());
  EXPECT_NEAR(paid, bits, .001 * bits + 24);
}

TEST(Levels, DamagedStreamsEndInDataErrors) {
  const auto levels = normals(500, 2, 5);
  for (const bool plain : {false, true}) {
    const auto bytes = encode_levels(levels, 10, plain);
    for (std::size_t n = 0; n < bytes.size(); n += 7) {
      try {
        decode_levels(core::Bytes(bytes).first(n), 10, 50, "test");
      } catch (const core::DataError&) {
      }
    }
    core::Random random{core::Key(6)};
    for (int k = 0; k < 300; ++k) {
      auto damaged = bytes;
      damaged[random.below(damaged.size())] ^= static_cast<std::byte>(1 + random.below(255));
      try {
        EXPECT_EQ(decode_levels(damaged, 10, 50, "test").size(), 500);
      } catch (const core::DataError&) {
      }
    }
  }
  EXPECT_ERROR(decode_levels(std::vector<std::byte>(3), 1 << 20, 1 << 20, "test"), core::DataError,
               "cannot be in 3 bytes");
  EXPECT_ERROR(encode_levels(std::vector<std::int32_t>(5), 2), core::InvalidArgument,
               "whole columns of 2 rows");
}

// A large matrix of zeros is some hundred bytes, and comes back.
TEST(Levels, ManyZerosComeBack) {
  const std::vector<std::int32_t> zeros(1 << 21);
  const auto bytes = encode_levels(zeros, 2048);
  EXPECT_LT(bytes.size(), 600U);
  EXPECT_EQ(decode_levels(bytes, 2048, 1024, "test"), zeros);
}

}  // namespace
}  // namespace venturi::compress
