// venturi/measure/float_copy.hpp
//
// What the all-pairs searches look at first, and how far it can be off.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"
#include "venturi/measure/neighbour_kernels.hpp"

namespace venturi::measure {

// max over the columns of the groups in `members` of |x_ic - x_jc|, in float64.
inline double exact_distance(std::span<const core::MatrixView> groups, std::size_t i, std::size_t j,
                             unsigned members) {
  double d = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if ((members >> g & 1) == 0) continue;
    const double* a = &groups[g].coeffRef(i, 0);
    const double* b = &groups[g].coeffRef(j, 0);
    for (core::Index c = 0; c < groups[g].cols(); ++c) d = std::max(d, std::fabs(a[c] - b[c]));
  }
  return d;
}

// Distances below `sure` are below the radius, those at `never` and above are not.
template <class T>
struct Shell {
  T sure, never;
};

// The samples as float columns: centred on each column's median and scaled by one power of two, so
// that neither overflow nor a large offset costs digits.
//
// Rounding: with A_i = max_c |x_ic| of the copy, a float distance f and the true d satisfy
// |f - d| <= 2^-24 (|x_i| + |x_j| + d) <= 2^-23 (A_i + d), as |x_j| <= A_i + d; slack() is twice
// that, which also covers the rounding of a bound to float.
class FloatCopy {
 public:
  using Element = float;
  static constexpr float kFar = std::numeric_limits<float>::infinity();

  explicit FloatCopy(std::span<const core::MatrixView> groups)
      : groups_(groups), n_(groups[0].rows()), stride_((n_ + kPad - 1) / kPad * kPad) {
    std::size_t dims = 0;
    for (const auto& g : groups) {
      first_.push_back(static_cast<int>(dims));
      dims += g.cols();
    }
    std::vector<double> centre;
    double largest = 0;
    for (const auto& g : groups) {
      for (core::Index c = 0; c < g.cols(); ++c) {
        core::Vector column = g.col(c);
        std::nth_element(column.data(), column.data() + n_ / 2, column.data() + n_);
        centre.push_back(column[n_ / 2]);
        largest = std::max(largest, (g.col(c).array() - centre.back()).abs().maxCoeff());
      }
    }
    scale_ = largest > 0 ? std::ldexp(1.0, -std::clamp(std::ilogb(largest), -1000, 1000)) : 1.0;
    columns_.assign(dims * stride_, kFar);
    size_.assign(n_, 0.0F);
    std::size_t at = 0;
    for (const auto& g : groups) {
      for (core::Index c = 0; c < g.cols(); ++c, ++at) {
        for (std::size_t i = 0; i < n_; ++i) {
          const auto v = static_cast<float>((g(i, c) - centre[at]) * scale_);
          columns_[at * stride_ + i] = v;
          size_[i] = std::max(size_[i], std::fabs(v));
        }
      }
    }
  }

  std::size_t n() const { return n_; }
  std::size_t stride() const { return stride_; }
  double scale() const { return scale_; }
  int groups() const { return static_cast<int>(groups_.size()); }
  int dims(int g) const { return static_cast<int>(groups_[g].cols()); }
  const float* columns(int g) const { return columns_.data() + first_[g] * stride_; }
  // max_c |x_ic| of the copy.
  float size(std::size_t i) const { return size_[i]; }
  float slack(std::size_t i, float distance) const {
    return 0x1p-22F * (size_[i] + distance) + 0x1p-130F;
  }
  // Of a neighbour no farther than one at float distance f: its own is below this.
  float bound(std::size_t i, float f) const { return f + 2 * slack(i, f); }
  Shell<float> shell(std::size_t i, double radius) const {
    const auto reach = static_cast<float>(radius * scale_);
    return {reach - slack(i, reach), reach + slack(i, reach)};
  }
  std::span<const core::MatrixView> data() const { return groups_; }

 private:
  std::span<const core::MatrixView> groups_;
  std::size_t n_, stride_;
  double scale_ = 1;
  std::vector<int> first_;
  std::vector<float> columns_, size_;
};

}  // namespace venturi::measure
