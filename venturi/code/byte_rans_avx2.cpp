// Compiled with -mavx2; called only after has_avx2().
#include "venturi/code/byte_rans_kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace venturi::code::byte_rans {

#if defined(__x86_64__)

namespace {

struct Shuffles {
  alignas(16) std::uint8_t bytes[256][16];
};

// For a mask, lane j takes the word of its rank among the set lanes.
constexpr Shuffles make_expand() {
  Shuffles out{};
  for (unsigned mask = 0; mask < 256; ++mask) {
    for (unsigned j = 0; j < 16; ++j) {
      const int rank = __builtin_popcount(mask & ((1U << j / 2) - 1));
      out.bytes[mask][j] = static_cast<std::uint8_t>(2 * rank + j % 2);
    }
  }
  return out;
}

// For a mask, its set lanes' words in order at the end of the eight.
constexpr Shuffles make_compress() {
  Shuffles out{};
  for (unsigned mask = 0; mask < 256; ++mask) {
    int to = 16 - 2 * __builtin_popcount(mask);
    for (unsigned j = 0; j < 16; ++j) {
      if (mask >> j / 2 & 1) out.bytes[mask][to++] = static_cast<std::uint8_t>(j);
    }
  }
  return out;
}

constexpr Shuffles kExpand = make_expand();
constexpr Shuffles kCompress = make_compress();

inline __m256i load(const void* at) { return _mm256_loadu_si256(static_cast<const __m256i*>(at)); }
inline unsigned mask_of(__m256i lanes) {
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}

inline __m128i shuffle_of(const Shuffles& shuffles, unsigned mask) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(shuffles.bytes[mask]));
}
// Lanes of `yes` where the sign of `sign` is set, else of `no`.
inline __m256i choose(__m256i sign, __m256i yes, __m256i no) {
  return _mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(no), _mm256_castsi256_ps(yes),
                                              _mm256_castsi256_ps(sign)));
}

// table[at[i]] in lane i. Eight loads: on AMD's cores a gather takes longer.
inline __m128i look_up_4(const std::uint32_t* table, __m128i at) {
  const auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(at));
  const auto high = static_cast<std::uint64_t>(_mm_extract_epi64(at, 1));
  const auto entry = [&](std::uint64_t i) { return static_cast<int>(table[i]); };
  __m128i out = _mm_cvtsi32_si128(entry(low & 0xFFFFFFFF));
  out = _mm_insert_epi32(out, entry(low >> 32), 1);
  out = _mm_insert_epi32(out, entry(high & 0xFFFFFFFF), 2);
  return _mm_insert_epi32(out, entry(high >> 32), 3);
}
inline __m256i look_up(const std::uint32_t* table, __m256i at) {
  return _mm256_set_m128i(look_up_4(table, _mm256_extracti128_si256(at, 1)),
                          look_up_4(table, _mm256_castsi256_si128(at)));
}

// One step of 8 states: returns the table's entries, with the symbols in their low bytes.
template <int kBits>
inline __m256i decode_8(__m256i& x, const std::uint8_t*& in, const std::uint32_t* table) {
  const __m256i entry = look_up(table, _mm256_and_si256(x, _mm256_set1_epi32((1 << kBits) - 1)));
  const __m256i mass = _mm256_and_si256(_mm256_srli_epi32(entry, 8), _mm256_set1_epi32(kMostMass));
  const __m256i high = _mm256_srli_epi32(x, kBits);
  x = _mm256_add_epi32(_mm256_mullo_epi32(mass, high), _mm256_srli_epi32(entry, 20));
  const __m256i low = _mm256_sub_epi32(x, _mm256_set1_epi32(kLow));  // negative below kLow
  const unsigned mask = mask_of(low);
  const __m128i words = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)),
                                         shuffle_of(kExpand, mask));
  in += 2 * __builtin_popcount(mask);
  x = choose(low, _mm256_or_si256(_mm256_slli_epi32(x, 16), _mm256_cvtepu16_epi32(words)), x);
  return _mm256_and_si256(entry, _mm256_set1_epi32(255));
}

template <int kCount, int kBits>
void decode_together(DecodeStream* streams, const DecodeTable& table) {
  __m256i x[kCount][4];
  const std::uint8_t* in[kCount];
  // Of the places from which a group can be read: at worst among the states, which lie before.
  const std::uint8_t* last[kCount];
  std::uint8_t* out[kCount];
  std::size_t least = streams[0].groups;
  for (int s = 0; s < kCount; ++s) {
    for (int v = 0; v < 4; ++v) x[s][v] = load(streams[s].states + 8 * v);
    in[s] = streams[s].in;
    last[s] = streams[s].end - 2 * kStates;
    out[s] = streams[s].out;
    least = streams[s].groups < least ? streams[s].groups : least;
  }
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  std::size_t groups = 0;
  const auto more = [&] {
    for (int s = 0; s < kCount; ++s) {
      if (in[s] > last[s]) return false;
    }
    return groups < least;
  };
  for (; more(); ++groups) {
// The states must stay in registers.
#pragma GCC unroll 2
    for (int s = 0; s < kCount; ++s) {
      __m256i symbols[4];
#pragma GCC unroll 4
      for (int v = 0; v < 4; ++v) symbols[v] = decode_8<kBits>(x[s][v], in[s], table.entry);
      const __m256i packed = _mm256_packus_epi16(_mm256_packus_epi32(symbols[0], symbols[1]),
                                                 _mm256_packus_epi32(symbols[2], symbols[3]));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out[s]),
                          _mm256_permutevar8x32_epi32(packed, order));
      out[s] += kStates;
    }
  }
  for (int s = 0; s < kCount; ++s) {
    for (int v = 0; v < 4; ++v) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(streams[s].states + 8 * v), x[s][v]);
    }
    streams[s].in = in[s];
    streams[s].out = out[s];
    streams[s].groups -= groups;
  }
}

template <int kCount>
void decode_streams(DecodeStream* streams, const DecodeTable& table) {
  if (table.precision == kPrecision) {
    decode_together<kCount, kPrecision>(streams, table);
  } else {
    decode_together<kCount, kCoarsePrecision>(streams, table);
  }
}

// The entries of every other one of 8 symbols.
inline __m256i every_other(const EncodeEntry* table, const std::uint8_t* in) {
  const auto pair = [&](int i) {
    const __m128i low = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(table + in[i]));
    return _mm_castps_si128(
        _mm_loadh_pi(_mm_castsi128_ps(low), reinterpret_cast<const __m64*>(table + in[i + 2])));
  };
  return _mm256_set_m128i(pair(4), pair(0));
}

// One step of 8 states, words given away before `out`.
template <int kBits>
inline void encode_8(__m256i& x, const std::uint8_t* in, std::uint8_t*& out,
                     const EncodeEntry* table) {
  const __m256i even = every_other(table, in);
  const __m256i odd = every_other(table, in + 1);
  const __m256i law = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
  const __m256i bits = _mm256_set1_epi32(kLawBits);
  const __m256i gain = _mm256_and_si256(law, bits);
  // Negative for a full state.
  const __m256i full = _mm256_add_epi32(x, _mm256_slli_epi32(gain, kTopBits - kBits));
  const unsigned mask = mask_of(full);
  const __m256i halves = _mm256_and_si256(x, _mm256_set1_epi32(0xFFFF));
  const __m128i words =
      _mm_packus_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out - 16),
                   _mm_shuffle_epi8(words, shuffle_of(kCompress, mask)));
  out -= 2 * __builtin_popcount(mask);
  x = choose(full, _mm256_srli_epi32(x, 16), x);

  // The exact quotient, of even and odd lanes apart.
  const __m256i low =
      _mm256_srlv_epi64(_mm256_mul_epu32(x, even), _mm256_srli_epi64(even, 32 + kShiftAt));
  const __m256i high = _mm256_srlv_epi64(_mm256_mul_epu32(_mm256_srli_epi64(x, 32), odd),
                                         _mm256_srli_epi64(odd, 32 + kShiftAt));
  const __m256i quotient = _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xAA);
  const __m256i gained = _mm256_mullo_epi32(quotient, gain);
  const __m256i cumulative = _mm256_and_si256(_mm256_srli_epi32(law, kPrecision), bits);
  x = _mm256_add_epi32(_mm256_add_epi32(x, cumulative), gained);
}

template <int kBits>
void encode_stream(EncodeStream& stream, const EncodeTable& table) {
  __m256i x[4];
  for (int v = 0; v < 4; ++v) x[v] = load(stream.states + 8 * v);
  std::uint8_t* out = stream.out;
  const std::uint8_t* in = stream.in;
  for (; stream.groups > 0; --stream.groups) {
    in -= kStates;
#pragma GCC unroll 4
    for (int v = 3; v >= 0; --v) encode_8<kBits>(x[v], in + 8 * v, out, table.entry);
  }
  for (int v = 0; v < 4; ++v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(stream.states + 8 * v), x[v]);
  }
  stream.in = in;
  stream.out = out;
}

}  // namespace

bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
}

void encode_avx2(EncodeStream* streams, int count, const EncodeTable& table) {
  for (int s = 0; s < count; ++s) {
    if (table.precision == kPrecision) {
      encode_stream<kPrecision>(streams[s], table);
    } else {
      encode_stream<kCoarsePrecision>(streams[s], table);
    }
  }
}

void decode_avx2(DecodeStream* streams, int count, const DecodeTable& table) {
  if (count == 2) decode_streams<2>(streams, table);
  for (int s = 0; s < count; ++s) decode_streams<1>(streams + s, table);
  decode_portable(streams, count, table);
}

#else

bool has_avx2() { return false; }
void encode_avx2(EncodeStream* streams, int count, const EncodeTable& table) {
  encode_portable(streams, count, table);
}
void decode_avx2(DecodeStream* streams, int count, const DecodeTable& table) {
  decode_portable(streams, count, table);
}

#endif

}  // namespace venturi::code::byte_rans
