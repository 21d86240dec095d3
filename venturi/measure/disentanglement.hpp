// venturi/measure/disentanglement.hpp
//
// How well single latents z_j (codes n*L) stand for single sources s_i (factors n*S, each value a
// label) of synthetic data. With I the mutual information and H the entropy, in one unit:
//   MIG    mean_i (I(s_i; z_1st) - I(s_i; z_2nd)) / H(s_i), latents in `bins` bins of equal width,
//          plug-in; the two latents that know most of s_i
//   SAP    the same gap of squared correlations (sources as amounts), not divided
//   InfoMEC, of NMI_ij = I(s_i; z_j) / H(s_i) over the active latents:
//   InfoM  mean_j of max_i NMI_ij / sum_i NMI_ij, from 1/S..1 to 0..1: does a latent know one
//   source? InfoC  mean_i of max_j NMI_ij / sum_j NMI_ij, from 1/L..1 to 0..1: is a source in one
//   latent? InfoE  mean_i 1 - (cross-entropy of a softmax on all latents, classes balanced) / log
//   C_i:
//          how much of the sources can be read linearly? Fitted and scored on the same rows.
// Latents that look discrete (looks_discrete() of remarks.hpp) are taken as labels, I is plug-in
// and the softmax sees them one-hot; else they are standardised and I is Ross's estimate with 10
// neighbours, 0 where it is less. A latent is active if its range is above 0 (discrete) or above a
// twentieth of the widest. A latent or source of which nothing is known counts 0.
// Range: 0 .. 1, all 1 for codes that are the sources. MIG depends on `bins`; Ross's estimate is
// low for NMI near 1, so that continuous copies reach about .9 and less at few rows.
// Cost: O(L S n log n) and the softmax. Errors: InvalidArgument for lengths; DataError for values
// that are not finite, a source of one value or of more than n/4 of them, fewer than two sources,
// latents or active latents.
// Sources: Chen, Li, Grosse, Duvenaud, NeurIPS 2018, section 4 (MIG); Kumar, Sattigeri,
// Balakrishnan, ICLR 2018, section 3 (SAP); Hsu, Dorrell, Whittington, Wu, Finn, NeurIPS 2023,
// section 4 and its released code (InfoMEC).
#pragma once

#include "venturi/core/views.hpp"

namespace venturi::measure {

double mutual_information_gap(const core::MatrixView& codes, const core::MatrixView& factors,
                              int bins = 20);
double separated_predictability(const core::MatrixView& codes, const core::MatrixView& factors);

struct InfoMec {
  double modularity = 0, explicitness = 0, compactness = 0;
  core::Matrix nmi;  // S*L, all latents
  core::Index active = 0;
};
InfoMec info_mec(const core::MatrixView& codes, const core::MatrixView& factors);

}  // namespace venturi::measure
