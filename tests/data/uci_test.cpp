#include "venturi/data/uci.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/load.hpp"

namespace venturi::data {
namespace {

TEST(Uci, TablesAreAsPapersUseThem) {
  if (core::shared_data_folder().empty() ||
      !std::filesystem::exists(core::shared_data_folder() / "uci")) {
    GTEST_SKIP() << "needs VENTURI_DATA";
  }
  const DataPair housing = load("uci:california-housing");
  EXPECT_EQ(housing.train.size(), 19448);
  EXPECT_EQ(housing.train.x.cols(), 8);
  EXPECT_LT(housing.train.y.maxCoeff(), std::log(5.0F));
  // First row of the table: 452,600 $, 880 rooms and 322 people in 126 households.
  EXPECT_NEAR(housing.train.y(0, 0), std::log(4.526), 1e-5);
  EXPECT_NEAR(housing.train.x(0, 2), 880.0 / 126, 1e-5);
  EXPECT_NEAR(housing.train.x(0, 5), 322.0 / 126, 1e-5);
  const auto shape = [](std::string_view name) {
    const Dataset set = load(name).train;
    return std::pair(set.size(), set.x.cols());
  };
  EXPECT_EQ(shape("uci:appliances-energy"), std::pair(core::Index{19735}, core::Index{25}));
  EXPECT_EQ(shape("uci:beijing-pm25"), std::pair(core::Index{41757}, core::Index{14}));
  EXPECT_EQ(shape("uci:bike-sharing"), std::pair(core::Index{17379}, core::Index{12}));
  EXPECT_EQ(shape("uci:kin8nm"), std::pair(core::Index{8192}, core::Index{8}));
  EXPECT_EQ(shape("uci:concrete"), std::pair(core::Index{1030}, core::Index{8}));
  EXPECT_ERROR(load("uci:boston"), core::InvalidArgument, "california-housing");
}

}  // namespace
}  // namespace venturi::data
