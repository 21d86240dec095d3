// venturi/couple/capacity.hpp
//
// Two fundamental limits by Blahut-Arimoto, both convex, both with a certificate:
//   capacity   C = max_{p(x)} I(X;Y) of a channel p(y|x) (x*y),
//   rate-distortion R(D) = min I(X;Z) over q(z|x) with E d(X,Z) <= D, traced by its slope:
//     minimise I(X;Z) + slope * E d (bits per unit of distortion).
// Each sweep O(|X| |Y|); upper minus lower bound falls like 1/sweeps at worst.
// Sources: Blahut, IEEE Trans. Inf. Theory 18 (1972), theorems 1 and 5; Arimoto, same volume.
#pragma once

#include "venturi/core/rate_point.hpp"
#include "venturi/couple/table.hpp"

namespace venturi::couple {

struct BlahutOptions {
  double tolerance = 1e-9;
  int sweep_limit = 100000;
  double time_limit_s = 60;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("tolerance", self.tolerance, "bits between upper and lower bound to stop at",
          core::above(0));
    visit("sweep_limit", self.sweep_limit, "most sweeps", core::at_least(1));
    visit("time_limit_s", self.time_limit_s, "seconds after which what was reached is returned",
          core::above(0));
  }
};

struct Capacity {
  double bits = 0;        // I(X;Y) at `input`: a lower bound of the capacity
  double upper_bits = 0;  // max_x KL(p(y|x) || p(y)): an upper bound
  Vector input;           // x: the best law found
  int sweeps = 0;
  bool converged = false;  // upper - lower <= tolerance
};

// Rows must be laws (DataError as in table.hpp).
Capacity channel_capacity(const MatrixView& channel, const BlahutOptions& options = {});

struct RateDistortion {
  core::RatePoint point;  // I(X;Z) and E d of `channel`
  double lower_bits = 0;  // R(point.distortion) is between this and point.bits
  Matrix channel;         // x*z: q(z|x)
  Vector output;          // z: q(z)
  int sweeps = 0;
  bool converged = false;  // rate - lower <= tolerance
};

// px is a law over x, distortion (x*z) finite and >= 0, slope >= 0 in bits per unit of distortion.
RateDistortion rate_distortion(const VectorView& px, const MatrixView& distortion, double slope,
                               const BlahutOptions& options = {});

// One point a slope, in the order given, each started from the one before.
std::vector<RateDistortion> rate_distortion_curve(const VectorView& px,
                                                  const MatrixView& distortion,
                                                  const std::vector<double>& slopes,
                                                  const BlahutOptions& options = {});

}  // namespace venturi::couple
