// venturi/measure/byte_copy.hpp
//
// What the all-pairs searches look at before anything else where it tells enough.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "venturi/measure/float_copy.hpp"

namespace venturi::measure {

// The samples in 255 even steps, one step length for all columns: b = round((x - min_c) / step).
// Each b is off by half a step, so that a distance in bytes and the true d satisfy
// |b_ij - d / step| <= 1 + 2^-20 (the last for the rounding of float64).
class ByteCopy {
 public:
  using Element = std::uint8_t;
  static constexpr std::uint8_t kFar = 255;  // distances end at 254

  explicit ByteCopy(std::span<const core::MatrixView> groups)
      : groups_(groups), n_(groups[0].rows()), stride_((n_ + kPad - 1) / kPad * kPad) {
    std::vector<Eigen::RowVectorXd> low;
    double range = 0;
    std::size_t dims = 0;
    for (const auto& g : groups) {
      first_.push_back(dims);
      dims += g.cols();
      low.emplace_back(g.colwise().minCoeff());
      range = std::max(range, (g.colwise().maxCoeff() - low.back()).maxCoeff());
    }
    step_ = range / 254;
    columns_.assign(dims * stride_, 0);
    if (!usable()) return;
    const double scale = 1 / step_;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const core::Index columns = groups[g].cols();
      std::uint8_t* out = columns_.data() + first_[g] * stride_;
      for (std::size_t i = 0; i < n_; ++i) {
        for (core::Index c = 0; c < columns; ++c) {
          const double steps = (groups[g](i, c) - low[g][c]) * scale;
          out[c * stride_ + i] = static_cast<std::uint8_t>(std::min(steps + 0.5, 254.0));
        }
      }
    }
  }

  // Steps that are normal numbers, with room for their inverse.
  bool usable() const { return step_ > 1e-290 && step_ < 1e290; }
  std::size_t n() const { return n_; }
  std::size_t stride() const { return stride_; }
  int groups() const { return static_cast<int>(groups_.size()); }
  int dims(int g) const { return static_cast<int>(groups_[g].cols()); }
  const std::uint8_t* columns(int g) const { return columns_.data() + first_[g] * stride_; }
  // As FloatCopy's.
  std::uint8_t bound(std::size_t /*i*/, std::uint8_t b) const {
    return static_cast<std::uint8_t>(std::min(b + 3, static_cast<int>(kFar)));
  }
  Shell<std::uint8_t> shell(std::size_t /*i*/, double radius) const {
    const double reach = std::min(radius / step_, 300.0);
    return {byte(std::ceil(reach - kSlack)), byte(std::floor(reach + kSlack) + 1)};
  }
  std::span<const core::MatrixView> data() const { return groups_; }

 private:
  static constexpr double kSlack = 1 + 0x1p-20;
  static std::uint8_t byte(double v) {
    return static_cast<std::uint8_t>(std::clamp(v, 0.0, static_cast<double>(kFar)));
  }

  std::span<const core::MatrixView> groups_;
  std::size_t n_, stride_;
  double step_ = 0;
  std::vector<std::size_t> first_;
  std::vector<std::uint8_t> columns_;
};

}  // namespace venturi::measure
