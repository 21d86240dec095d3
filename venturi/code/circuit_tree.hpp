// venturi/code/circuit_tree.hpp
//
// Chow-Liu trees: of all tree-shaped laws q(x) = prod_v q(x_v | x_parent(v)) the one nearest to the
// data in KL divergence is a spanning tree of greatest sum of pairwise mutual information
//   I(u;v) = sum_ab p(a,b) log2(p(a,b) / (p(a) p(b))), p(a,b) = (count + s / bins^2) / (n + s).
// Levels are first put into at most `bins` bins of equal width, on at most `rows` rows, which only
// the choice of tree sees. Source: C. Chow, C. Liu, IEEE Trans. Inf. Theory 14, 1968, section III;
// A. Liu, G. Van den Broeck, NeurIPS 2021 (hidden Chow-Liu trees: the same tree over latents).
#pragma once

#include <cstdint>
#include <vector>

#include "venturi/core/options.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

// n*d whole numbers, a sample a row.
using LevelMatrix = core::MatrixOf<std::uint8_t>;
using LevelView = Eigen::Ref<const LevelMatrix>;

// A rooted tree over variables 0 .. d-1.
struct VariableTree {
  std::vector<int> parent;  // d; -1 for the root
  std::vector<int> order;   // d; depth first: a variable, then its children's subtrees one by one,
                            // the largest last
  double bits = 0;          // sum of I over the edges, 0 if unknown

  int size() const { return static_cast<int>(parent.size()); }
  std::vector<std::vector<int>> children() const;  // each in the order of `order`
  // The tree of these parents. InvalidArgument unless they form one tree.
  static VariableTree from_parents(std::vector<int> parent);
};

struct ChowLiuOptions {
  int bins = 16;
  double smoothing = 1;
  int rows = 20000;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("bins", self.bins, "bins of the levels", core::between(2, 256));
    visit("smoothing", self.smoothing, "counts spread over each table of pairs", core::above(0));
    visit("rows", self.rows, "most rows used, evenly spaced", core::at_least(1));
  }
};

// d*d, symmetric, in bits, the diagonal 0. `levels` bounds the entries of x (2 to 256).
// InvalidArgument for an empty matrix or an entry >= levels. Cost O(d^2 (rows + bins^2)), the same
// numbers for any number of threads.
core::Matrix pairwise_information(const LevelView& x, int levels,
                                  const ChowLiuOptions& options = {});

// The spanning tree of greatest weight (Prim; ties to the lower index), rooted at the middle of its
// longest path, so that it is as shallow as it can be. Cost O(d^2).
VariableTree greatest_spanning_tree(const core::MatrixView& weight);

VariableTree chow_liu_tree(const LevelView& x, int levels, const ChowLiuOptions& options = {});

}  // namespace venturi::code
