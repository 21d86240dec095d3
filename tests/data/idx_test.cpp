#include "venturi/data/idx.hpp"

#include "tests/testing.hpp"
#include "venturi/data/load.hpp"

namespace venturi::data {
namespace {

TEST(Load, FashionMnist) {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    GTEST_SKIP() << "needs the Debian package dataset-fashion-mnist";
  }
  const DataPair pair = load("fashion-mnist");
  EXPECT_EQ(pair.train.size(), 60000);
  EXPECT_EQ(pair.train.x.cols(), 784);
  EXPECT_EQ(pair.train.shape, (std::vector<std::int64_t>{1, 28, 28}));
  EXPECT_EQ(pair.train.classes, 10);
  EXPECT_EQ(pair.train.class_names.at(9), "Ankle boot");
  EXPECT_EQ(pair.train.labels.at(0), 9);
  EXPECT_EQ(pair.train.x.maxCoeff(), 1.0F);
  EXPECT_EQ(pair.train.x.minCoeff(), 0.0F);
  ASSERT_TRUE(pair.test.has_value());
  EXPECT_EQ(pair.test->size(), 10000);
  // Each class has as many samples as any other.
  std::vector<int> counts(10);
  for (const auto label : pair.test->labels) ++counts.at(static_cast<std::size_t>(label));
  EXPECT_EQ(counts, std::vector<int>(10, 1000));
}

}  // namespace
}  // namespace venturi::data
