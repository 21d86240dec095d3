#include "venturi/measure/by_kind.hpp"

#include <cmath>

#include "tests/testing.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;

const core::Key kKey(8);

Variable normal(std::string name, Index n = 300) {
  core::Random random(kKey.split(name));
  Matrix out(n, 1);
  for (Index i = 0; i < n; ++i) out(i, 0) = random.normal();
  return {.name = std::move(name), .values = out};
}

// Halves and wholes: few values, not whole numbers.
Variable halves(const Variable& v, std::string name) {
  return {.name = std::move(name), .values = (v.values.array() > 0).cast<double>() / 2};
}

TEST(ByKind, ChoosesAndSaysSo) {
  const Variable x = normal("x"), y = normal("y"), a = halves(x, "a"), b = halves(y, "b");
  const auto method = [](const Measured& m) {
    return m.estimate.method.substr(0, m.estimate.method.find(','));
  };
  EXPECT_TRUE(method(information_by_kind(x, y, {}, kKey)).starts_with("auto"));
  EXPECT_EQ(method(every_pair(std::vector{x, y}, {}, kKey)[0].measured), "ksg1");
  EXPECT_EQ(method(information_by_kind(a, b, {}, kKey)), "miller-madow");
  EXPECT_EQ(method(information_by_kind(a, x, {}, kKey)), "ross");
  EXPECT_EQ(information_by_kind(a, x, {}, kKey).json(), information_by_kind(x, a, {}, kKey).json());
  EXPECT_NEAR(information_by_kind(x, a, {}, kKey).estimate.bits, 1, 0.05);
  EXPECT_EQ(method(information_by_kind(x, y, {.method = "copula"}, kKey)), "copula");
  EXPECT_EQ(method(conditional_by_kind(x, y, a, {}, kKey)), "mesner-shalizi");
  EXPECT_EQ(method(conditional_by_kind(x, y, y, {}, kKey)), "frenzel-pompe");
  EXPECT_EQ(method(conditional_by_kind(a, b, a, {}, kKey)), "miller-madow");
  EXPECT_EQ(method(entropy_by_kind(x, {}, kKey)), "kl");
  EXPECT_EQ(method(entropy_by_kind(a, {}, kKey)), "miller-madow");
  const Variable continuous[] = {x, y}, discrete[] = {a, b};
  EXPECT_EQ(method(groups_by_kind(continuous, {}, kKey)), "total");
  EXPECT_EQ(method(groups_by_kind(discrete, {}, kKey)), "miller-madow");
  EXPECT_TRUE(transfer_by_kind(a, b, 1, {}, kKey).estimate.method.find("miller-madow") !=
              std::string::npos);
}

TEST(ByKind, NamesAreNeverAmounts) {
  const Variable x = normal("x");
  Variable id = normal("id");
  for (Index i = 0; i < 300; ++i) id.values(i, 0) = static_cast<double>(i);
  id.names = true;
  EXPECT_ERROR(information_by_kind(id, x, {.method = "ksg1"}, kKey), core::InvalidArgument,
               "'id' holds names");
  EXPECT_ERROR(information_by_kind(x, id, {.method = "ross"}, kKey), core::InvalidArgument,
               "ross as x");
  EXPECT_ERROR(conditional_by_kind(x, x, id, {}, kKey), core::InvalidArgument, "holds names");
  EXPECT_ERROR(entropy_by_kind(id, {.method = "kl"}, kKey), core::InvalidArgument, "holds names");
  Variable nan = normal("nan");
  nan.values(7, 0) = std::nan("");
  EXPECT_ERROR(information_by_kind(nan, x, {}, kKey), core::DataError, "'nan': expected finite");
}

TEST(EveryPair, FindsTheOneLink) {
  std::vector<Variable> v = {normal("a"), normal("b"), normal("c"), normal("d")};
  v[3].values += v[1].values;
  const auto pairs = every_pair(v, {.permutations = 99}, kKey);
  ASSERT_EQ(pairs.size(), 6u);
  for (const PairMeasured& p : pairs) {
    EXPECT_EQ(p.q_value <= 0.06, p.x == 1 && p.y == 3) << p.x << " " << p.y;
    EXPECT_GE(p.q_value, p.measured.p_value.value());
  }
  EXPECT_ERROR(every_pair(std::span(v).first(1), {}, kKey), core::InvalidArgument, "2 or more");
}

// By hand: sorted .01 .02 .04 .5 times 4/rank = .04 .04 .0533 .5, made monotone from above.
TEST(EveryPair, AdjustedByHand) {
  const double p[] = {0.5, 0.02, 0.01, 0.04};
  const auto q = adjusted(p);
  EXPECT_NEAR(q[0], 0.5, 1e-12);
  EXPECT_NEAR(q[1], 0.04, 1e-12);
  EXPECT_NEAR(q[2], 0.04, 1e-12);
  EXPECT_NEAR(q[3], 0.16 / 3, 1e-12);
}

}  // namespace
}  // namespace venturi::measure
