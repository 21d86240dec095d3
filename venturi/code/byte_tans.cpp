#include "venturi/code/byte_tans.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "venturi/code/byte_law.hpp"
#include "venturi/code/normalize.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/code/tans.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr int kLeastPrecision = 8;  // so that 256 bytes find a place

constexpr std::uint8_t kCoded = 2;  // the mode beside PlainMode

// An eighth of the block's size: finer tables cost more, stored and built, than they save.
int precision_for(std::size_t count) {
  return std::clamp(static_cast<int>(std::bit_width(count - 1)) - 3, kLeastPrecision,
                    kMostTansPrecision);
}

}  // namespace

std::vector<std::byte> encode_byte_tans(core::Bytes data, int precision) {
  constexpr std::string_view where = "code.encode_byte_tans";
  if (data.size() > kMostBytes) {
    core::fail_argument(where, "a block has at most {} bytes, got {}", kMostBytes, data.size());
  }
  if (precision != 0 && (precision < kLeastPrecision || precision > kMostTansPrecision)) {
    core::fail_argument(where, "precision must be {} to {}, got {}", kLeastPrecision,
                        kMostTansPrecision, precision);
  }
  std::vector<std::byte> out;
  put_varint(out, data.size());
  if (data.empty()) return out;
  if (precision == 0) precision = precision_for(data.size());
  const auto narrow = count_bytes<4>(data);
  const std::vector<std::uint64_t> counts(narrow.begin(), narrow.end());
  std::vector<std::uint32_t> masses(256);
  std::size_t low = 256;
  std::size_t high = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    if (counts[i] == 0) continue;
    masses[i] = 1;
    low = std::min(low, i);
    high = i;
  }
  if (low == high) {
    out.push_back(static_cast<std::byte>(PlainMode::kConstant));
    out.push_back(data[0]);
    return out;
  }
  const std::size_t head = out.size();
  normalize_counts(counts, 1U << precision, masses);
  out.push_back(std::byte{kCoded});
  out.push_back(static_cast<std::byte>(low));
  out.push_back(static_cast<std::byte>(high));
  write_masses(std::span(masses).subspan(low, high - low + 1), out);
  const auto stream = TansEncoder(masses).encode(data);
  out.insert(out.end(), stream.begin(), stream.end());
  keep_raw_if_shorter(data, head, out);
  return out;
}

std::size_t byte_tans_count(core::Bytes block) {
  constexpr std::string_view where = "code.byte_tans_count";
  ByteReader reader(block, 0, where);
  const std::size_t count = reader.varint("number of bytes", kMostBytes);
  if (count == 0) return 0;
  const std::uint8_t mode = reader.byte("mode");
  if (mode == kCoded && count > most_tans_symbols(reader.left())) {
    core::fail_data(where, "{} bytes cannot hold {}", reader.left(), count);
  }
  return count;
}

void decode_byte_tans(core::Bytes block, std::span<std::byte> out) {
  constexpr std::string_view where = "code.decode_byte_tans";
  if (byte_tans_count(block) != out.size()) {
    core::fail_argument(where, "the block holds {} bytes, the output {}", byte_tans_count(block),
                        out.size());
  }
  ByteReader reader(block, 0, where);
  reader.varint("number of bytes", kMostBytes);
  if (!out.empty()) {
    const std::uint8_t mode = reader.byte("mode");
    if (mode == kCoded) {
      const std::size_t low = reader.byte("lowest byte");
      const std::size_t high = reader.byte("highest byte");
      std::array<std::uint32_t, 256> masses{};
      std::uint32_t sum = 0;
      if (low < high) {
        sum = read_masses(reader, std::span(masses).subspan(low, high - low + 1),
                          kMostTansPrecision, where);
      }
      // No symbol may have all the mass: it would cost nothing.
      if (!std::has_single_bit(sum) || sum > 1U << kMostTansPrecision || masses[low] == 0 ||
          masses[high] == 0) {
        core::fail_data(where,
                        "the masses of the bytes {} to {}, before byte {}, sum to {}, expected a "
                        "power of two up to {}, and both ends above 0",
                        low, high, reader.offset(), sum, 1U << kMostTansPrecision);
      }
      return TansDecoder(masses).decode(block, reader.offset(), out);
    }
    read_plain(reader, mode, out, where);
  }
  if (reader.left() != 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
}

}  // namespace venturi::code
