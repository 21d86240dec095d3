#include "venturi/couple/clustering.hpp"

#include <cmath>

#include "tests/couple/random_tables.hpp"
#include "tests/testing.hpp"

namespace venturi::couple {
namespace {

TEST(Clustering, DeterministicEqualsEnumeration) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Joint joint = random_joint(seed, 3 + static_cast<Index>(seed % 6), 4);
    for (const double beta : {0.5, 2.0, 5.0, 20.0}) {
      double best = 1e300;
      each_partition(static_cast<int>(joint.p.rows()), [&](const std::vector<int>& labels, int) {
        best = std::min(best, evaluate_clustering(joint, labels, beta).objective_bits);
      });
      const HardClustering found = deterministic_ib(joint, beta, core::Key(seed));
      EXPECT_NEAR(found.objective_bits, best, 1e-9) << "seed " << seed << " beta " << beta;
      EXPECT_TRUE(found.converged);
    }
  }
}

TEST(Clustering, SequentialEqualsEnumeration) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Joint joint = random_joint(100 + seed, 8, 5);
    for (const int clusters : {1, 2, 3, 8}) {
      double best = 0;
      each_partition(8, [&](const std::vector<int>& labels, int used) {
        if (used == clusters) {
          best = std::max(best, evaluate_clustering(joint, labels, 1).relevance_bits);
        }
      });
      const HardClustering found =
          sequential_ib(joint, core::Key(seed), {.clusters = clusters, .restarts = 30});
      EXPECT_NEAR(found.relevance_bits, best, 1e-9);
      EXPECT_EQ(found.clusters, clusters);
    }
  }
}

TEST(Clustering, AgglomerationTellsTheTruthOfEachMerge) {
  const Joint joint = random_joint(7, 20, 6);
  const double whole = mutual_information_bits(joint.p);
  for (const double beta : {std::numeric_limits<double>::infinity(), 3.0}) {
    const Agglomeration tree = agglomerative_ib(joint, beta);
    ASSERT_EQ(tree.merges.size(), 19U);
    double lost = 0;
    for (std::size_t k = 0; k < tree.merges.size(); ++k) {
      const Merge& merge = tree.merges[k];
      lost += merge.relevance_lost_bits;
      EXPECT_GE(merge.relevance_lost_bits, -1e-12);
      const HardClustering at =
          evaluate_clustering(joint, tree.labels(19 - static_cast<int>(k)), beta);
      EXPECT_EQ(at.clusters, 19 - static_cast<int>(k));
      EXPECT_NEAR(at.relevance_bits, merge.relevance_bits, 1e-9);
      EXPECT_NEAR(at.entropy_bits, merge.entropy_bits, 1e-9);
    }
    EXPECT_NEAR(lost, whole, 1e-9);
  }
  // The first merge is the cheapest of all pairs: (p_i + p_j) JS.
  const Agglomeration tree = agglomerative_ib(joint);
  const Matrix conditional = joint.conditional();
  double least = 1e300;
  for (Index i = 0; i < 20; ++i) {
    for (Index j = i + 1; j < 20; ++j) {
      const double both = joint.px[i] + joint.px[j];
      least = std::min(
          least, both * jensen_shannon_bits(conditional.row(i).transpose(),
                                            conditional.row(j).transpose(), joint.px[i] / both));
    }
  }
  EXPECT_NEAR(tree.merges[0].relevance_lost_bits, least, 1e-12);
}

TEST(Clustering, CopiesOfARowJoin) {
  Matrix table(6, 3);
  for (Index x = 0; x < 6; ++x) {
    table.row(x) << (x % 2 == 0 ? 8 : 1), 1, (x % 2 == 0 ? 1 : 8);
  }
  const Joint joint = make_joint(table, {.normalise = true});
  const HardClustering found = deterministic_ib(joint, 50, core::Key(1));
  EXPECT_EQ(found.clusters, 2);
  EXPECT_EQ(found.labels, (std::vector<int>{0, 1, 0, 1, 0, 1}));
  EXPECT_NEAR(found.relevance_bits, mutual_information_bits(joint.p), 1e-12);
}

TEST(Clustering, EdgesAndLimits) {
  const Joint point = make_joint(Matrix::Ones(1, 1));
  EXPECT_EQ(deterministic_ib(point, 2, core::Key(1)).clusters, 1);
  EXPECT_TRUE(agglomerative_ib(point).merges.empty());
  const Joint joint = random_joint(3, 5, 4);
  EXPECT_ERROR(sequential_ib(joint, core::Key(1), {.clusters = 6}), core::InvalidArgument, "<= 5");
  EXPECT_ERROR(deterministic_ib(joint, -1, core::Key(1)), core::InvalidArgument, "beta >= 0");
  EXPECT_ERROR(agglomerative_ib(joint).labels(0), core::InvalidArgument, "[1, 5]");
  EXPECT_EQ(deterministic_ib(joint, 0, core::Key(1)).clusters, 1);
  const HardClustering stopped = sequential_ib(random_joint(4, 60, 10), core::Key(1),
                                               {.clusters = 20, .restarts = 1, .sweep_limit = 1});
  EXPECT_FALSE(stopped.converged);
  EXPECT_EQ(stopped.sweeps, 1);
  const Joint tall = make_joint(Matrix::Constant(kMostMerged + 1, 1, 1), {.normalise = true});
  EXPECT_ERROR(agglomerative_ib(tall), core::InvalidArgument, "at most 20000");
  Matrix gap{{0.5, 0}, {0, 0}, {0, 0.5}};
  EXPECT_EQ(deterministic_ib(make_joint(gap), 5, core::Key(1)).labels,
            (std::vector<int>{0, -1, 1}));
}

}  // namespace
}  // namespace venturi::couple
