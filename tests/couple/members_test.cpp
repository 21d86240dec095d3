#include "venturi/couple/members.hpp"

#include <cmath>

#include "tests/testing.hpp"

namespace venturi::couple {
namespace {

using core::Json;
using core::Matrix;

Json run(std::string_view name, const CoupleInput& input, const Json& options = Json::object()) {
  return core::find_member(members(), name, "test").make(input, options);
}

// One small input that suits each member.
CoupleInput input_for(std::string_view name) {
  const Matrix joint{{0.4, 0.1}, {0.1, 0.4}};
  const Matrix p{{0.5, 0.5}};
  const Matrix q{{0.25}, {0.75}};
  const Matrix cost{{0, 1}, {1, 0}};
  if (name == "ib" || name == "dib") return {{joint}, false, {1, 5}};
  if (name == "aib" || name == "sib" || name == "critical") return {{joint}, false, {}};
  if (name == "capacity") return {{Matrix{{0.9, 0.1}, {0.1, 0.9}}}, false, {}};
  if (name == "rate-distortion") return {{p, cost}, false, {2}};
  if (name == "mec-b") return {{p, q}, false, {0.5}};
  if (name == "tokens-to-thoughts") return {{cost}, false, {1}};
  if (name == "projektor") {
    const Matrix seen{{1, 0, 10, 0.5}, {0, 1, 10, 0.2}, {1, 0, 20, 0.6}, {0, 1, 20, 0.3}};
    return {{cost, seen, cost, p}, false, {40}};
  }
  if (name == "draft") return {{p, q}, false, {1, 2}};
  if (name == "coding-game") return {{}, false, {0.5, 4}};
  if (name == "ot" || name == "sinkhorn") return {{p, q, cost}, false, {}};
  if (name == "sliced") return {{p, p}, false, {}};
  return {{p, q}, false, {}};
}

TEST(Members, EachRunsAndDescribesItself) {
  for (const auto& member : members()) {
    const Json out = run(member.name, input_for(member.name));
    EXPECT_TRUE(out.is_object() && !out.empty()) << member.name;
    EXPECT_EQ(out.dump().find("null"), std::string::npos) << member.name << " " << out.dump();
    for (const auto& field : member_options(member.name)) EXPECT_FALSE(field.help.empty());
    EXPECT_FALSE(member.summary.empty() || member.source.empty() || member.cost.empty());
  }
}

TEST(Members, FiguresComeThrough) {
  EXPECT_NEAR(run("ot", input_for("ot"))["cost"].get<double>(), 0.25, 1e-12);
  EXPECT_NEAR(run("draft", input_for("draft"))["curve"][0]["optimal"].get<double>(), 0.75, 1e-12);
  const Json curve = run("ib", input_for("ib"))["curve"];
  EXPECT_EQ(curve[0]["beta"], 1);
  EXPECT_NEAR(
      run("ib", {{Matrix{{4, 1}, {1, 4}}}, true, {5}})["curve"][0]["relevance_bits"].get<double>(),
      curve[1]["relevance_bits"].get<double>(), 1e-9);
}

TEST(Members, TheCodingGameHasItsCurve) {
  const Json out = run("coding-game", {{}, false, {0, 4}, core::Key(2)},
                       {{"side", 5}, {"messages", 16}, {"episodes", 100}});
  ASSERT_EQ(out["curve"].size(), 2U);
  EXPECT_GT(out["curve"][1]["accuracy"], 0.9);
  EXPECT_LT(out["curve"][0]["accuracy"], 0.3);
  EXPECT_ERROR(run("coding-game", {{Matrix::Ones(1, 1)}, false, {1}}), core::InvalidArgument,
               "0 tables");
  EXPECT_ERROR(run("coding-game", {{}, false, {-1}}), core::InvalidArgument, "rate >= 0");
  EXPECT_ERROR(run("coding-game", {{}, false, {1}}, {{"encoder", "odd"}}), core::InvalidArgument,
               "greedy, uniform");
}

TEST(Members, EmbeddingsAreClusteredAndJudged) {
  const Matrix points{{0, 0}, {0.1, 0}, {9, 9}, {9, 9.1}};
  const Matrix categories{{4}, {4}, {7}, {7}};
  const Json at = run("tokens-to-thoughts", {{points, categories}, false, {1}})["curve"][0];
  EXPECT_EQ(at["labels"], Json({0, 0, 1, 1}));
  EXPECT_NEAR(at["complexity_bits"].get<double>(), 1, 1e-12);
  EXPECT_NEAR(at["distortion"].get<double>(), 0.0025, 1e-12);
  EXPECT_EQ(at["objective"], at["categories_objective"]);
  EXPECT_NEAR(at["adjusted_mutual_information"].get<double>(), 1, 1e-12);
  EXPECT_FALSE(run("tokens-to-thoughts", {{points}, false, {1}})["curve"][0].contains(
      "adjusted_mutual_information"));
  EXPECT_ERROR(run("tokens-to-thoughts", {{points, Matrix::Constant(4, 1, 0.5)}, false, {1}}),
               core::DataError, "whole numbers");
  EXPECT_ERROR(run("tokens-to-thoughts", {{points, categories.topRows(2)}, false, {1}}),
               core::InvalidArgument, "n = 4");
}

TEST(Members, MixturesAreForecastAndChosen) {
  // The first source is the validation set itself; accuracy falls with the share of the other one.
  const Matrix validation{{0, 0}, {1, 0}, {0, 1}};
  const Matrix far = validation.array() + 2;
  Matrix seen(6, 4);
  for (int k = 0; k < 6; ++k) {
    const double w = (k / 2) / 2.0;
    const double size = k % 2 == 0 ? 100 : 200;
    seen.row(k) << 1 - w, w, size, 0.5 + 0.05 * std::log(size) - 0.8 * w;
  }
  const CoupleInput input{{validation, seen, validation, far}, false, {400}};
  const Json at = run("projektor", input)["curve"][0];
  EXPECT_GT(at["weights"][0].get<double>(), 0.99);
  EXPECT_NEAR(at["predicted"].get<double>(), 0.5 + 0.05 * std::log(400), 0.02);
  EXPECT_GT(at["predicted"], at["predicted_even"]);
  EXPECT_ERROR(run("projektor", {{validation, seen.leftCols(3), validation, far}, false, {400}}),
               core::InvalidArgument, "observations of 2 weights");
  EXPECT_ERROR(run("projektor", {{validation, seen}, false, {400}}), core::InvalidArgument,
               "3 tables (validation, observations, sources; sizes), got 2");
  EXPECT_ERROR(run("projektor", {input.tables, false, {-1}}), core::InvalidArgument, "size > 0");
}

TEST(Members, WrongInputIsNamed) {
  EXPECT_ERROR(run("ib", {{}, false, {1}}), core::InvalidArgument, "1 table (joint; betas), got 0");
  EXPECT_ERROR(run("ib", {{Matrix::Identity(2, 2) / 2}, false, {}}), core::InvalidArgument,
               "at least one value");
  EXPECT_ERROR(run("ib", {{Matrix{{4, 1}}}, false, {1}}), core::DataError, "sum 1");
  EXPECT_ERROR(run("ib", input_for("ib"), {{"clusterz", 2}}), core::InvalidArgument,
               "did you mean 'clusters'?");
  EXPECT_ERROR(run("mec", {{Matrix::Ones(2, 2) / 4}, false, {}}), core::InvalidArgument, "one row");
  EXPECT_ERROR(run("draft", {{Matrix{{1}}, Matrix{{1}}}, false, {1.5}}), core::InvalidArgument,
               "whole numbers");
  EXPECT_ERROR(run("mec", {{}, false, {}}), core::InvalidArgument, "got 0");
  EXPECT_ERROR(core::find_member(members(), "mecb", "couple"), core::InvalidArgument,
               "did you mean 'mec'");
}

}  // namespace
}  // namespace venturi::couple
