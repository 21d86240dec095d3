// venturi/couple/sinkhorn.hpp
//
// Entropy-regularised transport in the log domain:
//   minimise sum_ij P_ij C_ij + epsilon KL(P || a b^T)  with row sums a (n) and column sums b (m),
//   P_ij = a_i b_j exp((f_i + g_j - C_ij) / epsilon).
// One pass over the costs a round: row potentials by their sums, columns from the same
// exponentials; rows or columns that underflow are redone around their maximum, so any epsilon > 0
// is safe. O(n m) a round, memory O(n m). Rows are summed in 16 fixed blocks: the same digits for
// any number of threads. Sources: Cuturi, NIPS 2013; Schmitzer, SIAM J. Sci. Comput. 41 (2019),
// sections 3.1-3.2.
#pragma once

#include "venturi/couple/transport.hpp"

namespace venturi::couple {

struct SinkhornOptions {
  double epsilon = 0.05;
  double tolerance = 1e-9;
  int iteration_limit = 10000;
  double time_limit_s = 600;
  double scaling = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("epsilon", self.epsilon, "weight of the entropy, in the unit of the costs",
          core::above(0));
    visit("tolerance", self.tolerance, "largest sum of |row sum - a| to stop at", core::above(0));
    visit("iteration_limit", self.iteration_limit, "most rounds", core::at_least(1));
    visit("time_limit_s", self.time_limit_s, "seconds after which what was reached is returned",
          core::above(0));
    visit(
        "scaling", self.scaling,
        "factor by which epsilon falls from the largest cost to its value; 0 starts there at once",
        core::between(0, 0.99));
  }
};

struct SinkhornResult {
  Vector f;                   // n
  Vector g;                   // m
  double cost = 0;            // sum P C
  double objective = 0;       // cost + epsilon KL(P || a b^T), the KL in nats
  double marginal_error = 0;  // sum_i |row sum_i - a_i|; column sums hold exactly
  int iterations = 0;
  bool converged = false;  // false: a limit was hit, marginal_error says how near it came

  double epsilon = 0;
  // n*m; a, b and costs as they were given.
  Matrix plan(const VectorView& a, const VectorView& b, const MatrixView& costs) const;
};

SinkhornResult sinkhorn(const VectorView& a, const VectorView& b, const MatrixView& cost,
                        const SinkhornOptions& options = {});

// The nearest plan with marginals a and b by scaling down and a rank-one repair; moves at most
// twice the marginal error of mass. Source: Altschuler, Weed, Rigollet, NIPS 2017, algorithm 2.
Matrix round_to_marginals(Matrix plan, const VectorView& a, const VectorView& b);

// S(a,b) = OT(a,b) - OT(a,a)/2 - OT(b,b)/2 between the points x (n*d, masses a) and y (m*d, masses
// b) with squared distances; >= 0, zero iff the laws agree. Source: Feydy et al., AISTATS 2019.
struct WeightedPoints {
  MatrixView points;  // n*d
  VectorView masses;  // n
};
double sinkhorn_divergence(const WeightedPoints& x, const WeightedPoints& y,
                           const SinkhornOptions& options = {});

}  // namespace venturi::couple
