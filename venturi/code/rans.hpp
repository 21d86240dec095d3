// venturi/code/rans.hpp
//
// Range asymmetric numeral systems (rANS) with one frequency table a column: the coder of latents.
// One 64-bit state in [2^24, 2^56), moved in 32-bit words. Coding symbol s of mass f and cumulative
// c
//   x <- (x div f) * 2^k + c + (x mod f),
// decoding the inverse; the encoder runs from the last symbol to the first, the decoder forward.
// The state starts at 2^16, and words are moved only once the state has grown past them, so that
// the stream costs the tables' cost + at most .02 % + 4 bytes, and nothing at all for no symbols.
// Symbols outside a table are escapes: the escape slot, then raw bits in the same stream.
// Source: J. Duda, arXiv 1311.2540, section 3 (range variant); F. Giesen, arXiv 1402.3392
// (streaming).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/code/frequency_table.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

// `symbols` is row-major (n*columns); tables[j] codes column j. Cost O(n * columns).
// Throws InvalidArgument if the sizes do not fit.
std::vector<std::byte> encode_rans(std::span<const std::int32_t> symbols, std::size_t columns,
                                   std::span<const FrequencyTable> tables);

// The `count` = n*columns symbols of encode_rans(), in integers only. The same tables in the same
// order, else DataError or other symbols. Throws DataError, naming the offset, unless every byte is
// used and the state returns to its start.
//
// `count` comes from the caller, who must bound it. Here it is refused, before memory is taken, if
// `bytes` cannot hold it: a symbol of mass f raises the state by a factor of at least
// 1 + t, t = (2^k - f) / 2f, hence costs at least min(t, 1) bits (> 2^-18, as f <= 2^k - 1); the
// sum over the symbols at their tables' largest masses must not pass 9 bits a byte (8, and 1 to
// spare for rounding).
std::vector<std::int32_t> decode_rans(core::Bytes bytes, std::size_t count, std::size_t columns,
                                      std::span<const FrequencyTable> tables);

}  // namespace venturi::code
