#include "venturi/code/rans.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

// Above every mass, so that each coded symbol raises the state.
constexpr std::uint64_t kStart = std::uint64_t{1} << 16;
constexpr std::uint64_t kLow = std::uint64_t{1} << 24;
constexpr int kTopBits = 56;
// Longest exp-Golomb prefix: the distance of an escape is below 2^32.
constexpr int kLongestPrefix = 32;

void check_tables(std::string_view where, std::size_t count, std::size_t columns,
                  std::size_t tables) {
  if (columns < 1 || columns != tables || count % columns != 0) {
    core::fail_argument(where,
                        "expected n*columns symbols and a table a column, got {} symbols, "
                        "{} columns, {} tables",
                        count, columns, tables);
  }
}

class Encoder {
 public:
  // Codes a symbol of mass f and cumulative c of 2^k.
  void put(std::uint32_t f, std::uint32_t c, int k) {
    if (state_ >= static_cast<std::uint64_t>(f) << (kTopBits - k)) {
      words_.push_back(static_cast<std::uint32_t>(state_));
      state_ >>= 32;
    }
    state_ = ((state_ / f) << k) + c + state_ % f;
  }
  void put_bits(std::uint32_t value, int count) { put(1, value, count); }

  // What the decoder reads as: side, `length` zeros, a one, and the low `length` bits.
  void put_escape(const FrequencyTable& table, std::int32_t symbol) {
    const bool below = symbol < table.first();
    const std::int64_t distance =
        below ? std::int64_t{table.first()} - 1 - symbol : std::int64_t{symbol} - 1 - table.last();
    const std::uint64_t value = static_cast<std::uint64_t>(distance) + 1;
    const auto length = static_cast<int>(std::bit_width(value)) - 1;
    for (int j = 0; j < length; ++j) put_bits((value >> j) & 1, 1);
    put_bits(1, 1);
    for (int j = 0; j < length; ++j) put_bits(0, 1);
    put_bits(below ? 1 : 0, 1);
  }

  // The state in as few bytes as hold it, then the words from the last to the first.
  std::vector<std::byte> finish() const {
    std::vector<std::byte> out;
    if (state_ == kStart) return out;
    out.reserve(8 + 4 * words_.size());
    for (std::uint64_t x = state_; x > 0; x >>= 8) out.push_back(static_cast<std::byte>(x));
    for (std::size_t i = words_.size(); i-- > 0;) put_u32(out, words_[i]);
    return out;
  }

 private:
  std::uint64_t state_ = kStart;
  std::vector<std::uint32_t> words_;
};

class Decoder {
 public:
  Decoder(core::Bytes bytes, std::string_view where) : bytes_(bytes), where_(where) {
    if (bytes.empty()) return;
    // With words, the state has 4 to 7 bytes, which the size modulo 4 tells.
    const std::size_t size = bytes.size() < 8 ? bytes.size() : 4 + bytes.size() % 4;
    state_ = 0;
    for (std::size_t j = 0; j < size; ++j) {
      state_ |= std::to_integer<std::uint64_t>(bytes[j]) << (8 * j);
    }
    if (state_ >> (8 * (size - 1)) == 0 || state_ <= kStart) {
      core::fail_data(where_, "the {} bytes at byte 0 are not a state", size);
    }
    offset_ = size;
  }

  std::uint32_t peek(int k) const { return static_cast<std::uint32_t>(state_ & ((1U << k) - 1)); }
  void drop(std::uint32_t f, std::uint32_t c, int k) {
    state_ = f * (state_ >> k) + peek(k) - c;
    if (state_ < kLow && offset_ < bytes_.size()) {
      state_ = state_ << 32 | load_u32(bytes_.data() + offset_);
      offset_ += 4;
    }
  }
  std::uint32_t bit() {
    const std::uint32_t value = peek(1);
    drop(1, value, 1);
    return value;
  }

  std::int32_t escape(const FrequencyTable& table) {
    const bool below = bit() == 1;
    int length = 0;
    while (bit() == 0) {
      if (++length > kLongestPrefix) {
        core::fail_data(where_, "an escape before byte {} is too long", offset_);
      }
    }
    std::uint64_t value = 1;
    for (int j = 0; j < length; ++j) value = value << 1 | bit();
    const auto distance = static_cast<std::int64_t>(value);
    const std::int64_t symbol = below ? table.first() - distance : table.last() + distance;
    if (symbol < std::numeric_limits<std::int32_t>::min() ||
        symbol > std::numeric_limits<std::int32_t>::max()) {
      core::fail_data(where_, "an escape before byte {} leaves int32", offset_);
    }
    return static_cast<std::int32_t>(symbol);
  }

  void check_end() const {
    if (offset_ != bytes_.size()) {
      core::fail_data(where_, "{} bytes are left over at byte {}", bytes_.size() - offset_,
                      offset_);
    }
    if (state_ != kStart) {
      core::fail_data(where_, "the state does not return to its start at byte {}", offset_);
    }
  }

 private:
  core::Bytes bytes_;
  std::string_view where_;
  std::size_t offset_ = 0;
  std::uint64_t state_ = kStart;
};

// Whether `size` bytes can hold this many rows: the rule in the header, in units of 2^-32 bits.
bool can_hold(std::size_t size, std::size_t rows, std::span<const FrequencyTable> tables) {
  std::uint64_t least = 0;
  for (const FrequencyTable& table : tables) {
    const std::uint64_t f = table.largest_mass();
    const std::uint64_t rest = (std::uint64_t{1} << table.precision()) - f;
    least += std::min(std::uint64_t{1} << 32, (rest << 32) / (2 * f));
  }
  const auto limit = static_cast<unsigned __int128>(size) * 9 << 32;
  return static_cast<unsigned __int128>(rows) * least <= limit;
}

}  // namespace

std::vector<std::byte> encode_rans(std::span<const std::int32_t> symbols, std::size_t columns,
                                   std::span<const FrequencyTable> tables) {
  check_tables("code.encode_rans", symbols.size(), columns, tables.size());
  Encoder encoder;
  std::size_t column = columns;
  for (std::size_t i = symbols.size(); i-- > 0;) {
    column = (column == 0 ? columns : column) - 1;
    const FrequencyTable& table = tables[column];
    const std::size_t slot = table.slot_of(symbols[i]);
    if (slot == table.size()) encoder.put_escape(table, symbols[i]);
    encoder.put(table.mass(slot), table.cumulative(slot), table.precision());
  }
  return encoder.finish();
}

std::vector<std::int32_t> decode_rans(core::Bytes bytes, std::size_t count, std::size_t columns,
                                      std::span<const FrequencyTable> tables) {
  constexpr std::string_view where = "code.decode_rans";
  check_tables(where, count, columns, tables.size());
  if (!can_hold(bytes.size(), count / columns, tables)) {
    core::fail_data(where, "{} bytes cannot hold {} symbols", bytes.size(), count);
  }
  Decoder decoder(bytes, where);
  std::vector<std::int32_t> out(count);
  std::size_t column = 0;
  for (std::int32_t& symbol : out) {
    const FrequencyTable& table = tables[column];
    const std::size_t slot = table.slot_at(decoder.peek(table.precision()));
    decoder.drop(table.mass(slot), table.cumulative(slot), table.precision());
    symbol = slot < table.size()
                 ? static_cast<std::int32_t>(table.first() + static_cast<std::int64_t>(slot))
                 : decoder.escape(table);
    if (++column == columns) column = 0;
  }
  decoder.check_end();
  return out;
}

}  // namespace venturi::code
