// venturi/code/crc32c.hpp
//
// CRC-32C (Castagnoli): polynomial 0x1EDC6F41, reflected (0x82F63B78), register preset to ones and
// inverted at the end. Detects every burst of up to 32 bits and every 1-, 2- and 3-bit error in
// chunks below 2^31 bits. Not a defence against forgery.
// Cost O(n): eight tables at a time on any machine, the SSE4.2 instruction where there is one.
// Source: Castagnoli, Braeuer, Herrmann, IEEE Trans. Communications 41(6), 1993; check value and
// vectors from RFC 3720, appendix B.4.
#pragma once

#include <cstdint>

#include "venturi/core/views.hpp"

namespace venturi::code {

// The checksum of `bytes`. With `seed` = crc32c(a), it is that of a followed by `bytes`.
std::uint32_t crc32c(core::Bytes bytes, std::uint32_t seed = 0);

// The two ways to the same number, for tests and benchmarks.
std::uint32_t crc32c_portable(core::Bytes bytes, std::uint32_t seed = 0);
// Whether this machine has the instruction that crc32c_sse42() needs.
bool has_crc32c_sse42();
std::uint32_t crc32c_sse42(core::Bytes bytes, std::uint32_t seed = 0);

}  // namespace venturi::code
