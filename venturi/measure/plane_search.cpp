#include "venturi/measure/plane_search.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "venturi/measure/point_tree.hpp"
#include "venturi/measure/sorted_column.hpp"

namespace venturi::measure {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

core::MatrixView column_of(std::span<const core::MatrixView> groups, int c) {
  if (groups.size() == 2) return groups[c];
  return groups[0].col(c);
}

double middle_half(const SortedColumn& column) {
  const std::span<const double> values = column.values();
  const std::size_t quarter = values.size() / 4;
  return values[values.size() - 1 - quarter] - values[quarter];
}

// The rows in strips along `across`, each sorted along `along`.
class Plane {
 public:
  Plane(const SortedColumn& across, const SortedColumn& along, int k)
      : across_(across),
        n_(across.order().size()),
        length_(strip_length(across, along, k)),
        count_((n_ + length_ - 1) / length_),
        stride_(length_ + 2 * Strips::kMargin),
        x_(count_ * stride_),
        y_(x_.size),
        row_(x_.size),
        left_(x_.size),
        right_(x_.size) {
    fill(along);
  }

  Strips strips() const {
    return {x_.data.get(),
            y_.data.get(),
            left_.data.get(),
            right_.data.get(),
            across_.values().data(),
            n_,
            length_,
            count_,
            stride_};
  }
  std::size_t count() const { return count_; }
  std::size_t size(std::size_t s) const { return std::min(length_, n_ - s * length_); }
  std::size_t base(std::size_t s) const { return s * stride_ + Strips::kMargin; }
  const double* x(std::size_t s) const { return &x_[base(s)]; }
  const double* y(std::size_t s) const { return &y_[base(s)]; }
  const std::int32_t* rows(std::size_t s) const { return &row_[base(s)]; }

  // The k-th least distance from point j of strip s, which is at most `radius`; negative if the
  // search gave up. `kept` is room for k + 1.
  double finish(std::size_t s, std::size_t j, double radius, std::span<double> kept) const;

 private:
  // As wide as a neighbourhood, if both columns were spread evenly over twice their middle half.
  static std::size_t strip_length(const SortedColumn& across, const SortedColumn& along, int k) {
    constexpr double kWide = 1.7, kLeast = 8;
    const auto n = static_cast<double>(across.order().size());
    const double ratio = middle_half(along) / middle_half(across);
    const double length = kWide * std::sqrt(0.25 * k * n * ratio);
    if (!std::isfinite(length)) return static_cast<std::size_t>(std::min(n, 8 * kLeast));
    return static_cast<std::size_t>(std::clamp(length, std::min(kLeast, n), n));
  }

  // The rows go to their strips in the order of `along`, each thread taking a stretch of them. The
  // fill of the strips beside at that moment is where a point would stand there.
  void fill(const SortedColumn& along) {
    Fresh<std::int32_t> strip(n_);
    Fresh<double> value(n_);
    std::vector<std::vector<std::int32_t>> filled(static_cast<std::size_t>(team_for(n_)));
#pragma omp parallel num_threads(team_for(n_))
    {
      const auto self = static_cast<std::size_t>(omp_get_thread_num());
      const auto team = static_cast<std::size_t>(omp_get_num_threads());
      const std::size_t from = n_ * self / team, to = n_ * (self + 1) / team;
      for (std::size_t p = from; p < to; ++p) {
        const std::int32_t row = across_.order()[p];
        strip[row] = static_cast<std::int32_t>(p / length_);
        value[row] = across_.values()[p];
      }
      // One more on either side, so that every strip has neighbours.
      std::vector<std::int32_t>& mine = filled[self];
      mine.assign(count_ + 2, 0);
#pragma omp barrier
      for (std::size_t p = from; p < to; ++p) ++mine[strip[along.order()[p]] + 1];
#pragma omp barrier
      std::vector<std::int32_t> next(count_ + 2, 0);
      for (std::size_t t = 0; t < self; ++t) {
        for (std::size_t s = 0; s < count_ + 2; ++s) next[s] += filled[t][s];
      }
      for (std::size_t p = from; p < to; ++p) {
        const std::int32_t row = along.order()[p], s = strip[row];
        const std::size_t at = base(s) + static_cast<std::size_t>(next[s + 1]++);
        x_[at] = value[row];
        y_[at] = along.values()[p];
        row_[at] = row;
        left_[at] = next[s];
        right_[at] = next[s + 2];
      }
      for (std::size_t s = count_ * self / team; s < count_ * (self + 1) / team; ++s) {
        const std::size_t first = s * stride_, last = first + stride_;
        std::fill(&x_[first], &x_[first] + Strips::kMargin, 0.0);
        std::fill(&y_[first], &y_[first] + Strips::kMargin, -kInfinity);
        for (std::size_t at = base(s) + size(s); at < last; ++at) {
          x_[at] = 0;
          y_[at] = kInfinity;
        }
      }
    }
  }

  const SortedColumn& across_;
  std::size_t n_, length_, count_, stride_;
  Fresh<double> x_, y_;
  Fresh<std::int32_t> row_, left_, right_;
};

double Plane::finish(std::size_t s, std::size_t j, double radius, std::span<double> kept) const {
  constexpr int kStrips = 64, kPoints = 512;
  const double qx = x(s)[j], qy = y(s)[j];
  const std::span<const double> edge = across_.values();
  std::fill(kept.begin(), kept.end(), radius);
  int strips = 0, points = 0;
  const auto offer = [&](double distance) {
    if (!(distance < kept.back())) return;
    std::size_t at = kept.size() - 1;
    for (; at > 0 && distance < kept[at - 1]; --at) kept[at] = kept[at - 1];
    kept[at] = distance;
  };
  // Both ways from where the point stands or would stand in strip t; false to give up.
  const auto look = [&](std::size_t t, std::ptrdiff_t at) {
    if (++strips > kStrips) return false;
    const double *xs = x(t), *ys = y(t);
    std::ptrdiff_t up = at, down = at - 1;
    for (; ys[up] - qy < kept.back(); ++up) {
      offer(std::max(std::fabs(xs[up] - qx), ys[up] - qy));
      if (++points > kPoints) return false;
    }
    for (; qy - ys[down] < kept.back(); --down) {
      offer(std::max(std::fabs(xs[down] - qx), qy - ys[down]));
      if (++points > kPoints) return false;
    }
    return true;
  };
  const auto place = [&](std::size_t t) -> std::ptrdiff_t {
    if (t + 1 == s) return left_[base(s) + j];
    if (t == s + 1) return right_[base(s) + j];
    return std::lower_bound(y(t), y(t) + size(t), qy) - y(t);
  };
  if (!look(s, static_cast<std::ptrdiff_t>(j))) return -1;
  // Nearer strips first, on either side alike.
  std::size_t left = s, right = s + 1;
  for (;;) {
    const bool more_left = left > 0 && qx - edge[left * length_ - 1] < kept.back();
    const bool more_right = right < count_ && edge[right * length_] - qx < kept.back();
    if (!more_left && !more_right) return kept.back();
    if (more_left && !look(left - 1, place(left - 1))) return -1;
    if (more_right && !look(right, place(right))) return -1;
    left -= more_left ? 1 : 0;
    right += more_right ? 1 : 0;
  }
}

// One thread's room.
struct Room {
  explicit Room(std::size_t length, int k)
      : radius(length), open(length), counts(length), kept(k + 1) {}
  std::vector<double> radius;
  std::vector<std::int32_t> open, counts;
  std::vector<double> kept;
};

// The radii of strip s to room.radius; the rows that gave up to `hard`, with a radius of 0.
void find_radii(const Plane& plane, std::size_t s, int k, const PlaneKernels& kernels, Room& room,
                std::vector<std::int32_t>& hard) {
  const Strips strips = plane.strips();
  std::size_t open = plane.size(s);
  if (k <= kPlaneNear) {
    open = kernels.nearest({&strips, s, room.radius.data(), room.open.data()}, k);
  } else {
    for (std::size_t j = 0; j < open; ++j) {
      room.radius[j] = kInfinity;
      room.open[j] = static_cast<std::int32_t>(j);
    }
  }
  for (std::size_t o = 0; o < open; ++o) {
    const auto j = static_cast<std::size_t>(room.open[o]);
    const double radius = plane.finish(s, j, room.radius[j], room.kept);
    if (radius < 0) hard.push_back(plane.rows(s)[j]);
    room.radius[j] = std::max(radius, 0.0);
  }
}

// Rows other than the point itself within its radius in one column.
std::int32_t others(const SortedColumn& column, double x, double radius, bool closed) {
  return std::max(column.count(x, radius, closed) - 1, 0);
}

void count_strip(const SortedColumn& column, const double* at, std::span<const std::int32_t> rows,
                 const PlaneKernels& kernels, bool closed, Room& room,
                 std::vector<std::int32_t>& out) {
  kernels.count(column.table(), {at, room.radius.data(), rows.size(), closed, room.counts.data()});
  for (std::size_t j = 0; j < rows.size(); ++j) {
    out[rows[j]] =
        room.counts[j] > 0 ? room.counts[j] - 1 : others(column, at[j], room.radius[j], closed);
  }
}

}  // namespace

bool plane_answers(std::span<const core::MatrixView> groups, const NeighbourQuery& query) {
  core::Index columns = 0;
  for (const auto& g : groups) columns += g.cols();
  if (columns != 2 || query.k > kPlaneMost || query.reach == Reach::projected) return false;
  if (groups.size() == 1) return query.unions.empty();
  return std::find(query.unions.begin(), query.unions.end(), 3U) == query.unions.end();
}

Neighbours plane_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query,
                            const PlaneKernels& kernels) {
  const core::MatrixView columns[] = {column_of(groups, 0), column_of(groups, 1)};
  const SortedColumn sorted[] = {SortedColumn(columns[0]), SortedColumn(columns[1])};
  // Strips that one value fills would hold points that differ along them only.
  const int across = sorted[0].ties() > sorted[1].ties() ? 1 : 0;
  const Plane plane(sorted[across], sorted[1 - across], query.k);
  const bool closed = query.reach == Reach::closed;
  const auto n = static_cast<std::size_t>(columns[0].rows());
  Neighbours out;
  out.distance.resize(n);
  out.counts.assign(query.unions.size(), std::vector<std::int32_t>(n));
  std::vector<std::int32_t> hard;
#pragma omp parallel num_threads(team_for(n))
  {
    Room room(plane.size(0), query.k);
    std::vector<std::int32_t> mine;
#pragma omp for schedule(dynamic, 4)
    for (std::size_t s = 0; s < plane.count(); ++s) {
      const std::span<const std::int32_t> rows(plane.rows(s), plane.size(s));
      find_radii(plane, s, query.k, kernels, room, mine);
      for (std::size_t j = 0; j < rows.size(); ++j) out.distance[rows[j]] = room.radius[j];
      for (std::size_t u = 0; u < query.unions.size(); ++u) {
        const int g = query.unions[u] == 1 ? 0 : 1;
        count_strip(sorted[g], g == across ? plane.x(s) : plane.y(s), rows, kernels, closed, room,
                    out.counts[u]);
      }
    }
#pragma omp critical
    hard.insert(hard.end(), mine.begin(), mine.end());
  }
  if (hard.empty()) return out;
  core::Matrix both(columns[0].rows(), 2);
  both << columns[0], columns[1];
  const auto tree = make_point_tree(both);
#pragma omp parallel
  {
    std::vector<Neighbour> nearest;
#pragma omp for schedule(dynamic, 256)
    for (std::size_t h = 0; h < hard.size(); ++h) {
      const std::int32_t i = hard[h];
      tree->nearest(i, query.k, false, nearest);
      out.distance[i] = nearest.back().distance;
      for (std::size_t u = 0; u < query.unions.size(); ++u) {
        const int g = query.unions[u] == 1 ? 0 : 1;
        out.counts[u][i] = others(sorted[g], both(i, g), out.distance[i], closed);
      }
    }
  }
  return out;
}

}  // namespace venturi::measure
