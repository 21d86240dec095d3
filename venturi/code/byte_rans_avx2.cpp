// Compiled with -mavx2; called only after has_avx2().
#include "venturi/code/byte_rans_kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#include <array>
#endif

namespace venturi::code::byte_rans {

#if defined(__x86_64__)

namespace {

struct Permutations {
  alignas(32) std::int32_t lanes[256][8];
};

// For a mask, lane j takes the word of its rank among the set lanes.
constexpr Permutations make_expand() {
  Permutations out{};
  for (unsigned mask = 0; mask < 256; ++mask) {
    for (unsigned j = 0; j < 8; ++j)
      out.lanes[mask][j] = __builtin_popcount(mask & ((1U << j) - 1));
  }
  return out;
}

// For a mask, its set lanes in order at the end of the eight.
constexpr Permutations make_compress() {
  Permutations out{};
  for (unsigned mask = 0; mask < 256; ++mask) {
    int to = 8 - __builtin_popcount(mask);
    for (int j = 0; j < 8; ++j) {
      if (mask >> j & 1) out.lanes[mask][to++] = j;
    }
  }
  return out;
}

constexpr Permutations kExpand = make_expand();
constexpr Permutations kCompress = make_compress();

inline __m256i load(const void* at) { return _mm256_loadu_si256(static_cast<const __m256i*>(at)); }
inline unsigned mask_of(__m256i lanes) {
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}

// One step of 8 states: returns the table's entries, with the symbols in their low bytes.
inline __m256i decode_8(__m256i& x, const std::uint8_t*& in, const DecodeTable& table) {
  const __m256i low_bits = _mm256_set1_epi32((1 << table.precision) - 1);
  const __m256i entry = _mm256_i32gather_epi32(reinterpret_cast<const int*>(table.entry),
                                               _mm256_and_si256(x, low_bits), 4);
  const __m256i mass = _mm256_and_si256(_mm256_srli_epi32(entry, 8), _mm256_set1_epi32(kMostMass));
  const __m256i high = _mm256_srl_epi32(x, _mm_cvtsi32_si128(table.precision));
  x = _mm256_add_epi32(_mm256_mullo_epi32(mass, high), _mm256_srli_epi32(entry, 20));
  const __m256i low = _mm256_cmpgt_epi32(_mm256_set1_epi32(kLow), x);
  const unsigned mask = mask_of(low);
  const __m256i words =
      _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)));
  in += 2 * __builtin_popcount(mask);
  const __m256i spread = _mm256_permutevar8x32_epi32(words, load(kExpand.lanes[mask]));
  x = _mm256_blendv_epi8(x, _mm256_or_si256(_mm256_slli_epi32(x, 16), spread), low);
  return _mm256_and_si256(entry, _mm256_set1_epi32(255));
}

template <int kCount>
void decode_together(DecodeStream* streams, const DecodeTable& table) {
  __m256i x[kCount][4];
  const std::uint8_t* in[kCount];
  std::uint8_t* out[kCount];
  for (int s = 0; s < kCount; ++s) {
    for (int v = 0; v < 4; ++v) x[s][v] = load(streams[s].states + 8 * v);
    in[s] = streams[s].in;
    out[s] = streams[s].out;
  }
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  std::size_t groups = 0;
  const auto more = [&] {
    for (int s = 0; s < kCount; ++s) {
      if (groups >= streams[s].groups || streams[s].end - in[s] < 2 * kStates) return false;
    }
    return true;
  };
  for (; more(); ++groups) {
    for (int s = 0; s < kCount; ++s) {
      __m256i symbols[4];
      for (int v = 0; v < 4; ++v) symbols[v] = decode_8(x[s][v], in[s], table);
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

// 31 + s of the law in the low half of each 64-bit lane.
inline __m256i shift_of(__m256i law) {
  const __m256i s = _mm256_and_si256(_mm256_srli_epi64(law, 12), _mm256_set1_epi64x(15));
  return _mm256_add_epi64(s, _mm256_set1_epi64x(31));
}

// One step of 8 states, words given away before `out`.
inline void encode_8(__m256i& x, const std::uint8_t* in, std::uint8_t*& out,
                     const EncodeTable& table) {
  const __m256i symbols =
      _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(in)));
  const __m256i law = _mm256_i32gather_epi32(reinterpret_cast<const int*>(table.law), symbols, 4);
  const __m256i reciprocal =
      _mm256_i32gather_epi32(reinterpret_cast<const int*>(table.reciprocal), symbols, 4);
  const __m256i mass = _mm256_and_si256(law, _mm256_set1_epi32(kMostMass));
  const __m256i limit = _mm256_sll_epi32(mass, _mm_cvtsi32_si128(kTopBits - table.precision));
  const __m256i room = _mm256_cmpgt_epi32(limit, x);
  const unsigned full = ~mask_of(room) & 255;
  const __m256i halves = _mm256_and_si256(x, _mm256_set1_epi32(0xFFFF));
  const __m256i chosen = _mm256_permutevar8x32_epi32(halves, load(kCompress.lanes[full]));
  const __m128i words =
      _mm_packus_epi32(_mm256_castsi256_si128(chosen), _mm256_extracti128_si256(chosen, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out - 16), words);
  out -= 2 * __builtin_popcount(full);
  x = _mm256_blendv_epi8(_mm256_srli_epi32(x, 16), x, room);

  // The exact quotient of even and odd lanes, times what a state gains by each unit of it.
  const __m256i gain = _mm256_sub_epi32(_mm256_set1_epi32(1 << table.precision), mass);
  const __m256i even =
      _mm256_mul_epu32(_mm256_srlv_epi64(_mm256_mul_epu32(x, reciprocal), shift_of(law)), gain);
  const __m256i odd = _mm256_mul_epu32(
      _mm256_srlv_epi64(
          _mm256_mul_epu32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(reciprocal, 32)),
          shift_of(_mm256_srli_epi64(law, 32))),
      _mm256_srli_epi64(gain, 32));
  const __m256i gained = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
  x = _mm256_add_epi32(_mm256_add_epi32(x, _mm256_srli_epi32(law, 16)), gained);
}

}  // namespace

bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
}

void encode_avx2(EncodeStream* streams, int count, const EncodeTable& table) {
  for (EncodeStream* stream = streams; stream < streams + count; ++stream) {
    __m256i x[4];
    for (int v = 0; v < 4; ++v) x[v] = load(stream->states + 8 * v);
    std::uint8_t* out = stream->out;
    const std::uint8_t* in = stream->in;
    for (; stream->groups > 0; --stream->groups) {
      in -= kStates;
      for (int v = 3; v >= 0; --v) encode_8(x[v], in + 8 * v, out, table);
    }
    for (int v = 0; v < 4; ++v) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(stream->states + 8 * v), x[v]);
    }
    stream->in = in;
    stream->out = out;
  }
}

void decode_avx2(DecodeStream* streams, int count, const DecodeTable& table) {
  if (count == 2) decode_together<2>(streams, table);
  for (int s = 0; s < count; ++s) decode_together<1>(streams + s, table);
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
