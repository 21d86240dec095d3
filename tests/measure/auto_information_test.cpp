// The method that chooses, and certificates.
#include "venturi/measure/auto_information.hpp"

#include <cmath>

#include "tests/measure/normals.hpp"
#include "tests/testing.hpp"
#include "venturi/core/threads.hpp"
#include "venturi/measure/by_kind.hpp"
#include "venturi/measure/certificate.hpp"
#include "venturi/measure/known_laws.hpp"
#include "venturi/measure/mutual_information.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

KnownLaw law_named(std::string_view name) {
  for (const KnownLaw& law : tuning_laws()) {
    if (law.name == name) return law;
  }
  ADD_FAILURE() << name;
  return {};
}

AutoChoice of(const Pairs& p) { return auto_information(p.x, p.y, Key(1)); }

TEST(Auto, IsNearTheTruthOfDifferentLaws) {
  for (const char* name : {"independent 3x3", "Student 1x1 dof 4", "sheared pairs 2x2"}) {
    const KnownLaw law = law_named(name);
    const AutoChoice found = of(law.draw(1500, Key(3)));
    EXPECT_NEAR(found.nats, law.nats, 0.07) << name << ", " << found.method;
    EXPECT_GE(found.candidates.size(), 2u);
    EXPECT_GT(found.standard_error, 0);
  }
}

TEST(Auto, TakesTheSimplestThatIsEnough) {
  const KnownLaw law = law_named("normal 4x4");
  EXPECT_TRUE(of(law.draw(600, Key(4))).method.starts_with("gaussian copula"));
  const KnownLaw heavy = law_named("Student 2x3 dof 1, cubed");
  EXPECT_TRUE(of(heavy.draw(600, Key(4))).method.starts_with("t copula"));
}

TEST(Auto, DoesNotDependOnThreadsOrMonotoneMaps) {
  const Pairs p = law_named("sine 1x1").draw(300, Key(5));
  const double found = of(p).nats;
  const int threads = core::threads();
  core::set_threads(1);
  EXPECT_EQ(of(p).nats, found);
  core::set_threads(threads);
  EXPECT_EQ(of({p.x.array().exp(), p.y.array().cube()}).nats, found);
}

TEST(Auto, LeavesOtherDataToOtherMethods) {
  const Matrix x = normals(400, 1, Key(6));
  const Matrix few = (2 * x).array().round();
  const auto delegate = [](const Matrix& a, const Matrix& b) {
    return auto_information(a, b, Key(1)).delegate;
  };
  EXPECT_EQ(delegate(few, few), "miller-madow");
  EXPECT_EQ(delegate(few, x), "ross");
  EXPECT_EQ(delegate(x, few), "gao");
  EXPECT_EQ(delegate((50 * x).array().round(), x), "gao");
  EXPECT_EQ(delegate(x.topRows(50), x.bottomRows(50)), "ksg1");
  EXPECT_EQ(delegate(normals(60, 5, Key(1)), normals(60, 5, Key(2))), "copula");
  // Half numbers as labels are no whole numbers: the front renames them.
  const Measured m = mutual_information(few / 2, few / 2, {.method = "auto"}, Key(1));
  EXPECT_TRUE(m.estimate.method.starts_with("auto: miller-madow")) << m.estimate.method;
  EXPECT_GT(m.estimate.bits, 1.5);
  EXPECT_EQ(m.estimate.details["chosen"], "miller-madow");
}

TEST(Auto, ConstantRepeatedAndManyColumns) {
  const Pairs p = law_named("normal 4x4").draw(400, Key(7));
  Matrix more(400, 6);
  more << p.x, Matrix::Constant(400, 1, 3), p.x.col(0);
  const AutoChoice found = auto_information(more, p.y, Key(1));
  ASSERT_EQ(found.remarks.size(), 2u);
  EXPECT_NE(found.remarks[0].find("constant"), std::string::npos);
  EXPECT_NE(found.remarks[1].find("principal"), std::string::npos);
  EXPECT_NEAR(found.nats, of(p).nats, 0.1);
  const AutoChoice wide = auto_information(normals(300, 80, Key(1)), p.y.topRows(300), Key(1));
  EXPECT_LT(std::fabs(wide.nats), 0.3);
}

TEST(Auto, Refuses) {
  Matrix x = normals(200, 1, Key(8));
  EXPECT_ERROR(auto_information(x, x.topRows(10), Key(1)), core::InvalidArgument, "rows");
  EXPECT_ERROR(auto_information(x, x, Key(1)), core::DataError, "follows");
  Matrix bad = x;
  bad(3, 0) = std::nan("");
  EXPECT_ERROR(auto_information(bad, x, Key(1)), core::DataError, "finite");
}

TEST(Auto, FrontTellsChoiceAndChance) {
  const Pairs p = law_named("sine 1x1").draw(300, Key(9));
  const Measured m = mutual_information(p.x, p.y, {.method = "auto", .permutations = 19}, Key(1));
  EXPECT_TRUE(m.estimate.method.starts_with("auto: "));
  EXPECT_GE(m.estimate.json()["details"]["candidates"].size(), 3u);
  EXPECT_NEAR(*m.p_value, 0.05, 1e-12);
  const Measured series = mutual_information(p.x, p.y, {.method = "auto", .series = true}, Key(1));
  EXPECT_TRUE(series.estimate.method.starts_with("ksg1"));
  ASSERT_FALSE(series.estimate.warnings.empty());
}

Informant by(const char* method) {
  return [method](const Matrix& x, const Matrix& y) {
    const Estimate e = mutual_information(x, y, {.method = method}, Key(2)).estimate;
    return BitsAndError{e.bits, e.standard_error};
  };
}

const ConsistencyTest& test_named(const Certificate& c, std::string_view part) {
  for (const auto& t : c.tests) {
    if (t.name.find(part) != std::string::npos) return t;
  }
  ADD_FAILURE() << part;
  return c.tests.front();
}

TEST(Certificate, PassesWhereAnEstimatorIsRight) {
  const Pairs p = law_named("normal 4x4").draw(2000, Key(10));
  const Certificate c = certify(by("gaussian"), p.x, p.y, Key(1));
  EXPECT_TRUE(c.passes()) << c.json().dump(1);
  EXPECT_EQ(c.tests.size(), 6u);
  EXPECT_EQ(c.json()["tests"].size(), 6u);
}

TEST(Certificate, FailsWhereItIsNot) {
  // Nearest neighbours in many columns lose more than half when columns double.
  const Pairs p = law_named("Student 8x8 dof 4").draw(2000, Key(11));
  const Certificate near = certify(by("ksg1"), p.x, p.y, Key(1));
  EXPECT_FALSE(test_named(near, "additivity").passes());
  // Few rows of many labels, counted: dependence where there is none.
  Matrix labels(200, 1), other(200, 1);
  core::Random random{Key(12)};
  for (Index i = 0; i < 200; ++i) {
    labels(i, 0) = static_cast<double>(random.below(25));
    other(i, 0) = static_cast<double>(random.below(25));
  }
  const Certificate counted = certify(by("plug-in"), labels, other, Key(1));
  EXPECT_FALSE(test_named(counted, "independence").passes());
  // An estimator that always says the same.
  const Certificate constant = certify(
      [](const Matrix&, const Matrix&) {
        return BitsAndError{1, 0.01};
      },
      p.x, p.y, Key(1));
  EXPECT_FALSE(test_named(constant, "independence").passes());
  EXPECT_FALSE(test_named(constant, "additivity").passes());
  EXPECT_TRUE(test_named(constant, "exchanged").passes());
}

TEST(Certificate, Refuses) {
  const Matrix x = normals(50, 1, Key(1));
  EXPECT_ERROR(certify(by("ksg1"), x, x, Key(1)), core::InvalidArgument, "100 rows");
}

}  // namespace
}  // namespace venturi::measure
