#include "venturi/couple/transport.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tests/couple/random_tables.hpp"
#include "tests/testing.hpp"
#include "venturi/couple/sinkhorn.hpp"
#include "venturi/couple/sliced.hpp"

namespace venturi::couple {
namespace {

Matrix random_costs(core::Random& random, Index n, Index m) {
  Matrix c(n, m);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < m; ++j) c(i, j) = random.uniform();
  }
  return c;
}

// The oracle: permutations, for the assignment problem.
double best_permutation(const Matrix& cost) {
  std::vector<Index> order(cost.rows());
  std::iota(order.begin(), order.end(), Index{0});
  double best = 1e300;
  do {
    double sum = 0;
    for (Index i = 0; i < cost.rows(); ++i) sum += cost(i, order[i]);
    best = std::min(best, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

void expect_marginals(const TransportPlan& plan, const Vector& a, const Vector& b) {
  const Matrix p = plan.dense();
  EXPECT_LT((p.rowwise().sum() - a).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((p.colwise().sum().transpose() - b).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(ExactTransport, AssignmentEqualsTheBestPermutation) {
  core::Random random{core::Key(1)};
  for (int trial = 0; trial < 100; ++trial) {
    const Index n = 1 + static_cast<Index>(random.below(7));
    const Matrix cost = random_costs(random, n, n);
    const auto partner = optimal_assignment(cost);
    double sum = 0;
    std::vector<bool> used(n, false);
    for (Index i = 0; i < n; ++i) {
      ASSERT_GE(partner[i], 0);
      ASSERT_FALSE(used[partner[i]]);
      used[partner[i]] = true;
      sum += cost(i, partner[i]);
    }
    ASSERT_NEAR(sum, best_permutation(cost), 1e-12);
  }
}

// Feasible, and as cheap as a feasible dual says any plan must be: a proof of optimality.
TEST(ExactTransport, DualityProvesThePlan) {
  core::Random random{core::Key(2)};
  for (int trial = 0; trial < 200; ++trial) {
    const Index n = 1 + static_cast<Index>(random.below(30));
    const Index m = 1 + static_cast<Index>(random.below(30));
    Vector a = random_law(random, n);
    Vector b = random_law(random, m);
    Matrix cost = random_costs(random, n, m);
    if (trial % 3 == 0) cost = (cost * 4).array().floor();  // many ties
    if (trial % 4 == 0) a.setConstant(1.0 / static_cast<double>(n));
    if (trial % 4 == 0) b.setConstant(1.0 / static_cast<double>(m));
    const TransportPlan plan = exact_transport(a, b, cost);
    ASSERT_TRUE(plan.optimal);
    expect_marginals(plan, a, b);
    EXPECT_LT(plan.gap, 1e-12);
    const Matrix slack = (cost.colwise() - plan.u).rowwise() - plan.v.transpose();
    EXPECT_GT(slack.minCoeff(), -1e-12);
    EXPECT_NEAR(a.dot(plan.u) + b.dot(plan.v), plan.cost, 1e-12);
  }
}

TEST(ExactTransport, ZeroMassesAndOnePoint) {
  const TransportPlan plan = exact_transport(Vector{{0, 1, 0}}, Vector{{0.5, 0, 0.5}},
                                             Matrix{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  EXPECT_TRUE(plan.optimal);
  EXPECT_DOUBLE_EQ(plan.cost, 5);
  EXPECT_DOUBLE_EQ(exact_transport(Vector{{1}}, Vector{{1}}, Matrix{{3}}).cost, 3);
}

TEST(ExactTransport, LimitsReturnWhatWasReached) {
  core::Random random{core::Key(3)};
  const Vector a = random_law(random, 60);
  const Vector b = random_law(random, 60);
  const Matrix cost = random_costs(random, 60, 60);
  const TransportPlan plan = exact_transport(a, b, cost, {.pivot_limit = 3});
  EXPECT_FALSE(plan.optimal);
  EXPECT_EQ(plan.pivots, 3);
  expect_marginals(plan, a, b);
  const double best = exact_transport(a, b, cost).cost;
  EXPECT_GT(plan.cost, best);
  EXPECT_GE(plan.gap, plan.cost - best - 1e-12);
}

TEST(ExactTransport, RefusesBadInput) {
  const Vector half{{0.5, 0.5}};
  EXPECT_ERROR(exact_transport(half, half, Matrix::Zero(2, 3)), core::InvalidArgument, "2*3");
  EXPECT_ERROR(exact_transport(Vector{{0.5, 0.6}}, half, Matrix::Zero(2, 2)), core::DataError,
               "sum 1");
  Matrix bad = Matrix::Zero(2, 2);
  bad(0, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_ERROR(exact_transport(half, half, bad), core::DataError, "finite");
  EXPECT_ERROR(optimal_assignment(Matrix::Zero(2, 3)), core::InvalidArgument, "square");
  EXPECT_ERROR(squared_distances(Matrix::Zero(2, 3), Matrix::Zero(2, 2)), core::InvalidArgument,
               "d = 3");
}

TEST(ExactTransport, ConditionsKeepMassApart) {
  core::Random random{core::Key(4)};
  const Matrix x = random_costs(random, 8, 2);
  const Matrix y = random_costs(random, 8, 2);
  Matrix cx(8, 1);
  Matrix cy(8, 1);
  for (Index i = 0; i < 8; ++i) {
    cx(i, 0) = static_cast<double>(i % 2);
    cy(i, 0) = static_cast<double>(i / 4);
  }
  const auto partner = optimal_assignment(conditional_squared_distances({x, cx}, {y, cy}, 1e3));
  for (Index i = 0; i < 8; ++i) EXPECT_EQ(cx(i, 0), cy(partner[i], 0));
  // Then each class is coupled by itself; without weight the classes do not count.
  const Matrix costs = squared_distances(x, y);
  double apart = 0;
  for (const double label : {0.0, 1.0}) {
    std::vector<Index> rows;
    std::vector<Index> columns;
    for (Index i = 0; i < 8; ++i) {
      if (cx(i, 0) == label) rows.push_back(i);
      if (cy(i, 0) == label) columns.push_back(i);
    }
    apart += best_permutation(costs(rows, columns));
  }
  double together = 0;
  for (Index i = 0; i < 8; ++i) together += costs(i, partner[i]);
  EXPECT_NEAR(together, apart, 1e-12);
  EXPECT_EQ(conditional_squared_distances({x, cx}, {y, cy}, 0), costs);
}

TEST(ExactTransport, SampledPairsFollowThePlan) {
  const TransportPlan plan =
      exact_transport(Vector{{0.25, 0.75}}, Vector{{0.5, 0.5}}, Matrix{{0, 1}, {1, 0}});
  const auto pairs = sample_pairs(plan, 40000, core::Key(5));
  Matrix counts = Matrix::Zero(2, 2);
  for (const auto& [i, j] : pairs) counts(i, j) += 1.0 / 40000;
  EXPECT_LT((counts - plan.dense()).cwiseAbs().maxCoeff(), 5 * 0.5 / 200);
}

TEST(Sinkhorn, MarginalsAndFixedPoint) {
  core::Random random{core::Key(6)};
  for (const double epsilon : {0.5, 0.05, 0.005}) {
    const Vector a = random_law(random, 20);
    const Vector b = random_law(random, 30);
    const Matrix cost = random_costs(random, 20, 30);
    const SinkhornResult out =
        sinkhorn(a, b, cost, {.epsilon = epsilon, .iteration_limit = 200000});
    ASSERT_TRUE(out.converged);
    const Matrix p = out.plan(a, b, cost);
    EXPECT_LT((p.rowwise().sum() - a).cwiseAbs().sum(), 2e-9);
    EXPECT_LT((p.colwise().sum().transpose() - b).cwiseAbs().sum(), 1e-12);
    EXPECT_NEAR(p.cwiseProduct(cost).sum(), out.cost, 1e-12);
    const double exact = exact_transport(a, b, cost).cost;
    EXPECT_GE(out.cost, exact - 1e-8);
    // Cost above the optimum is at most epsilon times the largest possible divergence.
    EXPECT_LE(out.cost, exact + epsilon * std::numbers::ln2 * (entropy_bits(a) + entropy_bits(b)));
    const Matrix rounded = round_to_marginals(p, a, b);
    EXPECT_LT((rounded.rowwise().sum() - a).cwiseAbs().maxCoeff(), 1e-15);
    EXPECT_GE(rounded.minCoeff(), 0.0);
  }
}

TEST(Sinkhorn, TinyEpsilonNeitherOverflowsNorVanishes) {
  core::Random random{core::Key(7)};
  const Vector a = random_law(random, 12);
  const Vector b = random_law(random, 9);
  const Matrix cost = 1000 * random_costs(random, 12, 9);
  const double best = exact_transport(a, b, cost).cost;
  const SinkhornResult tiny = sinkhorn(a, b, cost, {.epsilon = 1e-3, .iteration_limit = 300});
  EXPECT_TRUE(tiny.f.allFinite() && tiny.g.allFinite());
  EXPECT_GE(round_to_marginals(tiny.plan(a, b, cost), a, b).cwiseProduct(cost).sum(), best - 1e-9);
  const SinkhornResult out =
      sinkhorn(a, b, cost, {.epsilon = 2, .iteration_limit = 50000, .scaling = 0.9});
  EXPECT_TRUE(out.converged);
  EXPECT_LE(out.cost, best + 2 * std::numbers::ln2 * (entropy_bits(a) + entropy_bits(b)));
}

TEST(Sinkhorn, LimitsZeroMassesAndRefusals) {
  const Matrix cost{{0, 1}, {1, 0}, {2, 2}};
  const Vector a{{0.5, 0.5, 0}};
  const Vector b{{0.25, 0.75}};
  const SinkhornResult out = sinkhorn(a, b, cost);
  EXPECT_TRUE(out.converged && out.f.allFinite());
  const Matrix p = out.plan(a, b, cost);
  EXPECT_EQ(p(2, 0), 0.0);
  EXPECT_NEAR(p.row(0).sum(), 0.5, 1e-9);
  const SinkhornResult one = sinkhorn(a, b, cost, {.iteration_limit = 1});
  EXPECT_FALSE(one.converged);
  EXPECT_EQ(one.iterations, 1);
  EXPECT_GT(one.marginal_error, 0.0);
  EXPECT_ERROR(sinkhorn(a, b, cost, {.epsilon = 0}), core::InvalidArgument, "epsilon");
}

TEST(Sinkhorn, DivergenceIsZeroOnEqualLaws) {
  core::Random random{core::Key(8)};
  const Matrix x = random_costs(random, 15, 2);
  const Matrix y = random_costs(random, 10, 2).array() + 0.5;
  const Vector a = random_law(random, 15);
  const Vector b = random_law(random, 10);
  EXPECT_NEAR(sinkhorn_divergence({x, a}, {x, a}), 0, 1e-9);
  EXPECT_GT(sinkhorn_divergence({x, a}, {y, b}), 0.1);
}

TEST(Line, EqualsTheNetworkSimplex) {
  core::Random random{core::Key(9)};
  for (int trial = 0; trial < 50; ++trial) {
    const Index n = 1 + static_cast<Index>(random.below(20));
    const Index m = 1 + static_cast<Index>(random.below(20));
    const Vector a = random_law(random, n);
    const Vector b = random_law(random, m);
    const Vector x = random_costs(random, n, 1);
    const Vector y = random_costs(random, m, 1);
    const LineTransport line = line_transport({x, a}, {y, b});
    const Matrix xs = x;
    const Matrix ys = y;
    EXPECT_NEAR(line.cost, exact_transport(a, b, squared_distances(xs, ys)).cost, 1e-12);
    EXPECT_LE(line.flows.size(), static_cast<std::size_t>(n + m - 1));
  }
}

TEST(Sliced, ClassByClassIsTheirMean) {
  core::Random random{core::Key(11)};
  Matrix x = random_costs(random, 40, 2);
  Matrix y = random_costs(random, 40, 2);
  std::vector<int> in_x(40);
  std::vector<int> in_y(40);
  for (int i = 0; i < 40; ++i) {
    in_x[i] = i < 30 ? 0 : 1;  // shares 3/4 and 1/4
    in_y[i] = i % 2;
    x(i, 0) += 10 * in_x[i];
    y(i, 0) += 10 * in_y[i];
    y(i, 1) += in_y[i] == 0 ? 1 : 3;
  }
  const SlicedOptions options{.directions = 2000};
  const auto both = conditional_sliced_transport({x, in_x}, {y, in_y}, core::Key(1), options);
  double cost = 0;
  for (const int label : {0, 1}) {
    const std::vector<int> same_x(std::count(in_x.begin(), in_x.end(), label), 0);
    const std::vector<int> same_y(std::count(in_y.begin(), in_y.end(), label), 0);
    Matrix part_x(same_x.size(), 2);
    Matrix part_y(same_y.size(), 2);
    for (int i = 0, a = 0, b = 0; i < 40; ++i) {
      if (in_x[i] == label) part_x.row(a++) = x.row(i);
      if (in_y[i] == label) part_y.row(b++) = y.row(i);
    }
    const Vector p = Vector::Constant(part_x.rows(), 1.0 / static_cast<double>(part_x.rows()));
    const Vector q = Vector::Constant(part_y.rows(), 1.0 / static_cast<double>(part_y.rows()));
    cost += (label == 0 ? 0.75 : 0.25) *
            sliced_transport({part_x, p}, {part_y, q}, core::Key(2), options).cost;
  }
  EXPECT_NEAR(both.cost, cost, 6 * both.standard_error);
  // Without the classes mass is missing in one of them, ten units apart.
  const Vector even = Vector::Constant(40, 1.0 / 40);
  EXPECT_GT(sliced_transport({x, even}, {y, even}, core::Key(1), options).cost, 2 * both.cost);
}

TEST(Sliced, ShiftedPointsHaveAKnownCost) {
  core::Random random{core::Key(10)};
  const Matrix x = random_costs(random, 40, 3);
  Matrix y = x;
  y.col(1).array() += 2;
  const Vector a = Vector::Constant(40, 1.0 / 40);
  const SlicedTransport out = sliced_transport({x, a}, {y, a}, core::Key(1), {.directions = 4000});
  // The mean of (2 theta_1)^2 over the sphere in three dimensions is 4/3.
  EXPECT_NEAR(out.cost, 4.0 / 3, 5 * out.standard_error);
  EXPECT_LE(out.largest, 4 + 1e-12);
  EXPECT_GT(out.standard_error, 0);
  const std::vector<int> labels(40, 3);
  const SlicedTransport same =
      conditional_sliced_transport({x, labels}, {y, labels}, core::Key(1), {.directions = 4000});
  EXPECT_NEAR(same.cost, 4.0 / 3, 5 * same.standard_error);
  const std::vector<int> others(40, 4);
  EXPECT_ERROR(conditional_sliced_transport({x, labels}, {y, others}, core::Key(1)),
               core::DataError, "class 3");
}

}  // namespace
}  // namespace venturi::couple
