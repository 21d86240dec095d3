#include "venturi/couple/ib.hpp"

#include <cmath>

#include "tests/couple/random_tables.hpp"
#include "tests/testing.hpp"
#include "venturi/couple/clustering.hpp"

namespace venturi::couple {
namespace {

// A standard normal pair of correlation rho on an even grid of `n` points over +-width.
Joint gaussian_pair(double rho, Index n, double width) {
  Matrix p(n, n);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) {
      const double x = width * (2.0 * static_cast<double>(i) / static_cast<double>(n - 1) - 1);
      const double y = width * (2.0 * static_cast<double>(j) / static_cast<double>(n - 1) - 1);
      p(i, j) = std::exp(-(x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho * rho)));
    }
  }
  return make_joint(p, {.normalise = true});
}

// The oracle for |X| = 2, without any alternation: the best L is H(X) - beta H(Y) minus the upper
// concave envelope, at p(x), of g(w) = h(w) - beta H(Y | p(x) = w), found on a fine grid of w.
double envelope_objective_bits(const Joint& joint, double beta) {
  constexpr int kGrid = 40000;
  const Matrix conditional = joint.conditional();
  std::vector<std::pair<double, double>> hull;
  for (int k = 0; k <= kGrid; ++k) {
    // Finer at the ends, where the entropy is steep.
    const double w = std::pow(std::sin(0.5 * std::numbers::pi * k / kGrid), 2);
    const Vector y = (w * conditional.row(0) + (1 - w) * conditional.row(1)).transpose();
    const std::pair<double, double> next{w, binary_entropy_bits(w) - beta * entropy_bits(y)};
    while (hull.size() >= 2) {
      const auto& [x0, y0] = hull[hull.size() - 2];
      const auto& [x1, y1] = hull.back();
      if ((y1 - y0) * (next.first - x0) > (next.second - y0) * (x1 - x0)) break;
      hull.pop_back();
    }
    hull.push_back(next);
  }
  const double at = joint.px[0];
  for (std::size_t k = 1; k < hull.size(); ++k) {
    if (hull[k].first < at) continue;
    const double part = (at - hull[k - 1].first) / (hull[k].first - hull[k - 1].first);
    const double value = hull[k - 1].second + part * (hull[k].second - hull[k - 1].second);
    return entropy_bits(joint.px) - beta * entropy_bits(joint.py) - value;
  }
  return 0;
}

TEST(Ib, EqualsTheConcaveEnvelopeForBinaryX) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Joint joint = random_joint(seed, 2, 3);
    const double critical = first_critical_beta(joint);
    for (const double factor : {0.5, 1.1, 1.5, 4.0}) {
      const double beta = factor * critical;
      const IbSolution found = solve_ib(joint, beta, core::Key(seed), {.tolerance = 1e-13});
      // The grid's envelope is below the true one by O(1/grid^2).
      EXPECT_NEAR(found.point.objective_bits, envelope_objective_bits(joint, beta),
                  1e-6 * (1 + beta))
          << "seed " << seed << " beta " << beta;
    }
  }
}

// Soft clusters can only do better than the best of all hard ones, found by enumeration.
TEST(Ib, NotWorseThanEveryPartition) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Joint joint = random_joint(50 + seed, 8, 4);
    for (const double beta : {1.5, 4.0, 15.0}) {
      double best = 0;
      each_partition(8, [&](const std::vector<int>& labels, int) {
        best = std::min(best, evaluate_clustering(joint, labels, beta).objective_bits);
      });
      const IbSolution soft = solve_ib(joint, beta, core::Key(seed));
      EXPECT_LE(soft.point.objective_bits, best + 1e-9);
      // The best of many random starts of plain Blahut-Arimoto finds nothing lower.
      const IbSolution many =
          solve_ib(joint, beta, core::Key(seed + 1), {.restarts = 60, .split_limit = 0});
      EXPECT_NEAR(soft.point.objective_bits, many.point.objective_bits, 2e-6)
          << seed << " " << beta;
      const IbSolution hard = solve_ib(joint, beta, core::Key(seed), {.alpha = 0});
      EXPECT_NEAR(hard.point.objective_bits, best, 1e-9);
    }
  }
}

TEST(Ib, SolutionIsAFixedPointOfTheEquations) {
  const Joint joint = random_joint(3, 12, 6);
  for (const double alpha : {1.0, 0.5}) {
    const double beta = 8;
    const IbSolution s = solve_ib(joint, beta, core::Key(1), {.alpha = alpha, .tolerance = 1e-14});
    ASSERT_TRUE(s.point.converged);
    const Matrix conditional = joint.conditional();
    for (Index x = 0; x < 12; ++x) {
      Vector row(s.mass.size());
      for (Index t = 0; t < s.mass.size(); ++t) {
        const double nats = kl_bits(conditional.row(x).transpose(), s.decoder.row(t).transpose()) *
                            std::numbers::ln2;
        row[t] = std::pow(s.mass[t] * std::exp(-beta * nats), 1 / alpha);
      }
      row /= row.sum();
      EXPECT_LT((row - s.encoder.row(x).transpose()).cwiseAbs().maxCoeff(), 1e-4);
    }
    const Matrix table = s.encoder.transpose() * joint.p;
    EXPECT_NEAR(mutual_information_bits(table), s.point.relevance_bits, 1e-9);
    const Matrix with_x = joint.px.asDiagonal() * s.encoder;
    EXPECT_NEAR(mutual_information_bits(with_x), s.point.rate_bits, 1e-9);
  }
}

// Each form is the best at its own alpha: L as defined, of the others' encoders, is not lower.
TEST(Ib, GeneralisedFormsAreBestAtTheirOwnAlpha) {
  const std::vector<double> alphas{0, 0.3, 0.7, 1};
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Joint joint = random_joint(70 + seed, 8, 4);
    const double beta = 6;
    std::vector<IbSolution> solved;
    for (const double alpha : alphas) {
      solved.push_back(solve_ib(joint, beta, core::Key(seed), {.alpha = alpha, .restarts = 10}));
    }
    for (std::size_t own = 0; own < alphas.size(); ++own) {
      for (const IbSolution& other : solved) {
        const Matrix with_x = joint.px.asDiagonal() * other.encoder;
        const double given_x = joint_entropy_bits(with_x) - entropy_bits(joint.px);
        const double l = entropy_bits(with_x.colwise().sum().transpose()) - alphas[own] * given_x -
                         beta * mutual_information_bits(other.encoder.transpose() * joint.p);
        if (&other == &solved[own]) {
          EXPECT_NEAR(solved[own].point.objective_bits, l, 1e-9);
        } else {
          EXPECT_LE(solved[own].point.objective_bits, l + 1e-6) << seed << " " << alphas[own];
        }
      }
    }
    // H(T|X) is only rewarded as alpha grows.
    for (std::size_t k = 1; k < alphas.size(); ++k) {
      const auto given_x = [](const IbPoint& p) { return p.entropy_bits - p.rate_bits; };
      EXPECT_GE(given_x(solved[k].point), given_x(solved[k - 1].point) - 1e-4) << seed;
    }
  }
}

TEST(Ib, CurveIsConcaveWithSlopeOneOverBeta) {
  const Joint joint = random_joint(11, 20, 8);
  const auto betas = log_spaced(1.2, 60, 60);
  const auto curve = ib_curve(joint, betas, core::Key(1), {.restarts = 2, .tolerance = 1e-13});
  const double whole = mutual_information_bits(joint.p);
  int moved = 0;
  for (std::size_t k = 1; k < curve.size(); ++k) {
    const IbPoint& a = curve[k - 1];
    const IbPoint& b = curve[k];
    EXPECT_LE(b.relevance_bits, whole + 1e-12);
    EXPECT_LE(b.relevance_bits, b.rate_bits + 1e-12);
    EXPECT_GE(b.rate_bits, a.rate_bits - 1e-5);
    // Each point is the best of the whole curve at its own beta: that is concavity.
    for (const IbPoint& c : curve) {
      EXPECT_LE(b.rate_bits - b.beta * b.relevance_bits,
                c.rate_bits - b.beta * c.relevance_bits + 1e-8);
    }
    if (b.rate_bits - a.rate_bits < 1e-4) continue;
    const double slope = (b.relevance_bits - a.relevance_bits) / (b.rate_bits - a.rate_bits);
    EXPECT_LE(slope, 1 / a.beta + 1e-6);
    EXPECT_GE(slope, 1 / b.beta - 1e-6);
    ++moved;
  }
  EXPECT_GT(moved, 30);
  EXPECT_NEAR(curve.back().relevance_bits, whole, 0.05 * whole);
}

TEST(Ib, GaussianPairFollowsTheory) {
  for (const double rho : {0.5, 0.8, 0.9}) {
    const Joint joint = gaussian_pair(rho, 81, 5);
    // Theory: one cluster is stable up to 1 / rho^2.
    EXPECT_NEAR(first_critical_beta(joint) * rho * rho, 1, 0.01);
    const auto found =
        critical_betas(joint, {.beta_limit = 1.2 / (rho * rho), .count_limit = 1}).found;
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].clusters_before, 1);
    // The solved curve leaves zero within one percent of it.
    const auto curve = ib_curve(joint, {0.99 / (rho * rho), 1.01 / (rho * rho)}, core::Key(1),
                                {.clusters = 3, .tolerance = 1e-12, .sweep_limit = 5000});
    EXPECT_LT(curve[0].rate_bits, 1e-6) << rho;
    EXPECT_GT(curve[1].rate_bits, 1e-4) << rho;
  }
}

TEST(Ib, GaussianCurveFollowsTheory) {
  const double rho = 0.9;
  const Joint joint = gaussian_pair(rho, 61, 4.5);
  const double beta = 3;
  const IbSolution found = solve_ib(joint, beta, core::Key(1));
  // Chechik et al. 2005: for beta > 1/rho^2, I(T;X) = log2((beta - 1) rho^2 / (1 - rho^2)) / 2 and
  // I(T;Y) = I(T;X) - log2(beta rho^2) / 2.
  const double rate = 0.5 * std::log2((beta - 1) * rho * rho / (1 - rho * rho));
  const double relevance = rate - 0.5 * std::log2(beta * rho * rho);
  EXPECT_NEAR(found.point.objective_bits, rate - beta * relevance, 0.01);
  // The optimal T of a normal pair is continuous; any number of clusters is a little worse.
  EXPECT_GE(found.point.objective_bits, rate - beta * relevance - 1e-3);
}

TEST(Ib, TransitionsOfPlantedLevels) {
  // Two pairs of classes, far apart between and near within: two well separated transitions.
  Matrix table(4, 4);
  table << 10, 6, 1, 1, 6, 10, 1, 1, 1, 1, 10, 6, 1, 1, 6, 10;
  const Joint joint = make_joint(table, {.normalise = true});
  const auto found = critical_betas(joint, {.beta_limit = 60, .count_limit = 3}).found;
  ASSERT_GE(found.size(), 2U);
  // Eigenvalues of the doubly stochastic table: 1, 14/18, 4/18, 4/18.
  EXPECT_NEAR(found[0].beta, std::pow(18.0 / 14, 2), 1e-9);
  EXPECT_EQ(found[0].clusters_before, 1);
  EXPECT_EQ(found[1].clusters_before, 2);
  for (const Transition& transition : found) {
    const auto around = ib_curve(joint, {transition.beta * 0.98, transition.beta * 1.02},
                                 core::Key(1), {.tolerance = 1e-14, .sweep_limit = 50000});
    EXPECT_EQ(around[0].clusters, transition.clusters_before);
    EXPECT_GT(around[1].clusters, transition.clusters_before);
  }
}

TEST(Ib, EdgeTables) {
  const Joint point = make_joint(Matrix::Ones(1, 1));
  EXPECT_EQ(solve_ib(point, 5, core::Key(1)).point.clusters, 1);
  EXPECT_TRUE(std::isinf(first_critical_beta(point)));
  EXPECT_TRUE(critical_betas(point).found.empty());
  const Joint independent = make_joint(Matrix::Constant(3, 4, 1.0 / 12));
  const IbSolution flat = solve_ib(independent, 100, core::Key(1));
  EXPECT_NEAR(flat.point.rate_bits, 0, 1e-9);
  EXPECT_EQ(flat.point.clusters, 1);
  const Joint copy = make_joint(Matrix(Matrix::Identity(4, 4)), {.normalise = true});
  const IbSolution whole = solve_ib(copy, 3, core::Key(1));
  EXPECT_NEAR(whole.point.relevance_bits, 2, 1e-9);
  EXPECT_NEAR(first_critical_beta(copy), 1, 1e-9);
  const Joint holes = make_joint(Matrix{{0.5, 0, 0}, {0, 0, 0}, {0, 0, 0.5}});
  const IbSolution s = solve_ib(holes, 4, core::Key(1));
  EXPECT_EQ(s.encoder.rows(), 3);
  EXPECT_NEAR(s.encoder.row(1).sum(), 1, 1e-12);
  EXPECT_EQ(s.decoder.col(1).sum(), 0.0);
}

TEST(Ib, UnsortedBetasAndRefusals) {
  const Joint joint = random_joint(5, 6, 4);
  const auto up = ib_curve(joint, {2, 4, 8}, core::Key(1));
  const auto mixed = ib_curve(joint, {8, 2, 4}, core::Key(1));
  EXPECT_EQ(mixed[0].beta, 8);
  EXPECT_NEAR(mixed[0].relevance_bits, up[2].relevance_bits, 1e-12);
  EXPECT_TRUE(ib_curve(joint, {}, core::Key(1)).empty());
  EXPECT_ERROR(ib_curve(joint, {1, -1}, core::Key(1)), core::InvalidArgument, "betas >= 0");
  EXPECT_ERROR(solve_ib(joint, std::nan(""), core::Key(1)), core::InvalidArgument, "nan");
  EXPECT_ERROR(solve_ib(joint, 1, core::Key(1), {.alpha = 2}), core::InvalidArgument, "alpha");
  EXPECT_EQ(ib_curve(joint, {0}, core::Key(1))[0].clusters, 1);
}

TEST(Ib, LimitsReturnWhatWasReached) {
  const Joint joint = random_joint(6, 30, 10);
  const auto curve = ib_curve(joint, log_spaced(1, 50, 10), core::Key(1),
                              {.sweep_limit = 1, .time_limit_s = 1e-9});
  ASSERT_EQ(curve.size(), 10U);
  for (const IbPoint& point : curve) {
    EXPECT_FALSE(point.converged);
    EXPECT_TRUE(std::isfinite(point.objective_bits));
  }
}

TEST(Ib, TransitionsSayHowFarTheyWereFollowed) {
  const Joint joint = random_joint(6, 30, 10);
  const Transitions stopped = critical_betas(joint, {.time_limit_s = 1e-9});
  EXPECT_TRUE(stopped.time_out);
  EXPECT_NEAR(stopped.reached_beta, first_critical_beta(joint), 1e-12);
  const Transitions short_of = critical_betas(joint, {.beta_limit = 0.5});
  EXPECT_FALSE(short_of.time_out);
  EXPECT_TRUE(short_of.found.empty());
  EXPECT_EQ(short_of.reached_beta, 0.5);
}

TEST(Ib, TallTablesNeedAClusterLimit) {
  const Joint tall = make_joint(Matrix::Constant(30000, 2, 1), {.normalise = true});
  EXPECT_ERROR(solve_ib(tall, 2, core::Key(1)), core::InvalidArgument, "set clusters");
  EXPECT_EQ(solve_ib(tall, 2, core::Key(1), {.clusters = 4}).point.clusters, 1);
}

TEST(Ib, ClusterLimitHolds) {
  const Joint joint = random_joint(8, 20, 10);
  const IbSolution s = solve_ib(joint, 200, core::Key(1), {.clusters = 3, .restarts = 3});
  EXPECT_LE(s.point.clusters, 3);
  EXPECT_LE(s.point.entropy_bits, std::log2(3) + 1e-12);
}

}  // namespace
}  // namespace venturi::couple
