#include "venturi/compress/levels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

constexpr int kPrecision = 16;
constexpr std::int32_t kOne = 256;  // means are kept in 1/256
constexpr std::int32_t kMostLevel = 1 << 30;
constexpr std::int32_t kMostMean = 1 << 20;

// Half octaves of a mean above 1/64.
int bin_of(std::int32_t mean, int bins) {
  const auto m = static_cast<std::uint32_t>(std::max(mean, 4));
  const int octave = std::bit_width(m) - 1;
  return std::min(2 * (octave - 2) + static_cast<int>((m >> (octave - 1)) & 1U), bins - 1);
}

// The middle of a bin, 1/256.
std::int32_t mean_of(int bin) {
  const std::int32_t octave = 4 << (bin / 2);
  return octave + (bin % 2 == 0 ? octave / 4 : 3 * octave / 4);
}

const std::array<double, 4097>& bit_costs() {
  static const std::array<double, 4097> table = [] {
    std::array<double, 4097> t{};
    for (std::size_t i = 0; i < t.size(); ++i) {
      t[i] = -std::log2(std::max(static_cast<double>(i), .5) / 4096);
    }
    return t;
  }();
  return table;
}

double cost(std::uint32_t mass) { return bit_costs()[(mass + 8) >> 4]; }

}  // namespace

void LevelModel::Bit::learn(bool bit) {
  const std::int32_t target = bit ? 0 : 1 << kPrecision;
  const std::int32_t moved = zero + (target - zero) / (seen + 2);
  zero = static_cast<std::uint16_t>(std::clamp(moved, 64, (1 << kPrecision) - 64));
  if (seen < 80) ++seen;
}

int LevelModel::start_of(double mean_magnitude) {
  const double scaled = std::clamp(mean_magnitude * kOne, 4.0, static_cast<double>(kMostMean));
  return bin_of(static_cast<std::int32_t>(scaled), kBins);
}

LevelModel::LevelModel(std::int64_t rows, int start)
    : rows_(rows),
      row_mean_(static_cast<std::size_t>(rows), mean_of(start)),
      before_(static_cast<std::size_t>(rows), mean_of(start) / kOne),
      before2_(before_),
      column_mean_(mean_of(start)) {
  for (int b = 0; b < kBins; ++b) {
    // P(more | at least k) = mean / (1 + mean) of a geometric law, the same at every k.
    const std::int64_t mean = mean_of(b);
    for (Bit& bit : more_[static_cast<std::size_t>(b)]) {
      bit.zero = static_cast<std::uint16_t>(
          std::clamp<std::int64_t>((kOne << kPrecision) / (kOne + mean), 64, 65472));
    }
  }
  find_place();
}

void LevelModel::find_place() {
  const auto r = static_cast<std::size_t>(row_);
  const std::int32_t left = before_[r];
  // The two rows above have been coded in this column already: before_ holds them.
  const std::int32_t up = row_ > 0 ? std::abs(before_[r - 1]) : std::abs(left);
  const std::int32_t up2 = row_ > 1 ? std::abs(before_[r - 2]) : up;
  const std::int64_t near =
      (2LL * std::abs(left) + std::abs(before2_[r]) + 2LL * up + up2) * kOne / 6;
  const std::int64_t expected =
      (3LL * row_mean_[r] + 3LL * column_mean_ + 2 * std::min<std::int64_t>(near, kMostMean)) / 8;
  bin_ = bin_of(static_cast<std::int32_t>(std::min<std::int64_t>(expected, kMostMean)), kBins);
  sign_ = left == 0 ? 0 : left > 0 ? 1 : 2;
}

void LevelModel::move_on(std::int32_t level) {
  const auto r = static_cast<std::size_t>(row_);
  const std::int32_t magnitude = std::min(std::abs(level), kMostMean / kOne) * kOne;
  row_mean_[r] += (magnitude - row_mean_[r]) / 16;
  column_mean_ += (magnitude - column_mean_) / 16;
  before2_[r] = before_[r];
  before_[r] = std::clamp(level, -(1 << 20), 1 << 20);
  row_ = row_ + 1 == rows_ ? 0 : row_ + 1;
  find_place();
}

double LevelModel::bits(std::int32_t level) const {
  const auto& more = more_[static_cast<std::size_t>(bin_)];
  const std::int32_t magnitude = std::abs(level);
  double out = 0;
  for (int k = 0; k < std::min(magnitude, kUnary + 1); ++k) {
    out += cost((1U << kPrecision) - more[static_cast<std::size_t>(k)].zero);
  }
  if (magnitude <= kUnary) {
    out += cost(more[static_cast<std::size_t>(magnitude)].zero);
  } else {
    const auto rest = static_cast<std::uint32_t>(magnitude - kUnary);  // >= 1
    out += 2.0 * std::bit_width(rest) - 1;
  }
  if (level == 0) return out;
  const std::uint32_t plus = negative_[static_cast<std::size_t>(sign_)].zero;
  return out + cost(level < 0 ? (1U << kPrecision) - plus : plus);
}

void LevelModel::learn(std::int32_t level) {
  auto& more = more_[static_cast<std::size_t>(bin_)];
  const std::int32_t magnitude = std::abs(level);
  for (int k = 0; k <= std::min(magnitude, kUnary); ++k) {
    more[static_cast<std::size_t>(k)].learn(magnitude > k);
  }
  if (level != 0) negative_[static_cast<std::size_t>(sign_)].learn(level < 0);
  move_on(level);
}

void LevelModel::encode(std::int32_t level, code::RangeEncoder& encoder) {
  const auto& more = more_[static_cast<std::size_t>(bin_)];
  const std::int32_t magnitude = std::abs(level);
  for (int k = 0; k <= std::min(magnitude, kUnary); ++k) {
    encoder.encode_bit(magnitude > k, more[static_cast<std::size_t>(k)].zero, kPrecision);
  }
  if (magnitude > kUnary) {
    const auto rest = static_cast<std::uint32_t>(magnitude - kUnary);
    const int width = std::bit_width(rest);
    for (int i = 1; i < width; ++i) encoder.encode_plain(1, 1);
    encoder.encode_plain(0, 1);
    for (int i = width - 2; i >= 0; --i) encoder.encode_plain((rest >> i) & 1U, 1);
  }
  if (level != 0) {
    encoder.encode_bit(level < 0, negative_[static_cast<std::size_t>(sign_)].zero, kPrecision);
  }
  learn(level);
}

std::int32_t LevelModel::decode(code::RangeDecoder& decoder) {
  const auto& more = more_[static_cast<std::size_t>(bin_)];
  std::int32_t magnitude = 0;
  while (magnitude <= kUnary &&
         decoder.decode_bit(more[static_cast<std::size_t>(magnitude)].zero, kPrecision)) {
    ++magnitude;
  }
  if (magnitude > kUnary) {
    int width = 1;
    while (decoder.decode_plain(1) == 1) {
      if (++width > 30) core::fail_data("compress.decode_levels", "a level above 2^30");
    }
    std::uint32_t rest = 1;
    for (int i = width - 2; i >= 0; --i) rest = (rest << 1) | decoder.decode_plain(1);
    magnitude = static_cast<std::int32_t>(rest) + kUnary;
  }
  const bool negative =
      magnitude != 0 &&
      decoder.decode_bit(negative_[static_cast<std::size_t>(sign_)].zero, kPrecision);
  const std::int32_t level = negative ? -magnitude : magnitude;
  learn(level);
  return level;
}

std::vector<std::byte> encode_levels(std::span<const std::int32_t> levels, std::int64_t rows,
                                     bool plain) {
  constexpr std::string_view where = "compress.encode_levels";
  const auto n = static_cast<std::int64_t>(levels.size());
  if (rows < 1 || n % rows != 0) {
    core::fail_argument(where, "expected whole columns of {} rows, got {} values", rows, n);
  }
  const std::int64_t columns = n / rows;
  std::int32_t low = 0, high = 0;
  double sum = 0;
  for (const std::int32_t q : levels) {
    low = std::min(low, q);
    high = std::max(high, q);
    sum += std::abs(q);
  }
  if (low <= -kMostLevel || high >= kMostLevel) {
    core::fail_argument(where, "expected levels below 2^30, got {} to {}", low, high);
  }
  code::RangeEncoder encoder;
  std::vector<std::byte> out;
  const std::uint32_t values = static_cast<std::uint32_t>(high - low) + 1;
  if (plain && values <= 1U << 15) {
    out.push_back(std::byte{0xff});
    code::put_varint(out, code::zigzag(low));
    code::put_varint(out, values);
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t r = 0; r < rows; ++r) {
        const auto k =
            static_cast<std::uint32_t>(levels[static_cast<std::size_t>(r * columns + c)] - low);
        const std::uint32_t begin = (k << kPrecision) / values;
        encoder.encode(begin, ((k + 1) << kPrecision) / values - begin, kPrecision);
      }
    }
  } else {
    const int start = LevelModel::start_of(n == 0 ? 0 : sum / static_cast<double>(n));
    out.push_back(static_cast<std::byte>(start));
    LevelModel model(rows, start);
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t r = 0; r < rows; ++r) {
        model.encode(levels[static_cast<std::size_t>(r * columns + c)], encoder);
      }
    }
  }
  const auto coded = encoder.finish();
  out.insert(out.end(), coded.begin(), coded.end());
  return out;
}

std::vector<std::int32_t> decode_levels(core::Bytes bytes, std::int64_t rows, std::int64_t columns,
                                        std::string_view where) {
  code::ByteReader reader(bytes, 0, where);
  const int start = reader.byte("the start of the model");
  const std::int64_t n = rows * columns;
  if (n > static_cast<std::int64_t>(bytes.size()) << 13) {
    core::fail_data(where, "{} levels cannot be in {} bytes", n, bytes.size());
  }
  std::vector<std::int32_t> out(static_cast<std::size_t>(n));
  if (start == 0xff) {
    const auto low =
        static_cast<std::int32_t>(code::unzigzag(reader.varint("the least level", 1ULL << 31)));
    const auto values = static_cast<std::uint32_t>(reader.varint("the levels", 1U << 15));
    if (values == 0 || low > 0) core::fail_data(where, "{} levels from {}", values, low);
    code::RangeDecoder decoder(bytes.subspan(reader.offset()), where);
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::uint32_t at = decoder.peek(kPrecision);
        auto k =
            static_cast<std::uint32_t>((static_cast<std::uint64_t>(at) * values) >> kPrecision);
        while (k + 1 < values && ((k + 1) << kPrecision) / values <= at) ++k;
        const std::uint32_t begin = (k << kPrecision) / values;
        decoder.drop(begin, ((k + 1) << kPrecision) / values - begin);
        out[static_cast<std::size_t>(r * columns + c)] = low + static_cast<std::int32_t>(k);
      }
    }
    decoder.check_end();
    return out;
  }
  if (start >= 24) core::fail_data(where, "unknown way {} of coding levels", start);
  code::RangeDecoder decoder(bytes.subspan(reader.offset()), where);
  LevelModel model(rows, start);
  for (std::int64_t c = 0; c < columns; ++c) {
    for (std::int64_t r = 0; r < rows; ++r) {
      out[static_cast<std::size_t>(r * columns + c)] = model.decode(decoder);
    }
  }
  decoder.check_end();
  return out;
}

}  // namespace venturi::compress
