// venturi/code/bits_back.hpp
//
// An rANS state as a stack: push() codes a symbol, pop() takes the last one off, and popping under
// a law of one's own choice draws a sample from it, at the price of its bits: what bits-back coding
// of latent variables needs. To code x under a model p(z) p(x|z) with a posterior q(z|x): pop z
// under q, push x under p(x|z), push z under p(z). That costs log2 q(z|x) - log2 p(x|z) p(z) bits,
// on average the negative evidence lower bound; with the exact posterior it is -log2 p(x). The
// receiver does the inverse of each in reverse order.
// One state of 64 bits in [2^32, 2^64) over words of 32 bits; push and pop are exact inverses,
// whatever the laws. A pop that needs more bits than the stack holds has to get them from
// somewhere: `seed` words, which the receiver finds again at the end.
// Cost O(1) a symbol, within 2^(k-32) of a bit of -log2(f / 2^k) each on average.
// Source: J. Townsend, T. Bird, D. Barber, "Practical lossless compression with latent variables
// using bits back coding", ICLR 2019, section 2; J. Duda, arXiv 1311.2540 (rANS).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

class BitsBackStack {
 public:
  static constexpr int kMostPrecision = 24;

  // A stack that holds `seed` only, its last word on top; none: an empty one.
  explicit BitsBackStack(std::span<const std::uint32_t> seed = {});

  // The symbol of `mass` at `cumulative`, out of 2^precision. InvalidArgument unless mass >= 1,
  // cumulative + mass <= 2^precision and 1 <= precision <= 24.
  void push(std::uint32_t cumulative, std::uint32_t mass, int precision);
  // The value below 2^precision whose symbol is on top: look for cumulative <= value < cumulative +
  // mass, then pop() with that symbol's numbers.
  std::uint32_t peek(int precision) const {
    return static_cast<std::uint32_t>(state_) & ((1U << precision) - 1);
  }
  // DataError if the words run out: the stack had too few bits for this sample.
  void pop(std::uint32_t cumulative, std::uint32_t mass, int precision);

  // Bits on the stack, log2 of the state counted: what a pushed symbol adds is what it costs.
  double bits() const;
  // 8 bytes of state, then the words from the bottom up, little-endian.
  std::vector<std::byte> bytes() const;
  // DataError unless bytes() can have written it.
  static BitsBackStack from_bytes(core::Bytes bytes, std::string_view where);

  friend bool operator==(const BitsBackStack& a, const BitsBackStack& b) = default;

 private:
  std::uint64_t state_ = std::uint64_t{1} << 32;
  std::vector<std::uint32_t> words_;
};

}  // namespace venturi::code
