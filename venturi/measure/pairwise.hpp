// venturi/measure/pairwise.hpp
//
// What kernel density and the kernel measures share: distances of one row to all, row sums of
// Gaussian kernels, rules for their width, and the memory of an n*n array, stated before it is
// taken. The kernel is k(u,v) = exp(-|u-v|^2 / (2 s^2)), s the width.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::measure {

inline constexpr std::uint64_t kDefaultMemoryLimit = std::uint64_t{2} << 30;  // bytes

// Throws InvalidArgument, naming both amounts, if `bytes` passes the limit.
void require_memory(double bytes, std::uint64_t memory_limit, const char* where);

// Throws unless x is n*d with n >= least, d >= 1 (InvalidArgument) and finite (DataError).
void require_rows(const core::MatrixView& x, core::Index least, const char* where);

// Throws InvalidArgument unless width is finite and above 0.
void require_width(double width, const char* where);

// The rows of x, held column by column, so that distances of one row to all are plain loops.
class Rows {
 public:
  explicit Rows(const core::MatrixView& x) : columns_(x.transpose()) {}
  core::Index size() const { return columns_.cols(); }
  core::Index dimension() const { return columns_.rows(); }
  double at(core::Index row, core::Index column) const { return columns_(column, row); }

  // out[j] = |y_i - x_j|^2, y_i row i of `other`, which has the same columns; out: n values.
  void squared_distances(const Rows& other, core::Index i, std::span<double> out) const;
  // out[j] = k(y_i, x_j).
  void kernel(const Rows& other, core::Index i, double width, std::span<double> out) const;

 private:
  core::Matrix columns_;
};

// s = median of |x_i - x_j| over pairs i < j (the mean of the middle two if they are even in
// number). Takes 4 n (n-1) bytes. DataError if it is 0: half the pairs are equal.
double median_width(const core::MatrixView& x, std::uint64_t memory_limit = kDefaultMemoryLimit);

// Silverman's factor for normal data, (4 / ((d+2) n))^(1/(d+4)), times each column's standard
// deviation (n in the denominator). DataError for a constant column. Source: Silverman 1986, 4.3.2.
core::Vector silverman_widths(const core::MatrixView& x);

// One width for all columns: the root mean square of silverman_widths().
double silverman_width(const core::MatrixView& x);

}  // namespace venturi::measure
