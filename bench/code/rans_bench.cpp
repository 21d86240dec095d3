// Static coders of bytes beside htscodecs' rANS 32x16 (order 0), on 1 MiB of the sources A, B, C (a
// rounded Laplacian of scale 1.2, and geometric laws of p = .8 and p = .2) in blocks of the size
// that ends the name, each with its own table. Round trips are checked before they are timed.
// "over_entropy" is the size above the entropy of the whole's histogram, as a fraction.
#include <benchmark/benchmark.h>
#include <htscodecs/rANS_static4x16.h>

#include <array>
#include <cmath>
#include <functional>

#include "venturi/code/byte_rans.hpp"
#include "venturi/code/byte_tans.hpp"
#include "venturi/core/error.hpp"
#include "venturi/core/key.hpp"

namespace {

using namespace venturi;

std::vector<std::byte> source(char name, std::size_t n) {
  core::Random random{core::Key(1).split(static_cast<std::uint64_t>(name))};
  std::vector<std::byte> out(n);
  for (auto& byte : out) {
    const double u = random.uniform();
    double value = 0;
    if (name == 'A') {
      const double v = u - 0.5;
      value = 128 + std::round(-1.2 * std::copysign(std::log(1 - 2 * std::abs(v)), v));
    } else {
      value = std::floor(std::log(1 - u) / std::log(1 - (name == 'B' ? 0.8 : 0.2)));
    }
    byte = static_cast<std::byte>(std::clamp(value, 0.0, 255.0));
  }
  return out;
}

double entropy_bytes(core::Bytes data) {
  std::array<double, 256> counts{};
  for (const std::byte b : data) ++counts[std::to_integer<std::size_t>(b)];
  double bits = 0;
  for (const double count : counts) {
    if (count > 0) bits -= count * std::log2(count / static_cast<double>(data.size()));
  }
  return bits / 8;
}

constexpr std::int64_t kBytes = 1 << 20;

void report(benchmark::State& state, core::Bytes data, std::size_t size) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(data.size()));
  state.counters["over_entropy"] = static_cast<double>(size) / entropy_bytes(data) - 1;
}

using Buffer = std::vector<std::byte>;

// `encode` writes into a buffer that it keeps, good until its next call: so that the peer pays for
// no allocation.
struct Coder {
  std::function<core::Bytes(core::Bytes)> encode;
  std::function<void(core::Bytes, std::span<std::byte>)> decode;
};

Coder byte_rans(code::ByteKernel kernel) {
  return {[=, kept = Buffer()](core::Bytes data) mutable {
            return core::Bytes(kept = code::encode_byte_rans(data, kernel));
          },
          [=](core::Bytes block, std::span<std::byte> out) {
            code::decode_byte_rans(block, out, kernel);
          }};
}

// Precision 0: by the size of the block.
Coder byte_tans(int precision) {
  return {[=, kept = Buffer()](core::Bytes data) mutable {
            return core::Bytes(kept = code::encode_byte_tans(data, precision));
          },
          code::decode_byte_tans};
}

Coder htscodecs() {
  const auto in = [](core::Bytes bytes) {
    return reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
  };
  return {[=, kept = Buffer(rans_compress_bound_4x16(kBytes, RANS_ORDER_X32))](
              core::Bytes data) mutable {
            auto size = static_cast<unsigned>(kept.size());
            if (!rans_compress_to_4x16(in(data), static_cast<unsigned>(data.size()), in(kept),
                                       &size, RANS_ORDER_X32)) {
              core::fail_bug("bench", "peer compress");
            }
            return core::Bytes(kept).first(size);
          },
          [=](core::Bytes block, std::span<std::byte> out) {
            auto size = static_cast<unsigned>(out.size());
            if (!rans_uncompress_to_4x16(in(block), static_cast<unsigned>(block.size()), in(out),
                                         &size)) {
              core::fail_bug("bench", "peer uncompress");
            }
          }};
}

struct Coded {
  Coded(char law, std::size_t block, const Coder& coder)
      : data(source(law, kBytes)), back(kBytes), block_bytes(block) {
    for (std::size_t start = 0; start < kBytes; start += block) {
      const core::Bytes out = coder.encode(core::Bytes(data).subspan(start, block));
      blocks.emplace_back(out.begin(), out.end());
      size += out.size();
    }
    decode(coder);
    if (back != data) core::fail_bug("bench", "the round trip fails");
  }
  void encode(const Coder& coder) const {
    for (std::size_t start = 0; start < kBytes; start += block_bytes) {
      benchmark::DoNotOptimize(coder.encode(core::Bytes(data).subspan(start, block_bytes)));
    }
  }
  void decode(const Coder& coder) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      coder.decode(blocks[i], std::span(back).subspan(i * block_bytes, block_bytes));
    }
    benchmark::ClobberMemory();
  }
  Buffer data, back;
  std::size_t block_bytes;
  std::vector<Buffer> blocks;
  std::size_t size = 0;
};

void encode(benchmark::State& state, char law, const Coder& coder) {
  const Coded coded(law, static_cast<std::size_t>(state.range(0)), coder);
  for (auto _ : state) coded.encode(coder);
  report(state, coded.data, coded.size);
}

void decode(benchmark::State& state, char law, const Coder& coder) {
  Coded coded(law, static_cast<std::size_t>(state.range(0)), coder);
  for (auto _ : state) coded.decode(coder);
  report(state, coded.data, coded.size);
}

void add(const std::string& member, const std::string& tail, const Coder& coder,
         const std::vector<std::int64_t>& blocks = {1 << 10, 1 << 12, 1 << 15, kBytes}) {
  for (const char law : {'A', 'B', 'C'}) {
    const std::string name = tail + "/" + law;
    benchmark::RegisterBenchmark((member + "encode" + name).c_str(), encode, law, coder)
        ->ArgsProduct({blocks});
    benchmark::RegisterBenchmark((member + "decode" + name).c_str(), decode, law, coder)
        ->ArgsProduct({blocks});
  }
}

const int registered = [] {
  for (const auto& [name, kernel] : {std::pair{"_portable", code::ByteKernel::kPortable},
                                     {"_avx2", code::ByteKernel::kAvx2},
                                     {"_avx512", code::ByteKernel::kAvx512}}) {
    if (code::has_byte_kernel(kernel)) add("ByteRans/", name, byte_rans(kernel));
  }
  add("ByteTans/", "", byte_tans(0));
  for (const int precision : {9, 10, 11}) {
    add("ByteTans/", "_" + std::to_string(precision), byte_tans(precision), {kBytes});
  }
  add("peer:Htscodecs/32x16_", "", htscodecs());
  return 0;
}();

}  // namespace
