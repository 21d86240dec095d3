#include "venturi/allocate/pareto.hpp"

#include <algorithm>
#include <cmath>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::allocate {
namespace {

// Row j beats row i, or is the same and stands before it.
bool beats(const core::Matrix& x, core::Index j, core::Index i) {
  if (i == j || (x.row(j).array() > x.row(i).array()).any()) return false;
  return (x.row(j).array() < x.row(i).array()).any() || j < i;
}

TEST(Pareto, ByDefinition) {
  core::Random random{core::Key(1)};
  for (int trial = 0; trial < 400; ++trial) {
    core::Matrix x(1 + random.below(40), 1 + trial % 4);
    for (core::Index i = 0; i < x.size(); ++i) {
      x.data()[i] = trial % 3 == 0 ? static_cast<double>(random.below(4)) : random.normal();
    }
    const auto front = pareto_front(x);
    for (core::Index i = 0; i < x.rows(); ++i) {
      bool beaten = false;
      for (core::Index j = 0; j < x.rows(); ++j) beaten = beaten || beats(x, j, i);
      ASSERT_EQ(std::count(front.begin(), front.end(), i), beaten ? 0 : 1) << trial << " " << i;
    }
  }
}

TEST(Pareto, OrderEmptyAndNan) {
  const core::Matrix x{{3, 1}, {1, 3}, {2, 2}, {2, 2}, {3, 3}, {HUGE_VAL, -HUGE_VAL}};
  EXPECT_EQ(pareto_front(x), (std::vector<core::Index>{1, 2, 0, 5}));
  EXPECT_TRUE(pareto_front(core::Matrix(0, 2)).empty());
  EXPECT_ERROR(pareto_front(core::Matrix{{1, std::nan("")}}), core::InvalidArgument, "NaN");
}

TEST(Pareto, MenusWithACost) {
  const std::vector<Choice> menu{{1, 5, 5}, {2, 5, 4}, {2, 5, 5}, {3, 1, 1}, {3, 1, 1}, {9, 9, 0}};
  EXPECT_EQ(undominated_with_cost(menu), (std::vector<std::size_t>{0, 1, 3, 5}));
}

}  // namespace
}  // namespace venturi::allocate
