// venturi/measure/plane_kernels_body.hpp
//
// The kernels over a vector type V of four doubles with halves of two; see
// neighbour_kernels_body.hpp for why they are written once and built for each instruction set.
#pragma once

#include "venturi/measure/plane_kernels.hpp"

namespace venturi::measure {
namespace {

template <class V>
struct PlaneOver {
  using Type = typename V::Type;
  using Half = typename V::Half;

  // The `kKept` least that each lane has met, sorted.
  template <int kKept>
  struct Least {
    Type kept[kKept];
    void offer(Type d) {
      for (int t = kKept - 1; t > 0; --t) kept[t] = V::min(kept[t], V::max(kept[t - 1], d));
      kept[0] = V::min(kept[0], d);
    }
    // The kKept-th least of all lanes. Of two sorted lists the least are the minima of the one and
    // the other turned round.
    double last() const {
      Half both[kKept];
      for (int t = 0; t < kKept; ++t) {
        both[t] = V::min(V::low(kept[t]), V::high(kept[kKept - 1 - t]));
      }
      for (int i = 0; i + 1 < kKept; ++i) {
        for (int t = kKept - 1; t > i; --t) {
          const Half less = V::min(both[t - 1], both[t]);
          both[t] = V::max(both[t - 1], both[t]);
          both[t - 1] = less;
        }
      }
      double most = 0;
      for (int t = 0; t < kKept; ++t) {
        const double a = V::first(both[t]), b = V::second(both[kKept - 1 - t]);
        const double less = a < b ? a : b;
        most = less > most ? less : most;
      }
      return most;
    }
  };

  struct Window {
    const double *x, *y;
    std::ptrdiff_t at;
  };

  template <int kKept>
  static std::size_t nearest(const PlaneTask& task) {
    constexpr std::ptrdiff_t kReach = Strips::kMargin;
    const Strips& in = *task.strips;
    const std::size_t s = task.strip, begin = s * in.length;
    const std::size_t length = in.n - begin < in.length ? in.n - begin : in.length;
    const std::size_t base = s * in.stride + Strips::kMargin;
    const bool before = s > 0, behind = s + 1 < in.count;
    // The nearest x of the strips that are not looked into.
    const double* far_left = s > 1 ? in.edge + (begin - in.length - 1) : nullptr;
    const double* far_right =
        begin + 2 * in.length < in.n ? in.edge + begin + 2 * in.length : nullptr;
    std::size_t open = 0;
    for (std::size_t j = 0; j < length; ++j) {
      const double x = in.x[base + j], y = in.y[base + j];
      const Type all_x = V::set(x), all_y = V::set(y);
      Window windows[3] = {{in.x + base, in.y + base, static_cast<std::ptrdiff_t>(j)}, {}, {}};
      int used = 1;
      if (before) {
        const std::size_t at = base - in.stride;
        windows[used++] = {in.x + at, in.y + at, in.left[base + j]};
      }
      if (behind) {
        const std::size_t at = base + in.stride;
        windows[used++] = {in.x + at, in.y + at, in.right[base + j]};
      }
      // The point itself is met too, at 0: so one more is kept.
      Least<kKept> least;
      for (Type& kept : least.kept) kept = V::set(__builtin_inf());
      for (int w = 0; w < used; ++w) {
        for (std::ptrdiff_t o = -kReach; o < kReach; o += 4) {
          const std::ptrdiff_t at = windows[w].at + o;
          least.offer(V::max(V::gap(V::load(windows[w].x + at), all_x),
                             V::gap(V::load(windows[w].y + at), all_y)));
        }
      }
      const double radius = least.last();
      bool farther = (far_left != nullptr && x - *far_left < radius) |
                     (far_right != nullptr && *far_right - x < radius);
      for (int w = 0; w < used; ++w) {
        const double* edge = windows[w].y + windows[w].at;
        farther |= (y - edge[-kReach] < radius) | (edge[kReach - 1] - y < radius);
      }
      task.radius[j] = radius;
      task.open[open] = static_cast<std::int32_t>(j);
      open += farther ? 1 : 0;
    }
    return open;
  }

  static std::size_t nearest_of(const PlaneTask& task, int k) {
    switch (k) {
      case 1:
        return nearest<2>(task);
      case 2:
        return nearest<3>(task);
      case 3:
        return nearest<4>(task);
      case 4:
        return nearest<5>(task);
      case 5:
        return nearest<6>(task);
      case 6:
        return nearest<7>(task);
      default:
        return nearest<kPlaneNear + 1>(task);
    }
  }

  // The place where the values outside of the radius end (kUpper: begin), or -1.
  template <bool kClosed, bool kUpper>
  static std::int32_t place(const ValueTable& table, double x, double radius) {
    const double near = kUpper ? x + radius : x - radius;
    double at = (near - table.low) * table.scale;
    const auto most = static_cast<double>(table.buckets);
    at = at > 0 ? at : 0;
    at = at < most ? at : most;
    const std::int32_t from = table.start[static_cast<std::int32_t>(at)];
    const Type all_x = V::set(x), all_radius = V::set(radius);
    const auto held = [&](Type v) {
      const Type gap = kUpper ? V::minus(v, all_x) : V::minus(all_x, v);
      const bool strict = kClosed != kUpper;
      // Lower: how many are outside; upper: how many inside.
      return kUpper ? V::lanes(gap, all_radius, strict) : V::lanes(all_radius, gap, strict);
    };
    const double* values = table.values + from;
    const int found = held(V::load(values)) + held(V::load(values + 4));
    const double previous = from > 0 ? values[-1] : (kUpper ? x : -__builtin_inf());
    const double gap = kUpper ? previous - x : x - previous;
    const bool in = kClosed ? gap <= radius : gap < radius;
    return found < 8 && in == kUpper ? from + found : -1;
  }

  template <bool kClosed>
  static void count_as(const ValueTable& table, const CountTask& task) {
    for (std::size_t i = 0; i < task.length; ++i) {
      const double x = task.x[i], radius = task.radius[i];
      const std::int32_t first = place<kClosed, false>(table, x, radius);
      const std::int32_t last = place<kClosed, true>(table, x, radius);
      const bool known = (first >= 0) & (last >= 0) & (kClosed | (radius > 0));
      task.counts[i] = known ? last - first : -1;
    }
  }

  static void count(const ValueTable& table, const CountTask& task) {
    if (task.closed) {
      count_as<true>(table, task);
    } else {
      count_as<false>(table, task);
    }
  }

  static constexpr PlaneKernels kPlane{nearest_of, count};
};

}  // namespace
}  // namespace venturi::measure
