// venturi/measure/nonuniformity.hpp
//
// KSG1 with the correction for local non-uniformity (LNC): where the k nearest neighbours of a
// point fill a slanted box that is much smaller than the upright one, the density there is not
// uniform, and the logarithm of the ratio of volumes is added. For strong dependence.
//
//   I = KSG1 + mean_i [log V_i - log V'_i if V'_i < alpha V_i],  V_i = prod_c max_j |x_jc - x_ic|,
//   V'_i the same along the principal axes of the neighbours about x_i
//
// alpha: the 0.5 % quantile of V'/V for k uniform points, by Monte Carlo from a fixed key (20,000
// boxes), so that uniform data are rarely corrected.
// Not for x or y on a curve or surface of fewer dimensions than columns: there is no density, and
// the estimate is wrong without a word (KSG1 stands it).
// Shapes: x n*dx, y n*dy. Units: NATS. Errors: InvalidArgument unless dx + dy < k < n; DataError as
// nearest_lists.hpp. Ties: neighbours on a line or point have V' = 0, corrected without bound;
// DataError there. Cost: KSG1's and the lists', O(n k d^2 + n d^3).
// Source: Gao, Ver Steeg, Galstyan, AISTATS 2015, section 4; NPEET (upright box, axes about x_i).
#pragma once

#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::measure {

std::vector<double> lnc_local(const core::MatrixView& x, const core::MatrixView& y, int k);

// alpha above.
double lnc_alpha(int k, core::Index d);

}  // namespace venturi::measure
