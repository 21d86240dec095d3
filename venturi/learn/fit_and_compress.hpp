// venturi/learn/fit_and_compress.hpp
//
// The information plane of layers while they learn the 12-bit task, against the exact curve of the
// information bottleneck: the claim of recipe ib-black-box-dnn.
//
// Task: the 4096 patterns of data::twelve_bits(), equally likely, with a label that is drawn:
//   p(y = 1|x) = 1 / (1 + exp(-g (psi(x) - 4.75))),  psi(x) = sum_i x_i - .4 |sum_i x_i v_i|^2,
// g such that I(X;Y) = .99 bits. Each network learns from labels drawn for 80 % of the patterns.
// Networks: 12-10-7-5-4-3-2, cross-entropy, Adam, no L2; all of one activation side by side.
// Layer T: activations in bins of 2/30 (30 over the range of tanh; ReLU keeps the width), all 4096
// patterns; T is a function of X, so that with the exact p(y|x)
//   I(X;T) = H(T),  I(T;Y) = H(Y) - sum_t p(t) h(p(y = 1|t)),
// nothing is estimated. A point lies below the curve by R(I(X;T)) - I(T;Y), R the largest I(T;Y)
// that a channel of that rate can keep (couple/ib.hpp, exact table of the values of p(y|x)).
// Drift over diffusion: norm of the mean gradient of an epoch's batches over the root of the sum of
// its variances.
// Sources: Shwartz-Ziv, Tishby, "Opening the black box of deep neural networks via information",
// arXiv:1703.00810 (task's form, sizes, bins, claims; its rule and theirs of training were not
// published in full); Saxe et al., ICLR 2018 (ReLU).
#pragma once

#include <cstdint>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/core/views.hpp"

namespace venturi::learn {

struct FitOptions {
  int networks = 40;
  int epochs = 2000;
  int snapshots = 20;
  int batch = 256;
  double learning_rate = 1e-3;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("networks", self.networks, "of each activation", core::between(3, 1000));
    visit("epochs", self.epochs, "of training", core::between(10, 1e6));
    visit("snapshots", self.snapshots, "epochs that are measured, evenly in the logarithm",
          core::between(3, 1000));
    visit("batch", self.batch, "rows a step", core::between(1, 3276));
    visit("learning_rate", self.learning_rate, "of Adam", core::above(0));
  }
};

// p(y = 1|x) of the 4096 patterns (bit i of row r is bit i of r), and I(X;Y) in bits.
struct SoftRule {
  core::Vector positive;
  double information_bits = 0;
};
SoftRule soft_rule();

// I(X;T) and I(T;Y) in bits of a layer: one label a pattern.
struct LayerPoint {
  double rate_bits = 0, relevance_bits = 0;
};
LayerPoint layer_point(const std::vector<std::int32_t>& labels, const core::Vector& positive);

// The bottleneck's curve of a rule: relevance at rates, linear between the points found (from
// below: the curve is concave), I(X;Y) from its last point on.
class ExactCurve {
 public:
  ExactCurve(const SoftRule& rule, int betas, core::Key key);
  double relevance_bits(double rate_bits) const;
  // The least rate at which a relevance is reached; the largest rate found where it is not.
  double rate_bits(double relevance_bits) const;

 private:
  std::vector<double> rates_, relevances_;  // rising from 0
};

// Of tanh and of relu as ACT, means over networks of the mean over the five hidden layers:
//   "ACT, I(T;Y) gained" from before training to the end, and the same "in standard errors"
//   "ACT, I(X;T) at its most", "at the end", "lost" (traces.hpp: lost_from_top()), "in standard
//   errors", and "ACT, networks that lost .1 bits" in %
//   "ACT, below the curve" at the end, "ACT, last layer below the curve", and "ACT, rate over the
//   curve's" at the same relevance; "ACT, above the curve, most" of all points
//   "ACT, accuracy" on the fifth that is held out, against drawn labels, in %
//   "ACT, drift over diffusion, first / last snapshot"
// "I(X;Y)". Cost: networks * epochs * patterns.
std::vector<core::Figure> fit_figures(const FitOptions& options, core::Key key,
                                      core::Monitor& monitor);

}  // namespace venturi::learn
