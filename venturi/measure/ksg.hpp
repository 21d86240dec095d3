// venturi/measure/ksg.hpp
//
// Nearest-neighbour estimates of information between continuous variables, under the maximum norm.
// Each function returns the n local values whose mean is the estimate, in NATS (they are the
// kernel of the front in mutual_information.hpp, which speaks bits and adds intervals).
//
//   KSG1  psi(k) + psi(n) - psi(n_x+1) - psi(n_y+1),         n_x = #{j != i: d_x(i,j) < e_i}
//   KSG2  psi(k) - 1/k + psi(n) - psi(n_x) - psi(n_y),       n_x = #{j != i: d_x(i,j) <= e_x,i}
//         e_x,i the largest d_x to the k nearest neighbours
//   TC    psi(k) + (m-1) psi(n) - sum_g psi(n_g+1)           (KSG1 of m groups)
//   CMI   psi(k) - psi(n_xz+1) - psi(n_yz+1) + psi(n_z+1)
//   DTC   (m-1) psi(k) + psi(n) - sum_g psi(n_{-g}+1), n_{-g} counted over all groups but g;
//         H(all) - sum_g H(X_g given the rest) = sum_g H(X_{-g}) - (m-1) H(all)
//   KL    psi(n) - psi(k) + d log(2 e_i)                     (entropy)
//   Gao   psi(k_i) + log n - log(n_x+1) - log(n_y+1), counts d <= e_i; k_i = k, or the number of
//         points at distance 0 if e_i = 0
//
//   Mesner-Shalizi  psi(k_i) - psi(n_xz) - psi(n_yz) + psi(n_z), counts d <= e_i, k_i as Gao's
//
// Shapes: x n*dx, y n*dy, z n*dz. Range: not clipped; independent data scatter around 0. Bias: low
// where the true value is large for n (it cannot pass psi(n) - psi(k) by much) and where the total
// dimension is. Ties: distances as they are, nothing is jittered; many ties (discrete data) make
// KSG1, KSG2 and CMI meaningless and KL -infinity; Gao and, given Z, Mesner-Shalizi are for them.
// Scale: the maximum norm compares X with Y, so that the columns' scales matter in finite samples.
// Errors: as find_neighbours(). Cost: as find_neighbours().
// Sources: Kraskov, Stoegbauer, Grassberger, PRE 69 066138 (2004), eqs. 8, 9, 23; Frenzel, Pompe,
// PRL 99 204101 (2007); Kozachenko, Leonenko 1987; Gao, Kannan, Oh, Viswanath, NIPS 2017; Mesner,
// Shalizi, IEEE Trans. Inf. Theory 67 (2021), algorithm 1 (its mean is not cut at 0 here).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::measure {

std::vector<double> ksg1_local(const core::MatrixView& x, const core::MatrixView& y, int k);
std::vector<double> ksg2_local(const core::MatrixView& x, const core::MatrixView& y, int k);
std::vector<double> gao_local(const core::MatrixView& x, const core::MatrixView& y, int k);
std::vector<double> conditional_local(const core::MatrixView& x, const core::MatrixView& y,
                                      const core::MatrixView& z, int k);

// I(X;Y|Z) for mixtures of discrete and continuous variables, and ties.
std::vector<double> mixed_conditional_local(const core::MatrixView& x, const core::MatrixView& y,
                                            const core::MatrixView& z, int k);

// Discrete X (n labels) against continuous y (n*dy): psi(n) + psi(k_i) - psi(n_c) - psi(m_i+1),
// with n_c the size of i's class, k_i = min(k, n_c - 1), e_i the distance to the k_i-th neighbour
// inside it and m_i = #{j != i: d_y(i,j) < e_i} over all classes. Classes of one sample are left
// out, as they have no neighbour; DataError if no other is left. Source: Ross, PLoS ONE 9 e87357
// (2014).
std::vector<double> ross_local(std::span<const std::int32_t> labels, const core::MatrixView& y,
                               int k);

// Total correlation sum_g H(X_g) - H(X_1..X_m) of m >= 2 groups.
std::vector<double> total_correlation_local(std::span<const core::MatrixView> groups, int k);

// Dual total correlation of m >= 2 groups. For m = 2 it is KSG1.
std::vector<double> dual_total_correlation_local(std::span<const core::MatrixView> groups, int k);

// O-information TC - DTC of m >= 3 groups: positive where redundancy, negative where synergy
// prevails (Rosas et al., PRE 100 032305, 2019). Both terms from one search.
std::vector<double> o_information_local(std::span<const core::MatrixView> groups, int k);

// Differential entropy; x n*d. DataError if a point's k-th neighbour lies at distance 0.
std::vector<double> entropy_local(const core::MatrixView& x, int k);

// The mean of local values, summed in order.
double mean_of(std::span<const double> local);

}  // namespace venturi::measure
