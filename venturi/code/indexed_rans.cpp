#include "venturi/code/indexed_rans.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr int kPrecision = 12;
constexpr std::uint32_t kUnits = 1U << kPrecision;
constexpr int kStates = 8;
constexpr std::uint32_t kLow = 1U << 15;
constexpr int kEncodeShift = 31 - kPrecision;
constexpr int kMostShift = 15;
// Of a law to decode by: it is an escape's; its symbols have plain bits.
constexpr std::uint32_t kEscapeBit = 1U << 24;
constexpr std::uint32_t kPlainBit = 1U << 25;
constexpr double kPlainScale = 16;  // scales above leave low bits plain

// Mass (bits 0-11), s (12-15), cumulative (16-31); (x * reciprocal) >> (31 + s) is
// x divided by the mass.
struct EncodeEntry {
  std::uint32_t law;
  std::uint32_t reciprocal;
};

EncodeEntry encode_entry(std::uint32_t mass, std::uint32_t cumulative) {
  const auto s = static_cast<std::uint32_t>(std::bit_width(mass - 1));
  const std::uint64_t scaled = std::uint64_t{1} << (31 + s);
  return {cumulative << 16 | s << 12 | mass,
          static_cast<std::uint32_t>((scaled + mass - 1) / mass)};
}

double upper_tail(double x) { return 0.5 * std::erfc(x / std::numbers::sqrt2); }

void check_index(std::string_view where, std::span<const std::uint8_t> index, std::size_t tables) {
  std::uint8_t largest = 0;
  for (const std::uint8_t each : index) largest = std::max(largest, each);
  if (largest >= tables && !index.empty()) {
    core::fail_argument(where, "index {} names none of {} tables", largest, tables);
  }
}

// Bits of at most kMostShift a symbol; zeros after the last byte.
class PlainBits {
 public:
  explicit PlainBits(core::Bytes bytes) : bytes_(bytes) {}
  std::size_t bytes_used() const { return (at_ + 7) / 8; }
  // Whether that many bytes lie ahead, of which the first may be begun.
  bool has(std::size_t bytes) const { return at_ / 8 + bytes <= bytes_.size(); }
  // With has(4).
  std::uint32_t get_checked(int count) {
    std::uint32_t four = 0;
    std::memcpy(&four, bytes_.data() + at_ / 8, 4);
    return take(four, count);
  }
  std::uint32_t get(int count) {
    std::uint32_t four = 0;
    for (std::size_t j = 0; j < 4 && has(j + 1); ++j) {
      four |= std::to_integer<std::uint32_t>(bytes_[at_ / 8 + j]) << (8 * j);
    }
    return take(four, count);
  }
  // After all, if no more bytes are used than there are.
  bool padding_is_zero() const {
    return at_ % 8 == 0 || std::to_integer<unsigned>(bytes_[at_ / 8]) >> (at_ % 8) == 0;
  }

 private:
  std::uint32_t take(std::uint32_t four, int count) {
    const std::uint32_t value = (four >> (at_ % 8)) & ((1U << count) - 1);
    at_ += static_cast<std::size_t>(count);
    return value;
  }

  core::Bytes bytes_;
  std::size_t at_ = 0;  // in bits
};

}  // namespace

struct IndexedRans::Ready {
  struct Place {
    std::uint32_t row;  // where the table's rows below begin
    std::int32_t first;
    std::uint32_t size;
    std::int32_t shift;
  };
  std::vector<Place> places;  // of each table
  // Rows of size + 1 slots.
  std::vector<EncodeEntry> encode;
  // To decode, first the slot, then its law: 64 such tables fit into the second cache, where
  // tables with the law in each of 4096 places do not.
  std::vector<std::uint8_t> slots;  // table * 4096 + value
  std::vector<std::uint32_t> laws;  // row + slot: mass (0-11), cumulative (12-23), flags
};

std::vector<double> log_spaced_scales(double least, double most, int count) {
  if (!(least > 0) || !(most > least) || !std::isfinite(most) || count < 2) {
    core::fail_argument("code.log_spaced_scales",
                        "expected 0 < least < most and count >= 2, got {}, "
                        "{}, {}",
                        least, most, count);
  }
  std::vector<double> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double part = static_cast<double>(i) / (count - 1);
    out[i] = std::exp(std::log(least) + part * (std::log(most) - std::log(least)));
  }
  return out;
}

std::vector<ShiftedTable> gaussian_tables(std::span<const double> scales) {
  std::vector<ShiftedTable> out;
  out.reserve(scales.size());
  for (const double scale : scales) {
    if (!(scale > 0) || scale > std::ldexp(1.0, 18)) {
      core::fail_argument("code.gaussian_tables", "a scale must be in (0, 2^18], got {}", scale);
    }
    int shift = 0;
    while (std::ldexp(scale, -shift) > kPlainScale) ++shift;
    // z holds y from 2^shift z to 2^shift (z + 1) - 1: edges at 2^shift z - .5.
    const double step = std::ldexp(1.0, shift);
    const auto edge = [&](int z) { return (step * z - 0.5) / scale; };
    int last = 0;
    while (upper_tail(edge(last + 1)) > std::ldexp(1.0, -14)) ++last;
    const int first = shift > 0 ? -last - 1 : -last;
    std::vector<double> masses;
    for (int z = first; z <= last; ++z) {
      // The difference of the smaller tails loses no digits.
      const double low = edge(z);
      const double high = edge(z + 1);
      masses.push_back(low > 0 ? upper_tail(low) - upper_tail(high)
                               : upper_tail(-high) - upper_tail(-low));
    }
    const double rest = upper_tail(-edge(first)) + upper_tail(edge(last + 1));
    out.push_back({FrequencyTable::from_masses(first, masses, rest, kPrecision), shift});
  }
  return out;
}

IndexedRans::IndexedRans(std::vector<ShiftedTable> tables)
    : tables_(std::move(tables)), ready_(std::make_unique<Ready>()) {
  constexpr std::string_view where = "code.IndexedRans";
  if (tables_.empty() || tables_.size() > 256) {
    core::fail_argument(where, "expected 1 to 256 tables, got {}", tables_.size());
  }
  ready_->slots.resize(kUnits * tables_.size());
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    const auto& [table, shift] = tables_[t];
    if (table.precision() != kPrecision || table.size() > 255 || shift < 0 || shift > kMostShift) {
      core::fail_argument(where,
                          "table {} has precision {}, {} symbols, shift {}; expected {}, at "
                          "most 255, 0 to {}",
                          t, table.precision(), table.size(), shift, kPrecision, kMostShift);
    }
    ready_->places.push_back({static_cast<std::uint32_t>(ready_->laws.size()), table.first(),
                              static_cast<std::uint32_t>(table.size()), shift});
    std::uint8_t* slots = ready_->slots.data() + kUnits * t;
    for (std::size_t slot = 0; slot <= table.size(); ++slot) {
      const std::uint32_t mass = table.mass(slot);
      const std::uint32_t cumulative = table.cumulative(slot);
      ready_->encode.push_back(encode_entry(mass, cumulative));
      const std::uint32_t plain = shift > 0 ? kPlainBit : 0;
      ready_->laws.push_back(mass | cumulative << 12 | (slot == table.size() ? kEscapeBit : plain));
      std::fill_n(slots + cumulative, mass, static_cast<std::uint8_t>(slot));
    }
  }
}

IndexedRans::~IndexedRans() = default;

double IndexedRans::cost_bits(std::int32_t symbol, std::uint8_t index) const {
  const auto& [table, shift] = tables_.at(index);
  const std::size_t slot = table.slot_of(symbol >> shift);
  const double bits = kPrecision - std::log2(static_cast<double>(table.mass(slot)));
  if (slot < table.size()) return bits + shift;
  std::vector<std::byte> raw;
  put_varint(raw, zigzag(symbol));
  return bits + 8.0 * static_cast<double>(raw.size());
}

std::vector<std::byte> IndexedRans::encode(std::span<const std::int32_t> symbols,
                                           std::span<const std::uint8_t> index) const {
  constexpr std::string_view where = "code.IndexedRans.encode";
  if (symbols.size() != index.size()) {
    core::fail_argument(where, "{} symbols, {} indices", symbols.size(), index.size());
  }
  check_index(where, index, tables_.size());
  std::vector<std::byte> out;
  if (symbols.empty()) return out;
  const std::size_t n = symbols.size();
  // A symbol gives at most one word away.
  const auto scratch = std::make_unique_for_overwrite<std::byte[]>(2 * n + 2);
  std::byte* const end = scratch.get() + 2 * n + 2;
  std::byte* to = end;
  std::uint32_t states[kStates];
  std::fill(std::begin(states), std::end(states), kLow);
  std::vector<std::int32_t> escapes;
  std::size_t plain = 0;  // bits
  const Ready::Place* const places = ready_->places.data();
  const EncodeEntry* const entries = ready_->encode.data();
  const std::uint8_t* const tables = index.data();
  for (std::size_t i = n; i-- > 0;) {
    const auto [row, first, size, shift] = places[tables[i]];
    std::uint32_t slot =
        static_cast<std::uint32_t>(symbols[i] >> shift) - static_cast<std::uint32_t>(first);
    plain += static_cast<std::size_t>(shift);
    if (slot >= size) {
      slot = size;
      escapes.push_back(symbols[i]);
      plain -= static_cast<std::size_t>(shift);
    }
    const EncodeEntry entry = entries[row + slot];
    const std::uint32_t mass = entry.law & (kUnits - 1);
    std::uint32_t x = states[i % kStates];
    const auto word = static_cast<std::uint16_t>(x);
    std::memcpy(to - 2, &word, 2);
    const std::uint32_t full = ((mass << kEncodeShift) - 1 - x) >> 31;  // without a branch
    to -= 2 * full;
    x >>= 16 * full;
    const auto quotient = static_cast<std::uint32_t>(
        (static_cast<std::uint64_t>(x) * entry.reciprocal) >> (31 + ((entry.law >> 12) & 15)));
    states[i % kStates] = x + quotient * (kUnits - mass) + (entry.law >> 16);
  }
  put_varint(out, static_cast<std::size_t>(end - to));
  put_varint(out, escapes.size());
  for (const std::uint32_t state : states) put_u32(out, state);
  out.insert(out.end(), to, end);
  for (std::size_t i = escapes.size(); i-- > 0;) put_varint(out, zigzag(escapes[i]));
  if (plain > 0) put_plain_bits(symbols, index, plain, out);
  return out;
}

void IndexedRans::put_plain_bits(std::span<const std::int32_t> symbols,
                                 std::span<const std::uint8_t> index, std::size_t count,
                                 std::vector<std::byte>& out) const {
  std::size_t at = out.size();
  const std::size_t end = at + (count + 7) / 8;
  out.resize(end + sizeof(std::uint64_t));
  std::uint64_t pending = 0;
  int filled = 0;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const auto [row, first, size, shift] = ready_->places[index[i]];
    const auto symbol = static_cast<std::uint32_t>(symbols[i]);
    const std::uint32_t slot =
        static_cast<std::uint32_t>(symbols[i] >> shift) - static_cast<std::uint32_t>(first);
    const int bits = slot < size ? shift : 0;
    pending |= static_cast<std::uint64_t>(symbol & ((1U << bits) - 1)) << filled;
    filled += bits;
    std::memcpy(out.data() + at, &pending, sizeof pending);
    at += static_cast<std::size_t>(filled / 8);
    pending >>= filled / 8 * 8;
    filled %= 8;
  }
  out.resize(end);
}

std::vector<std::int32_t> IndexedRans::decode(core::Bytes bytes,
                                              std::span<const std::uint8_t> index) const {
  constexpr std::string_view where = "code.IndexedRans.decode";
  check_index(where, index, tables_.size());
  ByteReader reader(bytes, 0, where);
  const std::size_t n = index.size();
  std::vector<std::int32_t> out(n);
  if (n == 0) {
    if (reader.left() > 0) core::fail_data(where, "{} bytes are left over at byte 0", bytes.size());
    return out;
  }
  const std::size_t word_bytes = reader.varint("size of the words", bytes.size());
  const std::size_t escape_count = reader.varint("number of escapes", std::min(n, bytes.size()));
  std::uint32_t states[kStates];
  for (std::uint32_t& state : states) {
    state = reader.u32("state");
    if (state < kLow || state >> 31 != 0) {
      core::fail_data(where, "the state before byte {} is out of range", reader.offset());
    }
  }
  const core::Bytes words = reader.take(word_bytes, "words");
  const std::byte* from = words.data();
  const std::byte* const end = from + words.size();
  const Ready& ready = *ready_;
  const std::uint8_t* const slots = ready.slots.data();
  const std::uint32_t* const laws = ready.laws.data();
  const Ready::Place* const places = ready.places.data();
  const std::uint8_t* const tables = index.data();
  std::int32_t* const values = out.data();
  std::vector<std::size_t> escapes;  // their places
  std::size_t i = 0;
  std::uint32_t any = 0;
  const auto step = [&](std::uint32_t x) {
    const std::size_t t = tables[i];
    const std::uint32_t value = x & (kUnits - 1);
    const std::uint32_t slot = slots[kUnits * t + value];
    const std::uint32_t law = laws[places[t].row + slot];
    // Unsigned: an escape's slot may pass the largest int32; restore() puts its value in.
    values[i] = static_cast<std::int32_t>(slot + static_cast<std::uint32_t>(places[t].first));
    any |= law;
    return (law & (kUnits - 1)) * (x >> kPrecision) + value - ((law >> 12) & (kUnits - 1));
  };
  const auto note_escapes = [&](std::size_t begin) {
    any &= ~kEscapeBit;
    for (std::size_t j = begin; j < i; ++j) {
      const std::size_t t = tables[j];
      const std::uint32_t slot =
          static_cast<std::uint32_t>(values[j]) - static_cast<std::uint32_t>(places[t].first);
      if (slot == places[t].size) escapes.push_back(j);
    }
  };
  // Eight symbols read at most eight words, so that while 16 bytes are left none needs a check.
  while (n - i >= kStates && end - from >= 2 * kStates) {
    for (std::uint32_t& state : states) {
      const std::uint32_t x = step(state);
      ++i;
      std::uint16_t word = 0;
      std::memcpy(&word, from, 2);
      const std::uint32_t low = (x - kLow) >> 31;  // without a branch
      state = x << (16 * low) | (word & (0U - low));
      from += 2 * low;
    }
    if ((any & kEscapeBit) != 0) note_escapes(i - kStates);
  }
  const std::size_t tail = i;
  for (; i < n; ++i) {
    std::uint32_t& state = states[i % kStates];
    state = step(state);
    if (state >= kLow) continue;
    if (end - from < 2) core::fail_data(where, "the words end before symbol {}", i);
    std::uint16_t word = 0;
    std::memcpy(&word, from, 2);
    from += 2;
    state = state << 16 | word;
  }
  note_escapes(tail);
  const bool at_start = std::all_of(std::begin(states), std::end(states),
                                    [](std::uint32_t state) { return state == kLow; });
  if (from != end || !at_start || escapes.size() != escape_count) {
    core::fail_data(where, "the words do not end where they should, at byte {}",
                    reader.offset() - static_cast<std::size_t>(end - from));
  }
  restore(reader, index, escapes, (any & kPlainBit) != 0, out);
  return out;
}

void IndexedRans::restore(ByteReader& reader, std::span<const std::uint8_t> index,
                          std::span<const std::size_t> escapes, bool plain,
                          std::vector<std::int32_t>& out) const {
  constexpr std::string_view where = "code.IndexedRans.decode";
  std::vector<std::int32_t> escaped(escapes.size());
  for (std::int32_t& value : escaped) {
    value = static_cast<std::int32_t>(unzigzag(reader.varint("escape", 0xFFFFFFFF)));
  }
  if (plain) {
    ByteReader rest = reader;
    PlainBits bits(rest.take(rest.left(), "plain bits"));
    const Ready::Place* const places = ready_->places.data();
    const std::uint8_t* const tables = index.data();
    std::int32_t* const values = out.data();
    // Shift 0 takes no bits: cheaper than a branch that cannot be foreseen.
    const auto put = [&](std::size_t i, int shift, std::uint32_t low) {
      values[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(values[i]) << shift | low);
    };
    std::size_t i = 0;
    const auto until = [&](std::size_t stop) {
      constexpr std::size_t kTogether = 8;
      while (stop - i >= kTogether && bits.has(kTogether * 2 + 4)) {
        for (const std::size_t end = i + kTogether; i < end; ++i) {
          const int shift = places[tables[i]].shift;
          put(i, shift, bits.get_checked(shift));
        }
      }
      for (; i < stop; ++i) {
        const int shift = places[tables[i]].shift;
        put(i, shift, bits.get(shift));
      }
    };
    for (const std::size_t escape : escapes) {
      until(escape);
      ++i;
    }
    until(out.size());
    reader.take(bits.bytes_used(), "plain bits");
    if (!bits.padding_is_zero()) core::fail_data(where, "the padding of the last byte is not zero");
  }
  for (std::size_t j = 0; j < escapes.size(); ++j) out[escapes[j]] = escaped[j];
  if (reader.left() > 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
}

}  // namespace venturi::code
