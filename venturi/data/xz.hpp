// venturi/data/xz.hpp
//
// Files packed by `xz`, through liblzma. Source: The .xz File Format 1.1.0.
#pragma once

#include <cstdint>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::data {

bool is_xz(core::Bytes bytes);

// All of it, checksums verified. DataError if it is broken, cut short, followed by other bytes, or
// unpacks to more than `max_bytes`; memory grows with what has come out, not with what is claimed.
std::vector<std::byte> unpack_xz(core::Bytes file,
                                 std::uint64_t max_bytes = std::uint64_t{1} << 32);

}  // namespace venturi::data
