// venturi/couple/mec.hpp
//
// Minimum entropy coupling: given marginals p_1 .. p_m, the joint law with those marginals and the
// least entropy. NP-hard; what is here, with what each promises (H* the least entropy, bits):
//   greedy     H <= H* + 0.53 for m = 2, <= H* + 1.22 for any m, <= H(meet) + 1.44.
//              O(m n log n) with at most m (n - 1) + 1 cells. Kocaoglu et al., AAAI 2017; the
//              bounds: Compton, Katz, Qi, Greenewald, Kocaoglu, AISTATS 2023.
//   meet split H <= H(meet) + 1 <= H* + 1, m = 2 only. O(n log n).
//              Cicalese, Gargano, Vaccaro, IEEE Trans. Inf. Theory 65 (2019), section IV.
//   exact      branch and bound over greedy orders (every vertex of the transport polytope is one),
//              cut by the profile bound; m = 2, small n, within a limit of nodes and time.
// Lower bounds of H*: H(meet), the meet in the majorization order, and the profile bound, which is
// never lower. Both O(m n log n). Marginals of a coupling are exact to 1e-15 * sqrt(n) or so
// (subtraction in double).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/couple/table.hpp"

namespace venturi::couple {

// A sparse joint law of m variables: cell c has masses[c] at places places[c*m .. c*m + m-1].
struct Coupling {
  Index variables = 0;
  std::vector<std::int32_t> places;  // cells * variables
  std::vector<double> masses;        // cells, > 0

  Index cells() const { return static_cast<Index>(masses.size()); }
  std::int32_t place(Index cell, Index variable) const {
    return places[static_cast<std::size_t>(cell * variables + variable)];
  }
  double entropy_bits() const;
  // n: the law of one variable.
  Vector marginal(Index variable, Index n) const;
  // n*m, for two variables.
  Matrix dense(Index n, Index m) const;
};

// DataError for what is no law (table.hpp); InvalidArgument for no marginals or over 2^31 outcomes.
Coupling greedy_coupling(std::span<const Vector> marginals);
Coupling greedy_coupling(const VectorView& p, const VectorView& q);
Coupling meet_split_coupling(const VectorView& p, const VectorView& q);

// n: the meet of the sorted marginals (shorter ones count zeros); prefix sums are the least of
// theirs.
Vector majorization_meet(std::span<const Vector> marginals);
double meet_bound_bits(std::span<const Vector> marginals);
double profile_bound_bits(std::span<const Vector> marginals);

struct ExactCouplingOptions {
  std::int64_t node_limit = 20000000;
  double time_limit_s = 10;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("node_limit", self.node_limit, "most partial couplings tried", core::at_least(1));
    visit("time_limit_s", self.time_limit_s, "seconds after which the best so far is returned",
          core::above(0));
  }
};

struct ExactCoupling {
  Coupling coupling;
  double bits = 0;
  double lower_bits = 0;  // bits if proved, else the profile bound
  std::int64_t nodes = 0;
  bool proved = false;  // false: a limit was hit
};
ExactCoupling exact_coupling(const VectorView& p, const VectorView& q,
                             const ExactCouplingOptions& options = {});

}  // namespace venturi::couple
