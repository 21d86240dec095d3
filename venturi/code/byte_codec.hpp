// venturi/code/byte_codec.hpp
//
// Any bytes to fewer bytes and back, by name: what `venturi encode --codec bytes` calls. The
// streams tell their own length; the name of the codec is for the container's header to keep.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "venturi/core/members.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

struct ByteCodec {
  std::vector<std::byte> (*encode)(core::Bytes data);
  // Throws DataError on anything that encode does not write, or if it holds more than `max_bytes`.
  std::vector<std::byte> (*decode)(core::Bytes stream, std::uint64_t max_bytes);
};

// "static": blocks of 2^20 bytes, each with its histogram, through byte_rans. "bytes-tans": of 2^15
// bytes, through byte_tans. "running": running_bytes. "adaptive", "adaptive1": adaptive_bytes of
// order 0 and 1. "bytes-cm": context_mixing.
std::span<const core::Member<ByteCodec>> byte_codecs();

// The member of that name, else InvalidArgument with the names there are.
const ByteCodec& byte_codec(std::string_view name);

}  // namespace venturi::code
