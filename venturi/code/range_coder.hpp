// venturi/code/range_coder.hpp
//
// The coder of models that change with every symbol (adaptive, autoregressive): first in, first
// out, masses of any precision up to 24 bits, symbol by symbol. The interval is [low, low + range),
// both of 64 bits, range kept in [2^32, 2^64) by moving words of 32 bits; a carry out of low runs
// back through the words already written. Coding mass f at cumulative c of 2^k:
//   r = floor(range / 2^k),  low += r c,  range = r f.
// The cut of r costs at most -log2(1 - 2^(k-32)) bits a symbol, 2^-15 of a bit at k = 16 and .006
// at k = 24, on average far less; the end at most 1 byte. Decoding is integers only. Cost O(1) a
// symbol, one 64-bit division in the decoder (none for bits).
// Source: G. N. N. Martin, "Range encoding: an algorithm for removing redundancy from a digitised
// message", Video and Data Recording Conference 1979.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

constexpr int kMostRangePrecision = 24;

class RangeEncoder {
 public:
  // The symbol of `mass` at `cumulative`, out of 2^precision. InvalidArgument unless mass >= 1,
  // cumulative + mass <= 2^precision and 1 <= precision <= 24.
  void encode(std::uint32_t cumulative, std::uint32_t mass, int precision);
  // A bit whose 0 has `mass_of_zero` out of 2^precision, 0 < mass_of_zero < 2^precision.
  void encode_bit(bool bit, std::uint32_t mass_of_zero, int precision) {
    const std::uint32_t total = 1U << precision;
    if (bit) {
      encode(mass_of_zero, total - mass_of_zero, precision);
    } else {
      encode(0, mass_of_zero, precision);
    }
  }
  // The low `count` <= 24 bits of `value`, each alternative alike.
  void encode_plain(std::uint32_t value, int count);
  // The stream, up to the last byte that is needed; the decoder reads on in zeros. The encoder is
  // new again.
  std::vector<std::byte> finish();

 private:
  void carry();

  std::uint64_t low_ = 0;
  std::uint64_t range_ = ~std::uint64_t{0};
  std::vector<std::byte> out_;
};

// Reads at most 8 zeros behind the end of the stream, and never the memory there.
class RangeDecoder {
 public:
  // `stream` must outlive it. `where` names the reader in errors.
  RangeDecoder(core::Bytes stream, std::string_view where);

  // The value below 2^precision whose symbol comes next: look for cumulative <= value < cumulative
  // + mass, then drop() with that symbol's numbers. DataError if no encoder can have written this.
  std::uint32_t peek(int precision);
  void drop(std::uint32_t cumulative, std::uint32_t mass);
  bool decode_bit(std::uint32_t mass_of_zero, int precision);
  std::uint32_t decode_plain(int count);
  // DataError unless these symbols are just what finish() would have ended here. Other symbols of
  // a damaged stream may pass: put it under a checksum.
  void check_end() const;

 private:
  std::uint32_t next_word();
  void refill();

  const std::byte* at_;
  const std::byte* end_;
  std::size_t size_;
  std::size_t behind_ = 0;    // zeros read behind the end
  std::uint64_t window_ = 0;  // the last 8 bytes read
  std::uint64_t offset_ = 0;  // the stream's number less low
  std::uint64_t range_ = ~std::uint64_t{0};
  std::uint64_t unit_ = 0;  // r of the last peek()
  std::string_view where_;
};

}  // namespace venturi::code
