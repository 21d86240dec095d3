#include "venturi/measure/bins.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/discrete.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using Codes = std::vector<std::int32_t>;

Matrix column(const std::vector<double>& values) {
  return Eigen::Map<const core::Vector>(values.data(), static_cast<Index>(values.size()));
}

TEST(Bins, ByHand) {
  const Matrix x = column({0, 1, 2.5, 2.6, 5, 10});
  EXPECT_EQ(equal_width_codes(x, 4), (Codes{0, 0, 1, 1, 2, 3}));
  EXPECT_EQ(equal_mass_codes(x, 3), (Codes{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(equal_mass_codes(column({7, 7, 7, 1, 9, 8}), 3), (Codes{1, 1, 1, 0, 2, 2}));
  // Distinct 0 1 2.5 2.6 5 10: edges at ranks 0, 2, 4 and at the largest.
  EXPECT_EQ(adaptive_codes(x, 3), (Codes{1, 1, 2, 2, 3, 4}));
  // Without the zero of a ReLU: 1 2.5 2.6 5 10, edges at ranks 0, 1, 3 and at the largest.
  EXPECT_EQ(adaptive_codes(x, 3, 0), (Codes{0, 1, 2, 2, 3, 4}));
  EXPECT_EQ(adaptive_codes(column({0, 0}), 3, 0), (Codes{0, 0}));
  EXPECT_EQ(equal_width_codes(column({3, 3}), 5), (Codes{0, 0}));
  EXPECT_EQ(equal_width_codes(column({-1.7e308, 0, 1.7e308}), 2), (Codes{0, 1, 1}));
}

// The published steps, one by one: unique, drop the floor, take the edges, count those reached.
Codes published(const std::vector<double>& values, int bins, double floor) {
  std::set<double> distinct;
  for (const double v : values) {
    if (v > floor) distinct.insert(v);
  }
  const std::vector<double> unique(distinct.begin(), distinct.end());
  std::vector<double> edges;
  edges.reserve(bins + 1);
  for (int k = 0; k < bins; ++k) edges.push_back(unique[k * unique.size() / bins]);
  edges.push_back(unique.back());
  Codes out;
  for (const double v : values) {
    out.push_back(0);
    for (const double e : edges) out.back() += e <= v ? 1 : 0;
  }
  return out;
}

TEST(Bins, AdaptiveAsPublished) {
  core::Random random{core::Key(1)};
  Matrix x(500, 3);
  for (Index i = 0; i < x.size(); ++i) x(i) = std::max(0.0, random.normal());
  const std::vector<double> pool(x.data(), x.data() + x.size());
  EXPECT_EQ(pooled_adaptive_codes(x, 30, 0), published(pool, 30, 0));
  const Codes codes = adaptive_codes(x, 30, 0);
  for (Index c = 0; c < 3; ++c) {
    std::vector<double> values;
    Codes own;
    for (Index i = 0; i < 500; ++i) {
      values.push_back(x(i, c));
      own.push_back(codes[i * 3 + c]);
    }
    EXPECT_EQ(own, published(values, 30, 0));
  }
}

// Codes never decrease with the value; equal mass means log2 B bits, monotone maps change nothing.
TEST(Bins, Laws) {
  core::Random random{core::Key(2)};
  Matrix x(1200, 1);
  for (Index i = 0; i < x.rows(); ++i) x(i) = random.normal();
  const Matrix bent = x.array().exp();
  for (const auto& member : bin_methods()) {
    const Codes codes = member.make(x, 8);
    for (Index i = 1; i < x.rows(); ++i) {
      EXPECT_TRUE((x(i) < x(i - 1)) ? codes[i] <= codes[i - 1] : codes[i] >= codes[i - 1])
          << member.name;
    }
    if (member.name != "width") {
      EXPECT_EQ(codes, member.make(bent, 8)) << member.name;
    }
    EXPECT_LE(plug_in_entropy_bits(codes), std::log2(9.0));
  }
  EXPECT_DOUBLE_EQ(plug_in_entropy_bits(equal_mass_codes(x, 8)), 3);
  // More bins than values: one each.
  EXPECT_DOUBLE_EQ(plug_in_entropy_bits(adaptive_codes(x, 5000)), std::log2(1200.0));
}

TEST(Bins, Errors) {
  Matrix x = column({1, 2, std::nan("")});
  for (const auto& member : bin_methods()) {
    EXPECT_ERROR(member.make(x, 3), core::DataError, "NaN");
    EXPECT_ERROR(member.make(x.topRows(2), 0), core::InvalidArgument, "got 0");
    EXPECT_ERROR(member.make(Matrix(0, 2), 3), core::InvalidArgument, "got 0*2");
  }
  EXPECT_ERROR(pooled_adaptive_codes(x, 3), core::DataError, "NaN");
}

}  // namespace
}  // namespace venturi::measure
