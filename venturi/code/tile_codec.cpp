#include "venturi/code/tile_codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "venturi/code/pack.hpp"
#include "venturi/code/range_coder.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr int kSide = 8;
constexpr int kArea = kSide * kSide;
constexpr std::int32_t kTop = 4095;  // of the frame
constexpr int kStepBits = 4;         // after the point of a step in units of the frame
constexpr std::uint64_t kMostPerByte = std::uint64_t{1} << 15;

using Tile = std::array<std::int32_t, kArea>;

// Rows of the cosine transform; times its own transpose this is 2^15 within .2 %.
constexpr int kCosine[kSide][kSide] = {
    {64, 64, 64, 64, 64, 64, 64, 64},     {89, 75, 50, 18, -18, -50, -75, -89},
    {83, 36, -36, -83, -83, -36, 36, 83}, {75, -18, -89, -50, 50, 89, 18, -75},
    {64, -64, -64, 64, 64, -64, -64, 64}, {50, -89, 18, 75, -75, -18, 89, -50},
    {36, -83, 83, -36, -36, 83, -83, 36}, {18, -50, 75, -89, 89, -75, 50, -18}};

// M x M^T or, back, M^T x M; over 2^15.
Tile transform(const Tile& x, bool back) {
  const auto m = [&](int i, int j) { return std::int64_t{back ? kCosine[j][i] : kCosine[i][j]}; };
  std::array<std::int64_t, kArea> half{};
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      for (int k = 0; k < kSide; ++k) half[kSide * i + j] += m(i, k) * x[kSide * k + j];
    }
  }
  Tile out{};
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      std::int64_t sum = 0;
      for (int k = 0; k < kSide; ++k) sum += half[kSide * i + k] * m(j, k);
      out[kSide * i + j] = static_cast<std::int32_t>((sum + (1 << 14)) >> 15);
    }
  }
  return out;
}

struct Bit {
  std::uint16_t zero = 1U << 15;  // mass of 0 out of 2^16, 2^9 at least for either
  std::uint16_t step = 2;         // one part in so many of the way at each bit, in the end 160
  void learn(bool bit) {
    const int to = bit ? 512 : (1 << 16) - 512;
    zero = static_cast<std::uint16_t>(zero + (to - zero) / step);
    if (step < 160) ++step;
  }
};

// How a tile is coded: one of 4 predictions, transformed or not.
constexpr int kModes = 8;
enum Prediction { kMiddle, kMean, kAlongRows, kAlongColumns };

// What both sides know, tile by tile: the decoded frame, the magnitudes, the probabilities.
class Frame {
 public:
  Frame(std::uint64_t rows, std::uint64_t columns)
      : width_((columns + kSide - 1) / kSide * kSide),
        height_((rows + kSide - 1) / kSide * kSide),
        pixels_(width_ * height_),
        magnitudes_(width_ * height_) {}

  std::uint64_t width() const { return width_; }
  std::uint64_t height() const { return height_; }
  std::int32_t pixel(std::uint64_t y, std::uint64_t x) const { return pixels_[y * width_ + x]; }

  Tile predict(std::uint64_t y, std::uint64_t x, int mode) const {
    Tile out;
    out.fill((kTop + 1) / 2);
    const int kind = mode / 2;
    if (kind == kMiddle) return out;
    std::int32_t sum = 0;
    int count = 0;
    for (int i = 0; i < kSide; ++i) {
      if (x > 0) sum += pixel(y + i, x - 1), ++count;
      if (y > 0) sum += pixel(y - 1, x + i), ++count;
    }
    if (count == 0) return out;
    out.fill((sum + count / 2) / count);
    for (int i = 0; i < kArea; ++i) {
      if (kind == kAlongRows && x > 0) out[i] = pixel(y + i / kSide, x - 1);
      if (kind == kAlongColumns && y > 0) out[i] = pixel(y - 1, x + i % kSide);
    }
    return out;
  }

  // The tile from what was coded of it.
  void put(std::uint64_t y, std::uint64_t x, int mode, const Tile& q, std::int32_t step) {
    Tile rest;
    for (int i = 0; i < kArea; ++i) {
      const std::int64_t value = std::int64_t{q[i]} * step + (1 << (kStepBits - 1));
      rest[i] = static_cast<std::int32_t>(
          std::clamp<std::int64_t>(value >> kStepBits, -16 * kTop, 16 * kTop));
    }
    if (mode % 2 == 1) rest = transform(rest, true);
    const Tile base = predict(y, x, mode);
    for (int i = 0; i < kArea; ++i) {
      pixels_[at(y, x, i)] = std::clamp(base[i] + rest[i], 0, kTop);
    }
  }

  // code(Bit&, bit) returns the bit, plain(value, count) the value: written or read.
  template <class Code, class Plain>
  int code_mode(int mode, Code&& code, Plain&&) {
    int node = 1;
    for (int shift = 2; shift >= 0; --shift) {
      node = 2 * node + (code(mode_bits_[node], (mode >> shift & 1) != 0) ? 1 : 0);
    }
    return node - kModes;
  }
  template <class Code, class Plain>
  std::int32_t code_value(std::uint64_t y, std::uint64_t x, int i, int mode, std::int32_t value,
                          Code&& code, Plain&& plain) {
    auto& bits = value_bits_[context(y, x, i, mode)];
    const auto magnitude = static_cast<std::uint32_t>(std::abs(value));
    std::uint32_t found = 0;
    while (found < kUnary && code(bits[found], magnitude > found)) ++found;
    if (found == kUnary) {  // exp-Golomb
      const std::uint32_t more = magnitude - kUnary + 1;
      const auto length = plain(static_cast<std::uint32_t>(std::bit_width(more)) - 1, 5);
      found += (1U << length | plain(more, static_cast<int>(length))) - 1;
    }
    magnitudes_[at(y, x, i)] = static_cast<std::uint16_t>(std::min(found, 65535U));
    if (found == 0) return 0;
    return plain(value < 0 ? 1 : 0, 1) != 0 ? -static_cast<std::int32_t>(found)
                                            : static_cast<std::int32_t>(found);
  }

 private:
  static constexpr std::uint32_t kUnary = 18;
  static constexpr int kLevels = 20;

  std::size_t at(std::uint64_t y, std::uint64_t x, int i) const {
    return (y + i / kSide) * width_ + x + i % kSide;
  }
  // The magnitudes around that are known, in steps that widen, and the place in a transformed tile.
  std::size_t context(std::uint64_t y, std::uint64_t x, int i, int mode) const {
    const std::uint64_t row = y + i / kSide;
    const std::uint64_t column = x + i % kSide;
    std::uint32_t sum = 0;
    std::uint32_t weight = 0;
    const auto see = [&](bool known, std::uint64_t r, std::uint64_t c, std::uint32_t w) {
      if (!known) return;
      sum += w * std::min<std::uint32_t>(magnitudes_[r * width_ + c], 64);
      weight += w;
    };
    see(column > 0, row, column - 1, 3);
    see(column > 1, row, column - 2, 2);
    see(column > 2, row, column - 3, 1);
    see(row > 0, row - 1, column, 3);
    see(row > 1, row - 2, column, 2);
    see(row > 0 && column > 0, row - 1, column - 1, 2);
    see(row > 0 && i % kSide < kSide - 1, row - 1, column + 1, 2);
    const std::uint32_t mean = weight == 0 ? 16 : 8 * sum / weight;  // in eighths
    const int level = mean < 8 ? static_cast<int>(mean / 2)
                               : std::min(kLevels - 1, 4 + static_cast<int>(mean - 8) / 5);
    const int zone = mode % 2 == 0 ? 0 : 1 + (i / kSide + i % kSide) / 5;
    return static_cast<std::size_t>(zone * kLevels + level);
  }

  std::uint64_t width_;
  std::uint64_t height_;
  std::vector<std::int32_t> pixels_;
  std::vector<std::uint16_t> magnitudes_;
  std::array<Bit, kModes> mode_bits_{};
  std::array<std::array<Bit, kUnary>, 4 * kLevels> value_bits_{};
};

Tile rest_of(const Tile& source, const Tile& base, int mode) {
  Tile out;
  for (int i = 0; i < kArea; ++i) out[i] = source[i] - base[i];
  return mode % 2 == 1 ? transform(out, false) : out;
}

// About the bits of a tile's numbers.
double rough_bits(const Tile& rest, double step) {
  double bits = 0;
  for (const std::int32_t each : rest) bits += std::log2(1 + 1.5 * std::abs(each) / step);
  return bits;
}

Tile quantize(const Tile& rest, double step) {
  // A little towards 0: what that costs in error is less than what it saves in bits.
  constexpr double kRound = .45;
  Tile out;
  for (int i = 0; i < kArea; ++i) {
    const auto magnitude = static_cast<std::int32_t>(std::abs(rest[i]) / step + kRound);
    out[i] = rest[i] < 0 ? -magnitude : magnitude;
  }
  return out;
}

std::vector<std::byte> encode_frame(const std::vector<std::int32_t>& source, Frame& frame,
                                    std::int32_t step) {
  RangeEncoder encoder;
  const auto code = [&](Bit& bit, bool value) {
    encoder.encode_bit(value, bit.zero, 16);
    bit.learn(value);
    return value;
  };
  const auto plain = [&](std::uint32_t value, int count) {
    encoder.encode_plain(value, count);
    return value & ((1U << count) - 1);
  };
  const double width = std::ldexp(step, -kStepBits);
  for (std::uint64_t y = 0; y < frame.height(); y += kSide) {
    for (std::uint64_t x = 0; x < frame.width(); x += kSide) {
      Tile tile;
      for (int i = 0; i < kArea; ++i) {
        tile[i] = source[(y + i / kSide) * frame.width() + x + i % kSide];
      }
      int best = 0;
      double least = 0;
      for (int mode = 0; mode < kModes; ++mode) {
        const double bits =
            rough_bits(rest_of(tile, frame.predict(y, x, mode), mode), width) + (mode == 0 ? 0 : 4);
        if (mode == 0 || bits < least) {
          least = bits;
          best = mode;
        }
      }
      const Tile q = quantize(rest_of(tile, frame.predict(y, x, best), best), width);
      frame.code_mode(best, code, plain);
      for (int i = 0; i < kArea; ++i) frame.code_value(y, x, i, best, q[i], code, plain);
      frame.put(y, x, best, q, step);
    }
  }
  return encoder.finish();
}

void decode_frame(core::Bytes stream, Frame& frame, std::int32_t step, std::string_view where) {
  RangeDecoder decoder(stream, where);
  const auto code = [&](Bit& bit, bool) {
    const bool value = decoder.decode_bit(bit.zero, 16);
    bit.learn(value);
    return value;
  };
  const auto plain = [&](std::uint32_t, int count) {
    // exp-Golomb lengths beyond 20 bits are never written.
    if (count > 20) core::fail_data(where, "a number of {} bits", count);
    return decoder.decode_plain(count);
  };
  for (std::uint64_t y = 0; y < frame.height(); y += kSide) {
    for (std::uint64_t x = 0; x < frame.width(); x += kSide) {
      const int mode = frame.code_mode(0, code, plain);
      Tile q;
      for (int i = 0; i < kArea; ++i) q[i] = frame.code_value(y, x, i, mode, 0, code, plain);
      frame.put(y, x, mode, q, step);
    }
  }
  decoder.check_end();
}

void put_float(std::vector<std::byte>& out, float value) {
  put_u32(out, std::bit_cast<std::uint32_t>(value));
}

}  // namespace

std::vector<std::byte> encode_tiles(std::span<const float> values, std::uint64_t columns,
                                    double step) {
  constexpr std::string_view where = "code.encode_tiles";
  if (columns == 0 || values.size() % columns != 0) {
    core::fail_argument(where, "{} values are not rows of {}", values.size(), columns);
  }
  if (!(step >= std::ldexp(1.0, -12) && step <= 1)) {
    core::fail_argument(where, "expected a step of 2^-12 to 1, got {}", step);
  }
  std::vector<std::byte> out;
  put_varint(out, values.size() / columns);
  put_varint(out, columns);
  if (values.empty()) return out;
  const auto [least, most] = std::ranges::minmax(values);
  const double range = static_cast<double>(most) - least;
  const bool finite = std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
  if (!finite || !std::isfinite(static_cast<float>(range))) {
    core::fail_argument(where, "the values or their range are not finite");
  }
  Frame frame(values.size() / columns, columns);
  std::vector<std::int32_t> source(frame.width() * frame.height());
  const double scale = range > 0 ? kTop / range : 0;
  for (std::uint64_t y = 0; y < frame.height(); ++y) {
    for (std::uint64_t x = 0; x < frame.width(); ++x) {
      const std::uint64_t row = std::min(y, values.size() / columns - 1);
      const float value = values[row * columns + std::min(x, columns - 1)];
      source[y * frame.width() + x] =
          static_cast<std::int32_t>(std::lround((value - least) * scale));
    }
  }
  const auto whole_step = static_cast<std::int32_t>(std::lround(std::ldexp(step, 12 + kStepBits)));
  put_float(out, least);
  put_float(out, static_cast<float>(range));
  put_varint(out, static_cast<std::uint64_t>(whole_step));
  const auto stream = encode_frame(source, frame, whole_step);
  out.insert(out.end(), stream.begin(), stream.end());
  return out;
}

std::vector<std::byte> encode_tiles_to_rate(std::span<const float> values, std::uint64_t columns,
                                            double bits) {
  if (!(bits > 0))
    core::fail_argument("code.encode_tiles_to_rate", "expected bits > 0, got {}", bits);
  const double room = bits * static_cast<double>(values.size()) / 8;
  double low = -12;
  double high = 0;
  auto best = encode_tiles(values, columns, 1);
  for (int i = 0; i < 13; ++i) {
    const double middle = (low + high) / 2;
    auto stream = encode_tiles(values, columns, std::exp2(middle));
    if (static_cast<double>(stream.size()) <= room) {
      best = std::move(stream);
      high = middle;
    } else {
      low = middle;
    }
  }
  return best;
}

Tiles decode_tiles(core::Bytes stream, std::uint64_t max_values) {
  constexpr std::string_view where = "code.decode_tiles";
  ByteReader reader(stream, 0, where);
  Tiles out;
  out.rows = reader.varint("number of rows", max_values);
  out.columns = reader.varint("number of columns", max_values);
  if (out.columns == 0) core::fail_data(where, "no columns");
  // In tiles, whose last row and column may be in part empty.
  const std::uint64_t across = (out.columns + kSide - 1) / kSide;
  const std::uint64_t down = (out.rows + kSide - 1) / kSide;
  const std::uint64_t most = kMostPerByte * stream.size() / kArea;
  if (down > 0 && (across > most / down || out.columns > max_values / out.rows)) {
    core::fail_data(where, "{}*{} values in {} bytes", out.rows, out.columns, stream.size());
  }
  if (out.rows > 0) {
    const auto least = std::bit_cast<float>(reader.u32("least value"));
    const auto range = std::bit_cast<float>(reader.u32("range"));
    const auto step = static_cast<std::int32_t>(reader.varint("step", 1U << (12 + kStepBits)));
    if (!std::isfinite(least) || !std::isfinite(range) || range < 0 || step < 1) {
      core::fail_data(where, "the range before byte {} is not finite, or no step", reader.offset());
    }
    Frame frame(out.rows, out.columns);
    decode_frame(reader.take(reader.left(), "tiles"), frame, step, where);
    out.values.reserve(out.rows * out.columns);
    for (std::uint64_t y = 0; y < out.rows; ++y) {
      for (std::uint64_t x = 0; x < out.columns; ++x) {
        const double part = frame.pixel(y, x) / static_cast<double>(kTop);
        out.values.push_back(static_cast<float>(least + part * range));
      }
    }
  }
  if (reader.left() > 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
  return out;
}

}  // namespace venturi::code
