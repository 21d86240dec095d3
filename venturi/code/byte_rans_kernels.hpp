// venturi/code/byte_rans_kernels.hpp
//
// What byte_rans.cpp shares with its kernels: tables, streams, and one function a direction. A
// group is 32 symbols, one for each state. The SIMD kernels leave the ends of a stream to the
// portable one. In them __builtin_popcount, not std::popcount: without optimisation an inline
// function of the library is emitted from a file of its own flags, and the linker may keep that one
// for all.
#pragma once

#include <cstddef>
#include <cstdint>

namespace venturi::code::byte_rans {

constexpr int kStates = 32;
// Masses sum to 2^13, but to 2^12 where one would pass kMostMass, so that 12 bits hold each.
constexpr int kPrecision = 13;
constexpr int kCoarsePrecision = 12;
constexpr std::uint32_t kMostMass = 4095;
// States are in [kLow, 2^16 kLow) between symbols, so they are positive as signed numbers too.
constexpr std::uint32_t kLow = 1U << 15;
// A state at or above mass << (kTopBits - precision) gives a word away before it codes that symbol:
// one that passes 2^31 together with gain << (kTopBits - precision).
constexpr int kTopBits = 31;
// Bytes that the kernels may write before the place of the next word.
constexpr std::size_t kSlack = 64;

// For each byte what a state gains by each unit of its quotient, 2^precision less the mass (bits
// 0-12), the cumulative mass (13-25) and 31 + s (26-31): a state x < 2^31 divided by the mass is
// (x * reciprocal) >> (31 + s), exactly.
struct EncodeEntry {
  std::uint32_t reciprocal;
  std::uint32_t law;
};
constexpr std::uint32_t kLawBits = (1U << kPrecision) - 1;  // of each of the first two
constexpr int kShiftAt = 2 * kPrecision;

struct EncodeTable {
  int precision;
  alignas(64) EncodeEntry entry[256];
};

// For each value below 2^precision its symbol (bits 0-7), mass (8-19) and the value less the
// cumulative mass (20-31).
struct DecodeTable {
  int precision;
  alignas(64) std::uint32_t entry[1U << kPrecision];
};

struct EncodeStream {
  const std::uint8_t* in;  // end of the groups still to be coded, last first
  std::size_t groups;
  std::uint8_t* out;  // words go before this place
  std::uint32_t states[kStates];
};

struct DecodeStream {
  const std::uint8_t* in;
  const std::uint8_t* end;
  std::uint8_t* out;
  std::size_t groups;
  std::uint32_t states[kStates];
  bool failed;  // words ran out
};

// Two streams at once hide the latency of the look-ups; of the encoder's two, the second has as
// many groups as the first or more.
using EncodeFunction = void (*)(EncodeStream* streams, int count, const EncodeTable&);
using DecodeFunction = void (*)(DecodeStream* streams, int count, const DecodeTable&);

void encode_portable(EncodeStream* streams, int count, const EncodeTable& table);
void decode_portable(DecodeStream* streams, int count, const DecodeTable& table);
// One symbol, bounds-checked, for the ends of streams.
void encode_one(EncodeStream& stream, int lane, std::uint8_t symbol, const EncodeTable& table);
std::uint8_t decode_one(DecodeStream& stream, int lane, const DecodeTable& table);

bool has_avx2();
bool has_avx512();
void encode_avx2(EncodeStream* streams, int count, const EncodeTable& table);
void decode_avx2(DecodeStream* streams, int count, const DecodeTable& table);
void encode_avx512(EncodeStream* streams, int count, const EncodeTable& table);
void decode_avx512(DecodeStream* streams, int count, const DecodeTable& table);

}  // namespace venturi::code::byte_rans
