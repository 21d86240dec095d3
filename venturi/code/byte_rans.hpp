// venturi/code/byte_rans.hpp
//
// The fast coder of bytes under one static law: 32 interleaved rANS states of 32 bits, moved in
// words of 16, masses of 12 bits chosen optimally for the block's own histogram, which is stored
// with it. Symbol i belongs to state i mod 32, so one instruction codes 8 or 16 symbols; the stream
// is the same whichever kernel wrote it, and each reads all. Size: within .2 % + 200 bytes of n
// times the entropy of the histogram, never above n + 5 bytes. docs/formats.md has the layout. Cost
// O(n). Source: F. Giesen, arXiv 1402.3392, section 4 (interleaved streams); J. Bonfield,
// htscodecs, "rANS 32x16" (the shape of the stream, not its bytes); J. Duda, arXiv 1311.2540
// (rANS).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

enum class ByteKernel { kBest, kPortable, kAvx2, kAvx512 };

// Whether this machine runs the kernel; kBest and kPortable always.
bool has_byte_kernel(ByteKernel kernel);

// A block of at most 2^30 bytes. Throws InvalidArgument if it is longer or the kernel is not there.
std::vector<std::byte> encode_byte_rans(core::Bytes data, ByteKernel kernel = ByteKernel::kBest);

// Number of bytes that the block holds, checked against what its size can justify: a block of n
// bytes has at least 1 + n / 3000 bytes, unless all are equal. The caller bounds it before taking
// memory.
std::size_t byte_rans_count(core::Bytes block);

// Into `out`, of byte_rans_count(block) bytes. Throws DataError, naming the offset, unless the
// block is used up and every state returns to its start.
void decode_byte_rans(core::Bytes block, std::span<std::byte> out,
                      ByteKernel kernel = ByteKernel::kBest);

}  // namespace venturi::code
