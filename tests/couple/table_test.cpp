#include "venturi/couple/table.hpp"

#include <cmath>
#include <limits>

#include "tests/testing.hpp"

namespace venturi::couple {
namespace {

TEST(Table, RefusesWhatIsNoDistribution) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_ERROR(checked_distribution(Vector{{0.5, 0.6}}, "t"), core::DataError, "sum 1");
  EXPECT_ERROR(checked_distribution(Vector{{0.5, 0.5 + 2e-9}}, "t"), core::DataError, "sum 1");
  EXPECT_ERROR(checked_distribution(Vector{{1.5, -0.5}}, "t"), core::DataError, "place 1");
  EXPECT_ERROR(checked_distribution(Vector{{nan, 1}}, "t"), core::DataError, "nan");
  EXPECT_ERROR(checked_distribution(Vector(0), "t"), core::InvalidArgument, "no masses");
  EXPECT_ERROR(checked_distribution(Vector{{0, 0}}, "t", {.normalise = true}), core::DataError,
               "sum 1");
  EXPECT_NO_THROW(checked_distribution(Vector{{0.5, 0.5 + 5e-10}}, "t"));
  EXPECT_DOUBLE_EQ(checked_distribution(Vector{{1, 3}}, "t", {.normalise = true})[1], 0.75);
  Matrix bad = Matrix::Constant(2, 3, 1.0 / 6);
  bad(1, 2) = -0.1;
  EXPECT_ERROR(make_joint(bad), core::DataError, "row 1, column 2");
  EXPECT_ERROR(make_joint(Matrix(0, 3)), core::InvalidArgument, "0*3");
}

TEST(Table, ZeroRowsAndColumnsAreLeftOut) {
  const Matrix table{{0.5, 0, 0.25}, {0, 0, 0}, {0, 0, 0.25}};
  const Joint joint = make_joint(table);
  EXPECT_EQ(joint.p.rows(), 2);
  EXPECT_EQ(joint.p.cols(), 2);
  EXPECT_EQ(joint.rows, (std::vector<Index>{0, 2}));
  EXPECT_EQ(joint.columns, (std::vector<Index>{0, 2}));
  EXPECT_DOUBLE_EQ(joint.px[0], 0.75);
  EXPECT_DOUBLE_EQ(mutual_information_bits(joint.p), mutual_information_bits(table));
}

TEST(Table, OnePointAlphabets) {
  const Joint joint = make_joint(Matrix::Ones(1, 1));
  EXPECT_EQ(entropy_bits(joint.px), 0.0);
  EXPECT_EQ(mutual_information_bits(joint.p), 0.0);
}

TEST(Table, KnownEntropies) {
  EXPECT_DOUBLE_EQ(entropy_bits(Vector{{0.5, 0.25, 0.125, 0.125}}), 1.75);
  EXPECT_DOUBLE_EQ(binary_entropy_bits(0.5), 1.0);
  const Matrix table{{0.4, 0.1}, {0.1, 0.4}};
  EXPECT_NEAR(mutual_information_bits(table), 1 - binary_entropy_bits(0.2), 1e-15);
  EXPECT_EQ(kl_bits(Vector{{0.5, 0.5}}, Vector{{1, 0}}), std::numeric_limits<double>::infinity());
  // (a+b) JS of two disjoint laws is the entropy of the weights.
  EXPECT_NEAR(jensen_shannon_bits(Vector{{1, 0}}, Vector{{0, 1}}, 0.3), binary_entropy_bits(0.3),
              1e-15);
}

TEST(Table, ChannelAndLaw) {
  const Joint joint = make_joint(Vector{{0.5, 0.5, 0}}, Matrix{{1, 0}, {0.5, 0.5}, {9, 9}});
  EXPECT_EQ(joint.rows.size(), 2U);
  EXPECT_DOUBLE_EQ(joint.p(1, 1), 0.25);
  EXPECT_DOUBLE_EQ(joint.conditional()(1, 0), 0.5);
  EXPECT_ERROR(make_joint(Vector{{1}}, Matrix{{1, 1}}), core::DataError, "sum 1");
}

}  // namespace
}  // namespace venturi::couple
