#include "venturi/measure/interaction_tensor.hpp"

#include <cmath>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

// All sets of c of t features against one example: the slow closed form.
double slow_share(int t, int n, int c) {
  int sets = 0, sharing = 0;
  for (unsigned set = 0; set < (1U << t); ++set) {
    if (__builtin_popcount(set) != c) continue;
    ++sets;
    sharing += (set & ((1U << n) - 1)) != 0 ? 1 : 0;  // the example holds features 0 .. n-1
  }
  return static_cast<double>(sharing) / sets;
}

TEST(Framework, ClosedFormsAgainstEnumeration) {
  for (const int classes : {2, 5}) {
    const FeatureFramework f{
        .dominant = {6, 2, 3}, .rare = {8, 1, 2}, .dominant_share = 0.7, .classes = classes};
    double accuracy = 0, agreement = 0;
    for (const auto& [share, kind] : {std::pair{0.7, f.dominant}, std::pair{0.3, f.rare}}) {
      const double q = slow_share(kind.features, kind.in_example, kind.learned);
      const double guess = 1.0 / classes;
      accuracy += share * (q + (1 - q) * guess);
      agreement += share * (q * q + 2 * q * (1 - q) * guess + (1 - q) * (1 - q) * guess);
    }
    EXPECT_NEAR(framework_accuracy(f), accuracy, 1e-12);
    EXPECT_NEAR(framework_agreement(f), agreement, 1e-12);
  }
}

TEST(Framework, EqualityWhereEachKindIsKnownOrNot) {
  const FeatureFramework f{.dominant = {5, 2, 5}, .rare = {9, 3, 0}, .dominant_share = 0.8};
  EXPECT_NEAR(framework_accuracy(f), 0.9, 1e-12);
  EXPECT_NEAR(framework_agreement(f), 0.9, 1e-12);
  // Half known everywhere: accuracy 3/4, agreement 5/8.
  const FeatureFramework g{.dominant = {2, 1, 1}, .rare = {2, 1, 1}};
  EXPECT_NEAR(framework_accuracy(g), 0.75, 1e-12);
  EXPECT_NEAR(framework_agreement(g), 0.625, 1e-12);
}

TEST(Framework, DrawsMeetTheClosedForms) {
  const FeatureFramework f{.dominant = {6, 2, 3}, .rare = {20, 2, 4}, .classes = 3};
  const DrawnAgreement drawn = draw_framework(f, 400, 400, Key(1));
  EXPECT_NEAR(drawn.accuracy, framework_accuracy(f), 0.01);
  EXPECT_NEAR(drawn.agreement, framework_agreement(f), 0.01);
}

TEST(InteractionTensor, TwoModelsOfThreeFeatures) {
  // Model 0 holds a, b; model 1 holds -b (negated), c. Sizes apart: components are the features.
  const Matrix f = normals(400, 3, Key(9).split("f"));
  Matrix zero(400, 2), one(400, 2);
  zero << 3 * f.col(0), f.col(1);
  one << -3 * f.col(1), f.col(2);
  const std::vector<core::MatrixView> models = {zero, one};
  const InteractionTensor t =
      interaction_tensor(models, {.components = 2, .match = 0.8, .present = 1});
  ASSERT_EQ(t.features, 3);
  EXPECT_EQ(t.learned, (std::vector<std::uint8_t>{1, 1, 0, 0, 1, 1}));
  // Entries are the thresholded features.
  Index same = 0;
  for (Index n = 0; n < 400; ++n) {
    const bool large = std::fabs(f(n, 0)) >= 1;
    same += t.at(0, n, 0) == large ? 1 : 0;
    EXPECT_FALSE(t.at(1, n, 0));
    EXPECT_FALSE(t.at(0, n, 2));
  }
  EXPECT_GE(same, 380);
}

TEST(InteractionTensor, RefusesWhatItCannotTake) {
  const Matrix x = normals(30, 4, Key(9).split("x")), y = normals(29, 4, Key(9).split("y"));
  const std::vector<core::MatrixView> models = {x, y}, one = {x};
  EXPECT_ERROR(interaction_tensor(models, {.components = 2}), core::InvalidArgument, "30 examples");
  EXPECT_ERROR(interaction_tensor({}, {}), core::InvalidArgument, "models");
  EXPECT_ERROR(interaction_tensor(one, {.components = 5}), core::InvalidArgument, "components");
  EXPECT_ERROR(interaction_tensor(one, {.components = 2, .match = 0}), core::InvalidArgument,
               "match");
  EXPECT_ERROR(framework_accuracy({.dominant = {3, 4, 1}, .rare = {}}), core::InvalidArgument,
               "dominant");
  EXPECT_ERROR(framework_agreement({.dominant = {}, .rare = {3, 1, 4}}), core::InvalidArgument,
               "rare");
  EXPECT_ERROR(framework_accuracy({.dominant = {}, .rare = {}, .classes = 1}),
               core::InvalidArgument, "classes");
}

}  // namespace
}  // namespace venturi::measure
