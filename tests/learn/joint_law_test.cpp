#include "venturi/learn/joint_law.hpp"

#include <cmath>
#include <numeric>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::learn {
namespace {

double mean(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

// Two equal fair dice of eight faces: 6 bits apart, 3 together.
std::vector<std::int32_t> twins(std::size_t n, core::Key key) {
  core::Random random(key);
  std::vector<std::int32_t> out;
  for (std::size_t i = 0; i < n; ++i) {
    const auto v = static_cast<std::int32_t>(random.below(8)) - 4;
    out.insert(out.end(), {v, v});
  }
  return out;
}

TEST(JointLaw, DependentDimensionsCostTheirJointEntropy) {
  const auto rows = twins(20000, core::Key(1));
  const std::vector<double> apart(20000, 6.0);
  const auto law = JointLaw::fit(rows, 2, apart);
  ASSERT_TRUE(law.has_value());
  EXPECT_EQ(law->cells(), 8u);
  const auto fresh = twins(20000, core::Key(2));
  EXPECT_NEAR(mean(law->bits(fresh, apart)), 3.0, 0.01);
}

TEST(JointLaw, RowsOutsideCostTheirPartAndTheDimensions) {
  std::vector<std::int32_t> rows = twins(1000, core::Key(1));
  rows.insert(rows.end(), {100, -7});
  const std::vector<double> apart(1001, 6.0);
  const auto law = JointLaw::fit(rows, 2, apart);
  ASSERT_TRUE(law.has_value());
  const std::int32_t stranger[] = {3, -3};
  EXPECT_EQ(law->index_of(stranger), law->cells());
  const double six = 6;
  EXPECT_NEAR(law->bits(stranger, {&six, 1})[0], 6 + std::log2(1001.0), 0.05);
}

TEST(JointLaw, NoneWhereItSavesNothing) {
  core::Random random(core::Key(3));
  std::vector<std::int32_t> rows;
  for (int i = 0; i < 4000; ++i) rows.push_back(static_cast<std::int32_t>(random.below(1 << 20)));
  EXPECT_FALSE(JointLaw::fit(rows, 4, std::vector<double>(1000, 80.0)).has_value());
  // Equal rows that the dimensions' own laws foresee as well.
  const std::vector<std::int32_t> same(2000, 5);
  EXPECT_FALSE(JointLaw::fit(same, 2, std::vector<double>(1000, 0.0)).has_value());
}

TEST(JointLaw, MostFrequentCellsUpToTheLimit) {
  std::vector<std::int32_t> rows;
  for (std::int32_t v = 0; v < 5000; ++v) rows.insert(rows.end(), v < 100 ? 3 : 2, v);
  const auto law = JointLaw::fit(rows, 1, std::vector<double>(rows.size(), 40.0));
  ASSERT_TRUE(law.has_value());
  EXPECT_EQ(law->cells(), 4095u);
  EXPECT_EQ(law->cell(0)[0], 0);
  EXPECT_EQ(law->cell(99)[0], 99);
  EXPECT_EQ(law->cell(4094)[0], 4094);
}

TEST(JointLaw, BytesThereAndBackAndDamaged) {
  const auto rows = twins(3000, core::Key(4));
  const auto law = JointLaw::fit(rows, 2, std::vector<double>(3000, 6.0));
  ASSERT_TRUE(law.has_value());
  const auto bytes = law->serialize();
  const JointLaw read = JointLaw::deserialize(bytes, 2);
  EXPECT_EQ(read.law(), law->law());
  for (std::size_t i = 0; i < law->cells(); ++i) EXPECT_EQ(read.index_of(law->cell(i)), i);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(JointLaw::deserialize(std::span(bytes).first(size), 2), core::DataError) << size;
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_ERROR(JointLaw::deserialize(longer, 2), core::DataError, "to the end");
  auto many = bytes;
  many[0] = std::byte{127};  // more cells than there are bytes for
  EXPECT_ERROR(JointLaw::deserialize(many, 2), core::DataError, "do not fit");
  auto twice = bytes;
  twice[3] = twice[1];
  twice[4] = twice[2];
  EXPECT_ERROR(JointLaw::deserialize(twice, 2), core::DataError, "twice");
}

}  // namespace
}  // namespace venturi::learn
