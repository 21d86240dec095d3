// venturi/couple/tokens_to_thoughts.hpp
//
// How far a clustering C of embeddings trades compression for meaning:
//   L(X, C; beta) = complexity + beta distortion,
//   complexity = I(X;C) = log2 n - (1/n) sum_c |C_c| log2 |C_c|   (bits; X uniform over the n
//   items), distortion = (1/n) sum_c sum_{x in C_c} |x - mean of C_c|^2   (squared units of the
//   embedding),
// and how far it agrees with human categories: adjusted mutual information
//   AMI = (I(U;V) - E I) / ((H(U) + H(V)) / 2 - E I), E over permutations with the same sizes.
// Sources: Shani, Jurafsky, LeCun, Shwartz-Ziv, "From tokens to thoughts" (2025), section 4; Vinh,
// Epps, Bailey, JMLR 11 (2010), for AMI.
#pragma once

#include <span>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/couple/table.hpp"

namespace venturi::couple {

struct CompressionMeaning {
  double complexity_bits = 0;
  double distortion = 0;
  double objective = 0;
  int clusters = 0;
};

// points n*d, labels n (any integers). O(n d).
CompressionMeaning compression_meaning(const MatrixView& points, std::span<const int> labels,
                                       double beta);

struct CompressionOptions {
  double beta = 1;
  int clusters = 0;
  int restarts = 20;
  int sweep_limit = 200;
  double time_limit_s = 60;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("beta", self.beta, "weight of the distortion", core::at_least(0));
    visit("clusters", self.clusters, "most clusters; 0: as many as points", core::at_least(0));
    visit("restarts", self.restarts, "random starts", core::at_least(1));
    visit("sweep_limit", self.sweep_limit, "most sweeps over the points a start",
          core::at_least(1));
    visit("time_limit_s", self.time_limit_s, "seconds for all starts", core::above(0));
  }
};

struct CompressionClusters {
  CompressionMeaning value;
  std::vector<int> labels;  // in order of first appearance
  int sweeps = 0;
  bool converged = true;  // false: a limit was hit
  int starts = 0;         // gone from; fewer than asked if the time limit was hit
};

// Single moves and merges that lower L, from merged neighbours and random starts: a local search,
// so an upper bound of the least L. A sweep costs O(n clusters d).
CompressionClusters minimise_compression(const MatrixView& points, core::Key key,
                                         const CompressionOptions& options = {});

// 1 for equal partitions, 0 on average for random ones; 1 if both are trivial alike. O(clusters^2
// n).
double adjusted_mutual_information(std::span<const int> a, std::span<const int> b);

}  // namespace venturi::couple
