#include "venturi/measure/pac_bayes.hpp"

#include <cmath>
#include <limits>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::measure {
namespace {

using core::Key;

TEST(PacBayes, FormulaByHand) {
  const GeneratorRisk risk{
      .distance = 0.3, .kl_nats = 2, .n = 100, .m = 400, .diameter = 5, .delta = 0.1};
  EXPECT_NEAR(pac_bayes_bound(risk, 20),
              0.3 + (2 + std::log(10)) / 20 + 20 * 25 / 8.0 * (1 / 100.0 + 1 / 400.0), 1e-12);
  GeneratorRisk own_law = risk;
  own_law.m = std::numeric_limits<double>::infinity();
  EXPECT_NEAR(pac_bayes_bound(own_law, 20), 0.3 + (2 + std::log(10)) / 20 + 20 * 25 / 800.0, 1e-12);
}

TEST(PacBayes, GridPaysForItsSize) {
  const GeneratorRisk risk{.distance = 0, .kl_nats = 1, .n = 50, .m = 50, .diameter = 1};
  const double lambdas[] = {1, 30, 1000};
  const BoundAt best = bound_over_grid(risk, lambdas);
  GeneratorRisk third = risk;
  third.delta = 0.05 / 3;
  EXPECT_EQ(best.lambda, 30);
  EXPECT_NEAR(best.bound, pac_bayes_bound(third, 30), 1e-15);
}

TEST(PacBayes, KlOfNormals) {
  core::Vector mean(2);
  mean << 1, -2;
  EXPECT_NEAR(gaussian_kl_nats(mean, 1, 1), 2.5, 1e-12);
  EXPECT_NEAR(gaussian_kl_nats(core::Vector::Zero(3), 0.5, 2), 1.5 * (0.25 - 1 + std::log(4)),
              1e-12);
}

// W_1 on a line segment of length 1 is the area between distribution functions: a sample of two
// values against a fixed law. The bound fails on at most delta of the samples; here rho is fixed.
TEST(PacBayes, HoldsAsOftenAsItSays) {
  core::Random random(Key(1));
  const double p = 0.5, q = 0.55;  // truth and generator, mass at 1
  int failures = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    double ones = 0;
    for (int i = 0; i < 20; ++i) ones += random.uniform() < p ? 1 : 0;
    const GeneratorRisk risk{.distance = std::fabs(ones / 20 - q),
                             .n = 20,
                             .m = std::numeric_limits<double>::infinity(),
                             .diameter = 1,
                             .delta = 0.5};
    failures += pac_bayes_bound(risk, std::sqrt(8 * 20 * std::log(2.0))) < std::fabs(p - q) ? 1 : 0;
  }
  EXPECT_LE(failures, 1000);
}

TEST(PacBayes, RefusesWhatItCannotTake) {
  const GeneratorRisk good{.distance = 0, .kl_nats = 1, .n = 50, .m = 50, .diameter = 1};
  EXPECT_ERROR(pac_bayes_bound(good, 0), core::InvalidArgument, "lambda");
  GeneratorRisk bad = good;
  bad.delta = 1;
  EXPECT_ERROR(pac_bayes_bound(bad, 1), core::InvalidArgument, "delta");
  bad = good;
  bad.distance = std::nan("");
  EXPECT_ERROR(pac_bayes_bound(bad, 1), core::InvalidArgument, "distance");
  EXPECT_ERROR(bound_over_grid(good, {}), core::InvalidArgument, "lambda");
  EXPECT_ERROR(gaussian_kl_nats(core::Vector::Ones(1), 0, 1), core::InvalidArgument, "variances");
}

}  // namespace
}  // namespace venturi::measure
