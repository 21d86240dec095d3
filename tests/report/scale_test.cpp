#include "venturi/report/scale.hpp"

#include <cmath>

#include "tests/testing.hpp"

namespace venturi::report {
namespace {

Extent extent(double low, double high) { return {low, high}; }

std::vector<std::string> labels(const Scale& scale, int target) {
  std::vector<std::string> out;
  for (const auto& tick : make_ticks(scale, target)) {
    if (!tick.label.empty()) out.push_back(tick.label);
  }
  return out;
}

using Labels = std::vector<std::string>;

TEST(ReportScale, LinearTicksAreOneTwoFive) {
  EXPECT_EQ(labels({.low = 0, .high = 10}, 5), (Labels{"0", "2", "4", "6", "8", "10"}));
  EXPECT_EQ(labels({.low = -0.31, .high = 0.52}, 4), (Labels{"−0.2", "0.0", "0.2", "0.4"}));
  EXPECT_EQ(labels({.low = 0, .high = 25000}, 5),
            (Labels{"0", "5,000", "10,000", "15,000", "20,000", "25,000"}));
  EXPECT_EQ(labels({.low = 0, .high = 3e9}, 3), (Labels{"0", "1·10⁹", "2·10⁹", "3·10⁹"}));
}

TEST(ReportScale, TicksAreInsideAscendingAndEnough) {
  for (const double low : {-1e6, -3.7, 0.0, 1e-9, 0.97, 12345.0}) {
    for (const double span : {1e-7, 0.013, 1.0, 7.7, 3e5}) {
      for (const int target : {2, 5, 9}) {
        const Scale scale{.low = low, .high = low + span};
        const auto ticks = make_ticks(scale, target);
        ASSERT_GE(ticks.size(), 1u);
        ASSERT_LE(ticks.size(), 2u * static_cast<unsigned>(target) + 1);
        for (std::size_t i = 0; i < ticks.size(); ++i) {
          EXPECT_GE(ticks[i].at, scale.low - 1e-6 * span);
          EXPECT_LE(ticks[i].at, scale.high + 1e-6 * span);
          if (i > 0) {
            EXPECT_GT(ticks[i].at, ticks[i - 1].at);
          }
        }
      }
    }
  }
}

TEST(ReportScale, LogTicks) {
  EXPECT_EQ(labels({.log = true, .low = 0.01, .high = 10000}, 6),
            (Labels{"0.01", "0.1", "1", "10", "100", "1,000", "10,000"}));
  EXPECT_EQ(labels({.log = true, .low = 0.8, .high = 25}, 6), (Labels{"1", "2", "5", "10", "20"}));
  EXPECT_EQ(labels({.log = true, .low = 1e-12, .high = 1}, 3),
            (Labels{"10⁻¹²", "10⁻⁹", "10⁻⁶", "0.001", "1"}));
  // Less than a step of 1-2-5: evenly spaced values.
  EXPECT_EQ(labels({.log = true, .low = 11, .high = 14}, 3), (Labels{"11", "12", "13", "14"}));
}

TEST(ReportScale, EndsOfTheData) {
  const Scale from_zero = make_scale({}, extent(0.5, 10));
  EXPECT_EQ(from_zero.low, 0);
  EXPECT_GT(from_zero.high, 10);
  const Scale with_air = make_scale({}, extent(88, 92));
  EXPECT_GT(with_air.low, 87);
  EXPECT_LT(with_air.low, 88);
  const Scale fixed = make_scale({.min = 0, .max = 1}, extent(-5, 5));
  EXPECT_EQ(fixed.low, 0);
  EXPECT_EQ(fixed.high, 1);
}

TEST(ReportScale, OddDataStillGiveAScale) {
  for (const bool log : {false, true}) {
    std::vector<Extent> extents = {{}, {3, 3}, {1e-300, 1e300}, {1e300, 1e300}, {1e-300, 1e-300}};
    if (!log) extents.insert(extents.end(), {{0, 0}, {-1e300, 1e300}, {-7, -7}, {1, 1 + 1e-15}});
    for (const auto& data : extents) {
      for (const Axis& axis :
           {Axis{.log = log}, Axis{.log = log, .min = 5}, Axis{.log = log, .max = 0.5}}) {
        const Scale scale = make_scale(axis, data);
        EXPECT_TRUE(std::isfinite(scale.low) && std::isfinite(scale.high));
        EXPECT_LT(scale.low, scale.high) << log << " " << data.low << " " << data.high;
        EXPECT_GE(make_ticks(scale, 5).size(), 1u) << log << " " << data.low << " " << data.high;
      }
    }
  }
}

TEST(ReportScale, MapsEndsToEnds) {
  const Scale linear{.low = 2, .high = 4, .from = 100, .to = 0};
  EXPECT_DOUBLE_EQ(linear(2), 100);
  EXPECT_DOUBLE_EQ(linear(3), 50);
  const Scale log{.log = true, .low = 0.1, .high = 1000, .from = 0, .to = 40};
  EXPECT_NEAR(log(1), 10, 1e-12);
  EXPECT_NEAR(log(1000), 40, 1e-12);
}

TEST(ReportScale, RefusesImpossibleEnds) {
  const auto check = [](const Axis& axis) { check_axis(axis, "test"); };
  EXPECT_ERROR(check({.label = "x", .min = 3, .max = 3}), core::InvalidArgument, "min < max");
  EXPECT_ERROR(check({.label = "x", .min = 3, .max = 1}), core::InvalidArgument, "min < max");
  EXPECT_ERROR(check({.log = true, .min = 0}), core::InvalidArgument, "above 0");
  EXPECT_ERROR(check({.max = NAN}), core::InvalidArgument, "finite");
  EXPECT_ERROR(check({.max = INFINITY}), core::InvalidArgument, "finite");
  EXPECT_NO_THROW(check({.min = -1, .max = 1}));
}

}  // namespace
}  // namespace venturi::report
