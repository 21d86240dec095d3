// venturi/code/tensor_codec.hpp
//
// Arrays of floating-point numbers to bytes: exactly, or to a step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

// Lossless: every element (`width` bytes, little-endian: 2 for bfloat16, 4 for float32) is rotated
// left by one bit, so that its exponent fills the top byte; then byte j of all elements is one
// plane, each coded by byte_codec "static". Trained weights save in the exponent's plane alone. Any
// bit pattern comes back, NaN with its payload too. Throws InvalidArgument if width is not 2 or 4
// or does not divide the size.
std::vector<std::byte> encode_float_planes(core::Bytes raw, int width);
std::vector<std::byte> decode_float_planes(core::Bytes stream,
                                           std::uint64_t max_bytes = std::uint64_t{1} << 34);

// Lossy: q = the whole number nearest to x / step (ties away from 0), coded by rANS under the
// histogram of all q, which is stored; x' = float(q * step). |x - x'| <= step / 2 and half a unit
// in the last place of x'; so for an error bound e ask for step 2e. Throws InvalidArgument unless
// step is finite and > 0, the values are finite, and every |q| < 2^31. The decoder computes one
// double product a value: the same on every machine. Cost O(n).
std::vector<std::byte> encode_quantized(std::span<const float> values, double step);
std::vector<float> decode_quantized(core::Bytes stream,
                                    std::uint64_t max_values = std::uint64_t{1} << 32);

}  // namespace venturi::code
