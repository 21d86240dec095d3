// venturi/code/byte_tans.hpp
//
// Bytes under one static law a block, by tabled ANS (tans.hpp): the block's own histogram as masses
// of least cost, which are stored with it. Its states take 8 bytes where byte_rans.hpp has 128, its
// table as many places as the block is worth, and nothing of it needs SIMD: for blocks of some KiB,
// and for machines without AVX2. docs/formats.md has the layout; docs/results/code.md the figures.
// Cost O(n + 2^R). Source: as of tans.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

// A block of at most 2^30 bytes, never above n + 6 bytes. The masses sum to 2^precision: 8 to 12,
// or 0 for what suits the size of the block. Else InvalidArgument.
std::vector<std::byte> encode_byte_tans(core::Bytes data, int precision = 0);

// Number of bytes that the block holds, checked against what its size can justify
// (most_tans_symbols()). The caller bounds it before taking memory. Throws DataError.
std::size_t byte_tans_count(core::Bytes block);

// Into `out`, of byte_tans_count(block) bytes. Throws DataError, naming the offset, unless the
// masses sum to a power of two, all bits are used and every state returns to its start.
void decode_byte_tans(core::Bytes block, std::span<std::byte> out);

}  // namespace venturi::code
