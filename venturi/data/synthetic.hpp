// venturi/data/synthetic.hpp
//
// Sources whose answers are known in closed form, to hold estimators and learners against.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "venturi/core/key.hpp"
#include "venturi/core/members.hpp"
#include "venturi/core/options.hpp"
#include "venturi/core/units.hpp"
#include "venturi/data/dataset.hpp"

namespace venturi::data {

// All sources: InvalidArgument for options outside their limits or n*d past 2^31. O(n d).
inline constexpr double kMostSamples = 1e9;

// Two classes, equally likely: x ~ N(+-distance/2 e_1, I_d).
struct GaussiansOptions {
  std::int64_t n = 1000;
  std::int64_t d = 2;
  double distance = 2;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("n", self.n, "samples", core::between(1, kMostSamples));
    visit("d", self.d, "features", core::between(1, 1e6));
    visit("distance", self.distance, "between the classes' means", core::between(0, 1e6));
  }
};
Dataset gaussians(const GaussiansOptions& options, core::Key key);
// Of the best classifier: Phi(-distance/2).
double bayes_error(const GaussiansOptions& options);

// x, y ~ N(0, I_d), with correlation rho between x_j and y_j and none elsewhere; y is the target.
struct GaussianPairOptions {
  std::int64_t n = 1000;
  std::int64_t d = 1;
  double rho = 0.8;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("n", self.n, "samples", core::between(1, kMostSamples));
    visit("d", self.d, "features, and as many targets", core::between(1, 1e6));
    visit("rho", self.rho, "correlation of each pair", core::between(-0.999999, 0.999999));
  }
};
Dataset gaussian_pair(const GaussianPairOptions& options, core::Key key);
// I(x; y) = -d/2 log2(1 - rho^2). Source: Cover and Thomas, Elements of Information Theory, 8.5.
core::Bits mutual_information(const GaussianPairOptions& options);

// Two interleaved half circles: (cos t, sin t) and (1 - cos t, 1/2 - sin t), t ~ U(0, pi), plus
// N(0, noise^2) on each coordinate.
struct MoonsOptions {
  std::int64_t n = 1000;
  double noise = 0.1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("n", self.n, "samples", core::between(1, kMostSamples));
    visit("noise", self.noise, "standard deviation on each coordinate", core::between(0, 1e6));
  }
};
Dataset moons(const MoonsOptions& options, core::Key key);

// x: d fair bits (0 or 1); label: the parity of the first k, turned over with probability `flip`.
struct ParityOptions {
  std::int64_t n = 1000;
  std::int64_t d = 8;
  std::int64_t k = 3;
  double flip = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("n", self.n, "samples", core::between(1, kMostSamples));
    visit("d", self.d, "bits", core::between(1, 1e6));
    visit("k", self.k, "bits that count, at most d", core::between(1, 1e6));
    visit("flip", self.flip, "probability of a wrong label", core::between(0, 0.5));
  }
};
Dataset parity(const ParityOptions& options, core::Key key);
// I(x; label) = 1 - h(flip); any k - 1 of the bits tell nothing.
core::Bits mutual_information(const ParityOptions& options);

// x ~ N(0, I_d), y = w.x + N(0, noise^2), |w| = 1.
struct LinearOptions {
  std::int64_t n = 1000;
  std::int64_t d = 5;
  double noise = 0.5;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("n", self.n, "samples", core::between(1, kMostSamples));
    visit("d", self.d, "features", core::between(1, 1e6));
    visit("noise", self.noise, "standard deviation of y around w.x", core::between(0, 1e6));
  }
};
Dataset linear(const LinearOptions& options, core::Key key);
// The w behind linear(options, key). The least mean square error is noise^2.
core::Vector linear_weights(const LinearOptions& options, core::Key key);
// I(x; y) = 1/2 log2(1 + 1/noise^2); infinite without noise.
core::Bits mutual_information(const LinearOptions& options);

// All 4096 patterns of 12 bits (bit i of row r is bit i of r), each bit at a vertex v_i of an
// icosahedron. The label tells whether more than about half of the bits are set, less where they
// lie on one side:
//   y = 1 where psi(x) = sum_i x_i - .4 |sum_i x_i v_i|^2 > 4.75
// It is the same for turned and mirrored patterns, y = 1 for 2,098 of them, for 8, 62 and 85 % of
// those of 5, 6 and 7 bits: like the task of Shwartz-Ziv and Tishby, arXiv:1703.00810, whose rule
// was not published.
struct TwelveBitsOptions {
  std::int64_t n = 4096;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("n", self.n, "patterns; fewer than all are drawn at random", core::between(1, 4096));
  }
};
Dataset twelve_bits(const TwelveBitsOptions& options = {}, core::Key key = core::Key(0));
core::Vector twelve_bit_scores();  // psi of each
inline constexpr double kTwelveBitThreshold = 4.75;

// By name; query: "n=500&seed=3" (seed overrides the key).
using SyntheticMaker = Dataset (*)(std::string_view query, core::Key key);
std::span<const core::Member<SyntheticMaker>> synthetic_sources();

}  // namespace venturi::data
