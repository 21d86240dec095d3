// venturi/code/circuit_growth.hpp
//
// Pruning and growing of hidden Chow-Liu trees. An edge of the circuit is an entry of a transition;
// its flow F(x) = p(z_parent(v), z_v | x). Pruning sets the edges of least mean flow to 0 and
// scales each row to 1 again. Without that scaling p'(x) = p(x) P(no pruned edge | x), and scaling
// only adds, so with P the edges pruned
//   mean log2 p(x) - mean log2 p'(x) <= -mean log2 (1 - P(some edge of P | x)),
// the flow bound; sum_P mean F / ln 2 is its first order. Growing copies every state, with the
// transitions between copies shared out evenly, all times max(0, N(1, noise^2)): the same law but
// for the noise, which EM then tells apart.
// Source: M. Dang, A. Liu, G. Van den Broeck, NeurIPS 2022, sections 3 (bound: theorem 1) and 4;
// leaves are not pruned here.
#pragma once

#include "venturi/code/circuit.hpp"

namespace venturi::code {

struct PrunedTree {
  HiddenTree model;
  double kept = 1;         // of the edges that were not 0, without the root's
  double bound_bits = 0;   // the flow bound, mean over rows
  double first_order = 0;  // sum of the mean flows pruned, in bits
};

// Keeps the share `keep` of the edges that are not 0, in (0, 1], ties to lower variables, and the
// greatest edge of each row. Costs two passes over x. InvalidArgument as learn_hidden_tree.
PrunedTree prune_hidden_tree(const LevelView& x, const HiddenTree& model, double keep);

// Twice the states (at most 256 or InvalidArgument). noise in [0, 1).
HiddenTree grow_hidden_tree(const HiddenTree& model, double noise, core::Key key);

// Learning by rounds: a first model, then each round prunes, grows and learns again.
struct GrowingOptions {
  HiddenTreeOptions learning;  // its states: those to begin with
  ChowLiuOptions tree;
  int rounds = 0;
  double keep = 1;
  double noise = 0.3;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    HiddenTreeOptions::fields(self.learning, visit);
    visit("bins", self.tree.bins, "bins of the levels, for the choice of the tree",
          core::between(2, 256));
    visit("rounds", self.rounds, "times that edges are pruned and the states doubled",
          core::between(0, 7));
    visit("keep", self.keep, "share of the edges that pruning keeps; 1: no pruning",
          core::between(1e-3, 1));
    visit("noise", self.noise, "of the copies that growing makes", core::between(0, 0.9));
  }
};

// One round's pruning, on the training rows, bits a row.
struct PruningRound {
  int states = 0;
  double kept = 1;
  double bound_bits = 0;
  double loss_bits = 0;  // what pruning cost: at most the bound
};

struct GrownTree {
  HiddenTree model;
  std::vector<PruningRound> rounds;  // those with keep < 1
};

// The watch counts passes from 1 in each round; once it says false no round follows.
// InvalidArgument as learn_hidden_tree, and for more than 256 states at the end.
GrownTree learn_by_growing(const LevelView& x, int levels, const GrowingOptions& options,
                           core::Key key, const HiddenTreeWatch& watch = {});

}  // namespace venturi::code
