#include "venturi/measure/point_tree.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "venturi/core/error.hpp"

namespace venturi::measure {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The k best so far, sorted; `out` holds fewer while they are being found.
class Best {
 public:
  Best(int k, bool ties, std::vector<Neighbour>& out)
      : k_(static_cast<std::size_t>(k)), ties_(ties), out_(out) {
    out_.clear();
  }
  // May a point at this distance still belong?
  bool open(double distance) const {
    if (out_.size() < k_) return true;
    return ties_ ? distance <= out_.back().distance : distance < out_.back().distance;
  }
  void offer(Neighbour candidate) {
    if (out_.size() == k_) {
      if (!(candidate < out_.back())) return;
      out_.pop_back();
    }
    std::size_t at = out_.size();
    out_.push_back(candidate);
    for (; at > 0 && candidate < out_[at - 1]; --at) out_[at] = out_[at - 1];
    out_[at] = candidate;
  }

 private:
  std::size_t k_;
  bool ties_;
  std::vector<Neighbour>& out_;
};

bool within(double distance, double radius, bool closed) {
  return closed ? distance <= radius : distance < radius;
}

class SortedLine final : public PointTree {
 public:
  explicit SortedLine(const core::MatrixView& x) : order_(x.rows()), place_(x.rows()) {
    std::vector<Neighbour> sorted(x.rows());
    for (core::Index i = 0; i < x.rows(); ++i) {
      sorted[i] = {x(i, 0), static_cast<std::int32_t>(i)};
    }
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t p = 0; p < sorted.size(); ++p) {
      values_.push_back(sorted[p].distance);
      order_[p] = sorted[p].index;
      place_[order_[p]] = static_cast<std::int32_t>(p);
    }
  }

  void nearest(std::int32_t row, int k, bool ties, std::vector<Neighbour>& out) const override {
    Best best(k, ties, out);
    const std::int32_t p = place_[row];
    const auto n = static_cast<std::int32_t>(values_.size());
    const auto gap = [&](std::int32_t q) {
      return q < 0 || q >= n ? kInfinity : std::fabs(values_[q] - values_[p]);
    };
    std::int32_t left = p - 1, right = p + 1;
    while (left >= 0 || right < n) {
      const std::int32_t q = gap(left) <= gap(right) ? left-- : right++;
      if (!best.open(gap(q))) return;
      best.offer({gap(q), order_[q]});
    }
  }

  std::int32_t count(std::int32_t row, double radius, bool closed) const override {
    if (!within(0, radius, closed)) return 0;
    const double x = values_[place_[row]];
    const std::size_t first =
        split([&](double v) { return v < x && !within(x - v, radius, closed); });
    const std::size_t last =
        split([&](double v) { return v <= x || within(v - x, radius, closed); });
    return static_cast<std::int32_t>(last - first) - 1;
  }

  std::span<const std::int32_t> order() const override { return order_; }

 private:
  // How many of the sorted values hold `test`, which is true first and then false. Without
  // branches on the data: the outcomes are coin tosses.
  template <class Test>
  std::size_t split(Test test) const {
    const double* base = values_.data();
    std::size_t length = values_.size();
    while (length > 1) {
      const std::size_t half = length / 2;
      base += test(base[half - 1]) ? half : 0;
      length -= half;
    }
    return static_cast<std::size_t>(base - values_.data()) + (test(*base) ? 1 : 0);
  }

  std::vector<double> values_;
  std::vector<std::int32_t> order_, place_;
};

template <int D>
class BoxTree final : public PointTree {
 public:
  explicit BoxTree(const core::MatrixView& x) : order_(x.rows()), place_(x.rows()) {
    std::vector<Point> source(x.rows());
    for (core::Index i = 0; i < x.rows(); ++i) {
      for (int c = 0; c < D; ++c) source[i][c] = x(i, c);
    }
    std::iota(order_.begin(), order_.end(), 0);
    const auto n = static_cast<std::int32_t>(x.rows());
    std::size_t nodes = 1;
    for (std::int32_t length = n; length > kLeaf; length = (length + 1) / 2) nodes = 2 * nodes + 1;
    boxes_.resize(nodes);
    build(source, 0, 0, n);
    points_.resize(source.size());
    for (std::int32_t p = 0; p < n; ++p) {
      points_[p] = source[order_[p]];
      place_[order_[p]] = p;
    }
  }

  void nearest(std::int32_t row, int k, bool ties, std::vector<Neighbour>& out) const override {
    Best best(k, ties, out);
    search(0, 0, size(), place_[row], best);
  }

  std::int32_t count(std::int32_t row, double radius, bool closed) const override {
    if (!within(0, radius, closed)) return 0;
    return tally(0, 0, size(), points_[place_[row]], {radius, closed}) - 1;
  }

  std::span<const std::int32_t> order() const override { return order_; }

 private:
  static constexpr std::int32_t kLeaf = 16;
  using Point = std::array<double, D>;
  struct Box {
    Point low, high;
  };
  struct Ball {
    double radius;
    bool closed;
  };

  std::int32_t size() const { return static_cast<std::int32_t>(points_.size()); }

  void build(const std::vector<Point>& source, std::size_t node, std::int32_t from,
             std::int32_t to) {
    Box& box = boxes_[node];
    box.low.fill(kInfinity);
    box.high.fill(-kInfinity);
    for (std::int32_t p = from; p < to; ++p) {
      for (int c = 0; c < D; ++c) {
        box.low[c] = std::min(box.low[c], source[order_[p]][c]);
        box.high[c] = std::max(box.high[c], source[order_[p]][c]);
      }
    }
    if (to - from <= kLeaf) return;
    int widest = 0;
    for (int c = 1; c < D; ++c) {
      if (box.high[c] - box.low[c] > box.high[widest] - box.low[widest]) widest = c;
    }
    const std::int32_t middle = from + (to - from + 1) / 2;
    std::nth_element(
        order_.begin() + from, order_.begin() + middle, order_.begin() + to,
        [&](std::int32_t a, std::int32_t b) { return source[a][widest] < source[b][widest]; });
    build(source, 2 * node + 1, from, middle);
    build(source, 2 * node + 2, middle, to);
  }

  static double distance(const Point& a, const Point& b) {
    double d = 0;
    for (int c = 0; c < D; ++c) d = std::max(d, std::fabs(a[c] - b[c]));
    return d;
  }
  static double nearest_in(const Box& box, const Point& q) {
    double d = 0;
    for (int c = 0; c < D; ++c) d = std::max({d, box.low[c] - q[c], q[c] - box.high[c]});
    return d;
  }
  static double farthest_in(const Box& box, const Point& q) {
    double d = 0;
    for (int c = 0; c < D; ++c) d = std::max({d, q[c] - box.low[c], box.high[c] - q[c]});
    return d;
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  void search(std::size_t node, std::int32_t from, std::int32_t to, std::int32_t self,
              Best& best) const {
    const Point& q = points_[self];
    if (to - from <= kLeaf) {
      for (std::int32_t p = from; p < to; ++p) {
        const double d = distance(points_[p], q);
        if (best.open(d) && p != self) best.offer({d, order_[p]});
      }
      return;
    }
    const std::int32_t middle = from + (to - from + 1) / 2;
    const double left = nearest_in(boxes_[2 * node + 1], q);
    const double right = nearest_in(boxes_[2 * node + 2], q);
    // Both boxes may hold the point (at their common face): its own half first.
    const bool left_first = left != right ? left < right : self < middle;
    if (left_first) {
      if (best.open(left)) search(2 * node + 1, from, middle, self, best);
      if (best.open(right)) search(2 * node + 2, middle, to, self, best);
    } else {
      if (best.open(right)) search(2 * node + 2, middle, to, self, best);
      if (best.open(left)) search(2 * node + 1, from, middle, self, best);
    }
  }

  std::int32_t tally(std::size_t node, std::int32_t from, std::int32_t to, const Point& q,
                     Ball ball) const {
    if (!within(nearest_in(boxes_[node], q), ball.radius, ball.closed)) return 0;
    if (within(farthest_in(boxes_[node], q), ball.radius, ball.closed)) return to - from;
    if (to - from <= kLeaf) {
      std::int32_t found = 0;
      for (std::int32_t p = from; p < to; ++p) {
        found += within(distance(points_[p], q), ball.radius, ball.closed) ? 1 : 0;
      }
      return found;
    }
    const std::int32_t middle = from + (to - from + 1) / 2;
    return tally(2 * node + 1, from, middle, q, ball) + tally(2 * node + 2, middle, to, q, ball);
  }

  std::vector<std::int32_t> order_, place_;
  std::vector<Point> points_;  // in the order of the leaves
  std::vector<Box> boxes_;     // node i has children 2i+1 and 2i+2
};

}  // namespace

std::unique_ptr<PointTree> make_point_tree(const core::MatrixView& x) {
  switch (x.cols()) {
    case 1:
      return std::make_unique<SortedLine>(x);
    case 2:
      return std::make_unique<BoxTree<2>>(x);
    case 3:
      return std::make_unique<BoxTree<3>>(x);
    case 4:
      return std::make_unique<BoxTree<4>>(x);
    case 5:
      return std::make_unique<BoxTree<5>>(x);
    case 6:
      return std::make_unique<BoxTree<6>>(x);
    case 7:
      return std::make_unique<BoxTree<7>>(x);
    case 8:
      return std::make_unique<BoxTree<8>>(x);
    default:
      core::fail_argument("measure.make_point_tree", "expected 1 to {} columns, got {}", kTreeDims,
                          x.cols());
  }
}

}  // namespace venturi::measure
