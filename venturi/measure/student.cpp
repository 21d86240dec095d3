#include "venturi/measure/student.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "venturi/measure/digamma.hpp"

namespace venturi::measure {
namespace {

// The continued fraction of the incomplete beta function, by Lentz's method.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto away = [](double v) { return std::fabs(v) < kTiny ? kTiny : v; };
  double c = 1, d = 1 / away(1 - (a + b) * x / (a + 1)), out = d;
  for (int m = 1; m < 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    out *= c * d;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    out *= c * d;
    if (std::fabs(c * d - 1) < 1e-15) break;
  }
  return out;
}

double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace

double student_log_density(double freedom, double t) {
  return std::lgamma((freedom + 1) / 2) - std::lgamma(freedom / 2) -
         0.5 * std::log(freedom * std::numbers::pi) -
         0.5 * (freedom + 1) * std::log1p(t * t / freedom);
}

double student_tail(double freedom, double t) {
  if (t < 0) return 1 - student_tail(freedom, -t);
  return 0.5 * incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

core::Vector student_scores(double freedom, core::Index n) {
  core::Vector out(n);
  double t = 0;
  const double constant = student_log_density(freedom, 0);
  for (core::Index r = n / 2; r < n; ++r) {
    const double above = (static_cast<double>(n - r) - 0.5) / static_cast<double>(n);
    // Newton's steps from the quantile before; in the tail on logarithms, where it is a power.
    for (int step = 0; step < 100 && above < 0.5; ++step) {
      const double tail = student_tail(freedom, t);
      const double density = std::exp(constant - 0.5 * (freedom + 1) * std::log1p(t * t / freedom));
      const double move = above > 0.1 || t <= 0
                              ? (tail - above) / density
                              : t * std::expm1(std::log(tail / above) * tail / (t * density));
      t += move;
      if (std::fabs(move) <= 1e-10 * t) break;
    }
    out[r] = t;
    out[n - 1 - r] = -t;
  }
  return out;
}

double student_entropy_nats(double freedom, double k) {
  const double a = freedom / 2, b = (freedom + k) / 2;
  return std::lgamma(a) - std::lgamma(b) + 0.5 * k * std::log(freedom * std::numbers::pi) +
         b * (digamma_real(b) - digamma_real(a));
}

double student_information_nats(double freedom, double dx, double dy) {
  return student_entropy_nats(freedom, dx) + student_entropy_nats(freedom, dy) -
         student_entropy_nats(freedom, dx + dy);
}

}  // namespace venturi::measure
