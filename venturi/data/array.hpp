// venturi/data/array.hpp
//
// An array of numbers as files hold it: any element type, any shape. IDX, NPY and safetensors all
// come through here on their way to a Dataset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"
#include "venturi/data/dataset.hpp"

namespace venturi::data {

enum class Element { kBool, kU8, kI8, kU16, kI16, kF16, kBF16, kU32, kI32, kF32, kU64, kI64, kF64 };

std::size_t element_bytes(Element element);
std::string_view element_name(Element element);  // "u8"
bool is_integer(Element element);                // bool counts as one

// Row-major, in the byte order of this machine.
struct Array {
  Element element = Element::kF32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;

  std::size_t count() const { return bytes.size() / element_bytes(element); }
};

// The bytes of such an array; nothing if an edge is negative or the product passes 2^63 - 1. The
// one place where sizes out of a file are multiplied.
std::optional<std::uint64_t> array_bytes(Element element, std::span<const std::int64_t> shape);

// Turns each element of `width` bytes around.
void swap_bytes(std::span<std::byte> bytes, std::size_t width);

// All elements as floats, rounded to nearest; times `scale`.
void to_floats(const Array& array, float scale, std::span<float> out);
// All elements as doubles: exact but for whole numbers past 2^53, which are rounded.
void to_doubles(const Array& array, std::span<double> out);
// DataError if an element is not a whole number that an i64 holds.
std::vector<std::int64_t> to_integers(const Array& array, std::string_view where);

// One sample per entry of the first axis. Arrays of u8 with three axes or more are images and come
// out in [0, 1]; three axes are n*height*width (one channel), four n*channels*height*width.
// DataError without samples or features.
Dataset dataset_from(const Array& x, std::string_view name, std::string_view where);
// Labels 0 .. classes-1 out of whole numbers; classes = largest + 1, at most 2^16 of them.
void set_labels(Dataset& data, const Array& labels, std::string_view where);
// y: n or n*t numbers.
void set_targets(Dataset& data, const Array& y, std::string_view where);

// Gives both parts the larger count of classes. DataError unless they agree in shape, task and
// number of targets.
void match_parts(DataPair& pair, std::string_view where);

// f16 and bf16 as the bits that files hold. Widening is exact; narrowing rounds to nearest, ties to
// even. IEEE 754 binary16; bfloat16 is the upper half of binary32.
float from_f16(std::uint16_t bits);
std::uint16_t to_f16(float value);
float from_bf16(std::uint16_t bits);
std::uint16_t to_bf16(float value);

}  // namespace venturi::data
