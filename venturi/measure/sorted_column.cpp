#include "venturi/measure/sorted_column.hpp"

#include <omp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace venturi::measure {
namespace {

constexpr int kDigit = 11, kPasses = 3;
constexpr std::size_t kDigits = std::size_t{1} << kDigit;

struct Item {
  std::uint32_t key;
  std::int32_t row;
};
using Tally = std::array<std::uint32_t, kDigits>;

// The leading half of the double's bits, turned so that they order as a whole number does; + 0
// makes -0 the 0 it equals.
std::uint32_t key_of(double v) {
  const auto bits = std::bit_cast<std::uint64_t>(v + 0.0);
  const std::uint64_t sign = bits >> 63;
  const std::uint64_t turned = bits ^ (sign != 0 ? ~std::uint64_t{0} : std::uint64_t{1} << 63);
  return static_cast<std::uint32_t>(turned >> 32);
}

struct Share {
  std::size_t from, to;
};
Share share_of(std::size_t n) {
  const auto t = static_cast<std::size_t>(omp_get_thread_num());
  const auto team = static_cast<std::size_t>(omp_get_num_threads());
  return {n * t / team, n * (t + 1) / team};
}

// One pass of a stable radix sort, called by the whole team; false if all share the digit.
bool pass(const Item* source, Item* target, std::size_t n, int shift, std::vector<Tally>& tallies) {
  const auto self = static_cast<std::size_t>(omp_get_thread_num());
  const auto team = static_cast<std::size_t>(omp_get_num_threads());
  const Share share = share_of(n);
  const auto digit = [shift](const Item& item) { return item.key >> shift & (kDigits - 1); };
  Tally& mine = tallies[self];
  mine.fill(0);
  for (std::size_t p = share.from; p < share.to; ++p) ++mine[digit(source[p])];
#pragma omp barrier
  Tally next;
  std::uint32_t total = 0;
  bool all = false;
  for (std::size_t d = 0; d < kDigits; ++d) {
    const std::uint32_t before = total;
    for (std::size_t t = 0; t < team; ++t) {
      if (t == self) next[d] = total;
      total += tallies[t][d];
    }
    all = all || total - before == n;
  }
#pragma omp barrier
  if (all) return false;
  for (std::size_t p = share.from; p < share.to; ++p) target[next[digit(source[p])]++] = source[p];
#pragma omp barrier
  return true;
}

}  // namespace

int team_for(std::size_t n) {
  constexpr std::size_t kRows = 4096;
  return std::clamp(static_cast<int>(n / kRows), 1, omp_get_max_threads());
}

SortedColumn::SortedColumn(const core::MatrixView& x)
    : values_(static_cast<std::size_t>(x.rows()) + ValueTable::kSpare),
      order_(static_cast<std::size_t>(x.rows())),
      start_(2 * static_cast<std::size_t>(x.rows()) + 2) {
  sort(x);
  start_buckets();
}

void SortedColumn::sort(const core::MatrixView& x) {
  const std::size_t n = order_.size;
  Fresh<Item> first(n), second(n);
  std::vector<Tally> tallies(static_cast<std::size_t>(team_for(n)));
#pragma omp parallel num_threads(team_for(n))
  {
    const Share share = share_of(n);
    Item* source = first.data.get();
    Item* target = second.data.get();
    for (std::size_t p = share.from; p < share.to; ++p) {
      source[p] = {key_of(x(static_cast<core::Index>(p), 0)), static_cast<std::int32_t>(p)};
    }
    for (int d = 0; d < kPasses; ++d) {
      if (pass(source, target, n, d * kDigit, tallies)) std::swap(source, target);
    }
    for (std::size_t p = share.from; p < share.to; ++p) {
      order_[p] = source[p].row;
      values_[p] = x(source[p].row, 0);
    }
#pragma omp barrier
    // Runs of one key, each by the thread in whose share it begins.
    for (std::size_t p = share.from; p < share.to; ++p) {
      if ((p > 0 && source[p - 1].key == source[p].key) || p + 1 == n) continue;
      std::size_t end = p + 1;
      bool rising = true;
      for (; end < n && source[end].key == source[p].key; ++end) {
        rising = rising && values_[end - 1] <= values_[end];
      }
      if (rising) continue;
      std::stable_sort(&order_[p], &order_[p] + (end - p),
                       [&](std::int32_t a, std::int32_t b) { return x(a, 0) < x(b, 0); });
      for (std::size_t q = p; q < end; ++q) values_[q] = x(order_[q], 0);
    }
  }
  for (int s = 0; s < ValueTable::kSpare; ++s) {
    values_[n + s] = std::numeric_limits<double>::infinity();
  }
}

namespace {

std::int32_t bucket(const ValueTable& table, double v) {
  const double at = (v - table.low) * table.scale;
  return static_cast<std::int32_t>(std::clamp(at, 0.0, static_cast<double>(table.buckets)));
}

// How many of the sorted values hold `test`, which is true first and then false, probably about
// `near`.
template <class Test>
std::int32_t split(const ValueTable& table, double near, Test test) {
  const std::int32_t b = bucket(table, near);
  std::int32_t from = table.start[b], to = table.start[b + 1];
  // Rounding may put the turn outside of the stretch.
  if ((from > 0 && !test(table.values[from - 1])) || (to < table.size && test(table.values[to]))) {
    from = 0;
    to = table.size;
  }
  const double* base = table.values + from;
  std::int32_t length = to - from;
  if (length == 0) return from;
  // Without branches on the data: the outcomes are coin tosses.
  for (; length > 1;) {
    const std::int32_t half = length / 2;
    base += test(base[half - 1]) ? half : 0;
    length -= half;
  }
  return static_cast<std::int32_t>(base - table.values) + (test(*base) ? 1 : 0);
}

}  // namespace

// Twice as many equal stretches as values, over all but the outer 1/32 on either side, which the
// first and the last stretch take in: heavy tails make those long, not the rest.
void SortedColumn::start_buckets() {
  const std::size_t n = order_.size, tail = n / 32;
  const auto buckets = static_cast<std::int32_t>(2 * n);
  low_ = values_[tail];
  const double width = values_[n - 1 - tail] - low_;
  scale_ = width > 0 ? static_cast<double>(buckets) / width : 0;
  if (!std::isfinite(scale_)) scale_ = 0;
  const ValueTable guide = table();
  std::int64_t ties = 0;
#pragma omp parallel num_threads(team_for(n)) reduction(+ : ties)
  {
    const Share share = share_of(n);
    std::int32_t next = share.from == 0 ? 0 : bucket(guide, values_[share.from - 1]) + 1;
    for (std::size_t p = share.from; p < share.to; ++p) {
      const std::int32_t here = bucket(guide, values_[p]);
      for (; next <= here; ++next) start_[next] = static_cast<std::int32_t>(p);
      ties += p > 0 && values_[p - 1] == values_[p] ? 1 : 0;
    }
  }
  for (std::int32_t b = bucket(guide, values_[n - 1]) + 1; b < buckets + 2; ++b) {
    start_[b] = static_cast<std::int32_t>(n);
  }
  ties_ = ties;
}

ValueTable SortedColumn::table() const {
  const auto n = static_cast<std::int32_t>(order_.size);
  return {values_.data.get(), start_.data.get(), low_, scale_, 2 * n, n};
}

std::int32_t SortedColumn::count(double x, double radius, bool closed) const {
  if (closed ? radius < 0 : radius <= 0) return 0;
  const ValueTable guide = table();
  const auto outside = [&](double gap) { return closed ? gap > radius : gap >= radius; };
  const std::int32_t first =
      split(guide, x - radius, [&](double v) { return v < x && outside(x - v); });
  const std::int32_t last =
      split(guide, x + radius, [&](double v) { return v <= x || !outside(v - x); });
  return last - first;
}

}  // namespace venturi::measure
