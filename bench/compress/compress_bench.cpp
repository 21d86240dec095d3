// bench/compress/compress_bench.cpp
//
// The room's two fast paths.
//   Levels/encode, /decode   the coder of levels on 512*2048 whole numbers of deviation 2
//   Gptq/ROWSxCOLUMNS        4 bits, one grid a row, damping .01, blocks of 128; on a GPU where
//   there
//                            is one. "floor_s" is what one Cholesky factorization, one triangular
//                            inverse and the products of the block updates take alone on the device
// With GPTQ_MATRICES=FOLDER the matrices are those that bench/compress/gptq_peer.py made and
// quantized there, and the counters hold both against each other: "peer_s", "differ" (share of the
// weights), "loss_by_peer". bench/compress/gptq.sh does it all.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "venturi/compress/levels.hpp"
#include "venturi/compress/rounding.hpp"
#include "venturi/core/file.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/npy.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;
namespace fs = std::filesystem;

constexpr std::int64_t kRows = 512, kColumns = 2048;

std::vector<std::int32_t> some_levels() {
  core::Random random{core::Key(1)};
  std::vector<std::int32_t> out(kRows * kColumns);
  for (std::int32_t& q : out) q = static_cast<std::int32_t>(std::lround(2 * random.normal()));
  return out;
}

void encode(benchmark::State& state) {
  const auto levels = some_levels();
  std::size_t bytes = 0;
  for (auto _ : state) bytes = encode_levels(levels, kRows).size();
  state.SetItemsProcessed(state.iterations() * kRows * kColumns);
  state.counters["bits_a_level"] = 8.0 * static_cast<double>(bytes) / (kRows * kColumns);
}
BENCHMARK(encode)->Name("Levels/encode")->Unit(benchmark::kMillisecond);

void decode(benchmark::State& state) {
  const auto bytes = encode_levels(some_levels(), kRows);
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_levels(bytes, kRows, kColumns, "bench"));
  }
  state.SetItemsProcessed(state.iterations() * kRows * kColumns);
}
BENCHMARK(decode)->Name("Levels/decode")->Unit(benchmark::kMillisecond);

void wait() {
  if (torch::cuda::is_available()) torch::cuda::synchronize();
}

template <class Act>
double median_seconds(const Act& act) {
  constexpr std::size_t kRuns = 5, kWarm = 2;
  std::vector<double> seconds;
  for (std::size_t run = 0; run < kRuns + kWarm; ++run) {
    wait();
    const double start = core::now_seconds();
    act();
    wait();
    if (run >= kWarm) seconds.push_back(core::now_seconds() - start);
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRuns / 2, seconds.end());
  return seconds[kRuns / 2];
}

double floor_seconds(const Tensor& w, const Tensor& h, std::int64_t block) {
  Tensor damped = h.clone();
  damped.diagonal().add_(.01 * h.diagonal().mean());
  const double factor = median_seconds([&] { torch::linalg_cholesky(damped); });
  const Tensor r = torch::linalg_cholesky(damped).t().contiguous();
  const Tensor one = torch::eye(h.size(0), h.options());
  const double inverse = median_seconds([&] { torch::linalg_solve_triangular(r, one, true); });
  const Tensor wt = w.t().contiguous();
  const Tensor e = torch::randn({block, w.size(0)}, w.options());
  const double products = median_seconds([&] {
    for (std::int64_t end = block; end < w.size(1); end += block) {
      wt.slice(0, end).addmm_(r.slice(0, end - block, end).slice(1, end).t(), e, 1, -1e-6);
    }
  });
  return factor + inverse + products;
}

struct Matrices {
  Tensor w, h;
};

// Inputs of unequal and correlated channels.
Matrices made(std::int64_t rows, std::int64_t columns) {
  torch::manual_seed(1);
  const auto device = torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  const Tensor x =
      torch::randn({2 * columns, columns}, device) * torch::randn({columns}, device).mul(.5).exp();
  const Tensor mixed = x + x.mean(1, true) * 2;
  return {torch::randn({rows, columns}, device) * .02,
          mixed.t().mm(mixed) / static_cast<double>(columns)};
}

Tensor load(const fs::path& file) {
  const data::Array array = data::read_npy(file);
  std::vector<float> values(array.count());
  data::to_floats(array, 1, values);
  const auto device = torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  return torch::tensor(values).reshape(array.shape).to(device);
}

double loss(const Tensor& q, const Matrices& m) {
  const Tensor d = (q - m.w).to(torch::kFloat64);
  return (d.mm(m.h.to(torch::kFloat64)) * d).sum().item<double>();
}

// peer: a folder of the peer's, or empty.
void gptq_of(benchmark::State& state, const Matrices& m, const fs::path& peer) {
  const torch::NoGradGuard no_grad;
  const auto run = [&] {
    const Grid grid = fit_grid(m.w, {.levels = 16});
    return gptq_levels(m.w, prepare_feedback(m.h), grid) * grid.scale.unsqueeze(1);
  };
  Tensor q = run();
  wait();
  for (auto _ : state) {
    q = run();
    wait();
  }
  state.counters["floor_s"] = floor_seconds(m.w, m.h, 128);
  if (peer.empty()) return;
  const Tensor theirs = load(peer / "q_peer.npy");
  const core::Json facts = core::Json::parse(core::read_text(peer / "peer.json"));
  state.counters["peer_s"] = facts["seconds"].get<double>();
  state.counters["differ"] = q.ne(theirs).to(torch::kFloat64).mean().item<double>();
  state.counters["loss_by_peer"] = loss(q, m) / loss(theirs, m);
}

void add(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond)->UseRealTime();
}

[[maybe_unused]] const bool registered = [] {
  const char* folder = std::getenv("GPTQ_MATRICES");
  if (folder == nullptr) {
    add("Gptq/512x1024", [](benchmark::State& state) { gptq_of(state, made(512, 1024), {}); });
    return true;
  }
  for (const char* size : {"512x1024", "4096x4096", "4096x11008"}) {
    const fs::path at = fs::path(folder) / size;
    if (!fs::exists(at / "peer.json")) continue;
    add(fmt::format("Gptq/{}", size), [at](benchmark::State& state) {
      gptq_of(state, {load(at / "w.npy"), load(at / "h.npy")}, at);
    });
  }
  return true;
}();

}  // namespace
}  // namespace venturi::compress
