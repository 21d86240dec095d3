#include "venturi/core/key.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace venturi::core {
namespace {

// Known answers of Random123 (philox4x32-10), file kat_vectors of its 1.14 release.
TEST(Philox, PublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Key, ChildrenDiffer) {
  const Key root(7);
  std::set<std::uint64_t> seen{root.value()};
  for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(root.split(i).value()).second);
  for (const char* name : {"", "a", "b", "ab", "ba", "weights", "weights2", "weightsweights"}) {
    EXPECT_TRUE(seen.insert(root.split(name).value()).second) << name;
  }
  EXPECT_EQ(root.split("data").value(), Key(7).split("data").value());
}

TEST(Random, Moments) {
  Random random(Key(1));
  constexpr int kDraws = 200000;
  double uniform = 0, normal = 0, square = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    uniform += u;
    const double z = random.normal();
    normal += z;
    square += z * z;
  }
  // Five standard errors of each mean.
  EXPECT_NEAR(uniform / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(normal / kDraws, 0.0, 5 * std::sqrt(1.0 / kDraws));
  EXPECT_NEAR(square / kDraws, 1.0, 5 * std::sqrt(2.0 / kDraws));
}

TEST(Random, BelowIsUniform) {
  Random random(Key(2));
  constexpr int kBound = 7;
  constexpr int kDraws = 70000;
  std::array<int, kBound> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.below(kBound));
  double chi2 = 0;
  for (const int c : counts) chi2 += std::pow(c - kDraws / kBound, 2) / (kDraws / kBound);
  EXPECT_LT(chi2, 30.0);  // 6 degrees of freedom: exceeded once in 25,000
}

TEST(Random, PermutationHoldsEachOnce) {
  const auto order = Random(Key(3)).permutation(100);
  EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), 100U);
  EXPECT_NE(order, Random(Key(4)).permutation(100));
}

}  // namespace
}  // namespace venturi::core
