#include "venturi/code/tans.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>

#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

// Symbol i belongs to state i mod 4; the first two states share a string of bits, the others
// another one. So the look-ups of four states and the shifts of two strings overlap; of one string
// with four states the decoder was a fifth slower, and eight states did not fit the registers.
constexpr std::size_t kStrings = 2;
constexpr std::size_t kStates = 2;  // of a string
constexpr std::size_t kLanes = kStrings * kStates;
// Symbols between refills of the strings, each of which then gives half of them.
constexpr std::size_t kGroup = 2 * kLanes;
static_assert(kGroup / kStrings * kMostTansPrecision <= 56);
// The step of a symbol without mass: one bit more than any other writes, on to places_[0].
constexpr std::uint32_t kAbsent = (kMostTansPrecision + 1) << 16;
constexpr std::size_t kMostGroupBytes = (kGroup / kStrings * (kMostTansPrecision + 1) + 7) / 8;

std::uint32_t bit_width(std::uint32_t value) {
  return static_cast<std::uint32_t>(std::bit_width(value));
}

std::uint64_t little_endian(std::uint64_t value) {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(value);
  return value;
}

// A string of bits from its end to its start: what is put last will be read first.
struct BitsBackward {
  std::uint64_t bits;
  unsigned count;
  std::uint8_t* out;  // bytes go before this place; 8 of them may be written

  void put(std::uint32_t value, std::uint32_t n) {
    bits = bits << n | (value & ((1U << n) - 1));
    count += n;
  }
  // Leaves less than a byte.
  void flush() {
    const std::uint64_t top = little_endian(bits << 1 << (63 - count));
    std::memcpy(out - 8, &top, 8);
    out -= count / 8;
    count %= 8;
  }
  // A one below the last bits, and zeros down to a whole byte.
  void finish() {
    put(1, 1);
    put(0, (8 - count % 8) % 8);
    flush();
  }
};

struct BitsForward {
  std::uint64_t bits = 0;  // those beyond `count` are right or zero
  unsigned count = 0;
  const std::uint8_t* in = nullptr;
  const std::uint8_t* end = nullptr;

  // At least 56 bits; needs 8 bytes.
  void refill() {
    std::uint64_t word = 0;
    std::memcpy(&word, in, 8);
    bits |= little_endian(word) << count;
    in += (63 - count) / 8;
    count |= 56;
  }
  // As many as there are.
  void refill_at_end() {
    for (; count < 56 && in < end; count += 8) bits |= std::uint64_t{*in++} << count;
  }
  std::uint32_t get(unsigned n) {
    const std::uint64_t rest = bits >> n;
    const auto value = static_cast<std::uint32_t>(bits - (rest << n));
    bits = rest;
    count -= n;
    return value;
  }
};

// The bits above the lowest one of the first byte, at least those of the states.
BitsForward open(ByteReader& reader, std::size_t size, std::uint32_t precision,
                 std::string_view where) {
  const std::size_t start = reader.offset();
  const core::Bytes bytes = reader.take(size, "string");
  BitsForward out;
  out.in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  out.end = out.in + size;
  out.refill_at_end();
  const auto skip = static_cast<unsigned>(std::countr_zero(out.bits)) + 1;
  if (skip > 8 || out.count < skip + kStates * precision) {
    core::fail_data(where, "the string of {} bytes at byte {} does not start as one", size, start);
  }
  out.get(skip);
  return out;
}

std::byte step(const std::uint32_t* entries, BitsForward& from, std::uint32_t& place) {
  const std::uint32_t entry = entries[place];
  place = (entry >> 16) + from.get(entry & 63);
  return static_cast<std::byte>(entry >> 8);
}

// While both strings have the 8 bytes that a refill reads; returns how many symbols.
std::size_t decode_groups(const std::uint32_t* entries, BitsForward* strings, std::uint32_t* places,
                          std::span<std::byte> out) {
  BitsForward a = strings[0], b = strings[1];  // by names, not in arrays: for the registers
  std::uint32_t p = places[0], q = places[1], r = places[2], s = places[3];
  std::byte* to = out.data();
  for (std::size_t groups = out.size() / kGroup;
       groups > 0 && a.end - a.in >= 8 && b.end - b.in >= 8; --groups) {
    a.refill();
    b.refill();
    for (std::size_t j = 0; j < kGroup; j += kLanes, to += kLanes) {
      to[0] = step(entries, a, p);
      to[2] = step(entries, b, r);
      to[1] = step(entries, a, q);
      to[3] = step(entries, b, s);
    }
  }
  strings[0] = a;
  strings[1] = b;
  const std::uint32_t after[kLanes] = {p, q, r, s};
  std::copy(after, after + kLanes, places);
  return static_cast<std::size_t>(to - out.data());
}

}  // namespace

std::vector<std::uint8_t> tans_spread(std::span<const std::uint32_t> masses) {
  const auto sum = std::accumulate(masses.begin(), masses.end(), std::uint64_t{0});
  if (masses.size() > 256 || !std::has_single_bit(sum) || sum < 2 ||
      sum > std::uint64_t{1} << kMostTansPrecision) {
    core::fail_argument("code.tans_spread",
                        "expected at most 256 masses that sum to a power of two, 2 to {}, got {} "
                        "that sum to {}",
                        1 << kMostTansPrecision, masses.size(), sum);
  }
  const auto size = static_cast<std::uint32_t>(sum);
  std::vector<std::uint8_t> spread(size);
  std::uint32_t free = size;
  for (std::size_t s = masses.size(); s-- > 0;) {
    if (masses[s] == 1) spread[--free] = static_cast<std::uint8_t>(s);
  }
  const std::uint32_t stride = (size / 2 + size / 8 + 3) | 1;
  std::uint32_t place = 0;
  for (std::size_t s = 0; s < masses.size(); ++s) {
    if (masses[s] < 2) continue;
    for (std::uint32_t left = masses[s]; left > 0;) {
      if (place < free) {
        spread[place] = static_cast<std::uint8_t>(s);
        --left;
      }
      place = (place + stride) & (size - 1);
    }
  }
  return spread;
}

TansEncoder::TansEncoder(std::span<const std::uint32_t> masses) {
  const auto spread = tans_spread(masses);
  const auto size = static_cast<std::uint32_t>(spread.size());
  precision_ = static_cast<std::uint32_t>(std::countr_zero(size));
  steps_.fill({kAbsent, 0});
  std::array<std::uint32_t, 256> next{};  // of each symbol, where C(s, x) of its next x will stand
  std::uint32_t before = 0;
  for (std::size_t s = 0; s < masses.size(); ++s) {
    const std::uint32_t mass = masses[s];
    if (mass == 0) continue;
    // X >> b is in range for b = most, or for one less if X < mass << most, which is in [L, 2L).
    const std::uint32_t most = precision_ + 1 - bit_width(mass);
    steps_[s] = {(most << 16) - (mass << most), static_cast<std::int32_t>(before - mass)};
    next[s] = before;
    before += mass;
  }
  places_.resize(size);
  for (std::uint32_t t = 0; t < size; ++t) {
    places_[next[spread[t]]++] = static_cast<std::uint16_t>(size + t);
  }
}

std::vector<std::byte> TansEncoder::encode(core::Bytes symbols) const {
  std::vector<std::byte> out;
  if (symbols.empty()) return out;
  // A group more for the symbols that fill none, and one for the states.
  const std::size_t room = (symbols.size() / kGroup + 2) * kMostGroupBytes + 16;
  const auto scratch = std::make_unique_for_overwrite<std::uint8_t[]>(kStrings * room);
  const auto end_of = [&](std::size_t string) { return scratch.get() + (string + 1) * room; };
  BitsBackward strings[kStrings] = {{0, 0, end_of(0)}, {0, 0, end_of(1)}};
  std::uint32_t states[kLanes];
  for (std::uint32_t& state : states) state = 1U << precision_;

  const Step* steps = steps_.data();
  const std::uint16_t* places = places_.data();
  bool absent = false;
  const auto code = [&](std::uint8_t symbol, std::size_t lane) {
    const Step step = steps[symbol];
    absent |= step.bits == kAbsent;
    std::uint32_t& x = states[lane];
    const std::uint32_t b = (x + step.bits) >> 16;
    strings[lane / kStates].put(x, b);
    x = places[static_cast<std::int32_t>(x >> b) + step.start];
  };
  const auto flush = [&] {
    for (BitsBackward& string : strings) string.flush();
  };
  const auto* in = reinterpret_cast<const std::uint8_t*>(symbols.data());
  std::size_t i = symbols.size();
  while (i % kGroup != 0) {
    --i;
    code(in[i], i % kLanes);
  }
  flush();
  for (; i > 0; i -= kGroup) {
    for (std::size_t at = i; at > i - kGroup; at -= kLanes) {
      for (std::size_t lane = kLanes; lane-- > 0;) code(in[at - kLanes + lane], lane);
    }
    flush();
  }
  if (absent) core::fail_argument("code.tans_encoder", "a symbol has no mass");

  for (std::size_t lane = kLanes; lane-- > 0;) {
    strings[lane / kStates].put(states[lane], precision_);
  }
  for (std::size_t g = 0; g < kStrings; ++g) {
    strings[g].finish();
    const auto bytes = std::as_bytes(std::span(strings[g].out, end_of(g)));
    if (g == 0) put_varint(out, bytes.size());
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

TansDecoder::TansDecoder(std::span<const std::uint32_t> masses) {
  const auto spread = tans_spread(masses);
  const auto size = static_cast<std::uint32_t>(spread.size());
  precision_ = static_cast<std::uint32_t>(std::countr_zero(size));
  std::array<std::uint32_t, 256> next{};  // x of each symbol's next place
  std::copy(masses.begin(), masses.end(), next.begin());
  entries_.resize(size);
  for (std::uint32_t t = 0; t < size; ++t) {
    const std::uint32_t x = next[spread[t]]++;
    const std::uint32_t bits = precision_ + 1 - bit_width(x);
    entries_[t] = ((x << bits) - size) << 16 | std::uint32_t{spread[t]} << 8 | bits;
  }
}

void TansDecoder::decode(core::Bytes bytes, std::size_t offset, std::span<std::byte> out) const {
  constexpr std::string_view where = "code.tans_decoder";
  ByteReader reader(bytes, offset, where);
  if (out.empty()) {
    if (reader.left() > 0) {
      core::fail_data(where, "{} bytes at byte {} hold no symbol", reader.left(), offset);
    }
    return;
  }
  BitsForward strings[kStrings];
  std::uint32_t places[kLanes];
  const std::size_t first = reader.varint("size of the first string", reader.left());
  for (std::size_t g = 0; g < kStrings; ++g) {
    strings[g] = open(reader, g == 0 ? first : reader.left(), precision_, where);
    for (std::size_t j = 0; j < kStates; ++j) places[g * kStates + j] = strings[g].get(precision_);
  }

  const std::size_t fast = decode_groups(entries_.data(), strings, places, out);
  const auto at = [&](const BitsForward& from) {
    return from.in - reinterpret_cast<const std::uint8_t*>(bytes.data());
  };
  for (std::size_t i = fast; i < out.size(); ++i) {
    const std::size_t lane = i % kLanes;
    BitsForward& from = strings[lane / kStates];
    from.refill_at_end();
    if ((entries_[places[lane]] & 255) > from.count) {
      core::fail_data(where, "the bits run out at byte {}, at symbol {}", at(from), i);
    }
    out[i] = step(entries_.data(), from, places[lane]);
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const BitsForward& from = strings[lane / kStates];
    if (from.in != from.end || from.count != 0 || places[lane] != 0) {
      core::fail_data(where, "string {} does not end where it should, at byte {}", lane / kStates,
                      at(from));
    }
  }
}

}  // namespace venturi::code
