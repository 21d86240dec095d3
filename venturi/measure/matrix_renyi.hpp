// venturi/measure/matrix_renyi.hpp
//
// Renyi's entropy of order a from the spectrum of Gram matrices, without a density, in bits:
//   S(A)        1/(1-a) log2 sum_i lambda_i(A)^a,  A = K / tr K, K_ij = exp(-|x_i-x_j|^2 / (2 s^2))
//   S(A_1..A_m) S of A_1 o .. o A_m / tr(A_1 o .. o A_m), o elementwise
//   I(X_1..X_m; Y) = S(A_1..A_m) + S(B) - S(A_1..A_m, B)
//   TC = sum_g S(A_g) - S(A_1..A_m)
// Range: S in [0, log2 n], I and TC >= 0 for a > 1 (up to rounding). a near 1 (1.01) is
// Shannon-like; values depend on the width and grow to log2 n as it goes to 0: compare only at one
// rule. Shapes: each variable n*d_g, n >= 2. Cost: O(n^3) for each S, 16 n^2 bytes, stated and
// refused past `memory_limit`; a = 2 takes no eigenvalues, sum lambda^2 = sum_ij A_ij^2, O(n^2) and
// no matrix. After set_search("cuda") (neighbours.hpp) both on the device (kernel_cuda.hpp).
// Errors: InvalidArgument for shapes, widths, options, memory; DataError for NaN. Sources: Sanchez
// Giraldo, Rao, Principe, IEEE T-IT 61 (2015); Yu et al., IEEE TPAMI 42 (2020), multivariate.
#pragma once

#include <span>

#include "venturi/core/options.hpp"
#include "venturi/measure/kernel_sums.hpp"
#include "venturi/measure/pairwise.hpp"

namespace venturi::measure {

struct RenyiOptions {
  double alpha = 1.01;
  std::uint64_t memory_limit = kDefaultMemoryLimit;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("alpha", self.alpha, "order of the entropy, not 1", core::above(0));
    visit("memory_limit", self.memory_limit, "bytes that may be taken");
  }
};

double renyi_entropy_bits(std::span<const Kerneled> variables, const RenyiOptions& options = {});
double renyi_information_bits(std::span<const Kerneled> x, const Kerneled& y,
                              const RenyiOptions& options = {});
double renyi_total_correlation_bits(std::span<const Kerneled> variables,
                                    const RenyiOptions& options = {});

}  // namespace venturi::measure
