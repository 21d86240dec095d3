#include "venturi/measure/point_tree.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "venturi/core/error.hpp"
#include "venturi/measure/sorted_column.hpp"

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
  explicit SortedLine(const core::MatrixView& x) : column_(x), place_(x.rows()) {
    for (std::size_t p = 0; p < place_.size(); ++p) {
      place_[column_.order()[p]] = static_cast<std::int32_t>(p);
    }
  }

  void nearest(std::int32_t row, int k, bool ties, std::vector<Neighbour>& out) const override {
    Best best(k, ties, out);
    const std::span<const double> values = column_.values();
    const std::int32_t p = place_[row];
    const auto n = static_cast<std::int32_t>(values.size());
    const auto gap = [&](std::int32_t q) {
      return q < 0 || q >= n ? kInfinity : std::fabs(values[q] - values[p]);
    };
    std::int32_t left = p - 1, right = p + 1;
    while (left >= 0 || right < n) {
      const std::int32_t q = gap(left) <= gap(right) ? left-- : right++;
      if (!best.open(gap(q))) return;
      best.offer({gap(q), column_.order()[q]});
    }
  }

  std::int32_t count(std::int32_t row, double radius, bool closed) const override {
    if (!within(0, radius, closed)) return 0;
    return column_.count(column_.values()[place_[row]], radius, closed) - 1;
  }

  std::span<const std::int32_t> order() const override { return column_.order(); }

 private:
  SortedColumn column_;
  std::vector<std::int32_t> place_;
};

template <int D>
class BoxTree final : public PointTree {
 public:
  explicit BoxTree(const core::MatrixView& x) : order_(x.rows()), place_(x.rows()) {
    std::vector<Item> source(x.rows());
    for (core::Index i = 0; i < x.rows(); ++i) {
      for (int c = 0; c < D; ++c) source[i].point[c] = x(i, c);
      source[i].row = static_cast<std::int32_t>(i);
    }
    const auto n = static_cast<std::int32_t>(x.rows());
    std::size_t nodes = 1;
    for (std::int32_t length = n; length > kLeaf; length = (length + 1) / 2) nodes = 2 * nodes + 1;
    boxes_.resize(nodes);
    build(source, 0, 0, n);
    points_.resize(source.size());
    for (std::int32_t p = 0; p < n; ++p) {
      points_[p] = source[p].point;
      order_[p] = source[p].row;
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
  static constexpr std::int32_t kLeaf = 8;
  using Point = std::array<double, D>;
  struct Item {
    Point point;
    std::int32_t row;
  };
  struct Box {
    Point low, high;
  };
  struct Ball {
    double radius;
    bool closed;
  };

  std::int32_t size() const { return static_cast<std::int32_t>(points_.size()); }

  // Halves are independent: large ones become tasks where the caller has a team of threads.
  // NOLINTNEXTLINE(misc-no-recursion)
  void build(std::vector<Item>& source, std::size_t node, std::int32_t from, std::int32_t to) {
    Box box;
    box.low.fill(kInfinity);
    box.high.fill(-kInfinity);
    for (std::int32_t p = from; p < to; ++p) {
      for (int c = 0; c < D; ++c) {
        box.low[c] = std::min(box.low[c], source[p].point[c]);
        box.high[c] = std::max(box.high[c], source[p].point[c]);
      }
    }
    boxes_[node] = box;
    if (to - from <= kLeaf) return;
    int widest = 0;
    for (int c = 1; c < D; ++c) {
      if (box.high[c] - box.low[c] > box.high[widest] - box.low[widest]) widest = c;
    }
    const std::int32_t middle = from + (to - from + 1) / 2;
    std::nth_element(
        source.begin() + from, source.begin() + middle, source.begin() + to,
        [&](const Item& a, const Item& b) { return a.point[widest] < b.point[widest]; });
    constexpr std::int32_t kTask = 4096;
    if (to - from <= kTask) {
      build(source, 2 * node + 1, from, middle);
      build(source, 2 * node + 2, middle, to);
      return;
    }
#pragma omp task shared(source)
    build(source, 2 * node + 1, from, middle);
    build(source, 2 * node + 2, middle, to);
#pragma omp taskwait
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
      // Distances first, in one go: most are never offered.
      std::array<double, kLeaf> gaps;
      for (std::int32_t p = from; p < to; ++p) gaps[p - from] = distance(points_[p], q);
      for (std::int32_t p = from; p < to; ++p) {
        if (best.open(gaps[p - from]) && p != self) best.offer({gaps[p - from], order_[p]});
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
