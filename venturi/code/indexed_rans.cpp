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
constexpr double kPlainScale = 16;  // scales above leave low bits plain
// A slot number outside every table, for escapes.
constexpr std::uint32_t kEscape = 255;

// As in byte_rans: mass (bits 0-11), s (12-15), cumulative (16-31); (x * reciprocal) >> (31 + s) is
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

// Bits of `shift` a symbol, read from bytes whose number is checked before.
class PlainBits {
 public:
  explicit PlainBits(core::Bytes bytes) : bytes_(bytes) {}
  std::uint32_t get(int count) {
    if (filled_ < count) refill();
    const auto value = static_cast<std::uint32_t>(pending_ & ((1U << count) - 1));
    pending_ >>= count;
    filled_ -= count;
    return value;
  }
  bool padding_is_zero() const { return pending_ == 0; }

 private:
  void refill() {
    if (bytes_.size() - at_ >= 4) {
      pending_ |= static_cast<std::uint64_t>(load_u32(bytes_.data() + at_)) << filled_;
      at_ += 4;
      filled_ += 32;
      return;
    }
    for (; at_ < bytes_.size(); filled_ += 8) {
      pending_ |= std::to_integer<std::uint64_t>(bytes_[at_++]) << filled_;
    }
  }

  core::Bytes bytes_;
  std::size_t at_ = 0;
  std::uint64_t pending_ = 0;
  int filled_ = 0;
};

}  // namespace

struct IndexedRans::Ready {
  std::vector<EncodeEntry> encode;    // table * 256 + slot
  std::vector<std::uint32_t> decode;  // table * 4096 + value: slot, mass, value - cumulative
  std::vector<std::int32_t> first;    // of each table
  std::vector<std::uint32_t> size;    // of each table
  std::vector<std::uint8_t> shift;    // of each table
  bool any_shift = false;
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
  ready_->encode.resize(256 * tables_.size());
  ready_->decode.resize(kUnits * tables_.size());
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    const auto& [table, shift] = tables_[t];
    if (table.precision() != kPrecision || table.size() > 255 || shift < 0 || shift > kMostShift) {
      core::fail_argument(where,
                          "table {} has precision {}, {} symbols, shift {}; expected {}, at "
                          "most 255, 0 to {}",
                          t, table.precision(), table.size(), shift, kPrecision, kMostShift);
    }
    std::uint32_t* decode = ready_->decode.data() + kUnits * t;
    for (std::size_t slot = 0; slot <= table.size(); ++slot) {
      const std::uint32_t mass = table.mass(slot);
      ready_->encode[256 * t + slot] = encode_entry(mass, table.cumulative(slot));
      const std::uint32_t name = slot == table.size() ? kEscape : static_cast<std::uint32_t>(slot);
      for (std::uint32_t rest = 0; rest < mass; ++rest) {
        decode[table.cumulative(slot) + rest] = name | mass << 8 | rest << 20;
      }
    }
    ready_->first.push_back(table.first());
    ready_->size.push_back(static_cast<std::uint32_t>(table.size()));
    ready_->shift.push_back(static_cast<std::uint8_t>(shift));
    ready_->any_shift = ready_->any_shift || shift > 0;
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
  const Ready& ready = *ready_;
  for (std::size_t i = n; i-- > 0;) {
    const std::size_t t = index[i];
    std::uint32_t slot = static_cast<std::uint32_t>(symbols[i] >> ready.shift[t]) -
                         static_cast<std::uint32_t>(ready.first[t]);
    if (slot >= ready.size[t]) {
      slot = ready.size[t];
      escapes.push_back(symbols[i]);
    }
    const EncodeEntry entry = ready.encode[256 * t + slot];
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
  if (!ready.any_shift) return out;
  BitWriter bits(out);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t t = index[i];
    const int shift = ready.shift[t];
    const auto z = static_cast<std::uint32_t>(symbols[i] >> shift);
    const bool inside = z - static_cast<std::uint32_t>(ready.first[t]) < ready.size[t];
    bits.put(static_cast<std::uint32_t>(symbols[i]), inside ? shift : 0);
  }
  bits.finish();
  return out;
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
  std::size_t escapes_seen = 0;
  std::size_t i = 0;
  const auto step = [&](std::uint32_t x) {
    const std::size_t t = index[i];
    const std::uint32_t entry = ready.decode[kUnits * t + (x & (kUnits - 1))];
    const std::uint32_t slot = entry & 255;
    // Unsigned: an escape's slot may pass the largest int32; restore() puts its value in.
    out[i] = static_cast<std::int32_t>(slot + static_cast<std::uint32_t>(ready.first[t]));
    escapes_seen += slot == kEscape ? 1 : 0;
    return ((entry >> 8) & (kUnits - 1)) * (x >> kPrecision) + (entry >> 20);
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
  }
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
  const bool at_start = std::all_of(std::begin(states), std::end(states),
                                    [](std::uint32_t state) { return state == kLow; });
  if (from != end || !at_start || escapes_seen != escape_count) {
    core::fail_data(where, "the words do not end where they should, at byte {}",
                    reader.offset() - static_cast<std::size_t>(end - from));
  }
  restore(reader, index, escape_count, out);
  return out;
}

void IndexedRans::restore(ByteReader& reader, std::span<const std::uint8_t> index,
                          std::size_t escape_count, std::vector<std::int32_t>& out) const {
  constexpr std::string_view where = "code.IndexedRans.decode";
  const Ready& ready = *ready_;
  std::vector<std::int32_t> escapes(escape_count);
  for (std::int32_t& escape : escapes) {
    escape = static_cast<std::int32_t>(unzigzag(reader.varint("escape", 0xFFFFFFFF)));
  }
  if (ready.any_shift || escape_count > 0) {
    std::size_t plain = 0;
    const auto is_escape = [&](std::size_t i) {
      const std::size_t t = index[i];
      return static_cast<std::uint32_t>(out[i]) - static_cast<std::uint32_t>(ready.first[t]) ==
             kEscape;
    };
    for (std::size_t i = 0; i < out.size(); ++i) {
      plain += is_escape(i) ? 0 : ready.shift[index[i]];
    }
    PlainBits bits(reader.take((plain + 7) / 8, "plain bits"));
    std::size_t next = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (escape_count > 0 && is_escape(i)) {
        out[i] = escapes[next++];
        continue;
      }
      // Shift 0 takes no bits: cheaper than a branch that cannot be foreseen.
      const int shift = ready.shift[index[i]];
      out[i] =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(out[i]) << shift | bits.get(shift));
    }
    if (!bits.padding_is_zero()) core::fail_data(where, "the padding of the last byte is not zero");
  }
  if (reader.left() > 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
}

}  // namespace venturi::code
