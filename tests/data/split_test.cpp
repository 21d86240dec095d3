#include "venturi/data/split.hpp"

#include <algorithm>
#include <cmath>

#include "tests/testing.hpp"

namespace venturi::data {
namespace {

TEST(Split, PartsCoverEveryRowOnce) {
  const std::vector<double> fractions{0.7, 0.2, 0.1};
  for (const std::size_t n : {0, 1, 2, 3, 10, 97, 1000}) {
    const auto parts = split_rows(n, fractions, core::Key(n));
    std::vector<std::size_t> all;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      const double excess =
          static_cast<double>(parts[k].size()) - fractions[k] * static_cast<double>(n);
      EXPECT_LT(excess, 1.0) << n;
      EXPECT_GT(excess, -2.0) << n;
      all.insert(all.end(), parts[k].begin(), parts[k].end());
    }
    std::ranges::sort(all);
    ASSERT_EQ(all.size(), n);
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(all[i], i);
  }
}

TEST(Split, KeysDecide) {
  const std::vector<double> half{0.5, 0.5};
  EXPECT_EQ(split_rows(50, half, core::Key(1)), split_rows(50, half, core::Key(1)));
  EXPECT_NE(split_rows(50, half, core::Key(1)), split_rows(50, half, core::Key(2)));
}

TEST(Split, ClassesKeepTheirShares) {
  // 500, 100, 20 and 3 rows of four classes.
  Dataset data;
  data.shape = {1};
  data.task = Task::kClasses;
  data.classes = 4;
  const int counts[] = {500, 100, 20, 3};
  for (int c = 0; c < 4; ++c) data.labels.insert(data.labels.end(), counts[c], c);
  core::Random(core::Key(3)).shuffle(std::span(data.labels));
  data.x.resize(623, 1);
  for (int i = 0; i < 623; ++i) data.x(i, 0) = static_cast<float>(i);
  const auto parts = split(data, std::vector<double>{0.8, 0.2}, core::Key(7));
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_LT(std::abs(static_cast<double>(parts[1].size()) - 0.2 * 623), 1.0);
  for (int c = 0; c < 4; ++c) {
    const auto held = std::ranges::count(parts[1].labels, c);
    EXPECT_LT(std::abs(static_cast<double>(held) - 0.2 * counts[c]), 2.0) << c;
  }
  // Rows keep their labels.
  for (core::Index i = 0; i < parts[0].size(); ++i) {
    const auto row = static_cast<std::size_t>(parts[0].x(i, 0));
    EXPECT_EQ(parts[0].labels[static_cast<std::size_t>(i)], data.labels[row]);
  }
  // The parts are mixed: not sorted by class.
  EXPECT_FALSE(std::ranges::is_sorted(parts[0].labels));
}

TEST(Split, WrongFractions) {
  const auto act = [](std::vector<double> fractions) { split_rows(10, fractions, core::Key(0)); };
  EXPECT_ERROR(act({}), core::InvalidArgument, "sum to 1");
  EXPECT_ERROR(act({0.5, 0.6}), core::InvalidArgument, "sum to 1, got 0.5, 0.6");
  EXPECT_ERROR(act({1.5, -0.5}), core::InvalidArgument, "above 0");
  EXPECT_ERROR(act({NAN, 1}), core::InvalidArgument, "above 0");
  EXPECT_ERROR(split_rows(3, std::vector<double>{1}, core::Key(0), std::vector<std::int32_t>{1}),
               core::InvalidArgument, "expected 3 labels, got 1");
}

}  // namespace
}  // namespace venturi::data
