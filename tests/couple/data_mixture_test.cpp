#include "venturi/couple/data_mixture.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/couple/mixture_experiment.hpp"

namespace venturi::couple {
namespace {

Matrix cloud(core::Random& random, Index n, double centre) {
  Matrix out(n, 2);
  for (Index i = 0; i < n; ++i) {
    out(i, 0) = centre + random.normal();
    out(i, 1) = random.normal();
  }
  return out;
}

TEST(Mixture, DistanceSlopeAgreesWithDifferences) {
  core::Random random{core::Key(1)};
  const std::vector<Matrix> sources{cloud(random, 30, -2), cloud(random, 25, 0),
                                    cloud(random, 20, 3)};
  const MixtureDistance distance(sources, cloud(random, 40, 0.5));
  // No partial sums of source masses equal partial sums of 1/40: the slope is then unique.
  const Vector w{{0.3137, 0.4412, 0.2451}};
  const auto at = distance.at(w);
  EXPECT_NEAR(w.dot(at.slope), 0, 1e-12);
  for (Index s = 0; s < 3; ++s) {
    // Along (1 - h) w + h e_s, D changes by the slope of s: it is piecewise linear.
    const double h = 1e-5;
    const Vector moved = (1 - h) * w + h * Vector::Unit(3, s);
    EXPECT_NEAR((distance.at(moved).distance - at.distance) / h, at.slope[s], 1e-6);
  }
  EXPECT_ERROR(distance.at(Vector{{0.5, 0.5}}), core::InvalidArgument, "3 weights");
  EXPECT_ERROR(MixtureDistance({}, sources[0]), core::InvalidArgument, "one source");
}

TEST(Mixture, ModelRecoversALawOfItsOwnForm) {
  core::Random random{core::Key(2)};
  const std::vector<Matrix> sources{cloud(random, 20, -2), cloud(random, 20, 1)};
  const MixtureDistance distance(sources, cloud(random, 20, 0));
  const auto truth = [&](const Vector& w, double size) {
    return 0.5 - 0.05 * distance.at(w).distance + 0.1 * w[0] + 0.07 * std::log(size);
  };
  std::vector<MixtureObservation> seen;
  for (int k = 0; k <= 8; ++k) {
    const Vector w{{k / 8.0, 1 - k / 8.0}};
    for (const double size : {100.0, 300.0}) seen.push_back({w, size, truth(w, size)});
  }
  const MixtureModel model(distance, seen, {.ridge = 1e-12});
  const Vector w{{0.37, 0.63}};
  for (const double size : {100.0, 200.0, 5000.0}) {
    EXPECT_NEAR(model.predict(w, size), truth(w, size), 1e-6);
  }
  const MixtureSelection chosen = select_mixture(model, 2, 1000);
  double best = -1e300;
  for (int k = 0; k <= 200; ++k)
    best = std::max(best, truth(Vector{{k / 200.0, 1 - k / 200.0}}, 1000));
  EXPECT_NEAR(chosen.predicted, best, 1e-3);
  seen.pop_back();
  seen.push_back({w, 700, 1});
  EXPECT_ERROR(MixtureModel(distance, seen), core::InvalidArgument, "two sizes, got 3");
}

TEST(Mixture, ProjectionIsTheNearestLaw) {
  core::Random random{core::Key(3)};
  for (int trial = 0; trial < 50; ++trial) {
    Vector w(4);
    for (Index i = 0; i < 4; ++i) w[i] = 2 * random.normal();
    const Vector p = project_to_simplex(w);
    EXPECT_NEAR(p.sum(), 1, 1e-12);
    EXPECT_GE(p.minCoeff(), 0);
    // Nearest: (w - p) . (q - p) <= 0 for all laws q, so for the corners.
    for (Index i = 0; i < 4; ++i) EXPECT_LE((w - p).dot(Vector::Unit(4, i) - p), 1e-12);
  }
}

TEST(Mixture, ForecastsAndSelectionInASmallWorld) {
  const MixtureFigures out = mixture_experiment(core::Key(1));
  EXPECT_GT(out.correlation_same_size, 0.8);
  EXPECT_GT(out.correlation_target, 0.8);
  EXPECT_LT(out.error_target, out.spread_target);
  EXPECT_GT(out.selected_accuracy, out.best_accuracy - 0.025);
}

}  // namespace
}  // namespace venturi::couple
