// Static coders of bytes beside htscodecs' rANS 32x16 (order 0), on the sources A, B, C: a rounded
// Laplacian of scale 1.2, and geometric laws of p = .8 and p = .2. Each round trip is checked
// before it is timed. "over_entropy" is the size above the histogram's entropy, as a fraction.
#include <benchmark/benchmark.h>
#include <htscodecs/rANS_static4x16.h>

#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include "venturi/code/byte_rans.hpp"
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

void report(benchmark::State& state, core::Bytes data, std::size_t size) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(data.size()));
  state.counters["over_entropy"] = static_cast<double>(size) / entropy_bytes(data) - 1;
}

void encode(benchmark::State& state, char name, code::ByteKernel kernel) {
  const auto data = source(name, static_cast<std::size_t>(state.range(0)));
  const auto block = code::encode_byte_rans(data, kernel);
  std::vector<std::byte> back(data.size());
  code::decode_byte_rans(block, back, kernel);
  if (back != data) state.SkipWithError("the round trip fails");
  for (auto _ : state) benchmark::DoNotOptimize(code::encode_byte_rans(data, kernel));
  report(state, data, block.size());
}

void decode(benchmark::State& state, char name, code::ByteKernel kernel) {
  const auto data = source(name, static_cast<std::size_t>(state.range(0)));
  const auto block = code::encode_byte_rans(data, kernel);
  std::vector<std::byte> back(data.size());
  code::decode_byte_rans(block, back, kernel);
  if (back != data) state.SkipWithError("the round trip fails");
  for (auto _ : state) {
    code::decode_byte_rans(block, back, kernel);
    benchmark::ClobberMemory();
  }
  report(state, data, block.size());
}

// The peer writes into buffers of the caller, so that it pays for no allocation.
struct Peer {
  explicit Peer(char name, std::size_t n) : data(source(name, n)) {
    in = reinterpret_cast<unsigned char*>(data.data());
    size = static_cast<unsigned>(n);
    room = rans_compress_bound_4x16(size, RANS_ORDER_X32);
    packed.resize(room);
    back.resize(n);
    packed_size = compress();
    uncompress();
    if (std::memcmp(back.data(), data.data(), n) != 0) core::fail_bug("bench", "peer round trip");
  }
  unsigned compress() {
    unsigned out = room;
    if (!rans_compress_to_4x16(in, size, packed.data(), &out, RANS_ORDER_X32)) {
      core::fail_bug("bench", "peer compress");
    }
    return out;
  }
  void uncompress() {
    unsigned out = size;
    if (!rans_uncompress_to_4x16(packed.data(), packed_size, back.data(), &out)) {
      core::fail_bug("bench", "peer uncompress");
    }
  }
  std::vector<std::byte> data;
  std::vector<unsigned char> packed;
  std::vector<unsigned char> back;
  unsigned char* in;
  unsigned size;
  unsigned room;
  unsigned packed_size;
};

void peer_encode(benchmark::State& state, char name) {
  Peer peer(name, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(peer.compress());
  report(state, peer.data, peer.packed_size);
}

void peer_decode(benchmark::State& state, char name) {
  Peer peer(name, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    peer.uncompress();
    benchmark::ClobberMemory();
  }
  report(state, peer.data, peer.packed_size);
}

const int registered = [] {
  constexpr std::int64_t n = 1 << 20;
  struct Named {
    const char* name;
    code::ByteKernel kernel;
  };
  for (const char law : {'A', 'B', 'C'}) {
    for (const Named k :
         {Named{"portable", code::ByteKernel::kPortable}, Named{"avx2", code::ByteKernel::kAvx2},
          Named{"avx512", code::ByteKernel::kAvx512}}) {
      if (!code::has_byte_kernel(k.kernel)) continue;
      const std::string tail = std::string("_") + k.name + "/" + law;
      benchmark::RegisterBenchmark(("ByteRans/encode" + tail).c_str(), encode, law, k.kernel)
          ->Arg(n);
      benchmark::RegisterBenchmark(("ByteRans/decode" + tail).c_str(), decode, law, k.kernel)
          ->Arg(n);
    }
    const std::string peer = "peer:Htscodecs/32x16_";
    benchmark::RegisterBenchmark((peer + "encode/" + law).c_str(), peer_encode, law)->Arg(n);
    benchmark::RegisterBenchmark((peer + "decode/" + law).c_str(), peer_decode, law)->Arg(n);
  }
  return 0;
}();

}  // namespace
