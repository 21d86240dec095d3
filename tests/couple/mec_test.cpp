#include "venturi/couple/mec.hpp"

#include <array>
#include <cmath>
#include <functional>

#include "tests/couple/random_tables.hpp"
#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::couple {
namespace {

// The oracle: entropy is concave, so its least value is at a vertex of the transport polytope; a
// vertex is a forest, and taking its leaves in any order is a sequence of min(row, column) steps.
// So every sequence is tried.
double least_entropy(Vector p, Vector q) {
  double best = 1e300;
  const std::function<void(double)> step = [&](double bits) {
    bool ended = true;
    for (Index i = 0; i < p.size(); ++i) {
      for (Index j = 0; j < q.size(); ++j) {
        if (p[i] <= 1e-14 || q[j] <= 1e-14) continue;
        ended = false;
        const double a = p[i];
        const double b = q[j];
        const double mass = std::min(a, b);
        p[i] = a - mass;
        q[j] = b - mass;
        step(bits + plogp_bits(mass));
        p[i] = a;
        q[j] = b;
      }
    }
    if (ended) best = std::min(best, bits);
  };
  step(0);
  return best;
}

void expect_marginals(const Coupling& coupling, const Vector& p, const Vector& q) {
  ASSERT_LT((coupling.marginal(0, p.size()) - p).cwiseAbs().maxCoeff(), 1e-12);
  ASSERT_LT((coupling.marginal(1, q.size()) - q).cwiseAbs().maxCoeff(), 1e-12);
  for (const double mass : coupling.masses) ASSERT_GT(mass, 0);
}

TEST(Mec, GuaranteesHoldOnAThousandPairs) {
  core::Random random{core::Key(1)};
  double worst_greedy = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    const Index n = 2 + static_cast<Index>(random.below(2));
    const Index m = 2 + static_cast<Index>(random.below(trial % 10 == 0 ? 3 : 2));
    const Vector p = random_law(random, n);
    const Vector q = random_law(random, m);
    const double best = least_entropy(p, q);
    const std::array<Vector, 2> both{p, q};
    const Coupling greedy = greedy_coupling(p, q);
    const Coupling split = meet_split_coupling(p, q);
    expect_marginals(greedy, p, q);
    expect_marginals(split, p, q);
    const double meet = meet_bound_bits(both);
    const double profile = profile_bound_bits(both);
    ASSERT_GE(greedy.entropy_bits(), best - 1e-12);
    ASSERT_LE(greedy.entropy_bits(), best + 0.53);
    ASSERT_LE(split.entropy_bits(), meet + 1 + 1e-12);
    ASSERT_LE(meet, profile + 1e-12);
    ASSERT_LE(profile, best + 1e-12);
    ASSERT_LE(greedy.cells(), n + m - 1);
    worst_greedy = std::max(worst_greedy, greedy.entropy_bits() - best);
    if (trial % 5 == 0) {
      const ExactCoupling exact = exact_coupling(p, q);
      ASSERT_TRUE(exact.proved);
      ASSERT_NEAR(exact.bits, best, 1e-11);
      ASSERT_NEAR(exact.coupling.entropy_bits(), exact.bits, 1e-12);
      expect_marginals(exact.coupling, p, q);
    }
  }
  EXPECT_GT(worst_greedy, 0.0);
}

TEST(Mec, LargerPairsKeepTheMeetBounds) {
  core::Random random{core::Key(2)};
  for (int trial = 0; trial < 200; ++trial) {
    const Index n = 1 + static_cast<Index>(random.below(60));
    const Index m = 1 + static_cast<Index>(random.below(60));
    Vector p = random_law(random, n);
    const Vector q = trial % 3 == 0 ? Vector::Constant(m, 1.0 / static_cast<double>(m)).eval()
                                    : random_law(random, m);
    if (trial % 4 == 0 && n > 2) {
      p[0] += p[1];
      p[1] = 0;
    }
    const std::array<Vector, 2> both{p, q};
    const Coupling greedy = greedy_coupling(p, q);
    const Coupling split = meet_split_coupling(p, q);
    expect_marginals(greedy, p, q);
    expect_marginals(split, p, q);
    const double meet = meet_bound_bits(both);
    EXPECT_LE(greedy.entropy_bits(), meet + std::numbers::log2e + 1e-12);
    EXPECT_LE(greedy.entropy_bits(), profile_bound_bits(both) + 1.22 + 1e-12);
    EXPECT_LE(split.entropy_bits(), meet + 1 + 1e-12);
  }
}

TEST(Mec, ManyMarginals) {
  core::Random random{core::Key(3)};
  for (const std::size_t m : {1U, 3U, 5U}) {
    std::vector<Vector> laws;
    for (std::size_t k = 0; k < m; ++k)
      laws.push_back(random_law(random, 7 + static_cast<Index>(k)));
    const Coupling greedy = greedy_coupling(laws);
    EXPECT_EQ(greedy.variables, static_cast<Index>(m));
    for (std::size_t k = 0; k < m; ++k) {
      EXPECT_LT(
          (greedy.marginal(static_cast<Index>(k), laws[k].size()) - laws[k]).cwiseAbs().maxCoeff(),
          1e-12);
    }
    EXPECT_LE(greedy.entropy_bits(), profile_bound_bits(laws) + 1.22);
  }
}

TEST(Mec, EqualLawsCoupleToTheDiagonal) {
  core::Random random{core::Key(4)};
  const Vector p = random_law(random, 12);
  for (const Coupling& c : {greedy_coupling(p, p), meet_split_coupling(p, p)}) {
    EXPECT_NEAR(c.entropy_bits(), entropy_bits(p), 1e-12);
    for (Index k = 0; k < c.cells(); ++k) EXPECT_EQ(c.place(k, 0), c.place(k, 1));
  }
  EXPECT_EQ(greedy_coupling(Vector{{1}}, Vector{{1}}).cells(), 1);
  EXPECT_EQ(exact_coupling(Vector{{1}}, Vector{{1}}).bits, 0.0);
}

TEST(Mec, LimitsAndRefusals) {
  core::Random random{core::Key(5)};
  const Vector p = random_law(random, 12);
  const Vector q = random_law(random, 12);
  const ExactCoupling some = exact_coupling(p, q, {.node_limit = 50});
  EXPECT_FALSE(some.proved);
  EXPECT_LE(some.lower_bits, some.bits);
  expect_marginals(some.coupling, p, q);
  EXPECT_ERROR(greedy_coupling(Vector{{0.5, 0.4}}, q), core::DataError, "sum 1");
  EXPECT_ERROR(greedy_coupling(std::span<const Vector>{}), core::InvalidArgument, "one marginal");
  EXPECT_ERROR(meet_split_coupling(Vector{{2, -1}}, q), core::DataError, ">= 0");
}

}  // namespace
}  // namespace venturi::couple
