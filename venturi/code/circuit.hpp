// venturi/code/circuit.hpp
//
// Hidden Chow-Liu trees, a smooth and decomposable probabilistic circuit: every variable v has a
// latent z_v of M states, the latents form a tree, each variable hangs on its own latent:
//   p(x) = sum_z p(z_root) prod_v p(z_v | z_parent(v)) p(x_v | z_v).
// One pass up the tree gives p(x), one down the circuit flows of expectation maximisation
// (posteriors of each latent and edge). Messages are float32, each row scaled to a largest
// entry of 1, the scales kept as logarithms. Learning:
//   s <- (1 - a) s + a (flows of the batch) / (rows of the batch),  theta = (s + prior) normalised,
// a = 1 for the whole set (plain EM: the penalised likelihood never falls), a = (t + 2)^-power for
// mini-batch t. The prior is `pseudocount` samples, spread evenly over the M states and in
// proportion to the variable's own histogram h (smoothed by one count) over its levels, and of
// each column of a leaf `neighbours` samples, spread as its flow s would be by the channel
//   K(y | x) ~ h(y) exp(-|x - y| / width)
// from each level to those nearby: the levels that few samples told apart stay together.
// Latents begin as the nearest of M random rows over the variables up to two edges away.
// Cost O(n E) a pass, E the transitions that are not 0 (d M^2 at most), three multiply-adds for
// each and row. The same result for any number of threads; machines differ in last digits. Sources:
// A. Liu, G. Van den Broeck, NeurIPS 2021 (HCLT); M. Dang, A. Liu, G. Van den Broeck, NeurIPS 2022
// (circuit flows); O. Cappe, E. Moulines, JRSS B 71, 2009 (stepwise EM).
#pragma once

#include <functional>
#include <vector>

#include "venturi/code/circuit_tree.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {

struct HiddenTree {
  VariableTree tree;
  int states = 0;                         // M
  int levels = 0;                         // of each variable, 2 to 256
  std::vector<core::MatrixF> transition;  // of v: M*M, p(z_v | z_parent) a row; the root's is 1*M
  std::vector<core::MatrixF> leaf;        // of v: levels*M, p(x_v | z_v) a column

  // -log2 p(x) of each row. InvalidArgument unless x is n*d with entries below `levels`.
  core::Vector cost_bits(const LevelView& x) const;
  // The mean of cost_bits() over n and d.
  double bits_per_dimension(const LevelView& x) const;
};

struct HiddenTreeOptions {
  int states = 16;
  int batch = 2000;
  int epochs = 10;
  int full_epochs = 1;
  double power = 0.6;
  double pseudocount = 0.1;
  double neighbours = 0;
  double width = 4;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("states", self.states, "states of each latent", core::between(1, 256));
    visit("batch", self.batch, "rows a mini-batch", core::at_least(1));
    visit("epochs", self.epochs, "passes by mini-batches", core::at_least(0));
    visit("full_epochs", self.full_epochs, "passes with one step each, after them",
          core::at_least(0));
    visit("power", self.power, "decay of the step of mini-batches", core::between(0.5, 1));
    visit("pseudocount", self.pseudocount, "samples that the prior counts for", core::above(0));
    visit("neighbours", self.neighbours, "samples that a leaf's own flow, smoothed, counts for",
          core::at_least(0));
    visit("width", self.width, "levels over which it is smoothed", core::above(0));
  }
};

// Told after each pass: passes so far, mean bits per dimension seen during it, the model. False
// ends the learning there.
using HiddenTreeWatch = std::function<bool(int, double, const HiddenTree&)>;

// InvalidArgument for options out of range, an empty x or an entry >= levels.
HiddenTree learn_hidden_tree(const LevelView& x, int levels, const VariableTree& tree,
                             const HiddenTreeOptions& options, core::Key key,
                             const HiddenTreeWatch& watch = {});

// The same from a model that is there, whose zero transitions stay 0: one pass with one step, then
// `options` but for `states`. The watch is not told of the first pass.
HiddenTree refine_hidden_tree(const LevelView& x, HiddenTree model,
                              const HiddenTreeOptions& options, core::Key key,
                              const HiddenTreeWatch& watch = {});

// Circuit flows, in the shapes of HiddenTree's parameters.
struct HiddenTreeFlows {
  std::vector<core::MatrixF> transition;
  std::vector<core::MatrixF> leaf;
};

// The mean over rows of p(z_parent(v), z_v | x), and of p(z_v | x) [x_v = level].
HiddenTreeFlows mean_flows(const LevelView& x, const HiddenTree& model);

}  // namespace venturi::code
