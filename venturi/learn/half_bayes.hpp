// venturi/learn/half_bayes.hpp
//
// What the variational bottleneck guards against, on linear regression where all is closed form:
// x_i ~ N(0, I_d), y_i = theta'x_i + N(0, s^2), theta ~ N(0, I/d), so that theta'x has variance 1.
// Objectives in nats a sample, each at its least:
//   empirical   least squares w; -log N(y_i; w'x_i, s^2)
//   vib         q(z|x_i) = N(w'x_i, tau^2), p(z) = N(0, 1), y = z + N(0, s^2):
//               E[-log p(y_i|z)] + KL(q(z|x_i) || p(z)), least at w = w_empirical / (1 + s^2),
//               tau^2 = s^2 / (1 + s^2)
//   Bayes       E_q(w)[-log N(y_i; w'x_i, s^2)] + KL(q(w) || p(w)) / n, least at the posterior,
//   where
//               it is -log N(y; 0, s^2 I + X X'/d) / n
// Conjugate case: a law q(z|x_i) = N(m_i, tau_i^2) free for each sample; the vib is least at the
// posterior of z given y_i and is then -log N(y_i; 0, 1 + s^2). In expectation over y it bounds the
// risk over draws of Y at the same x, -log p(y'|x_i) of the predictive law N(m_i, s^2 + tau_i^2).
// Source: Alemi, Morningstar, Poole, Fischer, Dillon, "VIB is half Bayes", AABI 2020
// (arXiv 2011.08711), for the claim; the example is our own.
#pragma once

#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"

namespace venturi::learn {

// Means over drawn problems of n = 40, d = 20, s = 1:
//   "conjugate: objective" by descent on sampled z and "..., by its formula", their "difference" as
//   a part, and "conjugate: objective less risk" (the bound's room)
//   "objective, empirical", ", vib", ", Bayes"; "risk, ..." at the same inputs and "risk at new
//   inputs, ..." in nats; and differences of the risks in standard errors
std::vector<core::Figure> half_bayes_figures(core::Key key, bool quick);

}  // namespace venturi::learn
