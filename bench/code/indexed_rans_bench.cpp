// Gaussian latents with a scale index a symbol, 2^20 symbols: index uniform over the scales below
// 16 of the usual 64 (.11 to 256). The round trip is checked before it is timed.
#include <benchmark/benchmark.h>

#include <cmath>

#include "venturi/code/indexed_rans.hpp"
#include "venturi/core/key.hpp"

namespace {

using namespace venturi;

struct Latents {
  std::vector<std::int32_t> symbols;
  std::vector<std::uint8_t> index;
};

Latents latents(int scales_used) {
  const auto scales = code::log_spaced_scales();
  core::Random random{core::Key(2)};
  Latents out;
  for (int i = 0; i < 1 << 20; ++i) {
    const std::size_t t = random.below(static_cast<std::uint64_t>(scales_used));
    out.index.push_back(static_cast<std::uint8_t>(t));
    out.symbols.push_back(static_cast<std::int32_t>(std::round(scales[t] * random.normal())));
  }
  return out;
}

void report(benchmark::State& state, const Latents& data, std::size_t size) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(data.symbols.size()));
  state.counters["bits_per_symbol"] =
      8.0 * static_cast<double>(size) / static_cast<double>(data.symbols.size());
}

void indexed_encode(benchmark::State& state) {
  const code::IndexedRans coder(code::gaussian_tables(code::log_spaced_scales()));
  const Latents data = latents(static_cast<int>(state.range(0)));
  const auto bytes = coder.encode(data.symbols, data.index);
  if (coder.decode(bytes, data.index) != data.symbols) state.SkipWithError("round trip");
  for (auto _ : state) benchmark::DoNotOptimize(coder.encode(data.symbols, data.index));
  report(state, data, bytes.size());
}

void indexed_decode(benchmark::State& state) {
  const code::IndexedRans coder(code::gaussian_tables(code::log_spaced_scales()));
  const Latents data = latents(static_cast<int>(state.range(0)));
  const auto bytes = coder.encode(data.symbols, data.index);
  if (coder.decode(bytes, data.index) != data.symbols) state.SkipWithError("round trip");
  for (auto _ : state) benchmark::DoNotOptimize(coder.decode(bytes, data.index));
  report(state, data, bytes.size());
}

BENCHMARK(indexed_encode)->Name("IndexedRans/encode")->Arg(20)->Arg(40)->Arg(64);
BENCHMARK(indexed_decode)->Name("IndexedRans/decode")->Arg(20)->Arg(40)->Arg(64);

}  // namespace
