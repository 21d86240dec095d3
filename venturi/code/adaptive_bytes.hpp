// venturi/code/adaptive_bytes.hpp
//
// Bytes under a model that learns as it codes: no table is stored, and the law may drift. A byte is
// its high nibble, then its low nibble given the high one; each of these has 16 masses of 2^15,
// moved after every nibble by
//   c_i <- c_i + floor((t_i - c_i) / 2^r),  t_i = 4 i up to the nibble, 2^15 - 4 (16 - i) above it,
// with cumulative masses c_i and r growing from 4 to 7 with use: no mass ever falls to 0. Order 0
// has one set of models, order 1 one for each byte before. The masses are coded by two rANS states
// of 64 bits (high and low nibbles) in blocks of 2^16 bytes, so that decoding is integers only and
// the same everywhere. Cost O(n), no memory but the models'. Source: J. Duda, arXiv 1311.2540
// (rANS; adaptive laws moved by vector steps).
#pragma once

#include <cstdint>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

// order: 0 or 1, else InvalidArgument.
std::vector<std::byte> encode_adaptive_bytes(core::Bytes data, int order);

// The `count` bytes of encode_adaptive_bytes(). Throws DataError, naming the offset, unless the
// stream is used up and the states return to their start. `count` is refused before memory is taken
// if it passes what the size of the stream justifies: 2^16 bytes for each 17 (a block has a size
// and two states).
std::vector<std::byte> decode_adaptive_bytes(core::Bytes stream, std::size_t count, int order);

}  // namespace venturi::code
