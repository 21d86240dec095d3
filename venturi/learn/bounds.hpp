// venturi/learn/bounds.hpp
//
// Variational bounds on mutual information as functions of a matrix of scores, in NATS. Scores are
// m*n*n (m models side by side): F_ij = f(x_i, y_j), pairs drawn together on the diagonal, products
// of the margins off it. With E_p the mean over the diagonal, E_q that over i != j:
//   DV       E_p f - log E_q e^f                        (Donsker, Varadhan 1983)
//   MINE     the same value; its gradient divides by a moving average of E_q e^f, which takes away
//            most of the bias that a small batch's own mean has (Belghazi et al., ICML 2018, 3.2)
//   NWJ      E_p f - E_q e^(f-1)                        (Nguyen, Wainwright, Jordan 2010)
//   TUBA     E_p f - E_q e^f / a - log a + 1, log a learned       (Poole et al., ICML 2019, eq. 5)
//   InfoNCE  log n + E_p f_i - mean_i log sum_j e^(f_ij), at most log n   (van den Oord et al.
//   2018) JS       trained by E_p -softplus(-f) - E_q softplus(f), value E_p f + 1 - E_q e^f
//            (Poole et al., section 2.4)
//   SMILE    trained as JS, value E_p f - log E_q e^clip(f, -tau, tau)
//            (Song, Ermon, ICLR 2020, eq. 12)
//   WDM      E_p f - E_q f of a critic held to slopes of at most 1: a distance in the units of the
//            standardised columns, no information; trained by InfoNCE and a penalty on slopes
//            (Ozair et al., NeurIPS 2019)
// For the rest the scores are conditional log densities, F_ij = log q(y_j | x_i), q a normal law
// whose mean and deviations a network gives, trained by likelihood; l_j = log q(y_j) a mixture of
// normal laws:
//   CLUB     E_p F - mean_ij F, above I where q is right        (Cheng et al., ICML 2020)
//   L1Out    mean_j [F_jj - log mean_(i != j) e^(F_ij)], above I (Poole et al., eq. 13)
//   BA       h(Y) + E_p F, below I for the true h(Y)            (Barber, Agakov, NIPS 2003)
//   DoE      E_p F - mean l, neither above nor below            (McAllester, Stratos, AISTATS 2020)
// All: O(m n^2), differentiable in the scores.
#pragma once

#include <span>

#include "venturi/core/members.hpp"
#include "venturi/tensor/tensor.hpp"

namespace venturi::learn {

// What a bound takes beside scores; each has use for some of it.
struct BoundTerms {
  double tau = 5;                 // SMILE's clip
  tensor::Tensor log_baseline;    // m: TUBA's log a
  tensor::Tensor moving_average;  // m: MINE's average of E_q e^f, without gradient
  tensor::Tensor log_marginal;    // m*n: l_j
  double entropy_nats = 0;        // BA's h(Y)
};

struct Bound {
  enum class Scores { kCritic, kConditional };
  using Call = tensor::Tensor (*)(const tensor::Tensor& scores, const BoundTerms& terms);
  Call objective;  // m: what training raises
  Call value;      // m: nats (WDM: a distance)
  Scores scores = Scores::kCritic;
  bool lipschitz = false;       // WDM
  bool capped = false;          // at log n
  bool needs_average = false;   // MINE
  bool needs_baseline = false;  // TUBA
  bool needs_marginal = false;  // DoE
  bool needs_entropy = false;   // BA
};

// By name, the first the default.
std::span<const core::Member<Bound>> bounds();

// The single values, m of scores m*n*n (n >= 2).
tensor::Tensor joint_mean(const tensor::Tensor& scores);          // E_p
tensor::Tensor log_mean_exp_apart(const tensor::Tensor& scores);  // log E_q e^f, stable
tensor::Tensor donsker_varadhan(const tensor::Tensor& scores);
tensor::Tensor nguyen_wainwright_jordan(const tensor::Tensor& scores);
tensor::Tensor tuba(const tensor::Tensor& scores, const tensor::Tensor& log_baseline);
tensor::Tensor info_nce(const tensor::Tensor& scores);
tensor::Tensor jensen_shannon(const tensor::Tensor& scores);  // the objective
tensor::Tensor smile(const tensor::Tensor& scores, double tau);
tensor::Tensor wasserstein(const tensor::Tensor& scores);
tensor::Tensor club(const tensor::Tensor& scores);
tensor::Tensor leave_one_out(const tensor::Tensor& scores);

}  // namespace venturi::learn
