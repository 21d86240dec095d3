// venturi/learn/generalization_gap.hpp
//
// What ranks the generalization gaps of trained networks: information that a layer holds beyond the
// label, or the count and size of its weights; the claim of recipe ib-generalization-bound.
//
// Task: 5 classes, each of `clusters` normal clouds in the plane, 10 % of the training labels drawn
// anew; training sets of `rows` points. Networks with a normal code in the middle,
//   z ~ N(mu(x), diag sigma(x)^2) of 8 dimensions,  x -> w -> w -> (mu, log sigma),  z -> w -> 5,
// trained in whole batches (Adam) on cross-entropy plus decay * (sum of squared weights): widths w
// times decays times training sets times starts, all of one width side by side.
// Gap: cross-entropy (or error) on 4,000 fresh points less that on the training set, over 8 draws
// of z. Of each network, in nats, on its training set:
//   I(X;Z)    mean_i [log p(z_i|x_i) - log mean_j p(z_i|x_j)]
//   I(X;Z|Y)  the same among the points of one label, weighted by their number
//   I(phi;S)  E[log q(theta|S) - mean_S' log q(theta|S')] over theta of q(.|S), a normal law of
//             independent weights with the mean and variance (at least 1e-8) of the encoder's last
//             200 steps; S' over the training sets at the same start, width and decay, S among them
// Source: Kawaguchi, Deng, Ji, Huang, "How does information bottleneck help deep learning?", ICML
// 2023. Its bound is gap <= G3 sqrt(((I(X;Z|Y) + I(phi;S)) ln 2 + G2) / n) + G1 / sqrt(n); G1 and
// G2 are not computed here. "Leading term": the bound with G1 = G2 = 0 and G3 = sqrt(2) times the
// largest loss of a training point, which is smaller than the bound.
#pragma once

#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"

namespace venturi::learn {

struct GapOptions {
  std::vector<double> widths = {8, 16, 32, 64};
  std::vector<double> decays = {0, 1e-4, 1e-3};
  int sets = 3;
  int starts = 3;
  int clusters = 5;
  int rows = 250;
  int steps = 1500;
  double learning_rate = 5e-3;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("widths", self.widths, "units of the hidden layers", core::between(2, 1024));
    visit("decays", self.decays, "weights of the sum of squared weights", core::at_least(0));
    visit("sets", self.sets, "training sets", core::between(2, 100));
    visit("starts", self.starts, "of each network", core::between(1, 100));
    visit("clusters", self.clusters, "clouds of a class", core::between(1, 100));
    visit("rows", self.rows, "training points", core::between(20, 10000));
    visit("steps", self.steps, "of training, at least 400", core::between(400, 1e6));
    visit("learning_rate", self.learning_rate, "of Adam", core::above(0));
  }
};

// Spearman's rank correlation; ties share their mean rank; 0 where one side is constant. n >= 2.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b);

// Of M in "I(X;Z)", "I(X;Z|Y)", "I(phi;S)", "I(X;Z|Y) + I(phi;S)", "parameters", "squared norm",
// "product of norms" (Frobenius, log):
//   "M, loss gap" and "M, error gap": rank correlations over all networks
//   "I(X;Z|Y) + I(phi;S) less M" for M = parameters, squared norm, product of norms: differences of
//   the correlations with the loss gap, and the same "in standard errors" (bootstrap over networks)
// "networks", "largest loss gap", "leading term below the gap" (networks) and its "smallest ratio".
std::vector<core::Figure> gap_figures(const GapOptions& options, core::Key key,
                                      core::Monitor& monitor);

}  // namespace venturi::learn
