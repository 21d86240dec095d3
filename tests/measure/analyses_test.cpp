// The analyses by name: every one runs, agrees with its header's function, and refuses bad arrays.
#include "venturi/measure/analyses.hpp"

#include <cmath>
#include <map>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/measure/analysis_figures.hpp"
#include "venturi/measure/disentanglement.hpp"
#include "venturi/measure/inductive_bias.hpp"
#include "venturi/measure/manifold_overlap.hpp"
#include "venturi/measure/probes.hpp"
#include "venturi/measure/weight_spectrum.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

std::map<std::string, Estimate> read(std::string_view name, const std::vector<Matrix>& arrays,
                                     const AnalysisOptions& options = {}) {
  const std::vector<core::MatrixView> views(arrays.begin(), arrays.end());
  std::map<std::string, Estimate> out;
  for (const Reading& r : analyse(name, views, options, Key(1))) out[r.name] = r.estimate;
  return out;
}

Matrix labels(Index n, Index d, int kinds) {
  core::Random random(Key(5));
  Matrix out(n, d);
  for (double& v : out.reshaped<Eigen::RowMajor>()) v = static_cast<double>(random.below(kinds));
  return out;
}

TEST(Analyse, SaysWhatTheHeadersCompute) {
  const Matrix f = labels(1000, 2, 3), z = f + 0.1 * normals(1000, 2, Key(1));
  EXPECT_EQ(read("mig", {z, f}).at("MIG").bits, mutual_information_gap(z, f, 20));
  EXPECT_EQ(read("mig", {z, f}, {.bins = 7}).at("MIG").bits, mutual_information_gap(z, f, 7));
  EXPECT_EQ(read("mig", {z, f}).at("MIG").unit, "1");
  EXPECT_EQ(read("sap", {z, f}).at("SAP").bits, separated_predictability(z, f));
  const auto mec = read("infomec", {z, f});
  EXPECT_EQ(mec.at("InfoM").bits, info_mec(z, f).modularity);
  EXPECT_EQ(mec.at("InfoE").bits, info_mec(z, f).explicitness);
  EXPECT_EQ(mec.at("InfoC").bits, info_mec(z, f).compactness);
  const Matrix made = 2 * normals(300, 2, Key(2));
  const auto overlap = read("precision-recall", {z, made});
  EXPECT_EQ(overlap.at("precision").bits, manifold_overlap(z, made, 3).precision);
  EXPECT_EQ(overlap.at("recall").bits, manifold_overlap(z, made, 3).recall);
  EXPECT_EQ(read("intrinsic-dimension", {z}).at("intrinsic dimension").bits,
            intrinsic_dimension(z, 5));
  EXPECT_EQ(read("linear-probe", {z, f}).at("R^2").bits, linear_r2(z, f, 5, Key(1)));
  EXPECT_EQ(read("variance-explained", {z, f.col(0)}).at("variance explained").bits,
            variance_explained(z, f.col(0)));
  const auto weights = read("weight-spectrum", {made.topRows(5)});
  EXPECT_EQ(weights.at("condition number").bits, weight_spectrum(made.topRows(5)).condition);
  EXPECT_EQ(weights.at("log-volume").unit, "bits");
  const auto probe = read("softmax-probe", {z, f.col(0)});
  EXPECT_EQ(probe.at("V-information").unit, "bits");
  EXPECT_GT(probe.at("accuracy").bits, 0.99);
  const auto bias = read("inductive-bias", {z, f.col(0)});
  EXPECT_GT(bias.at("inductive bias").bits, 0);
  EXPECT_FALSE(bias.at("inductive bias").warnings.empty());
  const auto activity = read("latent-activity", {z, Matrix::Constant(1000, 2, 0.1)});
  EXPECT_EQ(activity.at("latent 1, active: unused by").bits, 0);
}

TEST(Analyse, IntervalsHoldTheValueAndNarrow) {
  const Matrix x = normals(4000, 3, Key(1)), y = x.leftCols(1) + normals(4000, 1, Key(2));
  const Estimate wide = read("linear-probe", {x.topRows(400), y.topRows(400)}).at("R^2");
  const Estimate narrow = read("linear-probe", {x, y}).at("R^2");
  EXPECT_LT(narrow.high - narrow.low, 0.6 * (wide.high - wide.low));
  EXPECT_LT(narrow.low, 0.5);
  EXPECT_GT(narrow.high, 0.5);
  // Wilson's of 0 out of n: up to z^2 / (n + z^2).
  const auto none = read("precision-recall", {x.topRows(50), x.topRows(50).array() + 1000});
  EXPECT_EQ(none.at("precision").low, 0);
  EXPECT_NEAR(none.at("precision").high, 3.8414588 / (50 + 3.8414588), 1e-6);
}

// The interval of a share holds the share of very many rows about as often as it says.
TEST(Analyse, IntervalOfRealPrecisionCovers) {
  const Matrix real = normals(200, 2, Key(1));
  const double truth = manifold_overlap(real, 2 * normals(20000, 2, Key(2)), 3).precision;
  int covered = 0;
  for (int s = 0; s < 100; ++s) {
    const Matrix made = 2 * normals(100, 2, Key(100 + static_cast<std::uint64_t>(s)));
    const Estimate e = read("precision-recall", {real, made}).at("precision");
    covered += e.low <= truth && truth <= e.high ? 1 : 0;
  }
  EXPECT_GE(covered, 88);  // 95 less three deviations of 100 draws
}

TEST(Analyse, TooFewRowsForAnIntervalAreSaid) {
  const Matrix f = labels(24, 2, 3);
  const Estimate e = read("infomec", {f, f}).at("InfoM");
  EXPECT_TRUE(std::isinf(e.high));
  ASSERT_EQ(e.warnings.size(), 1U);
  EXPECT_NE(e.warnings[0].find("no interval"), std::string::npos);
}

TEST(Analyse, RefusesWhatItCannotTake) {
  const Matrix x = normals(50, 2, Key(1));
  EXPECT_ERROR(read("mgi", {x, x}), core::InvalidArgument, "did you mean 'mig'");
  EXPECT_ERROR(read("mig", {x}), core::InvalidArgument, "codes and factors");
  EXPECT_ERROR(read("weight-spectrum", {x, x}), core::InvalidArgument, "expects weights, got 2");
  EXPECT_ERROR(read("mig", {x, Matrix(0, 2)}), core::DataError, "0*2");
  EXPECT_ERROR(read("softmax-probe", {x, x.col(0)}), core::DataError, "whole numbers");
  EXPECT_ERROR(read("linear-probe", {x, x}, {.folds = 0}), core::InvalidArgument, "folds");
  EXPECT_ERROR(read("precision-recall", {x, x}, {.k = 60}), core::InvalidArgument, "k = 60");
}

std::map<std::string, double> values(const std::vector<core::Figure>& figures) {
  std::map<std::string, double> out;
  for (const core::Figure& f : figures) out[f.name] = f.value;
  return out;
}

// The recipes' claims, at their quick size.
TEST(AnalysisFigures, HoldAtQuickSize) {
  const auto complexity = values(complexity_figures(Key(1), true));
  EXPECT_EQ(complexity.at("features above the one before"), 6);
  const auto mec = values(infomec_figures(Key(1), true));
  EXPECT_GT(mec.at("InfoM, factors"), 0.99);
  EXPECT_LT(mec.at("InfoM, turned by 45 degrees"), 0.5);
  EXPECT_LT(mec.at("InfoC, each twice"), 0.6);
  const auto mig = values(mig_figures(Key(1), true));
  EXPECT_GT(mig.at("MIG of the factors"), 0.99);
  EXPECT_LT(mig.at("largest rise of MIG with the angle"), 0);
  const auto framework = values(interaction_figures(Key(1), true));
  EXPECT_LT(framework.at("drawn agreement off its closed form by at most"), 0.02);
}

}  // namespace
}  // namespace venturi::measure
