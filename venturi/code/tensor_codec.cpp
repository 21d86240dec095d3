#include "venturi/code/tensor_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "venturi/code/byte_codec.hpp"
#include "venturi/code/frequency_table.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/code/rans.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

// Values of q farther than this from 0 are escapes, and so is one in 2^14 at either end: each place
// that a table spans costs mass and room.
constexpr std::int32_t kFarthest = 2047;
constexpr std::size_t kTrimmed = std::size_t{1} << 14;

std::uint32_t rotate(std::uint32_t value, int width, bool left) {
  const int bits = 8 * width;
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
  return left ? ((value << 1) | (value >> (bits - 1))) & mask
              : ((value >> 1) | (value << (bits - 1))) & mask;
}

// The law of q over the part of its range near 0.
FrequencyTable table_of(std::span<const std::int32_t> q) {
  std::vector<std::int32_t> order(q.begin(), q.end());
  const auto trimmed = static_cast<std::ptrdiff_t>(q.size() / kTrimmed);
  const auto least = order.begin() + trimmed;
  std::nth_element(order.begin(), least, order.end());
  const std::int32_t first = std::clamp(*least, -kFarthest, kFarthest);
  const auto most = order.end() - 1 - trimmed;
  std::nth_element(order.begin(), most, order.end());
  const std::int32_t last = std::clamp(*most, first, kFarthest);
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(last - first) + 1);
  std::uint64_t inside = 0;
  for (const std::int32_t each : q) {
    if (each < first || each > last) continue;
    ++counts[static_cast<std::size_t>(each - first)];
    ++inside;
  }
  if (inside == 0) counts[0] = 1;
  return FrequencyTable::from_counts(first, counts);
}

}  // namespace

std::vector<std::byte> encode_float_planes(core::Bytes raw, int width) {
  if ((width != 2 && width != 4) || raw.size() % static_cast<std::size_t>(width) != 0) {
    core::fail_argument("code.encode_float_planes",
                        "expected elements of 2 or 4 bytes, got {} bytes of elements of {}",
                        raw.size(), width);
  }
  const std::size_t n = raw.size() / static_cast<std::size_t>(width);
  std::vector<std::vector<std::byte>> planes(static_cast<std::size_t>(width),
                                             std::vector<std::byte>(n));
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t value = 0;
    for (int j = 0; j < width; ++j) {
      value |= std::to_integer<std::uint32_t>(raw[i * width + j]) << (8 * j);
    }
    value = rotate(value, width, true);
    for (int j = 0; j < width; ++j) planes[j][i] = static_cast<std::byte>(value >> (8 * j));
  }
  std::vector<std::byte> out = {static_cast<std::byte>(width)};
  for (const auto& plane : planes) {
    const auto coded = byte_codec("static").encode(plane);
    put_varint(out, coded.size());
    out.insert(out.end(), coded.begin(), coded.end());
  }
  return out;
}

std::vector<std::byte> decode_float_planes(core::Bytes stream, std::uint64_t max_bytes) {
  constexpr std::string_view where = "code.decode_float_planes";
  ByteReader reader(stream, 0, where);
  const int width = reader.byte("width");
  if (width != 2 && width != 4) core::fail_data(where, "width {} at byte 0 is not 2 or 4", width);
  std::vector<std::vector<std::byte>> planes;
  for (int j = 0; j < width; ++j) {
    const core::Bytes coded = reader.take(reader.varint("size of a plane", reader.left()), "plane");
    planes.push_back(byte_codec("static").decode(coded, max_bytes / width));
    if (planes[j].size() != planes[0].size()) {
      core::fail_data(where, "plane {} before byte {} has {} elements, the first {}", j,
                      reader.offset(), planes[j].size(), planes[0].size());
    }
  }
  if (reader.left() > 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
  std::vector<std::byte> out(planes[0].size() * width);
  for (std::size_t i = 0; i < planes[0].size(); ++i) {
    std::uint32_t value = 0;
    for (int j = 0; j < width; ++j) {
      value |= std::to_integer<std::uint32_t>(planes[j][i]) << (8 * j);
    }
    value = rotate(value, width, false);
    for (int j = 0; j < width; ++j) out[i * width + j] = static_cast<std::byte>(value >> (8 * j));
  }
  return out;
}

std::vector<std::byte> encode_quantized(std::span<const float> values, double step) {
  constexpr std::string_view where = "code.encode_quantized";
  if (!(step > 0) || !std::isfinite(step)) {
    core::fail_argument(where, "the step must be finite and > 0, got {}", step);
  }
  std::vector<std::int32_t> q(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double whole = std::round(values[i] / step);
    if (!(std::abs(whole) < std::ldexp(1.0, 31))) {
      core::fail_argument(where, "value {} ({}) is not finite or 2^31 steps of {} or more away", i,
                          values[i], step);
    }
    q[i] = static_cast<std::int32_t>(whole);
  }
  std::vector<std::byte> out;
  const auto step_bits = std::bit_cast<std::uint64_t>(step);
  put_u32(out, static_cast<std::uint32_t>(step_bits));
  put_u32(out, static_cast<std::uint32_t>(step_bits >> 32));
  put_varint(out, q.size());
  if (q.empty()) return out;
  const FrequencyTable table = table_of(q);
  table.serialize(out);
  const auto stream = encode_rans(q, 1, {&table, 1});
  out.insert(out.end(), stream.begin(), stream.end());
  return out;
}

std::vector<float> decode_quantized(core::Bytes stream, std::uint64_t max_values) {
  constexpr std::string_view where = "code.decode_quantized";
  ByteReader reader(stream, 0, where);
  std::uint64_t step_bits = reader.u32("step");
  step_bits |= static_cast<std::uint64_t>(reader.u32("step")) << 32;
  const auto step = std::bit_cast<double>(step_bits);
  if (!(step > 0) || !std::isfinite(step)) {
    core::fail_data(where, "the step at byte 0 is {}, expected a finite one > 0", step);
  }
  const std::uint64_t count = reader.varint("number of values", max_values);
  std::vector<float> out;
  if (count > 0) {
    std::size_t offset = reader.offset();
    const FrequencyTable table = FrequencyTable::deserialize(stream, offset);
    const auto q = decode_rans(stream.subspan(offset), count, 1, {&table, 1});
    out.reserve(count);
    for (const std::int32_t each : q) out.push_back(static_cast<float>(each * step));
  } else if (reader.left() > 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
  return out;
}

}  // namespace venturi::code
