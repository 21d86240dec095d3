// Adaptive coders of bytes beside htscodecs' adaptive arithmetic coder (order 0), on a rounded
// Laplacian of scale 1.2 (A) and geometric laws of p = .8 (B) and .2 (C). Round trips are checked
// before they are timed.
#include <benchmark/benchmark.h>
#include <htscodecs/arith_dynamic.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "venturi/code/adaptive_bytes.hpp"
#include "venturi/code/byte_codec.hpp"
#include "venturi/core/key.hpp"

namespace {

using namespace venturi;

std::vector<std::byte> source(char name) {
  core::Random random{core::Key(1).split(static_cast<std::uint64_t>(name))};
  std::vector<std::byte> out(1 << 20);
  for (auto& byte : out) {
    const double u = random.uniform();
    const double v = u - 0.5;
    double value = std::floor(std::log(1 - u) / std::log(1 - (name == 'B' ? 0.8 : 0.2)));
    if (name == 'A') {
      value = 128 + std::round(-1.2 * std::copysign(std::log(1 - 2 * std::abs(v)), v));
    }
    byte = static_cast<std::byte>(std::clamp(value, 0.0, 255.0));
  }
  return out;
}

void report(benchmark::State& state, std::size_t n, std::size_t size) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(n));
  state.counters["bits_per_byte"] = 8.0 * static_cast<double>(size) / static_cast<double>(n);
}

void ours(benchmark::State& state, const code::ByteCodec& codec, char name, bool decoding) {
  const auto data = source(name);
  const auto stream = codec.encode(data);
  if (codec.decode(stream, data.size()) != data) state.SkipWithError("round trip");
  for (auto _ : state) {
    if (decoding) {
      benchmark::DoNotOptimize(codec.decode(stream, data.size()));
    } else {
      benchmark::DoNotOptimize(codec.encode(data));
    }
  }
  report(state, data.size(), stream.size());
}

void peer(benchmark::State& state, char name, bool decoding) {
  auto data = source(name);
  auto* in = reinterpret_cast<unsigned char*>(data.data());
  const auto n = static_cast<unsigned>(data.size());
  std::vector<unsigned char> packed(arith_compress_bound(n, 0));
  std::vector<unsigned char> back(n);
  auto size = static_cast<unsigned>(packed.size());
  arith_compress_to(in, n, packed.data(), &size, 0);
  unsigned restored = n;
  arith_uncompress_to(packed.data(), size, back.data(), &restored);
  if (std::memcmp(back.data(), data.data(), n) != 0) state.SkipWithError("round trip");
  for (auto _ : state) {
    if (decoding) {
      restored = n;
      arith_uncompress_to(packed.data(), size, back.data(), &restored);
    } else {
      auto room = static_cast<unsigned>(packed.size());
      arith_compress_to(in, n, packed.data(), &room, 0);
    }
    benchmark::ClobberMemory();
  }
  report(state, data.size(), size);
}

const int registered = [] {
  for (const char law : {'A', 'B', 'C'}) {
    const std::string tail = std::string("/") + law;
    for (const bool decoding : {false, true}) {
      const std::string way = decoding ? "decode" : "encode";
      for (const char* codec : {"running", "adaptive"}) {
        benchmark::RegisterBenchmark(
            (std::string(codec == std::string_view("running") ? "RunningBytes/"
                                                              : "AdaptiveBytes/") +
             way + tail)
                .c_str(),
            ours, code::byte_codec(codec), law, decoding);
      }
      std::string name = "peer:Htscodecs/arith_";
      name.append(decoding ? "decode" : "encode").append(tail);
      benchmark::RegisterBenchmark(name.c_str(), peer, law, decoding);
    }
  }
  return 0;
}();

}  // namespace
