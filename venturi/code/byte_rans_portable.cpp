#include <cstring>

#include "venturi/code/byte_rans_kernels.hpp"

namespace venturi::code::byte_rans {
namespace {

// The new state, and the place of the words, after one symbol.
inline std::uint32_t encode_step(std::uint32_t x, std::uint8_t symbol, const EncodeTable& table,
                                 std::uint8_t*& out) {
  const auto [reciprocal, law] = table.entry[symbol];
  const std::uint32_t gain = law & kLawBits;
  const auto word = static_cast<std::uint16_t>(x);
  std::memcpy(out - 2, &word, 2);
  const std::uint32_t full = (x + (gain << (kTopBits - table.precision))) >> 31;
  out -= 2 * full;
  x >>= 16 * full;
  const auto quotient =
      static_cast<std::uint32_t>((static_cast<std::uint64_t>(x) * reciprocal) >> (law >> kShiftAt));
  return x + quotient * gain + ((law >> kPrecision) & kLawBits);
}

inline std::uint32_t decode_step(std::uint32_t x, std::uint32_t entry, int precision) {
  return ((entry >> 8) & kMostMass) * (x >> precision) + (entry >> 20);
}

}  // namespace

void encode_one(EncodeStream& stream, int lane, std::uint8_t symbol, const EncodeTable& table) {
  stream.states[lane] = encode_step(stream.states[lane], symbol, table, stream.out);
}

void encode_portable(EncodeStream* streams, int count, const EncodeTable& table) {
  for (EncodeStream* stream = streams; stream < streams + count; ++stream) {
    std::uint8_t* out = stream->out;
    for (; stream->groups > 0; --stream->groups) {
      stream->in -= kStates;
      for (int lane = kStates - 1; lane >= 0; --lane) {
        stream->states[lane] = encode_step(stream->states[lane], stream->in[lane], table, out);
      }
    }
    stream->out = out;
  }
}

std::uint8_t decode_one(DecodeStream& stream, int lane, const DecodeTable& table) {
  const std::uint32_t entry = table.entry[stream.states[lane] & ((1U << table.precision) - 1)];
  std::uint32_t x = decode_step(stream.states[lane], entry, table.precision);
  if (x < kLow) {
    if (stream.end - stream.in < 2) {
      stream.failed = true;
      return 0;
    }
    std::uint16_t word = 0;
    std::memcpy(&word, stream.in, 2);
    stream.in += 2;
    x = x << 16 | word;
  }
  stream.states[lane] = x;
  return static_cast<std::uint8_t>(entry);
}

void decode_portable(DecodeStream* streams, int count, const DecodeTable& table) {
  const int precision = table.precision;
  const std::uint32_t low_bits = (1U << precision) - 1;
  for (DecodeStream* stream = streams; stream < streams + count; ++stream) {
    std::uint32_t* states = stream->states;
    const std::uint8_t* in = stream->in;
    std::uint8_t* out = stream->out;
    // A group reads at most 32 words, so that while 64 bytes are left none needs a check.
    for (; stream->groups > 0 && stream->end - in >= 2 * kStates; --stream->groups) {
      for (int lane = 0; lane < kStates; ++lane) {
        const std::uint32_t entry = table.entry[states[lane] & low_bits];
        const std::uint32_t x = decode_step(states[lane], entry, precision);
        std::uint16_t word = 0;
        std::memcpy(&word, in, 2);
        const std::uint32_t low = (x - kLow) >> 31;  // 1 below kLow, without a branch
        states[lane] = x << (16 * low) | (word & (0U - low));
        in += 2 * low;
        out[lane] = static_cast<std::uint8_t>(entry);
      }
      out += kStates;
    }
    stream->in = in;
    for (; stream->groups > 0 && !stream->failed; --stream->groups) {
      for (int lane = 0; lane < kStates; ++lane) *out++ = decode_one(*stream, lane, table);
    }
    stream->out = out;
  }
}

}  // namespace venturi::code::byte_rans
