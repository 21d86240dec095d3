// venturi/code/byte_rans_tables.hpp
//
// Laws into the kernels' tables, and streams opened: what the coders of bytes over byte_rans share.
#pragma once

#include <cstdint>
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

// The 32 states at the start of `bytes`, which lie at `offset` of the whole, then their words.
// DataError if they are cut short or a state is out of range.
DecodeStream open_stream(core::Bytes bytes, std::size_t offset, std::uint8_t* out,
                         std::string_view where);
// Whether all words are used and all states are back at their start.
bool at_end(const DecodeStream& stream);

}  // namespace venturi::code::byte_rans
