#include "venturi/measure/point_tree.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

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

// (value, row) by value and then row. LSD radix sort on the bits of the doubles, turned so that
// they order as whole numbers; a digit that all share is passed over.
std::vector<Neighbour> sorted_column(const core::MatrixView& x) {
  constexpr int kDigit = 11;
  constexpr std::size_t kValues = std::size_t{1} << kDigit;
  struct Item {
    std::uint64_t key;
    std::int32_t row;
  };
  const auto n = static_cast<std::size_t>(x.rows());
  std::vector<Item> items(n), other(n);
  for (std::size_t i = 0; i < n; ++i) {
    // + 0 makes -0 the 0 it equals.
    const auto bits = std::bit_cast<std::uint64_t>(x(static_cast<core::Index>(i), 0) + 0.0);
    const std::uint64_t sign = bits >> 63;
    items[i] = {bits ^ (sign != 0 ? ~std::uint64_t{0} : std::uint64_t{1} << 63),
                static_cast<std::int32_t>(i)};
  }
  for (int shift = 0; shift < 64; shift += kDigit) {
    std::array<std::size_t, kValues> from{};
    const auto digit = [&](const Item& item) { return item.key >> shift & (kValues - 1); };
    for (const Item& item : items) ++from[digit(item)];
    if (n == 0 || from[digit(items[0])] == n) continue;
    std::size_t total = 0;
    for (std::size_t& f : from) total += std::exchange(f, total);
    for (const Item& item : items) other[from[digit(item)]++] = item;
    items.swap(other);
  }
  std::vector<Neighbour> out(n);
  for (std::size_t p = 0; p < n; ++p) out[p] = {x(items[p].row, 0), items[p].row};
  return out;
}

class SortedLine final : public PointTree {
 public:
  explicit SortedLine(const core::MatrixView& x) : order_(x.rows()), place_(x.rows()) {
    const std::vector<Neighbour> sorted = sorted_column(x);
    values_.reserve(sorted.size());
    for (std::size_t p = 0; p < sorted.size(); ++p) {
      values_.push_back(sorted[p].distance);
      order_[p] = sorted[p].index;
      place_[order_[p]] = static_cast<std::int32_t>(p);
    }
    start_buckets();
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
        split(x - radius, [&](double v) { return v < x && !within(x - v, radius, closed); });
    const std::size_t last =
        split(x + radius, [&](double v) { return v <= x || within(v - x, radius, closed); });
    return static_cast<std::int32_t>(last - first) - 1;
  }

  std::span<const std::int32_t> order() const override { return order_; }

 private:
  // Equal stretches of the values' range, as many as values, and where each starts: a guess that
  // leaves a few values to search. Outliers make it coarser, not wrong.
  void start_buckets() {
    const std::size_t buckets = values_.size();
    const double width = values_.back() - values_.front();
    scale_ = width > 0 ? static_cast<double>(buckets) / width : 0;
    if (!std::isfinite(scale_)) scale_ = 0;
    start_.resize(buckets + 2);
    std::size_t p = 0;
    for (std::size_t b = 0; b <= buckets; ++b) {
      while (p < values_.size() && bucket(values_[p]) < b) ++p;
      start_[b] = static_cast<std::int32_t>(p);
    }
    start_[buckets + 1] = static_cast<std::int32_t>(values_.size());
  }
  std::size_t bucket(double v) const {
    const double at = (v - values_.front()) * scale_;
    const auto last = static_cast<double>(values_.size());
    return at > 0 ? static_cast<std::size_t>(std::min(at, last)) : 0;
  }

  // How many of the sorted values hold `test`, which is true first and then false, probably about
  // `near`. Without branches on the data: the outcomes are coin tosses.
  template <class Test>
  std::size_t split(double near, Test test) const {
    const std::size_t b = bucket(near);
    std::size_t from = start_[b], to = start_[b + 1];
    // Rounding may put the turn outside of the bucket.
    if ((from > 0 && !test(values_[from - 1])) || (to < values_.size() && test(values_[to]))) {
      from = 0;
      to = values_.size();
    }
    if (from == to) return from;
    const double* base = values_.data() + from;
    std::size_t length = to - from;
    while (length > 1) {
      const std::size_t half = length / 2;
      base += test(base[half - 1]) ? half : 0;
      length -= half;
    }
    return static_cast<std::size_t>(base - values_.data()) + (test(*base) ? 1 : 0);
  }

  std::vector<double> values_;
  std::vector<std::int32_t> order_, place_, start_;
  double scale_ = 0;
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
