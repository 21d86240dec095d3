#include "venturi/measure/known_laws.hpp"

#include <cmath>
#include <map>

#include "tests/testing.hpp"
#include "venturi/measure/figures.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/ksg.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;

TEST(KnownLaws, TheFortyTasks) {
  // To four digits, as tabulated from the definitions by another program.
  const std::map<std::string, double> tabulated{
      {"Bivariate normal 1x1", 0.4133},
      {"Normal CDF @ Bivariate normal 1x1", 0.4133},
      {"Additive uniform 0.1", 1.7094},
      {"Additive uniform 0.75", 0.3333},
      {"Bimodal 1x1", 0.4133},
      {"Student-t 1x1 dof1", 0.2242},
      {"Swiss roll 2x1", 0.4133},
      {"Multinormal 2x2 dense", 0.2939},
      {"Multinormal 3x3 dense", 0.4133},
      {"Multinormal 5x5 dense", 0.5928},
      {"Multinormal 25x25 dense", 1.2922},
      {"Multinormal 50x50 dense", 1.6243},
      {"Multinormal 25x25 2-pair", 1.0217},
      {"Student-t 2x2 dof1", 0.4319},
      {"Student-t 2x2 dof2", 0.1931},
      {"Student-t 3x3 dof2", 0.2909},
      {"Student-t 3x3 dof3", 0.1787},
      {"Student-t 5x5 dof2", 0.4482},
      {"Student-t 5x5 dof3", 0.2985},
      {"Asinh @ Student-t 5x5 dof2", 0.4482},
      {"Spiral @ Normal CDF @ Multinormal 3x3 2-pair", 1.0217}};
  std::map<std::string, double> found;
  for (const KnownLaw& law : bmi_laws()) found[law.name] = law.nats;
  EXPECT_EQ(found.size(), 40u);
  for (const auto& [name, nats] : tabulated) {
    ASSERT_TRUE(found.contains(name)) << name;
    EXPECT_NEAR(found[name], nats, 5e-5) << name;
  }
}

// Where nearest neighbours are nearly unbiased, the draws must carry the information stated.
TEST(KnownLaws, DrawsCarryTheInformation) {
  std::vector<KnownLaw> laws = bmi_laws();
  for (KnownLaw& law : pair_laws(1, 1)) laws.push_back(law);
  int checked = 0;
  for (const KnownLaw& law : laws) {
    const Pairs drawn = law.draw(4000, Key(3));
    EXPECT_EQ(drawn.x.rows(), 4000);
    if (drawn.x.cols() > 2 || drawn.y.cols() > 1 || law.name.starts_with("Student")) continue;
    const auto local = ksg1_local(standardized(drawn.x), standardized(drawn.y), 5);
    EXPECT_NEAR(mean_of(local), law.nats, 0.06) << law.name;
    ++checked;
  }
  EXPECT_EQ(checked, 12);
}

TEST(KnownLaws, NormalOnesByTheirCovariance) {
  for (const KnownLaw& law : bmi_laws()) {
    if (!law.name.starts_with("Multinormal") && !law.name.starts_with("Biv")) continue;
    const Pairs drawn = law.draw(10000, Key(4));
    EXPECT_NEAR(gaussian_information_nats(drawn.x, drawn.y, true), law.nats, 0.04) << law.name;
  }
}

TEST(KnownLaws, SameKeySameDraws) {
  for (const KnownLaw& law : bmi_laws()) {
    const Pairs a = law.draw(5, Key(1)), b = law.draw(5, Key(1)), c = law.draw(5, Key(2));
    EXPECT_EQ(a.x, b.x);
    EXPECT_EQ(a.y, b.y);
    EXPECT_NE(a.x, c.x);
  }
}

TEST(KnownLaws, MixturesByMonteCarlo) {
  for (const MixtureLaw& law : mixture_laws()) {
    const std::vector<double> local = law.pointwise(20000, Key(5));
    const double mean = mean_of(local);
    double variance = 0;
    for (const double v : local) variance += (v - mean) * (v - mean) / 20000;
    const double error = std::hypot(std::sqrt(variance / 20000), law.nats_error);
    EXPECT_NEAR(mean, law.nats, 4 * error) << law.name;
    EXPECT_EQ(law.draw(7, Key(1)).x, law.draw(7, Key(1)).x);
  }
}

TEST(KnownLaws, PairsHaveWhatWasAsked) {
  for (const double nats : {0.3, 2.0, 10.0}) {
    for (const Index d : {1, 3}) {
      for (const KnownLaw& law : pair_laws(nats, d)) {
        // 1 - rho^2 = exp(-2 nats / d) is left with the rounding of rho^2.
        EXPECT_NEAR(law.nats, nats, 1e-9 + 1e-15 * std::exp(2 * nats / double(d))) << law.name;
      }
    }
  }
  EXPECT_EQ(pair_laws(2, 2).size(), 4u);
  EXPECT_EQ(pair_laws(0.1, 2).size(), 3u);  // below the Student's own
  EXPECT_ERROR(pair_laws(0, 1), core::InvalidArgument, "0 < nats");
  EXPECT_ERROR(pair_laws(1, 0), core::InvalidArgument, "1 <= d");
}

// lnc takes k above the columns in all: of the mixtures those of few.
TEST(AccuracyFigures, RefusedLawsAreCountedAndNotCompared) {
  AccuracyOptions options{
      .laws = "mixtures", .methods = "lnc,copula,auto", .n = 300, .seeds = 1, .intervals = false};
  std::map<std::string, double> value;
  for (const core::Figure& f : accuracy_figures(options, Key(1))) value[f.name] = f.value;
  EXPECT_GT(value.at("lnc, tasks refused"), 0);
  EXPECT_LT(value.at("lnc, tasks refused"), 11);
  EXPECT_FALSE(value.contains("copula, tasks refused"));
  EXPECT_DOUBLE_EQ(value.at("auto over the best of the others, MAE"),
                   value.at("auto, MAE") / value.at("copula, MAE"));
  options.methods = "lnc";
  options.laws = "pairs";
  options.k = 3;
  EXPECT_ERROR(accuracy_figures(options, Key(1)), core::InvalidArgument, "refuses every law");
}

TEST(AccuracyFigures, GaussianOnItsOwnLaws) {
  const auto figures = accuracy_figures({.laws = "pairs",
                                         .methods = "gaussian,ksg1",
                                         .n = 500,
                                         .seeds = 2,
                                         .detail = true,
                                         .pair_nats = {1},
                                         .expected = {0.25}},
                                        Key(1));
  std::map<std::string, double> value;
  for (const core::Figure& f : figures) value[f.name] = f.value;
  EXPECT_NEAR(value.at("gaussian, normal, 1 nats"), 1, 0.15);
  EXPECT_NEAR(value.at("ksg1, log-gamma-exponential, 1 nats"), 1, 0.15);
  EXPECT_GT(value.at("gaussian, MAE"), value.at("ksg1, MAE"));
  EXPECT_GE(value.at("ksg1, coverage"), 0);
  EXPECT_DOUBLE_EQ(value.at("gaussian, MAE apart from expected"),
                   std::fabs(value.at("gaussian, MAE") - 0.25));
  EXPECT_ERROR(accuracy_figures({.methods = "ksg9"}, Key(1)), core::InvalidArgument, "ksg9");
  EXPECT_ERROR(accuracy_figures({.laws = "all"}, Key(1)), core::InvalidArgument, "laws");
}

}  // namespace
}  // namespace venturi::measure
