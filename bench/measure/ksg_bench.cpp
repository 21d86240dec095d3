// KSG1 (k = 3) on x ~ N(0, I_d), y = .75 x + noise: Venturi against thirty plain lines.
// Arguments: n, d (a side). `value` is the estimate in nats; both must print the same but for the
// rounding of float32 in the plain lines.
// With VENTURI_KSG_DATA=FOLDER also venturi_ksg1_file on FOLDER/x.npy and y.npy (float64, n*d), the
// arrays that peers.py hands to Venturi and its peers in one run.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/core/heap.hpp"
#include "venturi/core/key.hpp"
#include "venturi/data/npy.hpp"
#include "venturi/measure/digamma.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/neighbours.hpp"

namespace venturi::measure {
namespace {

constexpr int kNeighbours = 3;

// As the command does.
const bool kept = (core::keep_freed_memory(), true);

void draw(core::Index n, core::Index d, core::Matrix& x, core::Matrix& y) {
  core::Random random(core::Key(1));
  x.resize(n, d);
  y.resize(n, d);
  for (core::Index i = 0; i < n; ++i) {
    for (core::Index c = 0; c < d; ++c) {
      x(i, c) = random.normal();
      y(i, c) = 0.75 * x(i, c) + std::sqrt(1 - 0.5625) * random.normal();
    }
  }
}

// The floor to argue with: column-major float32, one point against all, kept as simple as can be.
__attribute__((target_clones("avx512f", "avx2", "default"))) double plain_ksg1(const float* columns,
                                                                               int n, int dims,
                                                                               const Digamma& psi) {
  std::vector<float> dx(n), dy(n);
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) dx[j] = dy[j] = 0;
    for (int c = 0; c < 2 * dims; ++c) {
      float* d = c < dims ? dx.data() : dy.data();
      const float* column = columns + static_cast<std::ptrdiff_t>(c) * n;
      for (int j = 0; j < n; ++j) {
        const float gap = std::fabs(column[j] - column[i]);
        d[j] = gap > d[j] ? gap : d[j];
      }
    }
    float best[kNeighbours] = {1e30F, 1e30F, 1e30F};
    for (int j = 0; j < n; ++j) {
      const float d = dx[j] > dy[j] ? dx[j] : dy[j];
      if (d >= best[kNeighbours - 1] || j == i) continue;
      int at = kNeighbours - 1;
      for (; at > 0 && d < best[at - 1]; --at) best[at] = best[at - 1];
      best[at] = d;
    }
    int nx = 0, ny = 0;
    for (int j = 0; j < n; ++j) {
      nx += dx[j] < best[kNeighbours - 1] ? 1 : 0;
      ny += dy[j] < best[kNeighbours - 1] ? 1 : 0;
    }
    sum += psi(nx) + psi(ny);  // the point itself stands for the + 1
  }
  return psi(kNeighbours) + psi(n) - sum / n;
}

void venturi_ksg1(benchmark::State& state) {
  core::Matrix x, y;
  draw(state.range(0), state.range(1), x, y);
  double value = 0;
  for (auto _ : state) value = mean_of(ksg1_local(x, y, kNeighbours));
  state.counters["value"] = value;
}

// The same on a CUDA device, in a build that has one; wall time, copies included.
void venturi_ksg1_cuda(benchmark::State& state) {
  try {
    set_search("cuda");
  } catch (const core::InvalidArgument& error) {
    state.SkipWithError(error.what());
    return;
  }
  core::Matrix x, y;
  draw(state.range(0), state.range(1), x, y);
  double value = 0;
  for (auto _ : state) value = mean_of(ksg1_local(x, y, kNeighbours));
  state.counters["value"] = value;
  set_search("auto");
}

void plain_lines(benchmark::State& state) {
  core::Matrix x, y;
  draw(state.range(0), state.range(1), x, y);
  core::Matrix both(x.rows(), 2 * x.cols());
  both << x, y;
  const Eigen::MatrixXf columns = both.cast<float>();
  const Digamma psi(x.rows());
  double value = 0;
  for (auto _ : state) {
    value = plain_ksg1(columns.data(), static_cast<int>(x.rows()), static_cast<int>(x.cols()), psi);
  }
  state.counters["value"] = value;
}

core::Matrix read_doubles(const std::filesystem::path& path) {
  const data::Array array = data::read_npy(path);
  if (array.element != data::Element::kF64 || array.shape.size() != 2) {
    core::fail_data("bench.ksg", "'{}': expected float64 of two axes", path.string());
  }
  core::Matrix out(array.shape[0], array.shape[1]);
  std::memcpy(out.data(), array.bytes.data(), array.bytes.size());
  return out;
}

void venturi_ksg1_file(benchmark::State& state) {
  const std::filesystem::path folder = std::getenv("VENTURI_KSG_DATA");
  const core::Matrix x = read_doubles(folder / "x.npy"), y = read_doubles(folder / "y.npy");
  double value = 0;
  for (auto _ : state) value = mean_of(ksg1_local(x, y, kNeighbours));
  state.counters["value"] = value;
}

[[maybe_unused]] const bool kFromFile = [] {
  if (std::getenv("VENTURI_KSG_DATA") == nullptr) return false;
  benchmark::RegisterBenchmark("venturi_ksg1_file", venturi_ksg1_file)
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime();
  return true;
}();

BENCHMARK(venturi_ksg1)
    ->ArgsProduct({{10000, 50000}, {1, 2, 3, 5, 10}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK(venturi_ksg1_cuda)
    ->Args({10000, 10})
    ->Args({50000, 10})
    ->Args({200000, 10})
    ->Args({1000000, 10})
    ->Args({1000000, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(plain_lines)
    ->Args({10000, 1})
    ->Args({10000, 5})
    ->Args({10000, 10})
    ->Args({50000, 1})
    ->Args({50000, 10})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace venturi::measure
