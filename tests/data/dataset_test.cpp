#include "venturi/data/dataset.hpp"

#include <limits>

#include "tests/testing.hpp"

namespace venturi::data {
namespace {

Dataset three() {
  Dataset d;
  d.name = "three";
  d.x.resize(3, 2);
  d.x << 1, 2, 3, 4, 5, 6;
  d.shape = {2};
  d.task = Task::kClasses;
  d.labels = {0, 1, 2};
  d.classes = 3;
  return d;
}

TEST(Dataset, Subset) {
  const Dataset d = three();
  const Dataset two = d.subset(std::vector<std::size_t>{2, 0, 2});
  two.check("test");
  EXPECT_EQ(two.labels, (std::vector<std::int32_t>{2, 0, 2}));
  EXPECT_EQ(two.x(0, 1), 6.0F);
  EXPECT_EQ(two.x(1, 0), 1.0F);
  EXPECT_EQ(d.subset({}).size(), 0);
  EXPECT_ERROR(d.subset(std::vector<std::size_t>{3}), core::InvalidArgument, "below 3, got 3");
}

TEST(Dataset, CheckNamesTheFault) {
  const auto broken = [](auto&& change, const char* part) {
    Dataset d = three();
    d.check("test");
    change(d);
    EXPECT_ERROR(d.check("test"), core::DataError, part);
  };
  broken([](Dataset& d) { d.labels[1] = 3; }, "got 3 in row 1");
  broken([](Dataset& d) { d.labels[1] = -1; }, "got -1 in row 1");
  broken([](Dataset& d) { d.labels.pop_back(); }, "got 2");
  broken([](Dataset& d) { d.classes = 0; }, "one class or more");
  broken([](Dataset& d) { d.task = Task::kNone; }, "without the task of classes");
  broken([](Dataset& d) { d.shape = {3}; }, "a shape of 2 features");
  broken([](Dataset& d) { d.shape = {}; }, "a shape of 2 features");
  broken([](Dataset& d) { d.shape = {-1, -2}; }, "a shape of 2 features");
  broken([](Dataset& d) { d.shape = {std::int64_t{1} << 62, 4, 2}; }, "a shape of 2 features");
  broken([](Dataset& d) { d.class_names = {"a"}; }, "a name for each of the 3 classes");
  broken([](Dataset& d) { d.feature_names = {"a"}; }, "a name for each of the 2 features");
  broken([](Dataset& d) { d.x(2, 1) = std::numeric_limits<float>::quiet_NaN(); },
         "row 2, column 1");
  broken([](Dataset& d) { d.x(0, 0) = -std::numeric_limits<float>::infinity(); },
         "row 0, column 0");
  broken([](Dataset& d) { d.y.resize(3, 1); }, "targets without the task");
  const auto regression = [](Dataset& d) {
    d.labels.clear();
    d.classes = 0;
    d.task = Task::kRegression;
    d.y = core::MatrixF::Zero(3, 1);
  };
  Dataset good = three();
  regression(good);
  good.check("test");
  EXPECT_EQ(good.subset(std::vector<std::size_t>{1}).y.rows(), 1);
  broken([&](Dataset& d) { regression(d), d.y.resize(2, 1); }, "expected y");
  broken([&](Dataset& d) { regression(d), d.y(1, 0) = NAN; }, "y to be finite");
}

}  // namespace
}  // namespace venturi::data
