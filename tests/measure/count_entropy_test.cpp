#include "venturi/measure/count_entropy.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <random>
#include <vector>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/digamma.hpp"

namespace venturi::measure {
namespace {

using Counts = std::vector<std::uint64_t>;

double nats(std::string_view method, const Counts& counts, double kinds = 0) {
  return core::find_member(count_methods(), method, "test").make(counts, kinds) / core::kBitsPerNat;
}

double total(const Counts& counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
}

// G(m) by its integral, midpoint rule.
double g_by_integral(std::uint64_t m) {
  constexpr int kSteps = 200000;
  double integral = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double x = (i + 0.5) / kSteps;
    integral += std::pow(x, static_cast<double>(m) - 1) / (1 + x) / kSteps;
  }
  return digamma_real(static_cast<double>(m)) + (m % 2 == 0 ? integral : -integral);
}

TEST(CountEntropy, GrassbergerByItsIntegral) {
  const Counts counts = {1, 2, 3, 4, 7, 12, 1};
  double expected = std::log(total(counts));
  for (const auto m : counts) {
    expected -= static_cast<double>(m) / total(counts) * g_by_integral(m);
  }
  EXPECT_NEAR(nats("grassberger", counts), expected, 1e-9);
}

TEST(CountEntropy, ChaoShenByItsDefinition) {
  const Counts counts = {1, 1, 5, 3, 10};
  double expected = 0;
  for (const auto m : counts) {
    const double q = (1 - 2.0 / 20) * static_cast<double>(m) / 20;
    expected -= q * std::log(q) / (1 - std::pow(1 - q, 20));
  }
  EXPECT_NEAR(nats("chao-shen", counts), expected, 1e-12);
  // All seen once: the coverage is 1/n, not 0.
  double all = 0;
  for (int i = 0; i < 4; ++i) all -= 1.0 / 16 * std::log(1.0 / 16) / (1 - std::pow(15.0 / 16, 4));
  EXPECT_NEAR(nats("chao-shen", {1, 1, 1, 1}), all, 1e-12);
}

TEST(CountEntropy, ShrinkageByFullFrequencies) {
  const Counts counts = {4, 2, 1, 1, 0, 0};
  double above = 1, below = 0;
  for (const auto m : counts) {
    const double p = static_cast<double>(m) / 8;
    above -= p * p;
    below += 7 * (p - 1.0 / 6) * (p - 1.0 / 6);
  }
  const double weight = above / below;
  ASSERT_LT(weight, 1);
  double expected = 0;
  for (const auto m : counts) {
    const double p = weight / 6 + (1 - weight) * static_cast<double>(m) / 8;
    expected -= p * std::log(p);
  }
  EXPECT_NEAR(nats("shrinkage", counts, 6), expected, 1e-12);
  EXPECT_NEAR(nats("shrinkage", {1}, 8), std::log(8.0), 1e-12);
}

// The posterior mean by a fine sum over log b, xi differentiated numerically, plain lgamma.
double nsb_by_sum(const Counts& counts, double kinds) {
  const double n = total(counts);
  const auto xi = [&](double u) {
    return digamma_real(kinds * std::exp(u) + 1) - digamma_real(std::exp(u) + 1);
  };
  double sum = 0, mean = 0;
  for (double u = -22; u < 14; u += 2e-3) {
    const double b = std::exp(u), kappa = kinds * b;
    double log_likelihood = std::lgamma(kappa) - std::lgamma(n + kappa);
    double h = digamma_real(n + kappa + 1);
    double seen = 0;
    for (const auto m : counts) {
      const auto a = static_cast<double>(m) + b;
      log_likelihood += std::lgamma(a) - std::lgamma(b);
      h -= a / (n + kappa) * digamma_real(a + 1);
      seen += 1;
    }
    h -= (kinds - seen) * b / (n + kappa) * digamma_real(b + 1);
    const double w = std::exp(log_likelihood + n * std::log(kinds)) * (xi(u + 1e-3) - xi(u - 1e-3));
    sum += w;
    mean += w * h;
  }
  return mean / sum;
}

TEST(CountEntropy, NsbByAFineSum) {
  for (const double kinds : {4.0, 10.0, 1000.0}) {
    EXPECT_NEAR(nats("nsb", {5, 2, 1, 1}, kinds), nsb_by_sum({5, 2, 1, 1}, kinds), 2e-6) << kinds;
    EXPECT_NEAR(nats("nsb", {9}, kinds), nsb_by_sum({9}, kinds), 2e-6) << kinds;
  }
}

// Ten samples of ten different values out of 2^40, and a million of two: neither loses its digits.
TEST(CountEntropy, NsbHoldsAtItsEnds) {
  const Counts once(10, 1);
  const double wide = nats("nsb", once, std::pow(2.0, 40));
  EXPECT_GT(wide, std::log(10.0));
  EXPECT_LT(wide, 40 * std::numbers::ln2);
  EXPECT_NEAR(nats("nsb", {500000, 500000}), std::numbers::ln2, 1e-5);
  EXPECT_NEAR(nats("nsb", Counts(100000, 7)), std::log(1e5), 0.01);
  EXPECT_EQ(nats("nsb", {3}), 0);
}

// Every method: exact on a constant, and on many samples of a known law.
TEST(CountEntropy, AllAgreeWhereSamplesAreMany) {
  const Counts counts = {500000, 250000, 125000, 125000};
  for (const auto& member : count_methods()) {
    EXPECT_NEAR(member.make(counts, 0), 1.75, 1e-4) << member.name;
    EXPECT_NEAR(member.make(Counts{100000}, 0), 0, 1e-4) << member.name;
  }
}

// 64 equally likely values, 64 samples: the plug-in is low by .8 bits.
TEST(CountEntropy, CorrectionsRemoveBias) {
  constexpr int kRuns = 300, kKinds = 64;
  std::vector<double> error(count_methods().size());
  for (int run = 0; run < kRuns; ++run) {
    core::Random random{core::Key(run)};
    Counts counts(kKinds);
    for (int i = 0; i < kKinds; ++i) ++counts[random.below(kKinds)];
    for (std::size_t m = 0; m < error.size(); ++m) {
      error[m] += (count_methods()[m].make(counts, kKinds) - 6) / kRuns;
    }
  }
  EXPECT_LT(error[0], -0.6);
  for (std::size_t m = 1; m < error.size(); ++m) {
    EXPECT_LT(std::fabs(error[m]), 0.6 * std::fabs(error[0])) << count_methods()[m].name;
  }
  EXPECT_NEAR(error[3], 0, 0.1);  // chao-shen
  EXPECT_NEAR(error[4], 0, 0.1);  // shrinkage, whose target is the law itself
}

// A Bayesian mean has no bias over laws drawn from its prior: xi uniform, then Dirichlet(b).
TEST(CountEntropy, NsbIsUnbiasedUnderItsPrior) {
  constexpr int kRuns = 2000, kKinds = 16, kSamples = 12;
  double mean = 0, square = 0, plain = 0;
  for (int run = 0; run < kRuns; ++run) {
    core::Random random{core::Key(run)};
    const double xi = random.uniform() * std::log(kKinds);
    double low = -30, high = 30;  // of log b
    while (high - low > 1e-9) {
      const double b = std::exp(0.5 * (low + high));
      (digamma_real(kKinds * b + 1) - digamma_real(b + 1) < xi ? low : high) = std::log(b);
    }
    std::gamma_distribution<double> gamma(std::exp(low));
    std::vector<double> law(kKinds);
    for (double& p : law) p = gamma(random);
    const double sum = std::accumulate(law.begin(), law.end(), 0.0);
    if (sum == 0) law[0] = 1;  // b so small that all but one value underflow
    double h = 0;
    for (double& p : law) {
      if (sum > 0) p /= sum;
      if (p > 0) h -= p * std::log(p);
    }
    Counts counts(kKinds);
    for (int i = 0; i < kSamples; ++i) {
      double u = random.uniform();
      int k = 0;
      while (k < kKinds - 1 && u >= law[k]) u -= law[k++];
      ++counts[k];
    }
    const double error = nats("nsb", counts, kKinds) - h;
    mean += error / kRuns;
    square += error * error / kRuns;
    plain += (nats("plug-in", counts) - h) / kRuns;
  }
  EXPECT_NEAR(mean, 0, 4 * std::sqrt(square / kRuns));
  EXPECT_LT(plain, -0.1);
}

TEST(CountEntropy, Errors) {
  for (const auto& member : count_methods()) {
    EXPECT_ERROR(member.make({}, 0), core::InvalidArgument, "at least one sample");
    EXPECT_ERROR(member.make(Counts{0, 0}, 0), core::InvalidArgument, "at least one sample");
    EXPECT_ERROR(member.make(Counts{1, 1, 1}, 2), core::InvalidArgument, "3 values seen, got 2");
    EXPECT_ERROR(member.make(Counts{1}, std::nan("")), core::InvalidArgument, "got nan");
  }
}

}  // namespace
}  // namespace venturi::measure
