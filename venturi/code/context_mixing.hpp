// venturi/code/context_mixing.hpp
//
// Bytes, bit by bit, under a mixture of five predictors in the logistic domain: the baseline of
// sizes for text and for other models to be held against. Predictor k knows the bits of this byte
// so far and, by a hash, the k = 0 to 4 bytes before; it is a table of probabilities, each moved
// towards the bit by 1 / (n + 1.5) of the way, n its visits up to 255. With s_k = ln(p_k / (1 -
// p_k)):
//   p = 1 / (1 + exp(-sum_k w_k s_k)),   w_k <- w_k + r (bit - p) s_k,
// the weights chosen by the visits of the contexts of 2 to 4 bytes. The bit is then coded by
// range_coder.hpp with 16 bits. All of it, exp and ln too, is whole numbers out of tables that are
// made by whole numbers: every machine decodes the same. Cost O(n), some 300 ns a byte; tables of
// 16 to 2^24 bytes an order. Source: M. Mahoney, "Adaptive weighing of context models for lossless
// data compression", Florida Tech CS-2005-16, sections 3.2 and 3.3.
#pragma once

#include <cstdint>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

std::vector<std::byte> encode_context_mixing(core::Bytes data);

// The `count` bytes of encode_context_mixing(). Throws DataError, naming the offset, if bytes are
// left over or run out. `count` is refused before memory is taken if it passes 2^10 bytes for each
// of the stream's, and 2^14: a bit costs at least 2^-10 bits.
std::vector<std::byte> decode_context_mixing(core::Bytes stream, std::size_t count);

}  // namespace venturi::code
