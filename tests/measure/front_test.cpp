// The front's promises beyond its numbers: every name, every level, every remark, every refusal.
#include <cmath>
#include <numbers>
#include <set>

#include "tests/testing.hpp"
#include "venturi/measure/analyses.hpp"
#include "venturi/measure/count_entropy.hpp"
#include "venturi/measure/decomposition.hpp"
#include "venturi/measure/discrete.hpp"
#include "venturi/measure/kernel_sums.hpp"
#include "venturi/measure/mutual_information.hpp"
#include "venturi/measure/pairwise.hpp"
#include "venturi/measure/remarks.hpp"
#include "venturi/measure/spread.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;

const core::Key kKey(5);

Matrix normals(Index n, Index d, std::string_view name) {
  core::Random random(kKey.split(name));
  Matrix out(n, d);
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < d; ++c) out(i, c) = random.normal();
  }
  return out;
}

// n draws of 0 .. kinds-1.
Matrix labels(Index n, std::uint64_t kinds, std::string_view name) {
  core::Random random(kKey.split(name));
  Matrix out(n, 1);
  for (Index i = 0; i < n; ++i) out(i, 0) = static_cast<double>(random.below(kinds));
  return out;
}

bool warns(const Measured& m, std::string_view part) {
  for (const auto& w : m.estimate.warnings) {
    if (w.find(part) != std::string::npos) return true;
  }
  return false;
}

// Each method of information on the data it is for: X with Y = .8 X + .6 noise, or the sign of X.
TEST(EveryMethod, IsNearTheTruthOfItsKind) {
  const Matrix x = normals(1500, 1, "x"), y = 0.8 * x + 0.6 * normals(1500, 1, "noise");
  const Matrix sign = (x.array() > 0).cast<double>();
  for (const auto& method : mi_methods()) {
    const MiOptions options{.method = std::string(method.name), .k = 5};
    SCOPED_TRACE(method.name);
    const Takes takes = method.make.takes;
    if (takes == Takes::labels) {
      EXPECT_NEAR(mutual_information(sign, sign, options, kKey).estimate.bits, 1, 0.01);
      EXPECT_ERROR(mutual_information(x, y, options, kKey), core::DataError, "whole numbers");
    } else if (takes == Takes::labels_first) {
      EXPECT_NEAR(mutual_information(sign, x, options, kKey).estimate.bits, 1, 0.02);
    } else {
      const Measured m = mutual_information(x, y, options, kKey);
      // Three standard errors, and .05 bits of bias (measured of gao, the largest here).
      EXPECT_NEAR(m.estimate.bits, -std::log2(0.6), 3 * m.estimate.standard_error + 0.05);
      EXPECT_TRUE(m.estimate.warnings.empty());
      EXPECT_TRUE(m.estimate.method.starts_with(method.name));
    }
  }
}

// I(X;Y|Z) = 1/2 log2(1 + .64/.36) for Z apart from both; of labels X = Y xor Z: 1 bit.
TEST(EveryMethod, ConditionalEntropyAndGroups) {
  const Matrix x = normals(1500, 1, "x"), y = 0.8 * x + 0.6 * normals(1500, 1, "noise");
  const Matrix z = normals(1500, 1, "z");
  const Matrix a = labels(1500, 2, "a"), b = labels(1500, 2, "b");
  const Matrix both = (a.array() != b.array()).cast<double>();
  for (const auto& method : conditional_methods()) {
    const MiOptions options{.method = std::string(method.name)};
    const bool counts = method.make.takes == Takes::labels;
    const Measured m = counts ? conditional_mutual_information(a, both, b, options, kKey)
                              : conditional_mutual_information(x, y, z, options, kKey);
    EXPECT_NEAR(m.estimate.bits, counts ? 1 : -std::log2(0.6), 0.1) << method.name;
  }
  for (const auto& method : entropy_methods()) {
    const MiOptions options{.method = std::string(method.name), .k = 5};
    const bool counts = method.make.takes == Takes::labels;
    const double truth = counts ? 1 : 0.5 * std::log2(2 * std::numbers::pi * std::numbers::e);
    EXPECT_NEAR(entropy(counts ? a : x, options, kKey).estimate.bits, truth, 0.1) << method.name;
  }
  // A, B and A xor B: TC = 1 bit, as counted; of normal x, y and z TC = I(X;Y), the dual as much.
  const MatrixView of_labels[] = {a, b, both}, of_numbers[] = {x, y, z};
  for (const auto& method : group_methods()) {
    const MiOptions options{.method = std::string(method.name)};
    const bool counts = method.make.takes == Takes::labels;
    const double truth = counts ? 1 : method.name == "o-information" ? 0 : -std::log2(0.6);
    const Measured m = counts ? total_correlation(of_labels, options, kKey)
                              : total_correlation(of_numbers, options, kKey);
    EXPECT_NEAR(m.estimate.bits, truth, 0.12) << method.name;
  }
}

// Every measure tells a dependence from none by its p-value, is symmetric, and unmoved by scale.
TEST(Dependence, EveryMethodAndItsLaws) {
  const Matrix x = normals(200, 1, "x"), y = x + 0.2 * normals(200, 1, "noise");
  const Matrix apart = normals(200, 1, "apart");
  for (const auto& method : dependence_methods()) {
    SCOPED_TRACE(method.name);
    const MiOptions options{.method = std::string(method.name), .permutations = 39};
    const Measured m = dependence(x, y, options, kKey);
    EXPECT_EQ(m.p_value, 1.0 / 40);
    EXPECT_GT(*dependence(x, apart, options, kKey).p_value, 0.05);
    EXPECT_EQ(m.estimate.unit, method.make.unit);
    EXPECT_EQ(m.json().contains("bits"), method.make.unit == "bits");
    EXPECT_NEAR(dependence(y, x, options, kKey).estimate.bits, m.estimate.bits, 1e-9);
    EXPECT_NEAR(dependence(100 * x, 1e-3 * y, options, kKey).estimate.bits, m.estimate.bits, 1e-9);
  }
  EXPECT_ERROR(dependence(x, y.topRows(199), {}, kKey), core::InvalidArgument, "got 199");
  EXPECT_ERROR(dependence(x, Matrix::Ones(200, 1), {}, kKey), core::DataError, "equal");
  const Matrix many = normals(3000, 1, "many");
  EXPECT_ERROR(dependence(many, many, {.method = "renyi", .memory = 100}, kKey),
               core::InvalidArgument, "MiB");
}

TEST(Dependence, WidthIsTheOneAskedFor) {
  const Matrix x = normals(100, 2, "x"), y = normals(100, 1, "y");
  const auto value = [&](const std::string& width) {
    return dependence(x, y, {.method = "hsic", .width = width}, kKey).estimate.bits;
  };
  EXPECT_EQ(value("silverman"), hsic({x, silverman_width(x)}, {y, silverman_width(y)}));
  EXPECT_EQ(value("median"), hsic({x, median_width(x)}, {y, median_width(y)}));
  EXPECT_EQ(value("default"), value("median"));
  EXPECT_ERROR(mutual_information(x, y, {.method = "kde", .width = "median"}, kKey),
               core::InvalidArgument, "silverman");
}

// target = x xor y: nothing from one alone, 1 bit from both; target = x = y: 1 bit from each.
TEST(Decomposition, GatesWithIntervals) {
  const Matrix x = labels(4000, 2, "x"), y = labels(4000, 2, "y");
  const Matrix either = (x.array() != y.array()).cast<double>();
  for (const char* method : {"broja", "williams-beer"}) {
    const auto gate = decomposition(x, y, either, {.method = method}, kKey);
    EXPECT_NEAR(gate.synergy.estimate.bits, 1, 0.01);
    EXPECT_NEAR(gate.redundancy.estimate.bits, 0, 0.01);
    EXPECT_LT(gate.synergy.estimate.low, gate.synergy.estimate.bits);
    const auto copy = decomposition(x, x, x, {.method = method}, kKey);
    EXPECT_NEAR(copy.redundancy.estimate.bits, 1, 0.01);
    EXPECT_NEAR(copy.unique_x.estimate.bits, 0, 0.01);
  }
  EXPECT_ERROR(decomposition(x, y, normals(4000, 1, "z"), {}, kKey), core::DataError,
               "whole numbers");
  EXPECT_ERROR(decomposition(x, y, x, {.permutations = 9}, kKey), core::InvalidArgument,
               "permutations");
}

// More bins, more bits: of 4000 rows of Y = X, as many as there are bins of equal mass.
TEST(Bins, CountTheBitsOfTheBins) {
  const Matrix x = normals(4000, 1, "x");
  for (const int bins : {2, 8, 32}) {
    const auto m = mutual_information(x, x, {.method = "bins-mass", .bins = bins}, kKey);
    EXPECT_NEAR(m.estimate.bits, std::log2(bins), 0.02);
  }
}

TEST(EveryMethod, DefaultIsTheFirstAndNamesAreUnique) {
  const Matrix x = normals(200, 1, "x"), y = normals(200, 1, "y");
  EXPECT_EQ(mutual_information(x, y, {}, kKey).estimate.bits,
            mutual_information(x, y, {.method = "ksg1"}, kKey).estimate.bits);
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& info : member_infos()) {
    EXPECT_TRUE(seen.emplace(info.kind, info.name).second) << info.name;
  }
  EXPECT_EQ(seen.size(), mi_methods().size() + conditional_methods().size() +
                             entropy_methods().size() + group_methods().size() +
                             dependence_methods().size() + decomposition_methods().size() +
                             analyses().size());
}

TEST(EveryMethod, LabelsAgreeWithTheDiscreteRoom) {
  const Matrix a = labels(400, 5, "a"), b = labels(400, 3, "b");
  const auto la = row_labels(a, "a", "test"), lb = row_labels(b, "b", "test");
  for (const auto& [method, summary, source, cost, make] : count_methods()) {
    const DiscreteOptions options{.method = std::string(method)};
    EXPECT_NEAR(mutual_information(a, b, {.method = options.method}, kKey).estimate.bits,
                mutual_information(la, lb, kKey, options).bits, 1e-12);
    EXPECT_NEAR(entropy(a, {.method = options.method}, kKey).estimate.bits,
                entropy(la, kKey, options).bits, 1e-12);
  }
}

TEST(Interval, LevelSetsItsWidthAlone) {
  const Matrix x = normals(400, 1, "x"), y = normals(400, 1, "y");
  const Estimate wide = mutual_information(x, y, {.interval = 0.99}, kKey).estimate;
  const Estimate narrow = mutual_information(x, y, {.interval = 0.9}, kKey).estimate;
  EXPECT_EQ(wide.standard_error, narrow.standard_error);
  EXPECT_NEAR(wide.high - wide.bits, 2.5758293 * wide.standard_error, 1e-6);
  EXPECT_NEAR(narrow.high - narrow.bits, 1.6448536 * narrow.standard_error, 1e-6);
  EXPECT_EQ(wide.json().at("level"), 0.99);
  EXPECT_ERROR(mutual_information(x, y, {.interval = 1}, kKey), core::InvalidArgument, "interval");
}

// Rows that repeat for 20 steps are 20 times fewer than they seem: shuffled parts do not see it,
// stretches do.
TEST(Interval, StretchesSeeTheMemoryOfASeries) {
  const Matrix slow_x = normals(100, 1, "x"), slow_y = normals(100, 1, "y");
  Matrix x(2000, 1), y(2000, 1);
  for (Index i = 0; i < 2000; ++i) {
    x(i, 0) = slow_x(i / 20, 0);
    y(i, 0) = slow_x(i / 20, 0) + slow_y(i / 20, 0);
  }
  const auto error = [&](bool series, int block) {
    return mutual_information(x, y, {.method = "gaussian", .series = series, .block = block}, kKey)
        .estimate.standard_error;
  };
  EXPECT_GT(error(true, 0), 2 * error(false, 0));
  EXPECT_GT(error(true, 100), 2 * error(false, 0));
  EXPECT_ERROR(error(true, 1001), core::InvalidArgument, "block <= n/2 = 1000, got 1001");
  EXPECT_ERROR(error(true, 19), core::InvalidArgument, "expected 20 <= block");
  EXPECT_ERROR(error(false, 100), core::InvalidArgument, "expected series with block");
}

TEST(Surrogates, AreOrdersOfAllRows) {
  const auto sorted = [](Rows rows) {
    std::sort(rows.begin(), rows.end());
    return rows;
  };
  const Rows all = sorted(surrogate_rows(103, false, 0, kKey));
  for (Index i = 0; i < 103; ++i) EXPECT_EQ(all[i], i);
  const Rows shifted = surrogate_rows(103, true, 0, kKey);
  EXPECT_NE(shifted[0], 0);
  for (Index i = 0; i < 103; ++i) EXPECT_EQ(shifted[i], (i + shifted[0]) % 103);
  const Rows blocks = surrogate_rows(103, true, 10, kKey);
  EXPECT_EQ(sorted(blocks), all);
  int joints = 0;
  for (Index i = 0; i + 1 < 103; ++i) joints += blocks[i + 1] == blocks[i] + 1 ? 1 : 0;
  EXPECT_GE(joints, 92);  // 11 blocks have 10 borders
  EXPECT_LT(joints, 102);
}

// Common cause: X and Y follow Z, so they depend on each other but not given Z.
TEST(Surrogates, PartnersOfNearZKeepTheCommonCause) {
  const Matrix z = normals(400, 1, "z");
  const Matrix x = z + 0.5 * normals(400, 1, "x"), y = z + 0.5 * normals(400, 1, "y");
  const Matrix linked = y + 0.8 * x;
  const MiOptions options{.permutations = 49};
  EXPECT_EQ(mutual_information(x, y, options, kKey).p_value, 0.02);
  EXPECT_GT(conditional_mutual_information(x, y, z, options, kKey).p_value.value(), 0.05);
  EXPECT_EQ(conditional_mutual_information(x, linked, z, options, kKey).p_value, 0.02);
  // Of labels: the rows of equal z trade.
  const Matrix cause = labels(400, 3, "cause");
  const Rows rows = LocalSurrogates(cause).rows(kKey);
  for (Index i = 0; i < 400; ++i) EXPECT_EQ(cause(rows[i], 0), cause(i, 0));
  EXPECT_NE(rows, LocalSurrogates(cause).rows(core::Key(6)));
}

TEST(Surrogates, OfGroups) {
  const Matrix x = normals(200, 1, "x"), y = normals(200, 1, "y"), z = normals(200, 1, "z");
  const Matrix tied = x + y;
  const MatrixView apart[] = {x, y, z}, together[] = {x, y, tied};
  const MiOptions options{.permutations = 49};
  EXPECT_GT(total_correlation(apart, options, kKey).p_value.value(), 0.05);
  EXPECT_EQ(total_correlation(together, options, kKey).p_value, 0.02);
}

TEST(Remarks, NameTheRightMethod) {
  const Matrix x = normals(300, 1, "x"), a = labels(300, 4, "a"), b = labels(300, 3, "b");
  EXPECT_TRUE(warns(mutual_information(a, b, {}, kKey), "method miller-madow counts labels"));
  EXPECT_TRUE(warns(mutual_information(x, b, {}, kKey), "method ross takes labels as x"));
  EXPECT_TRUE(warns(mutual_information(a, x, {.method = "copula"}, kKey), "method ross"));
  EXPECT_TRUE(
      warns(conditional_mutual_information(x, x, a, {}, kKey), "of z has 4 values in 300 rows"));
  EXPECT_TRUE(
      warns(conditional_mutual_information(x, a, x, {}, kKey), "method mesner-shalizi takes"));
  const Matrix many = labels(300, 100000, "many");
  EXPECT_TRUE(
      warns(mutual_information(a, many, {.method = "plug-in"}, kKey), "too few of each to count"));
  EXPECT_TRUE(mutual_information(a, x + a, {.method = "gao"}, kKey).estimate.warnings.empty());
  EXPECT_TRUE(mutual_information(a, b, {.method = "miller-madow"}, kKey).estimate.warnings.empty());
}

TEST(Remarks, ScalesApartAreSaidUnlessTheMethodOrTheCallerSeesToThem) {
  const Matrix x = normals(300, 1, "x"), y = 1000 * (x + normals(300, 1, "noise"));
  const Matrix a = labels(300, 3, "a");
  EXPECT_TRUE(warns(mutual_information(x, y, {}, kKey), "differ by a factor of 1.4e+03"));
  for (const char* method : {"wkl", "gaussian", "copula"}) {
    EXPECT_TRUE(mutual_information(x, y, {.method = method}, kKey).estimate.warnings.empty());
  }
  for (const char* scale : {"standard", "rank"}) {
    EXPECT_TRUE(mutual_information(x, y, {.scale = scale}, kKey).estimate.warnings.empty());
  }
  EXPECT_TRUE(mutual_information(a, y, {.method = "ross"}, kKey).estimate.warnings.empty());
  EXPECT_TRUE(warns(conditional_mutual_information(x, x + a, y, {}, kKey), "differ by a factor"));
}

TEST(Remarks, FarBelowZeroIsImpossible) {
  const Matrix x = (5 * normals(500, 1, "x")).array().exp();
  const Matrix y = (5 * normals(500, 1, "y")).array().exp();
  const Measured m = mutual_information(x, y, {.method = "wkl"}, kKey);
  ASSERT_LT(m.estimate.high, 0);
  EXPECT_TRUE(warns(m, "never below 0: the bias is at least"));
}

TEST(Remarks, AConstantHasNoInformation) {
  const Matrix x = normals(300, 1, "x"), zero = Matrix::Constant(300, 1, 0.1);
  const Measured none = mutual_information(zero, zero, {}, kKey);
  EXPECT_TRUE(warns(none, "a column of x is constant"));
  EXPECT_TRUE(warns(none, "impossible: above H(x) = 0.0000 bits"));
  EXPECT_ERROR(mutual_information(x, zero, {.method = "gaussian"}, kKey), core::DataError,
               "constant");
  EXPECT_ERROR(entropy(zero, {}, kKey), core::DataError, "duplicates");
}

TEST(Remarks, RowCodesAreEqualRows) {
  Matrix x(4, 2);
  x << 1, 2, 0, 5, 1, 2, 1, 3;
  const RowCodes codes = row_codes(x);
  EXPECT_EQ(codes.kinds, 3);
  EXPECT_EQ(codes.of_row, (std::vector<std::int32_t>{1, 0, 1, 2}));
}

TEST(Memory, IsAddedUpBeforeItIsTaken) {
  const Matrix x = normals(4000, 6, "x"), y = normals(4000, 6, "y");
  EXPECT_ERROR(mutual_information(x, y, {.method = "lnc", .memory = 1}, kKey),
               core::InvalidArgument, "MiB for n*d = 4000*12, expected at most memory = 1");
  EXPECT_NO_THROW(mutual_information(x, y, {.method = "gaussian", .memory = 2}, kKey));
}

}  // namespace
}  // namespace venturi::measure
