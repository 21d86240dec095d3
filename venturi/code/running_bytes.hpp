// venturi/code/running_bytes.hpp
//
// Bytes under a law learned on the way, at the speed of a static one: the law stands still for a
// chunk of 32 to 1024 bytes, is computed from the bytes before it (running_law.hpp), and the chunk
// is coded by the 32 states of byte_rans.hpp. No table is stored. On a source that stays the same
// the law settles (a window of 2^15 to 2^16 bytes); when the source changes it forgets. Where
// the law moves faster than a chunk, or the context matters, adaptive_bytes.hpp is smaller.
// States are written every 2^20 bytes (128 bytes); the law goes on. Cost O(n); the same bytes and
// the same decoding on any machine. Source: own, over the coder of J. Duda, arXiv 1311.2540, with
// backward adaptation in blocks as in lossless audio and video coders.
#pragma once

#include <cstdint>
#include <vector>

#include "venturi/code/byte_rans.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

// InvalidArgument if this machine lacks the kernel.
std::vector<std::byte> encode_running_bytes(core::Bytes data,
                                            ByteKernel kernel = ByteKernel::kBest);

// The `count` bytes of encode_running_bytes(). Throws DataError, naming the offset, unless the
// stream is used up and the states return to their start. `count` is refused before memory is taken
// if it passes 2^15 bytes for each of the stream's.
std::vector<std::byte> decode_running_bytes(core::Bytes stream, std::size_t count,
                                            ByteKernel kernel = ByteKernel::kBest);

}  // namespace venturi::code
