// venturi/code/byte_rans_tables.hpp
//
// Laws into the kernels' tables, and streams opened: what the coders of bytes over byte_rans share.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "venturi/code/byte_rans.hpp"
#include "venturi/code/byte_rans_kernels.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code::byte_rans {

struct Kernel {
  EncodeFunction encode;
  DecodeFunction decode;
};

// InvalidArgument if this machine lacks it.
Kernel kernel_of(ByteKernel kernel, std::string_view where);

// 256 masses that sum to 2^precision, none above kMostMass.
void fill_encode_table(std::span<const std::uint32_t> masses, int precision, EncodeTable& table);
struct SymbolMass {
  std::uint16_t symbol;
  std::uint16_t mass;
};
// The symbols of a law by which alone the table will be used, rising; other entries stay as they
// are.
void fill_encode_table(std::span<const SymbolMass> law, int precision, EncodeTable& table);
void fill_decode_table(std::span<const std::uint32_t> masses, int precision, DecodeTable& table);

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

// The 32 states at the start of `bytes`, which lie at `offset` of the whole, then their words.
// DataError if they are cut short or a state is out of range.
DecodeStream open_stream(core::Bytes bytes, std::size_t offset, std::uint8_t* out,
                         std::string_view where);
// Whether all words are used and all states are back at their start.
bool at_end(const DecodeStream& stream);

}  // namespace venturi::code::byte_rans
