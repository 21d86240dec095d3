#include "venturi/code/pack.hpp"

#include "venturi/core/error.hpp"

namespace venturi::code {

void put_varint(std::vector<std::byte>& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7) out.push_back(static_cast<std::byte>(value | 128));
  out.push_back(static_cast<std::byte>(value));
}

void put_u32(std::vector<std::byte>& out, std::uint32_t value) {
  for (int j = 0; j < 4; ++j) out.push_back(static_cast<std::byte>(value >> (8 * j)));
}

std::uint32_t load_u32(const std::byte* at) {
  std::uint32_t value = 0;
  for (int j = 0; j < 4; ++j) value |= std::to_integer<std::uint32_t>(at[j]) << (8 * j);
  return value;
}

std::uint8_t ByteReader::byte(std::string_view what) {
  return std::to_integer<std::uint8_t>(take(1, what)[0]);
}

std::uint32_t ByteReader::u32(std::string_view what) { return load_u32(take(4, what).data()); }

std::uint64_t ByteReader::varint(std::string_view what, std::uint64_t limit) {
  const std::size_t start = offset_;
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint64_t next = byte(what);
    const std::uint64_t part = next & 127;
    if ((shift == 63 && part > 1) || (next == 0 && shift > 0)) break;
    value |= part << shift;
    if (next < 128) {
      if (value > limit) {
        core::fail_data(where_, "{} at byte {} is {}, above {}", what, start, value, limit);
      }
      return value;
    }
  }
  core::fail_data(where_, "{} at byte {} is not a number in its shortest form", what, start);
}

core::Bytes ByteReader::take(std::size_t count, std::string_view what) {
  if (count > left()) {
    core::fail_data(where_, "{} at byte {} needs {} bytes, {} are left", what, offset_, count,
                    left());
  }
  const core::Bytes out = bytes_.subspan(offset_, count);
  offset_ += count;
  return out;
}

void BitWriter::put(std::uint32_t value, int count) {
  const std::uint64_t mask = (std::uint64_t{1} << count) - 1;
  pending_ |= (value & mask) << filled_;
  filled_ += count;
  for (; filled_ >= 8; filled_ -= 8, pending_ >>= 8) out_.push_back(std::byte(pending_ & 255));
}

void BitWriter::finish() {
  if (filled_ > 0) out_.push_back(std::byte(pending_ & 255));
  pending_ = 0;
  filled_ = 0;
}

std::uint32_t BitReader::get(int count) {
  while (filled_ < count) {
    pending_ |= static_cast<std::uint64_t>(bytes_.byte("bits")) << filled_;
    filled_ += 8;
  }
  const std::uint64_t mask = (std::uint64_t{1} << count) - 1;
  const auto value = static_cast<std::uint32_t>(pending_ & mask);
  pending_ >>= count;
  filled_ -= count;
  return value;
}

}  // namespace venturi::code
