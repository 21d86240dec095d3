// venturi/learn/known_curves.hpp
//
// Two laws whose information bottleneck is known exactly, to hold training against.
//
// Gaussian pairs: x_c, y_c ~ N(0, 1) of correlation rho_c, independent otherwise. The curve: with
// l_c = 1 - rho_c^2 and a parameter b > 1, the pairs with l_c < 1 - 1/b carry
//   I(T;X)_c = 1/2 log2((b-1)(1-l_c)/l_c),  I(T;Y)_c = I(T;X)_c - 1/2 log2(b (1-l_c)).
// Source: Chechik, Globerson, Tishby, Weiss, JMLR 6 (2005), eq. 29 and theorem 3.1.
//
// y = x mod 4, x uniform on 16 values: y is a function of x, so that the plain Lagrangian has T = Y
// (2 bits) for every beta in (0, 1) and T constant above, while the squared one gives every rate.
// Source: Kolchinsky, Tracey, Van Kuyk, "Caveats for information bottleneck in deterministic
// scenarios", ICLR 2019.
#pragma once

#include <span>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"

namespace venturi::learn {

// The most I(T;Y) at I(T;X) = rate_bits >= 0, bits; correlations in (-1, 1).
double gaussian_ib_bits(std::span<const double> correlations, double rate_bits);

// The point of a linear channel, bits.
struct CurvePoint {
  double rate = 0;         // I(T;X)
  double information = 0;  // I(T;Y)
};

// Where nib ends on these pairs at beta > 0, however well it is trained. Of a component of signal
// over noise v the pairwise bound has 1/2 log(1+v) + v / (2(1+v)) nats: a gap that grows with v to
// 1/2, so that a further bit costs 1 + 1/(1+v) bits: weak components pay up to twice and are left
// out too soon. With k = rho^2, l = 1-k the least of -I(T;Y) + beta bound is at 0 or at the larger
// root of
//   beta l v^2 + (beta (1+2l) - k) v + 2 beta - k = 0.
// It lies below the curve (3.8 % at correlations .95, .8, .5 and beta .35) though the channel has
// points on it. Own derivation; the limit of large batches.
CurvePoint pairwise_optimum(std::span<const double> correlations, double beta);

struct KnownCurveOptions {
  std::vector<double> correlations = {0.95, 0.8, 0.5};
  std::vector<double> betas = {0.03, 0.1, 0.2, 0.35, 0.5};
  std::vector<double> plain_betas = {0.1, 0.3, 0.5, 0.7, 1.3, 1.6, 2};
  std::vector<double> square_betas = {0.37, 0.42, 0.5, 0.6, 0.75, 1, 1.5, 2.5, 6};
  std::int64_t samples = 50000;
  int epochs = 30;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("correlations", self.correlations, "of the Gaussian pairs", core::between(-0.999, 0.999));
    visit("betas", self.betas, "on the Gaussian pairs", core::at_least(0));
    visit("plain_betas", self.plain_betas, "of the plain Lagrangian, y = x mod 4",
          core::at_least(0));
    visit("square_betas", self.square_betas, "of the squared one", core::at_least(0));
    visit("samples", self.samples, "of the Gaussian pairs, to train and as many to test",
          core::between(1000, 1e7));
    visit("epochs", self.epochs, "of each model", core::between(1, 100000));
  }
};

// Linear vib, nib, and nib with the rate `mixture` in place of the pairwise bound, on the pairs:
// the information of their worst point as a part of the curve's at the same rate, and the best.
// vib: rate KL to a learned prior (>= I(X;T)), information H(Y) less the test likelihood (<=
// I(T;Y)), so that a point above the curve is a sampling error; the others: both exactly, from
// matrix and noise, of nib also against pairwise_optimum. Then y = x mod 4 by nib.
std::vector<core::Figure> gaussian_curve_figures(const KnownCurveOptions& options, core::Key key,
                                                 core::Monitor& monitor);
std::vector<core::Figure> deterministic_curve_figures(const KnownCurveOptions& options,
                                                      core::Key key, core::Monitor& monitor);

}  // namespace venturi::learn
