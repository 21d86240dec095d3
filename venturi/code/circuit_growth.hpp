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

}  // namespace venturi::code
