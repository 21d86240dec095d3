#include "venturi/measure/count_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/digamma.hpp"

namespace venturi::measure {
namespace {

// How many values were seen m times, by m: all that an entropy depends on.
struct Counted {
  std::map<std::uint64_t, double> times;  // m >= 1 -> values
  double n = 0;
  double seen = 0;
  double kinds = 0;
};

Counted counted(std::span<const std::uint64_t> counts, double kinds) {
  constexpr const char* kWhere = "measure.count_methods";
  Counted out;
  for (const std::uint64_t c : counts) {
    if (c == 0) continue;
    out.times[c] += 1;
    out.n += static_cast<double>(c);
    out.seen += 1;
  }
  if (out.n == 0) core::fail_argument(kWhere, "expected at least one sample, got none");
  if (kinds != 0 && !(kinds >= out.seen && std::isfinite(kinds))) {
    core::fail_argument(kWhere, "expected kinds = 0 or at least the {} values seen, got {}",
                        out.seen, kinds);
  }
  out.kinds = kinds == 0 ? out.seen : kinds;
  return out;
}

double plug_in_nats(const Counted& c) {
  double sum = 0;
  for (const auto& [m, values] : c.times) {
    const auto count = static_cast<double>(m);
    sum += values * count * std::log(count);
  }
  return std::log(c.n) - sum / c.n;
}

// G(1) = -gamma - log 2, G(2) = G(1) + 2, G(2j+1) = G(2j), G(2j+2) = G(2j) + 2/(2j+1). Its sum up
// to 2j is psi(j + 1/2) + log 2, which needs no loop.
double grassberger_nats(const Counted& c) {
  double sum = 0;
  for (const auto& [m, values] : c.times) {
    const std::uint64_t pairs = m / 2;
    sum += values * static_cast<double>(m) *
           (digamma_real(static_cast<double>(pairs) + 0.5) + std::numbers::ln2);
  }
  return std::log(c.n) - sum / c.n;
}

double chao_shen_nats(const Counted& c) {
  const auto once = c.times.find(1);
  double f1 = once == c.times.end() ? 0 : once->second;
  if (f1 == c.n) f1 = c.n - 1;
  const double coverage = 1 - f1 / c.n;
  double sum = 0;
  for (const auto& [m, values] : c.times) {
    const double q = coverage * static_cast<double>(m) / c.n;
    if (q == 1) continue;  // one value alone: log q = 0
    sum -= values * q * std::log(q) / -std::expm1(c.n * std::log1p(-q));
  }
  return sum;
}

double shrinkage_nats(const Counted& c) {
  double squares = 0;
  for (const auto& [m, values] : c.times) {
    const double p = static_cast<double>(m) / c.n;
    squares += values * p * p;
  }
  const double spread = (c.n - 1) * (squares - 1 / c.kinds);
  const double weight = spread > 0 ? std::min(1.0, (1 - squares) / spread) : 1.0;
  const auto term = [](double p) { return p > 0 ? -p * std::log(p) : 0.0; };
  double sum = (c.kinds - c.seen) * term(weight / c.kinds);
  for (const auto& [m, values] : c.times) {
    sum += values * term(weight / c.kinds + (1 - weight) * static_cast<double>(m) / c.n);
  }
  return sum;
}

// log Gamma(a + m) - log Gamma(a). The difference of two lgamma loses all digits for a >> m, so
// that Stirling's series is subtracted by hand there.
double log_rising(double a, double m) {
  if (a < 20) return std::lgamma(a + m) - std::lgamma(a);
  const auto rest = [](double x) {
    const double s = 1 / (x * x);
    return (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s / 1680))) / x;
  };
  return (a - 0.5) * std::log1p(m / a) + m * std::log(a + m) - m + rest(a + m) - rest(a);
}

// x psi'(x + 1), less 1 if `shifted`: for large x it is 1 - 1/(2x) + ..., and differences of it
// matter.
double scaled_trigamma(double x, bool shifted) {
  double sum = 0;
  double y = x + 1;
  for (; y < 15; y += 1) sum += 1 / (y * y);
  const double s = 1 / (y * y);
  const double tail = s * (1.0 / 6 - s * (1.0 / 30 - s * (1.0 / 42 - s / 30)));  // times 1/y
  if (y == x + 1) {
    // psi'(y) = 1/y + 1/(2 y^2) + tail/y with x = y - 1: the leading 1 cancels by algebra.
    const double less = -1 / y + x * (0.5 * s + tail / y);
    return shifted ? less : less + 1;
  }
  return x * (sum + 1 / y + 0.5 * s + tail / y) - (shifted ? 1 : 0);
}

// Log of the weight of log b = u: d xi / du (the prior, xi(b) = psi(Kb+1) - psi(b+1)) times the
// likelihood of the counts.
double nsb_log_weight(const Counted& c, double u) {
  const double b = std::exp(u);
  const double kappa = c.kinds * b;
  const bool shifted = kappa > 1;
  double out = std::log(scaled_trigamma(kappa, shifted) - scaled_trigamma(b, shifted)) -
               log_rising(kappa, c.n);
  for (const auto& [m, values] : c.times) out += values * log_rising(b, static_cast<double>(m));
  return out;
}

double nsb_mean_nats(const Counted& c, double u) {
  const double b = std::exp(u);
  const double total = c.n + c.kinds * b;
  double sum = (c.kinds - c.seen) * b / total * digamma_real(b + 1);
  for (const auto& [m, values] : c.times) {
    const double a = static_cast<double>(m) + b;
    sum += values * a / total * digamma_real(a + 1);
  }
  return digamma_real(total + 1) - sum;
}

// The weight falls off at least as b and as 1/b on both sides of its one peak. A grid over the
// whole range is narrowed to where the weight is above e^-40 of its peak, until the grid resolves
// that; there the trapezoid rule on a smooth bell errs by far less than the rounding.
double nsb_nats(const Counted& c) {
  if (c.kinds == 1) return 0;
  constexpr int kPoints = 400;
  constexpr double kNegligible = 40;
  double low = -std::log(c.kinds) - kNegligible, high = kNegligible;
  std::vector<double> weights(kPoints + 1);
  for (;;) {
    const double step = (high - low) / kPoints;
    double peak = -std::numeric_limits<double>::infinity();
    for (int i = 0; i <= kPoints; ++i) {
      weights[i] = nsb_log_weight(c, low + i * step);
      peak = std::max(peak, weights[i]);
    }
    const auto matters = [&](double w) { return w > peak - kNegligible; };
    const auto first = std::find_if(weights.begin(), weights.end(), matters) - weights.begin();
    const auto last =
        kPoints - (std::find_if(weights.rbegin(), weights.rend(), matters) - weights.rbegin());
    if (last - first > kPoints / 4) {
      double sum = 0, mean = 0;
      for (int i = 0; i <= kPoints; ++i) {
        const double w = std::exp(weights[i] - peak);
        sum += w;
        mean += w * nsb_mean_nats(c, low + i * step);
      }
      return mean / sum;
    }
    high = low + static_cast<double>(std::min<std::ptrdiff_t>(kPoints, last + 1)) * step;
    low += static_cast<double>(std::max<std::ptrdiff_t>(0, first - 1)) * step;
  }
}

template <double (*nats)(const Counted&)>
double bits(std::span<const std::uint64_t> counts, double kinds) {
  return nats(counted(counts, kinds)) * core::kBitsPerNat;
}

double miller_madow_nats(const Counted& c) { return plug_in_nats(c) + (c.seen - 1) / (2 * c.n); }

constexpr core::Member<CountMethod> kMethods[] = {
    {"plug-in", "entropy of the observed frequencies; biased down", "Cover and Thomas, ch. 2",
     "O(n)", bits<plug_in_nats>},
    {"miller-madow", "plug-in + (values seen - 1)/(2n); the default", "Miller 1955", "O(n)",
     bits<miller_madow_nats>},
    {"grassberger", "each count's logarithm corrected; few samples a value",
     "Grassberger 2003, arXiv physics/0307138", "O(n)", bits<grassberger_nats>},
    {"chao-shen", "weights for what was not seen; many rare values", "Chao and Shen 2003", "O(n)",
     bits<chao_shen_nats>},
    {"shrinkage", "frequencies drawn towards uniform on K values", "Hausser and Strimmer 2009",
     "O(n)", bits<shrinkage_nats>},
    {"nsb", "Bayes, entropy uniform a priori; K known, far fewer samples than K",
     "Nemenman, Shafee, Bialek 2001", "O(n + 1000 distinct counts)", bits<nsb_nats>},
};

}  // namespace

std::span<const core::Member<CountMethod>> count_methods() { return kMethods; }

}  // namespace venturi::measure
