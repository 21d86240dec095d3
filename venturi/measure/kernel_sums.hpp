// venturi/measure/kernel_sums.hpp
//
// Measures that need only sums over two Gaussian Gram matrices K (of x, width sx) and L (of y,
// width sy): row by row, so that memory stays O(n d) for any n.
//   HSIC biased    1/n^2 sum_ij K_ij L_ij + 1/n^4 sum K sum L - 2/n^3 sum_i K_i. L_i.
//                  = tr(K H L H) / n^2
//   HSIC unbiased  with zero diagonals, 1/(n(n-3)) [tr(K L) + sum K sum L / ((n-1)(n-2))
//                  - 2/(n-2) sum_i K_i. L_i.], n >= 4
//   CKA            HSIC(x,y) / sqrt(HSIC(x,x) HSIC(y,y)), biased; linear: |Xc' Yc|_F^2 over the
//   same
//                  of (x,x), (y,y), Xc and Yc centred, O(n dx dy)
//   CS-QMI         log(1/n^2 sum K o L) + log(1/n^4 sum K sum L) - 2 log(1/n^3 sum_i K_i. L_i.)
//   nats:
//                  Cauchy-Schwarz divergence of the joint Parzen density from the product of
//                  margins
//   normalised     CS-QMI(x,y) / sqrt(CS-QMI(x,x) CS-QMI(y,y)); NOT bounded by 1
//   conditional CS divergence D(p(y|x); q(v|x)), one v for each y, nats:
//                  log sum_j [sum_i K_ji L1_ji / K_j.^2] + log sum_j [sum_i K_ji L2_ji / K_j.^2]
//                  - 2 log sum_j [sum_i K_ji L21_ji / K_j.^2],
//                  L1 on y, L2 on v, L21_ji = k(v_j, y_i); 0 for v = y, not clipped below 0
// Shapes: x n*dx, y n*dy (v n*dy), n >= 2. Range: HSIC biased >= 0, CKA in [0, 1], CS-QMI >= 0 (by
// Cauchy-Schwarz, up to rounding). Cost: O(n^2 (dx+dy)). Deterministic for any number of threads.
// After set_search("cuda") (neighbours.hpp) on the device, but for linear CKA and the conditional
// divergence; kernel_cuda.hpp tells how near to the CPU.
// Errors: InvalidArgument for shapes and widths; DataError for NaN, for a variable without any
// spread where it is divided by, and where all of a sum's kernels are 0. Sources: Gretton et al.
// 2005 (HSIC; here over n^2, not (n-1)^2); Song et al., JMLR 13 (2012), eq. 5 (unbiased); Kornblith
// et al. 2019 (CKA); Principe 2010, ch. 2 (CS-QMI); Yu et al., ICLR 2024, propositions 1 and 2
// (their code takes base-2 logarithms).
#pragma once

#include "venturi/core/views.hpp"

namespace venturi::measure {

// A variable under its kernel.
struct Kerneled {
  core::MatrixView rows;
  double width;
};

double hsic(const Kerneled& x, const Kerneled& y);
double hsic_unbiased(const Kerneled& x, const Kerneled& y);
double kernel_cka(const Kerneled& x, const Kerneled& y);
double linear_cka(const core::MatrixView& x, const core::MatrixView& y);

double cauchy_schwarz_information_nats(const Kerneled& x, const Kerneled& y);
double normalised_cauchy_schwarz_information(const Kerneled& x, const Kerneled& y);
// y and predicted share the width of y.
double conditional_cauchy_schwarz_nats(const Kerneled& x, const Kerneled& y,
                                       const core::MatrixView& predicted);

}  // namespace venturi::measure
