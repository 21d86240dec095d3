#include "venturi/couple/tokens_to_thoughts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/couple/random_tables.hpp"
#include "tests/testing.hpp"

namespace venturi::couple {
namespace {

struct Planted {
  Matrix points;
  std::vector<int> labels;
};

Planted planted(std::uint64_t seed, int clusters, int each, double width) {
  core::Random random{core::Key(seed)};
  Planted out{Matrix(clusters * each, 5), {}};
  Matrix centres(clusters, 5);
  for (Index c = 0; c < clusters; ++c) {
    for (Index k = 0; k < 5; ++k) centres(c, k) = 4 * random.normal();
  }
  for (int c = 0; c < clusters; ++c) {
    for (int i = 0; i < each; ++i) {
      for (Index k = 0; k < 5; ++k) {
        out.points(c * each + i, k) = centres(c, k) + width * random.normal();
      }
      out.labels.push_back(c);
    }
  }
  return out;
}

TEST(TokensToThoughts, MinimalAtThePlantedPartition) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Planted world = planted(seed, 6, 20, 0.15);
    const auto truth = compression_meaning(world.points, world.labels, 1);
    EXPECT_NEAR(truth.complexity_bits, std::log2(6), 1e-12);
    const auto found = minimise_compression(world.points, core::Key(seed), {.beta = 1});
    EXPECT_LE(found.value.objective, truth.objective + 1e-9);
    EXPECT_NEAR(found.value.objective, truth.objective, 1e-9);
    EXPECT_EQ(found.value.clusters, 6);
    EXPECT_NEAR(adjusted_mutual_information(found.labels, world.labels), 1, 1e-12);
  }
}

TEST(TokensToThoughts, EqualsEnumeration) {
  const Planted world = planted(9, 4, 2, 1.5);
  for (const double beta : {0.01, 0.1, 1.0}) {
    double best = 1e300;
    each_partition(8, [&](const std::vector<int>& labels, int) {
      best = std::min(best, compression_meaning(world.points, labels, beta).objective);
    });
    const auto found = minimise_compression(world.points, core::Key(1), {.beta = beta});
    EXPECT_NEAR(found.value.objective, best, 1e-9) << beta;
  }
}

TEST(TokensToThoughts, EndsOfTheTrade) {
  const Planted world = planted(3, 3, 5, 0.5);
  std::vector<int> own(15);
  for (int i = 0; i < 15; ++i) own[i] = i;
  const auto all = compression_meaning(world.points, own, 2);
  EXPECT_NEAR(all.complexity_bits, std::log2(15), 1e-12);
  EXPECT_EQ(all.distortion, 0.0);
  EXPECT_EQ(minimise_compression(world.points, core::Key(1), {.beta = 0}).value.clusters, 1);
  Matrix bad = world.points;
  bad(0, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_ERROR(minimise_compression(bad, core::Key(1)), core::DataError, "finite");
  EXPECT_ERROR(compression_meaning(world.points, std::vector<int>{1}, 1), core::InvalidArgument,
               "n = 15");
}

TEST(Ami, ExpectationEqualsThatOverAllPermutations) {
  const std::vector<int> a{0, 0, 0, 1, 1, 2, 2};
  const std::vector<int> b{0, 1, 0, 1, 1, 0, 2};
  std::vector<std::size_t> order{0, 1, 2, 3, 4, 5, 6};
  const auto information = [&](const std::vector<int>& v) {
    Matrix table = Matrix::Zero(3, 3);
    for (std::size_t i = 0; i < 7; ++i) table(a[i], v[i]) += 1.0 / 7;
    return mutual_information_bits(table);
  };
  double sum = 0;
  int count = 0;
  do {
    std::vector<int> v(7);
    for (std::size_t i = 0; i < 7; ++i) v[i] = b[order[i]];
    sum += information(v);
    ++count;
  } while (std::next_permutation(order.begin(), order.end()));
  const double expected = sum / count;
  const auto entropy = [](double x, double y, double z) {
    return entropy_bits(Vector{{x / 7, y / 7, z / 7}});
  };
  const double mean = 0.5 * (entropy(3, 2, 2) + entropy(3, 3, 1));
  EXPECT_NEAR(adjusted_mutual_information(a, b), (information(b) - expected) / (mean - expected),
              1e-12);
}

TEST(Ami, TrivialPartitions) {
  EXPECT_NEAR(
      adjusted_mutual_information(std::vector<int>{0, 0, 1, 1}, std::vector<int>{5, 5, 2, 2}), 1,
      1e-12);
  EXPECT_NEAR(
      adjusted_mutual_information(std::vector<int>{0, 0, 0, 0}, std::vector<int>{0, 1, 2, 3}), 0,
      1e-12);
  EXPECT_EQ(adjusted_mutual_information(std::vector<int>{0}, std::vector<int>{3}), 1);
  EXPECT_ERROR(adjusted_mutual_information(std::vector<int>{0}, std::vector<int>{}),
               core::InvalidArgument, "1 and 0");
}

}  // namespace
}  // namespace venturi::couple
