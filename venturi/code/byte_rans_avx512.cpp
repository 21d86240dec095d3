// Compiled with AVX-512 F, BW, VL; called only after has_avx512().
#include "venturi/code/byte_rans_kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#endif

namespace venturi::code::byte_rans {

#if defined(__x86_64__)

namespace {

// One step of 16 states: symbols as 32-bit numbers, states and input moved on.
inline __m128i decode_16(__m512i& x, const std::uint8_t*& in, const DecodeTable& table) {
  const __m512i low_bits = _mm512_set1_epi32((1 << table.precision) - 1);
  const __m512i entry = _mm512_i32gather_epi32(_mm512_and_si512(x, low_bits), table.entry, 4);
  const __m512i mass = _mm512_and_si512(_mm512_srli_epi32(entry, 8), _mm512_set1_epi32(kMostMass));
  const __m512i high = _mm512_srl_epi32(x, _mm_cvtsi32_si128(table.precision));
  x = _mm512_add_epi32(_mm512_mullo_epi32(mass, high), _mm512_srli_epi32(entry, 20));
  const __mmask16 low = _mm512_cmplt_epu32_mask(x, _mm512_set1_epi32(kLow));
  const __m512i words =
      _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in)));
  in += 2 * __builtin_popcount(static_cast<unsigned>(low));
  x = _mm512_mask_or_epi32(x, low, _mm512_slli_epi32(x, 16), _mm512_maskz_expand_epi32(low, words));
  return _mm512_cvtepi32_epi8(entry);
}

template <int kCount>
void decode_together(DecodeStream* streams, const DecodeTable& table) {
  __m512i x[kCount][2];
  const std::uint8_t* in[kCount];
  std::uint8_t* out[kCount];
  for (int s = 0; s < kCount; ++s) {
    x[s][0] = _mm512_loadu_si512(streams[s].states);
    x[s][1] = _mm512_loadu_si512(streams[s].states + 16);
    in[s] = streams[s].in;
    out[s] = streams[s].out;
  }
  std::size_t groups = 0;
  const auto more = [&] {
    for (int s = 0; s < kCount; ++s) {
      if (groups >= streams[s].groups || streams[s].end - in[s] < 2 * kStates) return false;
    }
    return true;
  };
  for (; more(); ++groups) {
    for (int half = 0; half < 2; ++half) {
      for (int s = 0; s < kCount; ++s) {
        const __m128i symbols = decode_16(x[s][half], in[s], table);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out[s] + 16 * half), symbols);
      }
    }
    for (int s = 0; s < kCount; ++s) out[s] += kStates;
  }
  for (int s = 0; s < kCount; ++s) {
    _mm512_storeu_si512(streams[s].states, x[s][0]);
    _mm512_storeu_si512(streams[s].states + 16, x[s][1]);
    streams[s].in = in[s];
    streams[s].out = out[s];
    streams[s].groups -= groups;
  }
}

// One step of 16 states, words given away before `out`.
inline void encode_16(__m512i& x, const std::uint8_t* in, std::uint8_t*& out,
                      const EncodeTable& table) {
  const __m512i symbols =
      _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)));
  const __m512i reciprocal = _mm512_i32gather_epi32(symbols, &table.entry->reciprocal, 8);
  const __m512i law = _mm512_i32gather_epi32(symbols, &table.entry->law, 8);
  const __m512i bits = _mm512_set1_epi32(kLawBits);
  const __m512i gain = _mm512_and_si512(law, bits);
  const __m512i sum =
      _mm512_add_epi32(x, _mm512_sll_epi32(gain, _mm_cvtsi32_si128(kTopBits - table.precision)));
  const __mmask16 full = _mm512_cmplt_epi32_mask(sum, _mm512_setzero_si512());
  const __m256i words = _mm512_cvtepi32_epi16(_mm512_maskz_compress_epi32(full, x));
  const int count = __builtin_popcount(static_cast<unsigned>(full));
  out -= 2 * count;
  _mm256_mask_storeu_epi16(out, static_cast<__mmask16>((1U << count) - 1), words);
  x = _mm512_mask_srli_epi32(x, full, x, 16);

  // The exact quotient of even and odd lanes, times what a state gains by each unit of it.
  const __m512i shift = _mm512_srli_epi32(law, kShiftAt);
  const __m512i low_half = _mm512_set1_epi64(0xFFFFFFFF);
  const __m512i even = _mm512_mul_epu32(
      _mm512_srlv_epi64(_mm512_mul_epu32(x, reciprocal), _mm512_and_si512(shift, low_half)), gain);
  const __m512i odd = _mm512_mul_epu32(
      _mm512_srlv_epi64(
          _mm512_mul_epu32(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(reciprocal, 32)),
          _mm512_srli_epi64(shift, 32)),
      _mm512_srli_epi64(gain, 32));
  const __m512i gained = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
  const __m512i cumulative = _mm512_and_si512(_mm512_srli_epi32(law, kPrecision), bits);
  x = _mm512_add_epi32(_mm512_add_epi32(x, cumulative), gained);
}

template <int kCount>
void encode_together(EncodeStream* streams, const EncodeTable& table) {
  __m512i x[kCount][2];
  const std::uint8_t* in[kCount];
  std::uint8_t* out[kCount];
  for (int s = 0; s < kCount; ++s) {
    x[s][0] = _mm512_loadu_si512(streams[s].states);
    x[s][1] = _mm512_loadu_si512(streams[s].states + 16);
    in[s] = streams[s].in;
    out[s] = streams[s].out;
  }
  const std::size_t groups = streams[0].groups;
  for (std::size_t group = 0; group < groups; ++group) {
    for (int s = 0; s < kCount; ++s) in[s] -= kStates;
    for (int half = 1; half >= 0; --half) {
      for (int s = 0; s < kCount; ++s) encode_16(x[s][half], in[s] + 16 * half, out[s], table);
    }
  }
  for (int s = 0; s < kCount; ++s) {
    _mm512_storeu_si512(streams[s].states, x[s][0]);
    _mm512_storeu_si512(streams[s].states + 16, x[s][1]);
    streams[s].in = in[s];
    streams[s].out = out[s];
    streams[s].groups -= groups;
  }
}

}  // namespace

bool has_avx512() {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512vl");
  return has;
}

void encode_avx512(EncodeStream* streams, int count, const EncodeTable& table) {
  if (count == 2) encode_together<2>(streams, table);
  for (int s = 0; s < count; ++s) encode_together<1>(streams + s, table);
}

void decode_avx512(DecodeStream* streams, int count, const DecodeTable& table) {
  if (count == 2) decode_together<2>(streams, table);
  for (int s = 0; s < count; ++s) decode_together<1>(streams + s, table);
  decode_portable(streams, count, table);
}

#else

bool has_avx512() { return false; }
void encode_avx512(EncodeStream* streams, int count, const EncodeTable& table) {
  encode_portable(streams, count, table);
}
void decode_avx512(DecodeStream* streams, int count, const DecodeTable& table) {
  decode_portable(streams, count, table);
}

#endif

}  // namespace venturi::code::byte_rans
