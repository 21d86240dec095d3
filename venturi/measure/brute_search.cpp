#include "venturi/measure/brute_search.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "venturi/measure/float_copy.hpp"
#include "venturi/measure/point_tree.hpp"

namespace venturi::measure {
namespace {

// Floats of one row handled while they are in the first-level cache.
constexpr std::size_t kTile = 1024;

// The candidates for the k nearest of one point. After all points were offered, the k nearest in
// float64 are among those within bound() of it.
class Candidates {
 public:
  void start(int k, const FloatCopy& copy, std::size_t self) {
    copy_ = &copy;
    self_ = self;
    best_.assign(k, std::numeric_limits<float>::infinity());
    bound_ = std::numeric_limits<float>::infinity();
    seen_.clear();
  }
  float bound() const { return bound_; }
  void offer(float distance, std::size_t j) {
    if (j == self_ || !(distance < bound_)) return;
    seen_.push_back({distance, static_cast<std::int32_t>(j)});
    if (!(distance < best_.back())) return;
    std::size_t at = best_.size() - 1;
    for (; at > 0 && distance < best_[at - 1]; --at) best_[at] = best_[at - 1];
    best_[at] = distance;
    if (std::isfinite(best_.back())) bound_ = best_.back() + 2 * copy_->slack(self_, best_.back());
  }
  // The k nearest by (distance, index) in float64.
  void settle(std::vector<Neighbour>& out) const {
    out.clear();
    for (const auto& [distance, j] : seen_) {
      if (distance < bound_) out.push_back({copy_->exact(self_, j, ~0U), j});
    }
    std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(best_.size()),
                      out.end());
    out.resize(best_.size());
  }

 private:
  struct Seen {
    float distance;
    std::int32_t index;
  };
  const FloatCopy* copy_ = nullptr;
  std::size_t self_ = 0;
  std::vector<float> best_;
  float bound_ = 0;
  std::vector<Seen> seen_;
};

// One thread's work on four points at a time.
class Worker {
 public:
  Worker(const FloatCopy& copy, const NeighbourKernels& kernels)
      : copy_(copy), kernels_(kernels), rows_(kQuad * copy.groups() * copy.stride()) {}

  // Distances of points first .. first+3 (the last ones repeated past the end), tile by tile.
  template <class AfterTile>
  void fill(std::size_t first, AfterTile&& after) {
    for (int g = 0; g < copy_.groups(); ++g) {
      queries_.resize(copy_.groups());
      queries_[g].resize(static_cast<std::size_t>(copy_.dims(g)) * kQuad);
      for (int c = 0; c < copy_.dims(g); ++c) {
        for (std::size_t r = 0; r < kQuad; ++r) {
          queries_[g][c * kQuad + r] =
              copy_.columns(g)[c * copy_.stride() + std::min(first + r, copy_.n() - 1)];
        }
      }
    }
    for (std::size_t from = 0; from < copy_.stride(); from += kTile) {
      const std::size_t to = std::min(from + kTile, copy_.stride());
      for (int g = 0; g < copy_.groups(); ++g) {
        kernels_.distances(copy_.columns(g) + from, copy_.stride(), copy_.dims(g),
                           queries_[g].data(), to - from, row(g, 0) + from, copy_.stride());
      }
      after(from, to);
    }
  }

  void nearest(std::size_t first, int k, std::vector<Neighbour> (&out)[kQuad]) {
    const std::size_t here = std::min<std::size_t>(kQuad, copy_.n() - first);
    for (std::size_t r = 0; r < here; ++r) candidates_[r].start(k, copy_, first + r);
    fill(first, [&](std::size_t from, std::size_t to) {
      for (std::size_t r = 0; r < here; ++r) offer_tile(static_cast<int>(r), from, to);
    });
    for (std::size_t r = 0; r < here; ++r) candidates_[r].settle(out[r]);
  }

  // Points j != i within `radius` of i = first + r in the union `members`, from the filled rows.
  std::int32_t count(std::size_t i, int r, unsigned members, double radius, bool closed) {
    const std::vector<const float*> rows = rows_of(r, members);
    const auto reach = static_cast<float>(radius * copy_.scale());
    const float slack = copy_.slack(i, reach);
    std::int64_t found = 0;
    std::size_t at = 0;
    while (at < copy_.stride()) {
      const Hits hits = kernels_.count_until({rows.data(), static_cast<int>(rows.size())}, at,
                                             copy_.stride(), reach - slack, reach + slack, &found);
      for (std::uint32_t lanes = hits.lanes; lanes != 0; lanes &= lanes - 1) {
        const double d = copy_.exact(i, hits.at + std::countr_zero(lanes), members);
        found += (closed ? d <= radius : d < radius) ? 1 : 0;
      }
      at = hits.at + kernels_.width;
    }
    const bool self = closed || radius > 0;
    return static_cast<std::int32_t>(found - (self ? 1 : 0));
  }

 private:
  float* row(int g, int r) { return rows_.data() + (g * kQuad + r) * copy_.stride(); }
  std::vector<const float*> rows_of(int r, unsigned members) {
    std::vector<const float*> out;
    for (int g = 0; g < copy_.groups(); ++g) {
      if ((members >> g & 1) != 0) out.push_back(row(g, r));
    }
    return out;
  }
  void offer_tile(int r, std::size_t from, std::size_t to) {
    const std::vector<const float*> rows = rows_of(r, ~0U);
    Candidates& best = candidates_[r];
    while (from < to) {
      const Hits hits =
          kernels_.next_below({rows.data(), static_cast<int>(rows.size())}, from, to, best.bound());
      for (std::uint32_t lanes = hits.lanes; lanes != 0; lanes &= lanes - 1) {
        const std::size_t j = hits.at + std::countr_zero(lanes);
        float d = 0;
        for (const float* group : rows) d = std::max(d, group[j]);
        best.offer(d, j);
      }
      from = hits.at + kernels_.width;
    }
  }

  const FloatCopy& copy_;
  const NeighbourKernels& kernels_;
  std::vector<float> rows_;
  std::vector<std::vector<float>> queries_;
  Candidates candidates_[kQuad];
};

}  // namespace

Neighbours brute_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query,
                            const NeighbourKernels& kernels) {
  const FloatCopy copy(groups);
  const auto n = static_cast<std::int64_t>(copy.n());
  Neighbours out;
  out.distance.resize(n);
  out.counts.assign(query.unions.size(), std::vector<std::int32_t>(n));
#pragma omp parallel
  {
    Worker worker(copy, kernels);
    std::vector<Neighbour> nearest[kQuad];
#pragma omp for schedule(dynamic, 8)
    for (std::int64_t first = 0; first < n; first += kQuad) {
      worker.nearest(first, query.k, nearest);
      for (int r = 0; r < kQuad && first + r < n; ++r) {
        const std::int64_t i = first + r;
        out.distance[i] = nearest[r].back().distance;
        for (std::size_t u = 0; u < query.unions.size(); ++u) {
          double radius = out.distance[i];
          if (query.reach == Reach::projected) {
            radius = 0;
            for (const auto& near : nearest[r]) {
              radius = std::max(radius, copy.exact(i, near.index, query.unions[u]));
            }
          }
          out.counts[u][i] =
              worker.count(i, r, query.unions[u], radius, query.reach != Reach::strict);
        }
      }
    }
  }
  return out;
}

std::vector<std::int32_t> brute_count_within(const core::MatrixView& x,
                                             std::span<const double> radius, bool closed,
                                             const NeighbourKernels& kernels) {
  const FloatCopy copy({&x, 1});
  const auto n = static_cast<std::int64_t>(copy.n());
  std::vector<std::int32_t> out(n);
#pragma omp parallel
  {
    Worker worker(copy, kernels);
#pragma omp for schedule(dynamic, 8)
    for (std::int64_t first = 0; first < n; first += kQuad) {
      worker.fill(first, [](std::size_t, std::size_t) {});
      for (int r = 0; r < kQuad && first + r < n; ++r) {
        out[first + r] = worker.count(first + r, r, 1, radius[first + r], closed);
      }
    }
  }
  return out;
}

}  // namespace venturi::measure
