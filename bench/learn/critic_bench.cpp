// bench/learn/critic_bench.cpp
//
// A step of a critic, and many estimates in one run against one by one.
//   Critic/step/B           one step of smile at batch B: separable critic, x and y of 20 columns,
//                           hidden 256-256, embedding 32, Adam. bench/learn/critic_peer.py does the
//                           same in Python PyTorch
//   Sweep/batched/P         P problems (normal pairs, n = 1000, 4 + 4 columns) in one vectorised
//   run Sweep/one_by_one/P      the same problems, a run each
// Each on the CPU and, where the build and the machine have it, on CUDA ("/cuda:1" in the name).
// A step whose objective is no number is an error; a sweep shows its estimates' mean distance from
// the truth beside its time.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "venturi/core/units.hpp"
#include "venturi/learn/neural_information.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

// Skips the case where there is no such device.
bool lacks(benchmark::State& state, std::int64_t cuda) {
  if (cuda == 0 || torch::cuda::is_available()) return false;
  state.SkipWithError("no CUDA device");
  return true;
}

// Work queued on the device is part of what is timed: a read waits for it.
void wait_for(const Tensor& value) { benchmark::DoNotOptimize(value.sum().item<float>()); }

void step(benchmark::State& state) {
  const std::int64_t batch = state.range(0);
  if (lacks(state, state.range(1))) return;
  tensor::set_threads(state.range(1) == 0 ? 1 : 0);
  const tensor::Device device(state.range(1) == 0 ? torch::kCPU : torch::kCUDA);
  const core::Key key(1);
  NeuralBound bound(core::find_member(bounds(), "smile", "bench").make, {.hidden = {256, 256}}, 1,
                    20, 20, key, device);
  auto generator = tensor::make_generator(key.split("pairs"), device);
  const auto real = torch::TensorOptions().dtype(torch::kFloat).device(device);
  const Tensor x = torch::randn({1, batch, 20}, generator, real);
  const Tensor y = 0.8 * x + 0.6 * torch::randn({1, batch, 20}, generator, real);
  Tensor objective;
  for (int warm = 0; warm < 20; ++warm) objective = bound.step(x, y, key);
  if (!std::isfinite(objective.sum().item<float>())) {
    state.SkipWithError("the objective is no number");
    return;
  }
  constexpr int kSteps = 50;
  for (auto _ : state) {
    for (int s = 0; s < kSteps; ++s) objective = bound.step(x, y, key);
    wait_for(objective);
  }
  state.counters["ms_a_step"] =
      benchmark::Counter(1e-3 * kSteps * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

constexpr double kRho = 0.8;
constexpr core::Index kColumns = 4, kRows = 1000;

std::vector<PairedRows> problems(std::int64_t count) {
  std::vector<PairedRows> out;
  for (std::int64_t p = 0; p < count; ++p) {
    core::Random random(core::Key(1).split(static_cast<std::uint64_t>(p)));
    PairedRows pair{core::Matrix(kRows, kColumns), core::Matrix(kRows, kColumns)};
    for (core::Index i = 0; i < pair.x.size(); ++i) {
      pair.x.data()[i] = random.normal();
      pair.y.data()[i] = kRho * pair.x.data()[i] + std::sqrt(1 - kRho * kRho) * random.normal();
    }
    out.push_back(std::move(pair));
  }
  return out;
}

// Patience above the looks there are, so that both sides take the same number of steps.
const NeuralOptions kSweep{
    .critic = {.hidden = {64, 64}}, .batch = 128, .steps = 500, .patience = 100};

void sweep(benchmark::State& state, bool batched) {
  if (lacks(state, state.range(1))) return;
  tensor::set_threads(state.range(1) == 0 ? 1 : 0);
  const tensor::Device device(state.range(1) == 0 ? torch::kCPU : torch::kCUDA);
  const std::vector<PairedRows> pairs = problems(state.range(0));
  NeuralOptions warm = kSweep;
  warm.steps = 5;
  neural_information(pairs[0].x, pairs[0].y, warm, core::Key(1), device, core::silent());
  const double truth =
      -0.5 * static_cast<double>(kColumns) * std::log(1 - kRho * kRho) * core::kBitsPerNat;
  double error = 0;
  for (auto _ : state) {
    std::vector<measure::Estimate> found;
    if (batched) {
      found = neural_informations(pairs, kSweep, core::Key(1), device, core::silent());
    } else {
      for (const PairedRows& pair : pairs) {
        found.push_back(
            neural_information(pair.x, pair.y, kSweep, core::Key(1), device, core::silent()));
      }
    }
    error = 0;
    for (const measure::Estimate& e : found) {
      error += std::abs(e.bits - truth) / static_cast<double>(found.size());
    }
  }
  state.counters["mean_error_bits"] = error;
  state.counters["truth_bits"] = truth;
}

BENCHMARK(step)
    ->Name("Critic/step")
    ->ArgNames({"", "cuda"})
    ->ArgsProduct({{64, 128, 256, 512, 1024}, {0, 1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(sweep, batched, true)
    ->Name("Sweep/batched")
    ->ArgNames({"", "cuda"})
    ->ArgsProduct({{10, 100}, {0, 1}})
    ->Iterations(1)
    ->Unit(benchmark::kSecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(sweep, one_by_one, false)
    ->Name("Sweep/one_by_one")
    ->ArgNames({"", "cuda"})
    ->ArgsProduct({{10, 100}, {0, 1}})
    ->Iterations(1)
    ->Unit(benchmark::kSecond)
    ->UseRealTime();

}  // namespace
}  // namespace venturi::learn
