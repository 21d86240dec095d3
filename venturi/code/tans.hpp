// venturi/code/tans.hpp
//
// Tabled asymmetric numeral systems (tANS, of which FSE is one): symbols 0 .. 255 under a static
// law of whole masses f_s that sum to L = 2^R, 1 <= R <= 12. A state X in [L, 2L) is a place
// t = X - L of a table that names a symbol s(t). Let the places of s, rising, be numbered
// x = f_s, ..., 2 f_s - 1. Decoding reads s = s(t), then b = R - floor(log2 x) bits v, and goes on
// at X' = 2^b x + v. Coding s undoes it: b is the one number with X >> b in [f_s, 2 f_s), the low b
// bits of X are written, and x = X >> b goes to its place, C(s, x) = L + t.
//
// The spread s(t), in whole numbers, hence the same on any machine: symbols of mass 1, rising,
// take the last places of the table; then every other symbol in turn, rising, takes its mass of
// places on the walk t = 0, d, 2d, ... mod L, d = L/2 + L/8 + 3 made odd, passing over places that
// are taken. States are met in proportion to 1/X, so that a symbol of mass 1 costs R + .5 bits at
// the end of the table and R - .5 at its start: the end suits what is rarer than 1/L.
//
// Size above the entropy of the histogram, with least-cost masses, 30 to 60 symbols: .1 to .15 % at
// R = 12, a little over twice as much with each bit of R less (tests/code/byte_tans_test.cpp holds
// it). Cost: O(n), and O(L) for a table, of 2 bytes a state to encode and 4 to decode. For one law:
// a table for each of many laws is too dear (rans.hpp, indexed_rans.hpp).
// Source: J. Duda, arXiv 0902.0271 and 1311.2540 (tANS); Y. Collet, "Finite State Entropy" (2013: a
// stride as the spread, rare symbols last, b by one addition).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

constexpr int kMostTansPrecision = 12;

// s(t) of the L places. `masses` (at most 256; 0 for a symbol that does not occur; what
// FrequencyTable::mass() gives of each slot will do) must sum to a power of two, 2 to 2^12, else
// InvalidArgument.
std::vector<std::uint8_t> tans_spread(std::span<const std::uint32_t> masses);

class TansEncoder {
 public:
  // Masses and errors as of tans_spread().
  explicit TansEncoder(std::span<const std::uint32_t> masses);

  // The stream (docs/formats.md), empty for no symbols. Throws InvalidArgument for a symbol without
  // mass.
  std::vector<std::byte> encode(core::Bytes symbols) const;

 private:
  // b = (X + bits) >> 16 for every X in [L, 2L); C(s, x) stands at places_[x + start].
  struct Step {
    std::uint32_t bits;
    std::int32_t start;
  };

  std::uint32_t precision_;
  std::array<Step, 256> steps_;
  std::vector<std::uint16_t> places_;  // L
};

class TansDecoder {
 public:
  explicit TansDecoder(std::span<const std::uint32_t> masses);

  // As many symbols as `out` holds, of the stream from `offset` to the end of `bytes`. Throws
  // DataError, naming the offset, unless every bit is used and the states return to their start.
  // The caller bounds `out`; most_tans_symbols() helps.
  void decode(core::Bytes bytes, std::size_t offset, std::span<std::byte> out) const;

 private:
  // Of each place t: b (bits 0-7), s(t) (8-15) and 2^b x - L (16-31).
  std::uint32_t precision_;
  std::vector<std::uint32_t> entries_;
};

// No more symbols than these are in a stream of that many bytes, if no symbol has all the mass: a
// step that reads no bit goes to a lower state, so that at most L of a state's steps are between
// two bits.
constexpr std::uint64_t most_tans_symbols(std::uint64_t bytes) {
  return (bytes + 1) << (kMostTansPrecision + 3);
}

}  // namespace venturi::code
