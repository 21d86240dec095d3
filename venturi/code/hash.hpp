// venturi/code/hash.hpp
//
// XXH64: a fast 64-bit hash that names models, tables and files. The same on every machine (bytes
// are read as little-endian words). Not cryptographic. Cost O(n), some gigabytes a second.
// Source: Y. Collet, "xxHash fast digest algorithm", specification 0.1.1, section "XXH64".
#pragma once

#include <cstdint>

#include "venturi/core/views.hpp"

namespace venturi::code {

std::uint64_t hash64(core::Bytes bytes, std::uint64_t seed = 0);

}  // namespace venturi::code
