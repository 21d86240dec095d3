#include "venturi/code/adaptive_bytes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr int kPrecision = 15;
constexpr int kUnits = 1 << kPrecision;
constexpr int kLeastStep = 4;
constexpr std::uint8_t kFirstRate = 4;
constexpr std::uint8_t kLastRate = 7;
constexpr std::size_t kBlock = std::size_t{1} << 16;
constexpr std::uint64_t kLow = std::uint64_t{1} << 31;

// Targets of the cumulative masses after each nibble.
struct Targets {
  alignas(16) std::int16_t to[16][16];
};
constexpr Targets make_targets() {
  Targets out{};
  for (int nibble = 0; nibble < 16; ++nibble) {
    for (int i = 1; i < 16; ++i) {
      out.to[nibble][i] =
          static_cast<std::int16_t>(i <= nibble ? kLeastStep * i : kUnits - kLeastStep * (16 - i));
    }
  }
  return out;
}
constexpr Targets kTargets = make_targets();

// The law of one nibble.
struct NibbleModel {
  alignas(16) std::int16_t below[16];  // cumulative masses; 2^15 follows
  std::uint8_t rate;
  std::uint8_t used;

  std::uint32_t start(unsigned nibble) const { return static_cast<std::uint32_t>(below[nibble]); }
  std::uint32_t mass(unsigned nibble) const {
    const int end = nibble == 15 ? kUnits : below[nibble + 1];
    return static_cast<std::uint32_t>(end - below[nibble]);
  }
  // The nibble whose masses hold `value`.
  unsigned find(std::uint32_t value) const {
#if defined(__SSE2__)
    const __m128i v = _mm_set1_epi16(static_cast<short>(value));
    const auto* at = reinterpret_cast<const __m128i*>(below);
    const __m128i above = _mm_packs_epi16(_mm_cmpgt_epi16(_mm_load_si128(at), v),
                                          _mm_cmpgt_epi16(_mm_load_si128(at + 1), v));
    return static_cast<unsigned>(
        std::countr_zero(static_cast<unsigned>(_mm_movemask_epi8(above)) | 1U << 16) - 1);
#else
    unsigned nibble = 0;
    for (int i = 1; i < 16; ++i) nibble += below[i] <= static_cast<int>(value) ? 1 : 0;
    return nibble;
#endif
  }
  void learn(unsigned nibble) {
#if defined(__SSE2__)
    const auto* to = reinterpret_cast<const __m128i*>(kTargets.to[nibble]);
    auto* at = reinterpret_cast<__m128i*>(below);
    const __m128i shift = _mm_cvtsi32_si128(rate);
    for (int half = 0; half < 2; ++half) {
      const __m128i c = _mm_load_si128(at + half);
      const __m128i change = _mm_sra_epi16(_mm_sub_epi16(_mm_load_si128(to + half), c), shift);
      _mm_store_si128(at + half, _mm_add_epi16(c, change));
    }
#else
    for (int i = 0; i < 16; ++i) {
      below[i] =
          static_cast<std::int16_t>(below[i] + ((kTargets.to[nibble][i] - below[i]) >> rate));
    }
#endif
    // After 32, 64 and 128 nibbles the step is halved.
    if (rate < kLastRate && ++used == 2U << rate) {
      ++rate;
      used = 0;
    }
  }
};

struct ByteModel {
  NibbleModel high;
  NibbleModel low[16];
};

std::vector<ByteModel> fresh_models(int order) {
  if (order != 0 && order != 1) {
    core::fail_argument("code.adaptive_bytes", "order must be 0 or 1, got {}", order);
  }
  NibbleModel fresh{{}, kFirstRate, 0};
  for (int i = 0; i < 16; ++i) fresh.below[i] = static_cast<std::int16_t>(i * kUnits / 16);
  ByteModel model{fresh, {}};
  std::fill(std::begin(model.low), std::end(model.low), fresh);
  return std::vector<ByteModel>(order == 0 ? 1 : 256, model);
}

struct Span16 {
  std::uint16_t start;
  std::uint16_t mass;
};

// One nibble onto a state; words go before `out`.
inline void push(std::uint64_t& x, Span16 span, std::byte*& out) {
  if (x >= static_cast<std::uint64_t>(span.mass) << (63 - kPrecision)) {
    const auto word = static_cast<std::uint32_t>(x);
    out -= 4;
    std::memcpy(out, &word, 4);
    x >>= 32;
  }
  x = ((x / span.mass) << kPrecision) + span.start + x % span.mass;
}

// A block: its size, the two states, the words in the decoder's order.
void write_block(std::span<const Span16> spans, std::vector<std::byte>& out) {
  std::vector<std::byte> scratch(4 * spans.size());
  std::byte* const end = scratch.data() + scratch.size();
  std::byte* to = end;
  std::uint64_t high = kLow;
  std::uint64_t low = kLow;
  for (std::size_t i = spans.size(); i > 0; i -= 2) {
    push(low, spans[i - 1], to);
    push(high, spans[i - 2], to);
  }
  put_varint(out, static_cast<std::size_t>(end - to));
  for (const std::uint64_t state : {high, low}) {
    put_u32(out, static_cast<std::uint32_t>(state));
    put_u32(out, static_cast<std::uint32_t>(state >> 32));
  }
  out.insert(out.end(), to, end);
}

struct Words {
  const std::byte* at;
  const std::byte* end;
  bool failed = false;
};

inline unsigned pop(std::uint64_t& x, NibbleModel& model, Words& words) {
  const auto value = static_cast<std::uint32_t>(x & (kUnits - 1));
  const unsigned nibble = model.find(value);
  x = model.mass(nibble) * (x >> kPrecision) + value - model.start(nibble);
  if (x < kLow) {
    if (words.end - words.at < 4) {
      words.failed = true;
      x = kLow;
    } else {
      x = x << 32 | load_u32(words.at);
      words.at += 4;
    }
  }
  model.learn(nibble);
  return nibble;
}

std::uint64_t read_state(ByteReader& reader, std::string_view where) {
  std::uint64_t state = reader.u32("state");
  state |= static_cast<std::uint64_t>(reader.u32("state")) << 32;
  if (state < kLow || state >> 63 != 0) {
    core::fail_data(where, "the state before byte {} is out of range", reader.offset());
  }
  return state;
}

}  // namespace

std::vector<std::byte> encode_adaptive_bytes(core::Bytes data, int order) {
  auto models = fresh_models(order);
  std::vector<std::byte> out;
  std::vector<Span16> spans;
  unsigned before = 0;
  for (std::size_t start = 0; start < data.size(); start += kBlock) {
    const core::Bytes block = data.subspan(start, std::min(kBlock, data.size() - start));
    spans.resize(2 * block.size());
    Span16* to = spans.data();
    const auto add = [&](NibbleModel& model, unsigned nibble) {
      *to++ = {static_cast<std::uint16_t>(model.start(nibble)),
               static_cast<std::uint16_t>(model.mass(nibble))};
      model.learn(nibble);
    };
    for (const std::byte each : block) {
      const auto byte = std::to_integer<unsigned>(each);
      ByteModel& model = models[order == 0 ? 0 : before];
      add(model.high, byte >> 4);
      add(model.low[byte >> 4], byte & 15);
      before = byte;
    }
    write_block(spans, out);
  }
  return out;
}

std::vector<std::byte> decode_adaptive_bytes(core::Bytes stream, std::size_t count, int order) {
  constexpr std::string_view where = "code.decode_adaptive_bytes";
  auto models = fresh_models(order);
  // Each block has at least a size and two states.
  if (count / kBlock > stream.size() / 17) {
    core::fail_data(where, "{} bytes cannot hold {}", stream.size(), count);
  }
  std::vector<std::byte> out(count);
  ByteReader reader(stream, 0, where);
  unsigned before = 0;
  for (std::size_t start = 0; start < count; start += kBlock) {
    const std::size_t size = reader.varint("size of a block", stream.size());
    std::uint64_t high = read_state(reader, where);
    std::uint64_t low = read_state(reader, where);
    const core::Bytes bytes = reader.take(size, "block");
    Words words{bytes.data(), bytes.data() + bytes.size()};
    const std::size_t end = std::min(count, start + kBlock);
    for (std::size_t i = start; i < end; ++i) {
      ByteModel& model = models[order == 0 ? 0 : before];
      const unsigned top = pop(high, model.high, words);
      before = top << 4 | pop(low, model.low[top], words);
      out[i] = static_cast<std::byte>(before);
    }
    if (words.failed || words.at != words.end || high != kLow || low != kLow) {
      core::fail_data(where, "the block before byte {} does not end where it should",
                      reader.offset());
    }
  }
  if (reader.left() > 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
  return out;
}

}  // namespace venturi::code
