// HSIC and matrix Renyi entropy on a CUDA device, n = 20,000 by default, held against the CPU
// first. Operations a pair of HSIC: 2 * 3 d for the distances and 2 exponentials. Without CUDA: an
// error.
#include <benchmark/benchmark.h>

#include <cmath>

#include "venturi/core/key.hpp"
#include "venturi/measure/kernel_sums.hpp"
#include "venturi/measure/matrix_renyi.hpp"
#include "venturi/measure/neighbours.hpp"

namespace {

using namespace venturi;

core::Matrix normals(core::Index n, core::Index d, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  core::Matrix out(n, d);
  for (double& v : out.reshaped()) v = random.normal();
  return out;
}

// Times f() on the device after its value has been compared with the CPU's on 2,000 rows.
template <class F>
void on_device(benchmark::State& state, F&& f) {
  const auto n = static_cast<core::Index>(state.range(0));
  const core::Matrix x = normals(n, 20, 1);
  const core::Matrix y = x + normals(n, 20, 2);
  const auto value = [&](core::Index rows) {
    const core::Matrix a = x.topRows(rows);
    const core::Matrix b = y.topRows(rows);
    return f(measure::Kerneled{a, 6}, measure::Kerneled{b, 9});
  };
  const core::Index few = std::min<core::Index>(n, 2000);
  const double expected = value(few);
  try {
    measure::set_search("cuda");
  } catch (const core::InvalidArgument& error) {
    state.SkipWithError(error.what());
    return;
  }
  if (std::abs(value(few) - expected) > 1e-9) {
    state.SkipWithError("the device differs from the CPU");
  } else {
    for (auto _ : state) benchmark::DoNotOptimize(value(n));
  }
  measure::set_search("auto");
}

void hsic_cuda(benchmark::State& state) {
  on_device(state, [](const auto& x, const auto& y) { return measure::hsic(x, y); });
}
void renyi_cuda(benchmark::State& state, double alpha) {
  measure::RenyiOptions options{.alpha = alpha};
  options.memory_limit = std::uint64_t{16} << 30;
  on_device(state, [&](const auto& x, const auto&) {
    return measure::renyi_entropy_bits({&x, 1}, options);
  });
}

BENCHMARK(hsic_cuda)->Name("Hsic/cuda")->Arg(20000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(renyi_cuda, 2, 2.0)
    ->Name("MatrixRenyi/cuda/order2")
    ->Arg(20000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(renyi_cuda, spectrum, 1.01)
    ->Name("MatrixRenyi/cuda/spectrum")
    ->Arg(20000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
