// bench/couple/couple_bench.cpp
//
// The room's members at the sizes it promises. Inputs come from a counter and a mixing function
// that bench/couple/peers.py repeats, so that its peers get the same numbers; answers are counters
// of the JSON output, and are checked here before anything is timed.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstdint>

#include "venturi/couple/draft.hpp"
#include "venturi/couple/ib.hpp"
#include "venturi/couple/mec_b.hpp"
#include "venturi/couple/sinkhorn.hpp"
#include "venturi/couple/sliced.hpp"

namespace venturi::couple {
namespace {

// splitmix64 of Steele, Lea, Flood (2014): 53 bits of its k-th output as a number in [0, 1).
double uniform(std::uint64_t k) {
  std::uint64_t z = (k + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

Matrix uniforms(Index rows, Index columns, std::uint64_t from) {
  Matrix out(rows, columns);
  for (Index i = 0; i < out.size(); ++i) {
    out.data()[i] = uniform(from + static_cast<std::uint64_t>(i));
  }
  return out;
}

// Rows that look at places 0..1 through a window of width 0.1: many nearly equal rows, few
// clusters.
Joint smooth_joint(Index rows, Index columns) {
  Matrix p(rows, columns);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) {
      const double d = (static_cast<double>(i) / static_cast<double>(rows) -
                        static_cast<double>(j) / static_cast<double>(columns)) /
                       0.1;
      p(i, j) = std::exp(-0.5 * d * d);
    }
  }
  return make_joint(p, {.normalise = true});
}

// Rows without any structure: every one is its own cluster, or all are one.
Joint rough_joint(Index rows, Index columns) {
  return make_joint(Matrix(uniforms(rows, columns, 0).array().pow(8)), {.normalise = true});
}

void ib_curve_large(benchmark::State& state, const Joint& joint, double low) {
  const auto betas = log_spaced(low, 50, 50);
  const IbOptions options{.tolerance = 1e-8};
  std::vector<IbPoint> curve;
  for (auto _ : state) curve = ib_curve(joint, betas, core::Key(1), options);
  double converged = 0;
  for (const IbPoint& p : curve) converged += p.converged ? 1 : 0;
  state.counters["converged"] = converged;
  state.counters["last_relevance_bits"] = curve.back().relevance_bits;
  state.counters["middle_objective_bits"] = curve[25].objective_bits;
}
void BM_IbCurveSmooth(benchmark::State& state) {
  ib_curve_large(state, smooth_joint(1000, 100), 1.1);
}
BENCHMARK(BM_IbCurveSmooth)
    ->Name("Ib/curve_1000x100_50_betas_smooth")
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
void BM_IbCurveRough(benchmark::State& state) {
  ib_curve_large(state, rough_joint(1000, 100), 1.1);
}
BENCHMARK(BM_IbCurveRough)
    ->Name("Ib/curve_1000x100_50_betas_rough")
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

// For peers: one beta, all restarts left at their defaults; `objective_nats` is what they minimise.
void BM_IbOne(benchmark::State& state) {
  const Joint joint = smooth_joint(state.range(0), state.range(1));
  const double beta = static_cast<double>(state.range(2));
  IbSolution s;
  for (auto _ : state) s = solve_ib(joint, beta, core::Key(1), {.tolerance = 1e-9});
  state.counters["rate_bits"] = s.point.rate_bits;
  state.counters["relevance_bits"] = s.point.relevance_bits;
}
BENCHMARK(BM_IbOne)
    ->Name("Ib/one_beta")
    ->Args({20, 10, 3})
    ->Args({60, 20, 3})
    ->Args({100, 30, 5})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

struct TransportCase {
  Vector a;
  Vector b;
  Matrix cost;
};

// kind 0: uneven masses, squared distances in the plane; 1: even masses; 2: even masses, random
// costs.
TransportCase transport_case(Index n, Index kind) {
  TransportCase out;
  const auto size = static_cast<std::uint64_t>(n);
  out.a = uniforms(n, 1, 10 * size).col(0).array() + 0.1;
  out.b = uniforms(n, 1, 11 * size).col(0).array() + 0.1;
  if (kind > 0) out.a.setOnes();
  if (kind > 0) out.b.setOnes();
  out.a /= out.a.sum();
  out.b /= out.b.sum();
  const Matrix x = uniforms(n, 2, 0);
  const Matrix y = uniforms(n, 2, 2 * size).array() + 0.2;
  out.cost = kind == 2 ? uniforms(n, n, 100 * size) : squared_distances(x, y);
  return out;
}

void BM_Exact(benchmark::State& state) {
  const TransportCase c = transport_case(state.range(0), state.range(1));
  TransportPlan plan = exact_transport(c.a, c.b, c.cost);
  if (!plan.optimal || std::abs(plan.gap) > 1e-12) state.SkipWithError("not optimal");
  for (auto _ : state) plan = exact_transport(c.a, c.b, c.cost);
  state.counters["cost"] = plan.cost;
  state.counters["pivots"] = static_cast<double>(plan.pivots);
}
BENCHMARK(BM_Exact)
    ->Name("Transport/exact")
    ->ArgsProduct({{500, 2000}, {0, 1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

void BM_Sinkhorn(benchmark::State& state) {
  const TransportCase c = transport_case(state.range(0), 0);
  const SinkhornOptions options{.epsilon = 0.01, .tolerance = 1e-7};
  SinkhornResult out = sinkhorn(c.a, c.b, c.cost, options);
  if (!out.converged) state.SkipWithError("not converged");
  for (auto _ : state) out = sinkhorn(c.a, c.b, c.cost, options);
  state.counters["cost"] = out.cost;
  state.counters["rounds"] = out.iterations;
}
BENCHMARK(BM_Sinkhorn)
    ->Name("Transport/sinkhorn")
    ->Arg(500)
    ->Arg(2000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

void BM_Sliced(benchmark::State& state) {
  const Matrix x = uniforms(2000, 10, 0);
  const Matrix y = uniforms(2000, 10, 50000).array() + 0.1;
  const Vector a = Vector::Constant(2000, 1.0 / 2000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(sliced_transport({x, a}, {y, a}, core::Key(1)).cost);
  }
}
BENCHMARK(BM_Sliced)
    ->Name("Transport/sliced_2000x10_128_directions")
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

Vector uneven_law(Index n, std::uint64_t from) {
  Vector p = uniforms(n, 1, from).col(0).array().pow(4) + 1e-9;
  return p / p.sum();
}

void BM_Mec(benchmark::State& state) {
  const Index n = state.range(0);
  const std::array<Vector, 2> laws{uneven_law(n, 0), uneven_law(n, static_cast<std::uint64_t>(n))};
  Coupling c = greedy_coupling(laws);
  const double profile = profile_bound_bits(laws);
  if ((c.marginal(0, n) - laws[0]).cwiseAbs().maxCoeff() > 1e-12 ||
      c.entropy_bits() > profile + 1.22) {
    state.SkipWithError("marginals or bound broken");
  }
  for (auto _ : state) c = greedy_coupling(laws);
  state.counters["bits_over_profile_bound"] = c.entropy_bits() - profile;
}
BENCHMARK(BM_Mec)
    ->Name("Mec/greedy_pair")
    ->Arg(1000)
    ->Arg(1000000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

void BM_Ebim(benchmark::State& state) {
  const Vector p = uneven_law(state.range(0), 7);
  const double rate = 0.5 * entropy_bits(p);
  for (auto _ : state) benchmark::DoNotOptimize(ebim(p, rate).information_bits);
}
BENCHMARK(BM_Ebim)
    ->Name("MecB/ebim_half_rate")
    ->Arg(512)
    ->Arg(100000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

// Zipf's law over a vocabulary, as a language model's next token often is; the draft is a noisy
// copy.
struct DraftCase {
  Vector target;
  Vector draft;
};
DraftCase draft_case(Index vocabulary) {
  DraftCase out{Vector(vocabulary), Vector(vocabulary)};
  for (Index i = 0; i < vocabulary; ++i) {
    const auto k = static_cast<std::uint64_t>(i);
    out.target[i] = std::pow(static_cast<double>(i) + 2, -1.2);
    out.draft[i] = out.target[i] * std::exp(2 * (uniform(2 * k) + uniform(2 * k + 1) - 1));
  }
  out.target /= out.target.sum();
  out.draft /= out.draft.sum();
  return out;
}

void BM_Draft(benchmark::State& state) {
  const DraftCase c = draft_case(state.range(0));
  const auto drafts = static_cast<int>(state.range(1));
  const auto draw =
      state.range(2) == 0 ? DraftDraw::with_replacement : DraftDraw::without_replacement;
  OptimalAcceptance out;
  for (auto _ : state) out = optimal_acceptance(c.target, c.draft, drafts, draw);
  state.counters["acceptance"] = out.acceptance;
}
BENCHMARK(BM_Draft)
    ->Name("Draft/optimal")
    ->Args({128000, 8, 0})
    ->Args({128000, 8, 1})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void BM_KSequential(benchmark::State& state) {
  const DraftCase c = draft_case(128000);
  double acceptance = 0;
  for (auto _ : state) acceptance = KSequential(c.target, c.draft, 8).acceptance();
  state.counters["acceptance"] = acceptance;
}
BENCHMARK(BM_KSequential)
    ->Name("Draft/k_sequential_128000_8")
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace venturi::couple
