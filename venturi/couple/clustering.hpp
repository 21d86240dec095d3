// venturi/couple/clustering.hpp
//
// Hard bottlenecks: T = f(X). With weight beta on relevance,
//   L(f) = H(T) - beta I(T;Y)   (the deterministic information bottleneck),
// or, at a fixed number of clusters, I(T;Y) alone (beta = infinity).
//   agglomerative: from one cluster a value, merge the pair that raises L least, down to one
//   cluster.
//     Merging i and j loses (p_i + p_j) JS(p(y|i), p(y|j)) bits of relevance.
//     O(|X|^2 |Y|) time, O(|X|^2) memory.
//   sequential: take one x out, put it where L falls most, until no x moves; random restarts. L
//   never
//     rises. O(|X| clusters nnz) a sweep, nnz the occupied y of a row.
//   deterministic: single moves (a new cluster is one of the places to go) and merges of pairs
//   while
//     they lower L, from several starts.
// All are local searches: L is an upper bound of the optimum.
// Sources: Slonim, Tishby, NIPS 1999 (agglomerative); Slonim, Friedman, Tishby, SIGIR 2002
// (sequential); Strouse, Schwab, Neural Computation 29 (2017), section 3 (deterministic).
#pragma once

#include <limits>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/couple/table.hpp"

namespace venturi::couple {

struct HardClustering {
  // One label a row of the table that was given, 0 .. clusters-1 in order of first appearance; -1
  // for rows of zero mass.
  std::vector<int> labels;
  int clusters = 0;
  double entropy_bits = 0;    // H(T) = I(X;T)
  double relevance_bits = 0;  // I(T;Y)
  double objective_bits = 0;  // L, or -I(T;Y) for beta = infinity
  int sweeps = 0;
  bool converged = true;  // false: a limit was hit
  int starts = 0;         // gone from; fewer than asked if the time limit was hit
};

// H(T), I(T;Y) and L of the clustering `labels` (one a row of joint.p) at `beta`.
HardClustering evaluate_clustering(const Joint& joint, const std::vector<int>& labels, double beta);

struct Merge {
  Index first = 0;   // labels of rows of joint.p: the cluster that holds row `first` ...
  Index second = 0;  // ... takes in the one that holds row `second`
  double relevance_lost_bits = 0;
  double relevance_bits = 0;  // I(T;Y) after it
  double entropy_bits = 0;    // H(T) after it
};

// Rows above which agglomerative_ib() refuses; deterministic_ib() leaves it out above a quarter of
// it.
inline constexpr Index kMostMerged = 20000;

struct Agglomeration {
  std::vector<Merge> merges;  // |X| - 1 of them

  // Labels (one a row of joint.p) with `clusters` clusters left, 1 .. |X|.
  std::vector<int> labels(int clusters) const;
};

Agglomeration agglomerative_ib(const Joint& joint,
                               double beta = std::numeric_limits<double>::infinity());

struct SequentialOptions {
  int clusters = 2;
  double beta = 0;
  int restarts = 10;
  int sweep_limit = 200;
  double time_limit_s = 60;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("clusters", self.clusters, "clusters kept; at most the rows with mass",
          core::at_least(1));
    visit("beta", self.beta, "weight of relevance against H(T); 0: relevance alone",
          core::at_least(0));
    visit("restarts", self.restarts, "random starts, the best is returned", core::at_least(1));
    visit("sweep_limit", self.sweep_limit, "most sweeps over x a start", core::at_least(1));
    visit("time_limit_s", self.time_limit_s, "seconds for all starts", core::above(0));
  }
};

// No cluster is left empty. `clusters` above |X| is an InvalidArgument.
HardClustering sequential_ib(const Joint& joint, core::Key key,
                             const SequentialOptions& options = {});

struct DibOptions {
  int clusters = 0;
  int restarts = 10;
  int sweep_limit = 500;
  double time_limit_s = 60;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("clusters", self.clusters, "most clusters; 0: one a value of X", core::at_least(0));
    visit("restarts", self.restarts,
          "random starts besides the singletons, the agglomeration and one cluster",
          core::at_least(0));
    visit("sweep_limit", self.sweep_limit, "most sweeps a start", core::at_least(1));
    visit("time_limit_s", self.time_limit_s, "seconds for all starts", core::above(0));
  }
};

// beta >= 0. Clusters may empty, so the result may have fewer than were allowed.
HardClustering deterministic_ib(const Joint& joint, double beta, core::Key key,
                                const DibOptions& options = {});

}  // namespace venturi::couple
