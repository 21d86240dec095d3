#include "venturi/code/byte_rans_tables.hpp"

#include <algorithm>
#include <bit>

#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {

bool has_byte_kernel(ByteKernel kernel) {
  if (kernel == ByteKernel::kAvx2) return byte_rans::has_avx2();
  if (kernel == ByteKernel::kAvx512) return byte_rans::has_avx512();
  return true;
}

namespace byte_rans {

namespace {

EncodeEntry entry_of(std::uint32_t mass, std::uint32_t cumulative, int precision) {
  // Exact for 31-bit states: the least 2^s >= mass gives ceil(2^(31 + s) / mass) in 32 bits.
  const auto shift = 31 + static_cast<std::uint32_t>(std::bit_width(mass - 1));
  const std::uint64_t scaled = std::uint64_t{1} << shift;
  return {static_cast<std::uint32_t>((scaled + mass - 1) / mass),
          shift << kShiftAt | cumulative << kPrecision | ((1U << precision) - mass)};
}

}  // namespace

Kernel kernel_of(ByteKernel kernel, std::string_view where) {
  if (!has_byte_kernel(kernel)) core::fail_argument(where, "this machine lacks the kernel");
  const bool best = kernel == ByteKernel::kBest;
  if (kernel == ByteKernel::kAvx512 || (best && has_avx512()))
    return {encode_avx512, decode_avx512};
  if (kernel == ByteKernel::kAvx2 || (best && has_avx2())) return {encode_avx2, decode_avx2};
  return {encode_portable, decode_portable};
}

void fill_encode_table(std::span<const std::uint32_t> masses, int precision, EncodeTable& table) {
  table.precision = precision;
  std::uint32_t cumulative = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    table.entry[i] = masses[i] == 0 ? EncodeEntry{} : entry_of(masses[i], cumulative, precision);
    cumulative += masses[i];
  }
}

void fill_encode_table(std::span<const SymbolMass> law, int precision, EncodeTable& table) {
  table.precision = precision;
  std::uint32_t cumulative = 0;
  for (const auto [symbol, mass] : law) {
    table.entry[symbol] = entry_of(mass, cumulative, precision);
    cumulative += mass;
  }
}

void fill_decode_table(std::span<const std::uint32_t> masses, int precision, DecodeTable& table) {
  table.precision = precision;
  std::uint32_t* to = table.entry;
  for (std::uint32_t symbol = 0; symbol < 256; ++symbol) {
    const std::uint32_t mass = masses[symbol];
    const std::uint32_t entry = symbol | mass << 8;
    for (std::uint32_t rest = 0; rest < mass; ++rest) to[rest] = entry | rest << 20;
    to += mass;
  }
}

DecodeStream open_stream(core::Bytes bytes, std::size_t offset, std::uint8_t* out,
                         std::string_view where) {
  if (bytes.size() < 4 * kStates) {
    core::fail_data(where, "the states at byte {} are cut short", offset);
  }
  DecodeStream stream{};
  for (int lane = 0; lane < kStates; ++lane) {
    const std::uint32_t state = load_u32(bytes.data() + 4 * lane);
    if (state < kLow || state >> 31 != 0) {
      core::fail_data(where, "the state at byte {} is out of range", offset + 4 * lane);
    }
    stream.states[lane] = state;
  }
  stream.in = reinterpret_cast<const std::uint8_t*>(bytes.data()) + 4 * kStates;
  stream.end = reinterpret_cast<const std::uint8_t*>(bytes.data()) + bytes.size();
  stream.out = out;
  return stream;
}

bool at_end(const DecodeStream& stream) {
  return !stream.failed && stream.in == stream.end &&
         std::ranges::all_of(stream.states, [](std::uint32_t x) { return x == kLow; });
}

}  // namespace byte_rans
}  // namespace venturi::code
