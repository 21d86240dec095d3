// The laws behind the method auto, against sums and draws that are obvious.
#include "venturi/measure/pair_models.hpp"

#include <Eigen/LU>
#include <cmath>
#include <numbers>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/known_laws.hpp"
#include "venturi/measure/normal_mixture.hpp"
#include "venturi/measure/student.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;
using core::Vector;

TEST(Student, DensityAddsToItsTail) {
  for (const double v : {0.7, 1.0, 2.5, 8.0, 60.0}) {
    const double from = 1.3;
    // t = from e^s
    double sum = 0;
    constexpr int kSteps = 100000;
    constexpr double kStep = 60.0 / kSteps;
    for (int i = 0; i < kSteps; ++i) {
      const double t = from * std::exp((i + 0.5) * kStep);
      sum += std::exp(student_log_density(v, t)) * t * kStep;
    }
    EXPECT_NEAR(student_tail(v, from), sum, 1e-6 * sum) << v;
  }
  EXPECT_NEAR(student_tail(1, 1), 0.25, 1e-14);  // Cauchy: 1/2 - atan(t)/pi
  EXPECT_NEAR(student_tail(1, 1e6), std::atan(1e-6) / std::numbers::pi, 1e-18);
}

TEST(Student, ScoresAreTheQuantiles) {
  for (const double v : {0.5, 1.0, 3.0, 100.0}) {
    for (const Index n : {1, 2, 7, 1000}) {
      const Vector t = student_scores(v, n);
      for (Index r = 0; r < n; ++r) {
        const double above = (static_cast<double>(n - r) - 0.5) / static_cast<double>(n);
        EXPECT_NEAR(student_tail(v, t[r]), above, 1e-8 * std::min(above, 1 - above)) << v;
      }
    }
  }
}

// I of a Student pair of columns by a double sum of f ln(f / f_x f_y), t = sinh(s).
TEST(Student, InformationIsThatOfTheDensity) {
  constexpr double kFreedom = 3, kFar = 14, kStep = 0.02;
  const double joint = std::lgamma((kFreedom + 2) / 2) - std::lgamma(kFreedom / 2) -
                       std::log(kFreedom * std::numbers::pi);
  double sum = 0;
  for (double a = -kFar; a < kFar; a += kStep) {
    const double x = std::sinh(a), fx = student_log_density(kFreedom, x);
    for (double b = -kFar; b < kFar; b += kStep) {
      const double y = std::sinh(b), fy = student_log_density(kFreedom, y);
      const double f = joint - (kFreedom + 2) / 2 * std::log1p((x * x + y * y) / kFreedom);
      sum += std::exp(f) * (f - fx - fy) * std::cosh(a) * std::cosh(b) * kStep * kStep;
    }
  }
  EXPECT_NEAR(student_information_nats(kFreedom, 1, 1), sum, 1e-6);
  EXPECT_NEAR(student_information_nats(1e6, 3, 2), 0, 1e-4);
}

NormalMixture two_normals() {
  const Vector at = Vector::Constant(3, 1.5);
  Eigen::MatrixXd tied = Eigen::MatrixXd::Identity(3, 3);
  tied(0, 2) = tied(2, 0) = 0.6;
  return NormalMixture({{0.3, -at, Eigen::MatrixXd::Identity(3, 3)}, {0.7, at, tied}});
}

TEST(NormalMixture, DensityAndMarginalsAreTheirFormulas) {
  const NormalMixture q = two_normals();
  Matrix z(1, 3);
  z << 0.2, -0.4, 1.1;
  double p = 0;
  for (const auto& part : q.parts()) {
    const Vector d = z.row(0).transpose() - part.mean;
    p += part.weight * std::exp(-0.5 * d.dot(part.covariance.inverse() * d)) /
         std::sqrt(std::pow(2 * std::numbers::pi, 3) * part.covariance.determinant());
  }
  EXPECT_NEAR(q.log_density(z)[0], std::log(p), 1e-12);
  const double m = 0.3 * std::exp(-0.5 * 1.1 * 1.1) + 0.7 * std::exp(-0.5 * 1.9 * 1.9);
  EXPECT_NEAR(q.marginal(1, 1).log_density(z.col(1))[0],
              std::log(m / std::sqrt(2 * std::numbers::pi)), 1e-12);
}

TEST(NormalMixture, FitFindsTheLawOfItsDraws) {
  const NormalMixture q = two_normals();
  const Matrix z = q.draw(8000, Key(3)), fresh = q.draw(20000, Key(4));
  const NormalMixture found = NormalMixture::fit(z, 2, 1, Key(5));
  EXPECT_NEAR(std::min(found.parts()[0].weight, found.parts()[1].weight), 0.3, 0.03);
  // What the fit loses on fresh rows is about numbers / 2n.
  EXPECT_NEAR((q.log_density(fresh) - found.log_density(fresh)).mean(), 0, 0.004);
  const NormalMixture again = NormalMixture::fit(z, 2, 1, Key(5));
  EXPECT_EQ(again.parts()[0].mean, found.parts()[0].mean);
}

TEST(NormalMixture, Refuses) {
  EXPECT_ERROR(NormalMixture::fit(normals(8, 2, Key(1)), 4, 1, Key(1)), core::InvalidArgument,
               "n > K");
  Matrix z = normals(50, 2, Key(1));
  z.col(1).setConstant(3);
  EXPECT_ERROR(NormalMixture::fit(z, 2, 1, Key(1)), core::DataError, "constant");
  z(3, 1) = std::nan("");
  EXPECT_ERROR(NormalMixture::fit(z, 2, 1, Key(1)), core::DataError, "finite");
}

Matrix beside_each_other(const Pairs& p) {
  Matrix out(p.x.rows(), p.x.cols() + p.y.cols());
  out << p.x, p.y;
  return normal_scores(out);
}

// A Student law of 3 degrees, 2+2 columns: v and the information come back, and the model's own
// draws have its mean log ratio.
TEST(PairModels, TCopulaFindsDegreesOfFreedom) {
  const Key key(7);
  Matrix z = normals(12000, 4, key);
  core::Random random(key.split("scale"));
  for (Index i = 0; i < z.rows(); ++i) {
    double chi2 = 0;
    for (int f = 0; f < 3; ++f) chi2 += std::pow(random.normal(), 2);
    z.row(i) *= std::sqrt(3 / chi2);
  }
  z = normal_scores(z);
  const auto model = fit_t_copula(z, 2);
  const double truth = student_information_nats(3, 2, 2);
  EXPECT_NEAR(*model->nats(), truth, 0.01) << model->name();
  EXPECT_NEAR(model->log_densities(z).ratio().mean(), truth, 0.03);
  EXPECT_NEAR(model->log_densities(model->draw(12000, Key(9))).ratio().mean(), truth, 0.03);
  // Normal scores of normal data leave nothing for a common scale.
  const auto none = fit_t_copula(normal_scores(normals(8000, 4, Key(11))), 2);
  EXPECT_NEAR(*none->nats(), 0, 0.003);
}

// Every model is a density: over draws of another one, q/p has the mean 1.
TEST(PairModels, AreNormalised) {
  for (const KnownLaw& law : tuning_laws()) {
    if (law.name != "sheared pairs 2x2") continue;
    const Matrix z = beside_each_other(law.draw(3000, Key(1)));
    const auto wide = fit_gaussian_copula(0.7 * z, 2);
    std::vector<std::unique_ptr<PairModel>> models;
    models.push_back(fit_t_copula(z, 2));
    models.push_back(fit_mixture(z, 2, 3, Key(2)));
    models.push_back(fit_leading_pairs(z, 2, 1, 3, Key(3)));
    const Matrix drawn = wide->draw(200000, Key(4));
    const LogDensities p = wide->log_densities(drawn);
    for (const auto& model : models) {
      const LogDensities q = model->log_densities(drawn);
      EXPECT_NEAR((q.both - p.both).array().exp().mean(), 1, 0.06) << model->name();
      EXPECT_NEAR((q.x - p.x).array().exp().mean(), 1, 0.06) << model->name();
      EXPECT_NEAR((q.y - p.y).array().exp().mean(), 1, 0.06) << model->name();
    }
  }
}

TEST(PairModels, TuningMixturesCarryTheirInformation) {
  for (const MixtureLaw& law : tuning_mixtures()) {
    const std::vector<double> local = law.pointwise(40000, Key(6));
    double mean = 0, squares = 0;
    for (const double v : local) mean += v / 40000;
    for (const double v : local) squares += (v - mean) * (v - mean) / 40000;
    EXPECT_NEAR(mean, law.nats, 4 * std::hypot(std::sqrt(squares / 40000), law.nats_error))
        << law.name;
  }
}

}  // namespace
}  // namespace venturi::measure
