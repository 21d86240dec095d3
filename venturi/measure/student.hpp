// venturi/measure/student.hpp
//
// Student's t law of v > 0 degrees of freedom, in one column and in k (unit dispersion).
//
//   f(t) = G((v+1)/2) / (G(v/2) sqrt(v pi)) (1 + t^2/v)^(-(v+1)/2)
//   P(T > t) = 1/2 I_{v/(v+t^2)}(v/2, 1/2), t >= 0, I the regularised incomplete beta function
//   h(k) = lnG(v/2) - lnG((v+k)/2) + k/2 ln(v pi) + (v+k)/2 (psi((v+k)/2) - psi(v/2))
//
// Units: NATS. Error: quantiles and the tail to a relative 1e-9 for .1 <= v <= 1000 and
// probabilities of 1e-12 and more.
// Source: Kotz, Nadarajah, "Multivariate t Distributions and Their Applications", 2004, ch. 1; the
// continued fraction of I: Abramowitz, Stegun 26.5.8.
#pragma once

#include "venturi/core/views.hpp"

namespace venturi::measure {

double student_log_density(double freedom, double t);

// P(T > t).
double student_tail(double freedom, double t);

// The quantiles at (r - 1/2)/n, r = 1 .. n, rising. O(n).
core::Vector student_scores(double freedom, core::Index n);

// Differential entropy in k columns.
double student_entropy_nats(double freedom, double k);

// What a common random scale adds to the information of normal x (dx columns) and y (dy):
// h(dx) + h(dy) - h(dx + dy). It falls to 0 as v grows.
double student_information_nats(double freedom, double dx, double dy);

}  // namespace venturi::measure
