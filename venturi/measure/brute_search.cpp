#include "venturi/measure/brute_search.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "venturi/measure/byte_copy.hpp"
#include "venturi/measure/float_copy.hpp"
#include "venturi/measure/point_tree.hpp"

namespace venturi::measure {
namespace {

// Bytes of one row handled while they are in the first-level cache.
constexpr std::size_t kTileBytes = 4096;

// The candidates for the k nearest of one point. After all points were offered, the k nearest in
// float64 are among those below bound().
template <class Copy>
class Candidates {
  using T = typename Copy::Element;

 public:
  void start(int k, const Copy& copy, std::size_t self) {
    copy_ = &copy;
    self_ = self;
    best_.assign(k, Copy::kFar);
    bound_ = Copy::kFar;
    seen_.clear();
  }
  // Distances of distinct points, self perhaps among them: the k nearest are no farther than the
  // (k+1)th of them. Before the first offer; a first bound, where they are enough.
  void limit(std::span<T> some) {
    const std::size_t k = best_.size();
    if (some.size() <= k) return;
    std::nth_element(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(k), some.end());
    if (some[k] < Copy::kFar) bound_ = copy_->bound(self_, some[k]);
  }
  T bound() const { return bound_; }
  void offer(T distance, std::size_t j) {
    if (j == self_ || !(distance < bound_)) return;
    seen_.push_back({distance, static_cast<std::int32_t>(j)});
    if (!(distance < best_.back())) return;
    std::size_t at = best_.size() - 1;
    for (; at > 0 && distance < best_[at - 1]; --at) best_[at] = best_[at - 1];
    best_[at] = distance;
    if (best_.back() < Copy::kFar) {
      bound_ = std::min(bound_, copy_->bound(self_, best_.back()));
    }
  }
  // The k nearest by (distance, index) in float64; returns how many were looked at.
  std::size_t settle(std::vector<Neighbour>& out) const {
    out.clear();
    for (const auto& [distance, j] : seen_) {
      if (distance < bound_) out.push_back({exact_distance(copy_->data(), self_, j, ~0U), j});
    }
    const std::size_t looked_at = out.size();
    std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(best_.size()),
                      out.end());
    out.resize(best_.size());
    return looked_at;
  }

 private:
  struct Seen {
    T distance;
    std::int32_t index;
  };
  const Copy* copy_ = nullptr;
  std::size_t self_ = 0;
  std::vector<T> best_;
  T bound_ = 0;
  std::vector<Seen> seen_;
};

// One thread's work on four points at a time.
template <class Copy>
class Worker {
  using T = typename Copy::Element;
  static constexpr std::size_t kTile = kTileBytes / sizeof(T);
  static_assert(kTile % kPad == 0);

 public:
  Worker(const Copy& copy, const RowKernels<T>& kernels)
      : copy_(copy),
        kernels_(kernels),
        rows_(kQuad * copy.groups() * copy.stride()),
        queries_(copy.groups()),
        shell_(copy.stride() / kernels.width),
        minima_(kernels.width) {
    for (int g = 0; g < copy.groups(); ++g) queries_[g].resize(copy.dims(g) * kQuad);
  }

  // Distances of points first .. first+3 (the last ones repeated past the end), tile by tile.
  template <class AfterTile>
  void fill(std::size_t first, AfterTile&& after) {
    const std::size_t n = copy_.n(), stride = copy_.stride();
    for (int g = 0; g < copy_.groups(); ++g) {
      for (int c = 0; c < copy_.dims(g); ++c) {
        for (std::size_t r = 0; r < kQuad; ++r) {
          queries_[g][c * kQuad + r] = copy_.columns(g)[c * stride + std::min(first + r, n - 1)];
        }
      }
    }
    for (std::size_t from = 0; from < stride; from += kTile) {
      const std::size_t to = std::min(from + kTile, stride);
      for (int g = 0; g < copy_.groups(); ++g) {
        kernels_.distances(copy_.columns(g) + from, stride, copy_.dims(g), queries_[g].data(),
                           to - from, row(g, 0) + from, stride);
        if (to < stride) continue;
        for (int r = 0; r < kQuad; ++r) std::fill(row(g, r) + n, row(g, r) + stride, Copy::kFar);
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
    for (std::size_t r = 0; r < here; ++r) looked_at_ += candidates_[r].settle(out[r]);
  }

  // Points j != i within `radius` of i = first + r in the union `members`, from the filled rows.
  std::int32_t count(std::size_t i, int r, unsigned members, double radius, bool closed) {
    const Rows rows(*this, r, members);
    const Shell<T> at = copy_.shell(i, radius);
    std::int64_t found = 0;
    const std::size_t doubtful =
        kernels_.count(rows.all(), copy_.stride(), at.sure, at.never, &found, shell_.data());
    for (std::size_t s = 0; s < doubtful; ++s) {
      for (std::uint64_t lanes = shell_[s].lanes; lanes != 0; lanes &= lanes - 1) {
        const std::size_t j = shell_[s].at + std::countr_zero(lanes);
        const double d = exact_distance(copy_.data(), i, j, members);
        found += (closed ? d <= radius : d < radius) ? 1 : 0;
        ++looked_at_;
      }
    }
    const bool self = closed || radius > 0;
    return static_cast<std::int32_t>(found - (self ? 1 : 0));
  }

  // Pairs settled in float64 so far.
  std::size_t looked_at() const { return looked_at_; }

 private:
  class Rows {
   public:
    Rows(Worker& worker, int r, unsigned members) {
      for (int g = 0; g < worker.copy_.groups(); ++g) {
        if ((members >> g & 1) != 0) group_[groups_++] = worker.row(g, r);
      }
    }
    DistanceRows<T> all() const { return {group_.data(), groups_}; }
    T distance(std::size_t j) const {
      T d = 0;
      for (int g = 0; g < groups_; ++g) d = std::max(d, group_[g][j]);
      return d;
    }

   private:
    std::array<const T*, 31> group_;
    int groups_ = 0;
  };

  T* row(int g, int r) { return rows_.data() + (g * kQuad + r) * copy_.stride(); }
  void offer_tile(int r, std::size_t from, std::size_t to) {
    const Rows rows(*this, r, ~0U);
    Candidates<Copy>& best = candidates_[r];
    if (from == 0) {
      kernels_.lane_minima(rows.all(), to, minima_.data());
      best.limit(minima_);
    }
    while (from < to) {
      const Hits hits = kernels_.next_below(rows.all(), from, to, best.bound());
      for (std::uint64_t lanes = hits.lanes; lanes != 0; lanes &= lanes - 1) {
        const std::size_t j = hits.at + std::countr_zero(lanes);
        best.offer(rows.distance(j), j);
      }
      from = hits.at + kernels_.width;
    }
  }

  const Copy& copy_;
  const RowKernels<T>& kernels_;
  std::vector<T> rows_;
  std::vector<std::vector<T>> queries_;
  std::vector<Hits> shell_;
  std::vector<T> minima_;
  Candidates<Copy> candidates_[kQuad];
  std::size_t looked_at_ = 0;
};

// The answers for points first .. first+3.
template <class Copy>
class Finder {
 public:
  Finder(const Copy& copy, const RowKernels<typename Copy::Element>& kernels,
         const NeighbourQuery& query, Neighbours& out)
      : copy_(copy), query_(query), out_(out), worker_(copy, kernels) {}

  void operator()(std::int64_t first) {
    worker_.nearest(first, query_.k, nearest_);
    const auto n = static_cast<std::int64_t>(copy_.n());
    for (int r = 0; r < kQuad && first + r < n; ++r) {
      const std::int64_t i = first + r;
      out_.distance[i] = nearest_[r].back().distance;
      for (std::size_t u = 0; u < query_.unions.size(); ++u) {
        double radius = out_.distance[i];
        if (query_.reach == Reach::projected) {
          radius = 0;
          for (const auto& near : nearest_[r]) {
            radius =
                std::max(radius, exact_distance(copy_.data(), i, near.index, query_.unions[u]));
          }
        }
        out_.counts[u][i] =
            worker_.count(i, r, query_.unions[u], radius, query_.reach != Reach::strict);
      }
    }
  }
  std::size_t looked_at() const { return worker_.looked_at(); }

 private:
  const Copy& copy_;
  const NeighbourQuery& query_;
  Neighbours& out_;
  Worker<Copy> worker_;
  std::vector<Neighbour> nearest_[kQuad];
};

// The same for counts alone.
template <class Copy>
class Counter {
 public:
  Counter(const Copy& copy, const RowKernels<typename Copy::Element>& kernels,
          std::span<const double> radius, bool closed, std::vector<std::int32_t>& out)
      : copy_(copy), radius_(radius), closed_(closed), out_(out), worker_(copy, kernels) {}

  void operator()(std::int64_t first) {
    worker_.fill(first, [](std::size_t, std::size_t) {});
    const auto n = static_cast<std::int64_t>(copy_.n());
    for (int r = 0; r < kQuad && first + r < n; ++r) {
      out_[first + r] = worker_.count(first + r, r, 1, radius_[first + r], closed_);
    }
  }
  std::size_t looked_at() const { return worker_.looked_at(); }

 private:
  const Copy& copy_;
  std::span<const double> radius_;
  bool closed_;
  std::vector<std::int32_t>& out_;
  Worker<Copy> worker_;
};

// make(copy, kernels) gives one thread's task, called with every fourth point. Bytes where they
// settle enough: on a few points first, at most one pair in 16 may be left to float64 (an
// estimate of where a float row costs as much). Either way the answers are the same.
template <class Make>
void by_bytes_or_floats(std::span<const core::MatrixView> groups, const NeighbourKernels& kernels,
                        const Make& make) {
  const auto n = static_cast<std::int64_t>(groups[0].rows());
  const auto all = [&](const auto& copy, const auto& rows) {
#pragma omp parallel
    {
      auto task = make(copy, rows);
#pragma omp for schedule(dynamic, 8)
      for (std::int64_t first = 0; first < n; first += kQuad) task(first);
    }
  };
  const ByteCopy bytes(groups);
  if (bytes.usable()) {
    constexpr std::int64_t kTrials = 4;
    auto trial = make(bytes, kernels.bytes);
    for (std::int64_t t = 0; t < kTrials; ++t) trial(t * n / kTrials);
    if (16 * trial.looked_at() <= static_cast<std::size_t>(kTrials * kQuad * n)) {
      all(bytes, kernels.bytes);
      return;
    }
  }
  all(FloatCopy(groups), kernels.floats);
}

}  // namespace

Neighbours brute_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query,
                            const NeighbourKernels& kernels) {
  Neighbours out;
  out.distance.resize(groups[0].rows());
  out.counts.assign(query.unions.size(), std::vector<std::int32_t>(out.distance.size()));
  by_bytes_or_floats(groups, kernels, [&](const auto& copy, const auto& rows) {
    return Finder(copy, rows, query, out);
  });
  return out;
}

std::vector<std::int32_t> brute_count_within(const core::MatrixView& x,
                                             std::span<const double> radius, bool closed,
                                             const NeighbourKernels& kernels) {
  std::vector<std::int32_t> out(radius.size());
  by_bytes_or_floats({&x, 1}, kernels, [&](const auto& copy, const auto& rows) {
    return Counter(copy, rows, radius, closed, out);
  });
  return out;
}

}  // namespace venturi::measure
