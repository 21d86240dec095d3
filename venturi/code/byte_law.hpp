// venturi/code/byte_law.hpp
//
// What the coders of bytes under one law a block share: its histogram, whole masses on the wire,
// and the two modes of a block that need no law.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "venturi/code/pack.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

// How often each byte occurs in fewer than 2^32. Several tables, so that equal neighbours do not
// wait for each other's increment; few of them for short data.
template <std::size_t kTables>
std::array<std::uint32_t, 256> count_bytes(core::Bytes data) {
  std::array<std::array<std::uint32_t, 256>, kTables> parts{};
  const std::byte* at = data.data();
  std::size_t left = data.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    for (std::size_t j = 0; j < 8; ++j) ++parts[j % kTables][(word >> (8 * j)) & 255];
  }
  for (; left > 0; --left, ++at) ++parts[0][std::to_integer<std::size_t>(*at)];
  for (std::size_t j = 1; j < kTables; ++j) {
    for (std::size_t i = 0; i < 256; ++i) parts[0][i] += parts[j][i];
  }
  return parts[0];
}

// Masses of fewer than 2^16 as changes of their number of bits (0 for mass 0), zigzag in unary,
// then the low bits; padded to a whole byte.
void write_masses(std::span<const std::uint32_t> masses, std::vector<std::byte>& out);

// As many masses as `masses` holds, none of more than `most_bits` bits; returns their sum. Throws
// DataError, naming the offset, on a longer one, on padding, or where bytes run out.
std::uint32_t read_masses(ByteReader& reader, std::span<std::uint32_t> masses, int most_bits,
                          std::string_view where);

// The byte after the size of a block; greater ones are each coder's own.
enum class PlainMode : std::uint8_t { kRaw = 0, kConstant = 1 };

// Puts mode and bytes in place of what a coder wrote from `head` on, where that is longer.
void keep_raw_if_shorter(core::Bytes data, std::size_t head, std::vector<std::byte>& out);

// What follows `mode`, which was read, into `out`. Throws DataError, naming the offset, for another
// mode and where bytes run out.
void read_plain(ByteReader& reader, std::uint8_t mode, std::span<std::byte> out,
                std::string_view where);

}  // namespace venturi::code
