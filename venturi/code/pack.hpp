// venturi/code/pack.hpp
//
// Small whole numbers in few bytes, and single bits: what the formats of this room are made of.
//   varint  7 bits a byte, low bits first, the high bit set on all but the last byte; only the
//           shortest form is read.
//   zigzag  0, -1, 1, -2, ... as 0, 1, 2, 3, ...
//   bits    filled from the low bit of each byte up; the last byte is padded with zeros.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

inline std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
inline std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

void put_varint(std::vector<std::byte>& out, std::uint64_t value);
void put_u32(std::vector<std::byte>& out, std::uint32_t value);  // little-endian
std::uint32_t load_u32(const std::byte* at);

// Reads forward through bytes that may be anything. Every failure is a DataError "[where] ... at
// byte N"; nothing is read past the end.
class ByteReader {
 public:
  ByteReader(core::Bytes bytes, std::size_t offset, std::string_view where)
      : bytes_(bytes), offset_(offset), where_(where) {}

  std::size_t offset() const { return offset_; }
  std::size_t left() const { return bytes_.size() - offset_; }
  std::uint8_t byte(std::string_view what);
  std::uint32_t u32(std::string_view what);
  // At most `limit`, else DataError.
  std::uint64_t varint(std::string_view what, std::uint64_t limit);
  core::Bytes take(std::size_t count, std::string_view what);

 private:
  core::Bytes bytes_;
  std::size_t offset_;
  std::string_view where_;
};

class BitWriter {
 public:
  explicit BitWriter(std::vector<std::byte>& out) : out_(out) {}
  // The low `count` bits of `value`, count <= 32.
  void put(std::uint32_t value, int count);
  // Pads the last byte.
  void finish();

 private:
  std::vector<std::byte>& out_;
  std::uint64_t pending_ = 0;
  int filled_ = 0;
};

class BitReader {
 public:
  explicit BitReader(ByteReader& bytes) : bytes_(bytes) {}
  std::uint32_t get(int count);
  // Whether the bits left in the last byte are zero, as BitWriter leaves them.
  bool padding_is_zero() const { return pending_ == 0; }

 private:
  ByteReader& bytes_;
  std::uint64_t pending_ = 0;
  int filled_ = 0;
};

}  // namespace venturi::code
