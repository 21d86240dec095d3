// venturi/measure/sorted_column.hpp
//
// One column, sorted, and how many of its values lie near a point: the marginals of the
// nearest-neighbour estimators. Sorting is a radix sort on the leading 32 bits of the doubles, with
// an exact sort of what those leave equal; a table of equal stretches of the central values tells
// where to look. Build O(n), or O(n log n) where many values agree in 32 bits; a count O(1) where
// the table tells, else O(log n). The build runs on the team of threads; results do not depend on
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "venturi/core/views.hpp"
#include "venturi/measure/plane_kernels.hpp"

namespace venturi::measure {

// Storage whose pages belong to the threads that first write them.
template <class T>
struct Fresh {
  explicit Fresh(std::size_t length)
      : size(length), data(std::make_unique_for_overwrite<T[]>(length)) {}
  T& operator[](std::size_t i) { return data[i]; }
  const T& operator[](std::size_t i) const { return data[i]; }
  std::size_t size;
  std::unique_ptr<T[]> data;
};

// Threads worth having for n rows: one for each few thousand.
int team_for(std::size_t n);

class SortedColumn {
 public:
  // x: n*1, n >= 1, finite.
  explicit SortedColumn(const core::MatrixView& x);

  std::span<const double> values() const { return {values_.data.get(), order_.size}; }
  // The rows by (value, row).
  std::span<const std::int32_t> order() const { return {order_.data.get(), order_.size}; }
  // How many values equal the one before.
  std::int64_t ties() const { return ties_; }
  ValueTable table() const;
  // Values within `radius` of x, the one at x counted: |v - x| < radius (<=, if closed).
  std::int32_t count(double x, double radius, bool closed) const;

 private:
  void sort(const core::MatrixView& x);
  void start_buckets();

  Fresh<double> values_;
  Fresh<std::int32_t> order_, start_;
  double low_ = 0, scale_ = 0;
  std::int64_t ties_ = 0;
};

}  // namespace venturi::measure
