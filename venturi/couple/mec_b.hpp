// venturi/couple/mec_b.hpp
//
// Minimum entropy coupling with a bottleneck: X - T - Y with both marginals given,
//   maximise I(X;Y)  subject to H(T) <= R bits.
// I(X;Y) >= I(X;T) + I(T;Y) - H(T), so the two halves are treated apart:
//   encoder  entropy-bounded information maximisation (EBIM): max I(X;T), H(T) <= R, for given
//   p(x); decoder  a minimum entropy coupling of p(t) and p(y) (mec.hpp).
// EBIM here: clusters of X merged greedily until H(T) <= R, which leaves I(X;T) = H(T) within
// h(p_2) bits of R, p_2 the second largest mass of p (absorbing singletons into the largest loses
// at most h(p_2) a step, and the step that ends is the cheapest one that does). Near a map g with
// H(g(X)) = R_g the optimum is known: one cell of one row is split off (R above R_g) or leaned over
// (below). O(n log n). Source: Ebrahimi, Chen, Khisti, NeurIPS 2024, sections 3 and 4.
#pragma once

#include <vector>

#include "venturi/couple/mec.hpp"

namespace venturi::couple {

// A map of X to codes, but for one row of which a part goes to another code.
struct Ebim {
  std::vector<int> labels;  // n: the code of each x; codes 0 .. code.size()-1
  Index moved_row = -1;     // -1: the map is deterministic
  int moved_to = 0;
  double moved_mass = 0;        // of the row's p(x)
  Vector code;                  // t: p(t)
  double entropy_bits = 0;      // H(T) <= R
  double information_bits = 0;  // I(X;T)

  Matrix encoder(const VectorView& p) const;  // n*t: p(t|x)
};

// The best map that greedy merging finds. rate_bits >= 0; at or above H(X) it is the identity.
Ebim ebim_map(const VectorView& p, double rate_bits);
// The same, then filled up to the rate from the map below it or down from the one above.
Ebim ebim(const VectorView& p, double rate_bits);
// The optimum near the map `labels` (n, any integers >= 0) at H(T) = H(g(X)) + delta_bits, for
// small |delta|: a step so large that a whole cell has moved stops there, with H(T) nearer than
// asked.
Ebim ebim_near_map(const VectorView& p, const std::vector<int>& labels, double delta_bits);

struct MecB {
  Ebim encoder;
  Coupling decoder;                  // variables t, y
  Matrix joint;                      // x*y
  double information_bits = 0;       // I(X;Y)
  double lower_bound_bits = 0;       // I(X;T) + I(T;Y) - H(T)
  double code_information_bits = 0;  // I(T;Y)
};

// px (n) and py (m) are laws. Marginals of `joint` exact to 1e-12. O(n m) for the joint.
MecB mec_b(const VectorView& px, const VectorView& py, double rate_bits);

}  // namespace venturi::couple
