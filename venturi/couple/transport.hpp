// venturi/couple/transport.hpp
//
// Exact optimal transport between two discrete laws:
//   minimise sum_ij P_ij C_ij  over P >= 0 (n*m) with row sums a (n) and column sums b (m),
// by the primal network simplex on the bipartite graph, rows priced in blocks, started from a
// greedy plan. Potentials u, v with u_i + v_j <= C_ij are returned; their value sum a u + sum b v
// equals the cost up to `gap`. Memory O(n m) for the costs, O(n + m) besides; about 10 (n + m)
// pivots of O(m + moved subtree) each in practice. Not parallel; deterministic. The masses are
// shifted by 1e-13 in total while pivoting, so that equal masses cannot cycle; the plan is then
// rebuilt on the final tree from the masses that were given: marginals exact to 1e-12. Source:
// Ahuja, Magnanti, Orlin, "Network Flows" (1993), chapter 11.
#pragma once

#include <cstdint>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/couple/table.hpp"

namespace venturi::couple {

struct ExactTransportOptions {
  std::int64_t pivot_limit = 0;
  double time_limit_s = 600;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("pivot_limit", self.pivot_limit, "most pivots; 0 for 1000 (n + m)", core::at_least(0));
    visit("time_limit_s", self.time_limit_s, "seconds after which the plan reached is returned",
          core::above(0));
  }
};

// Mass that goes from one place of the first law to one of the second.
struct Flow {
  Index from = 0;
  Index to = 0;
  double mass = 0;
};

struct TransportPlan {
  std::vector<Flow> flows;  // at most n + m - 1, masses > 0
  double cost = 0;
  double gap = 0;  // cost minus a lower bound from the potentials; ~1e-15 * cost at the optimum
  Vector u;        // n
  Vector v;        // m
  std::int64_t pivots = 0;
  bool optimal = false;  // false: a limit was hit; the plan is feasible, `gap` says how good it is

  Matrix dense() const;  // n*m
};

// a (n) and b (m) are laws (zero masses are fine), cost is n*m, finite. DataError as in table.hpp
// and for a cost that is not finite; InvalidArgument for shapes.
TransportPlan exact_transport(const VectorView& a, const VectorView& b, const MatrixView& cost,
                              const ExactTransportOptions& options = {});

// Between equal numbers of equally heavy points the plan is a permutation: partner[i] of row i.
// cost n*n; O(network simplex).
std::vector<Index> optimal_assignment(const MatrixView& cost,
                                      const ExactTransportOptions& options = {});

// |x_i - y_j|^2 for x n*d and y m*d. O(n m d).
Matrix squared_distances(const MatrixView& x, const MatrixView& y);

// Cost of conditional transport: |x_i - y_j|^2 + weight |cx_i - cy_j|^2, with conditions cx n*k, cy
// m*k. As `weight` grows, mass moves only between equal conditions. Source: Hosseini, Hsu,
// Taghvaei, "Conditional optimal transport on function spaces" (2024).
struct ConditionedPoints {
  MatrixView points;      // n*d
  MatrixView conditions;  // n*k
};
Matrix conditional_squared_distances(const ConditionedPoints& x, const ConditionedPoints& y,
                                     double weight);

// `count` pairs (row, column) drawn from the plan, for batches of coupled samples. O(flows + count
// log).
std::vector<std::pair<Index, Index>> sample_pairs(const TransportPlan& plan, Index count,
                                                  core::Key key);

}  // namespace venturi::couple
