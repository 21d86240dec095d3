// venturi/data/pack.hpp
//
// Bytes packed as `gzip -9` and `xz -9e` pack them, to hold other codes against. inflate.hpp and
// xz.hpp read them back. DataError if zlib or liblzma has no memory. O(n); xz takes up to 700 MiB
// for large inputs.
#pragma once

#include <cstddef>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::data {

std::vector<std::byte> pack_gzip(core::Bytes bytes);
std::vector<std::byte> pack_xz(core::Bytes bytes);

}  // namespace venturi::data
