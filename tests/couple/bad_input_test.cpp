// Each member of the room before tables that are wrong, empty in places, tiny or hard: an error
// that names what is wrong, or a result that says how far it came.
#include <array>
#include <cmath>
#include <limits>

#include "tests/couple/random_tables.hpp"
#include "tests/testing.hpp"
#include "venturi/couple/clustering.hpp"
#include "venturi/couple/members.hpp"

namespace venturi::couple {
namespace {

using core::Json;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// One good input for each member that takes masses; `masses` says which of its tables are such.
struct Case {
  const char* member;
  std::vector<Matrix> tables;
  std::vector<double> sweep;
  std::size_t masses = 1;
};

std::vector<Case> cases() {
  const Matrix joint{{0.3, 0.1, 0.05}, {0.05, 0.3, 0.05}, {0.05, 0.05, 0.05}};
  const Matrix p{{0.5, 0.3, 0.2}};
  const Matrix q{{0.25}, {0.25}, {0.5}};
  const Matrix costs{{0, 1, 2}, {1, 0, 1}, {2, 1, 0}};
  return {{"ib", {joint}, {3, 9}},      {"dib", {joint}, {3, 9}},
          {"aib", {joint}, {}},         {"sib", {joint}, {}},
          {"critical", {joint}, {}},    {"rate-distortion", {p, costs}, {1, 3}},
          {"mec", {p, q}, {}, 2},       {"mec-split", {p, q}, {}, 2},
          {"mec-exact", {p, q}, {}, 2}, {"mec-b", {p, q}, {0.4, 1}, 2},
          {"ot", {p, q, costs}, {}, 2}, {"sinkhorn", {p, q, costs}, {}, 2},
          {"draft", {p, q}, {1, 2}, 2}};
}

Json run(const Case& c, bool normalise = false, const Json& options = Json::object()) {
  return core::find_member(members(), c.member, "test")
      .make({c.tables, normalise, c.sweep, core::Key(1)}, options);
}

TEST(BadInput, MassesThatAreNone) {
  for (const Case& good : cases()) {
    SCOPED_TRACE(good.member);
    for (std::size_t table = 0; table < good.masses; ++table) {
      Case c = good;
      Matrix& masses = c.tables[table];
      const auto expect = [&](double mass, const char* part) {
        masses = good.tables[table];
        masses(0, 0) = mass;
        // Asking to divide by the sum does not make these masses.
        for (const bool normalise : {false, true}) {
          EXPECT_ERROR(run(c, normalise), core::DataError, part);
        }
      };
      expect(-0.1, "got -0.1");
      expect(kNan, "got nan");
      expect(kInf, "got inf");
      masses = good.tables[table];
      masses(0, 0) += 3e-9;
      EXPECT_ERROR(run(c), core::DataError, "sum 1");
      masses(0, 0) -= 2.5e-9;
      EXPECT_NO_THROW(run(c));
      masses.setZero();
      EXPECT_ERROR(run(c), core::DataError, "sum 1");
      EXPECT_ERROR(run(c, true), core::DataError, "got 0");
      masses.resize(0, 0);
      EXPECT_THROW(run(c, true), core::InvalidArgument);
    }
  }
}

// Nearly equal numbers everywhere in two documents of one shape.
void expect_near(const Json& a, const Json& b, double within, const std::string& at) {
  ASSERT_EQ(a.size(), b.size()) << at;
  if (a.is_number_float()) {
    EXPECT_NEAR(a.get<double>(), b.get<double>(), within) << at;
  } else if (a.is_structured()) {
    for (const auto& [key, value] : a.items()) {
      expect_near(value, a.is_array() ? b[std::stoul(key)] : b.at(key), within, at + "/" + key);
    }
  } else {
    EXPECT_EQ(a, b) << at;
  }
}

TEST(BadInput, CountsAreNormalisedOnRequest) {
  for (const Case& good : cases()) {
    SCOPED_TRACE(good.member);
    Case c = good;
    for (std::size_t table = 0; table < c.masses; ++table) c.tables[table] *= 20;
    EXPECT_ERROR(run(c), core::DataError, "sum 1 (within 1e-09), got 20");
    expect_near(run(c, true), run(good), 1e-5, c.member);
  }
}

TEST(BadInput, ZeroRowsAndColumnsChangeNothing) {
  for (const Case& good : cases()) {
    SCOPED_TRACE(good.member);
    if (good.tables[0].rows() == 1) continue;
    Case c = good;
    Matrix wide = Matrix::Zero(5, 4);
    wide.topLeftCorner(2, 2) = good.tables[0].topLeftCorner(2, 2);
    wide.block(0, 3, 2, 1) = good.tables[0].block(0, 2, 2, 1);
    wide.block(3, 0, 1, 2) = good.tables[0].block(2, 0, 1, 2);
    wide(3, 3) = good.tables[0](2, 2);
    c.tables[0] = wide;
    const Json a = run(good);
    const Json b = run(c);
    for (const char* list : {"curve", "transitions"}) {
      if (!a.contains(list)) continue;
      for (std::size_t k = 0; k < a[list].size(); ++k) {
        for (const auto& [key, value] : a[list][k].items()) {
          if (!value.is_number()) continue;
          EXPECT_NEAR(value.get<double>(), b[list][k][key].get<double>(), 1e-9) << key;
        }
      }
    }
  }
  // Outcomes of no mass in a law: nothing is coupled with them.
  const Matrix p{{0.5, 0, 0.5}};
  const Matrix q{{0, 0.25, 0.75}};
  for (const char* name : {"mec", "mec-split", "mec-exact"}) {
    const Json coupled = run({name, {p, q}, {}});
    for (const Json& cell : coupled["cells"]) {
      EXPECT_NE(cell["place"][0], 1) << name;
      EXPECT_NE(cell["place"][1], 0) << name;
    }
  }
  EXPECT_NEAR(run({"draft", {p, q}, {1}})["curve"][0]["optimal"].get<double>(), 0.5, 1e-12);
  EXPECT_NEAR(
      run({"ot", {p, q, Matrix{{0, 1, 1}, {1, 0, 1}, {1, 1, 0}}}, {}})["cost"].get<double>(), 0.5,
      1e-12);
}

TEST(BadInput, OnePointAlphabets) {
  const Matrix one{{1}};
  const Matrix cost{{0.25}};
  const Matrix two{{0.5}, {0.5}};
  const Json ib = run({"ib", {one}, {5}});
  EXPECT_EQ(ib["curve"][0]["clusters"], 1);
  EXPECT_EQ(ib["curve"][0]["rate_bits"], 0.0);
  // One point on one side only.
  for (const Matrix& table : {Matrix{{0.5, 0.5}}, Matrix{{0.5}, {0.5}}}) {
    for (const char* name : {"ib", "dib"}) {
      const Json point = run({name, {table}, {50}})["curve"][0];
      EXPECT_EQ(point["clusters"], 1) << name;
      EXPECT_NEAR(point["relevance_bits"].get<double>(), 0, 1e-12) << name;
    }
    EXPECT_TRUE(run({"critical", {table}, {}})["transitions"].empty());
    EXPECT_EQ(run({"aib", {table}, {}})["merges"].size(), table.rows() - 1U);
  }
  EXPECT_EQ(run({"dib", {one}, {5}})["curve"][0]["labels"], Json({0}));
  EXPECT_EQ(run({"sib", {one}, {}}, false, {{"clusters", 1}})["labels"], Json({0}));
  EXPECT_EQ(run({"capacity", {one}, {}})["bits"], 0.0);
  EXPECT_EQ(run({"rate-distortion", {one, cost}, {2}})["curve"][0]["distortion"], 0.25);
  for (const char* name : {"mec", "mec-split", "mec-exact"}) {
    EXPECT_EQ(run({name, {one, one}, {}})["entropy_bits"], 0.0) << name;
    EXPECT_NEAR(run({name, {one, two}, {}})["entropy_bits"].get<double>(), 1, 1e-12) << name;
  }
  EXPECT_EQ(run({"mec-b", {one, two}, {1}})["curve"][0]["information_bits"], 0.0);
  EXPECT_EQ(run({"ot", {one, one, cost}, {}})["cost"], 0.25);
  EXPECT_NEAR(run({"sinkhorn", {one, one, cost}, {}})["cost"].get<double>(), 0.25, 1e-12);
  EXPECT_EQ(run({"sliced", {one, one}, {}})["cost"], 0.0);
  EXPECT_NEAR(run({"draft", {one, one}, {1}})["curve"][0]["optimal"].get<double>(), 1, 1e-12);
}

TEST(BadInput, RatesAndBetasBeyondTheEntropy) {
  const Matrix p{{0.5, 0.25, 0.25}};
  for (const double rate : {1.5, 1.6, 1e9, kInf}) {
    const Json at = run({"mec-b", {p, p}, {rate}})["curve"][0];
    EXPECT_NEAR(at["information_bits"].get<double>(), 1.5, 1e-12) << rate;
    EXPECT_NEAR(at["code_entropy_bits"].get<double>(), 1.5, 1e-12) << rate;
  }
  const Case joint = cases().front();
  const double whole = mutual_information_bits(joint.tables[0]);
  for (const char* name : {"ib", "dib"}) {
    for (const double beta : {1e6, 1e12}) {
      const Json point = run({name, joint.tables, {beta}})["curve"][0];
      EXPECT_NEAR(point["relevance_bits"].get<double>(), whole, 1e-9) << name << beta;
    }
    EXPECT_ERROR(run({name, joint.tables, {kInf}}), core::InvalidArgument, "beta");
  }
}

TEST(BadInput, SweepsNeedNoOrder) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.member);
    if (c.sweep.empty()) continue;
    Case turned = c;
    std::swap(turned.sweep[0], turned.sweep[1]);
    const Json a = run(c)["curve"];
    const Json b = run(turned)["curve"];
    for (const auto& [key, value] : a[0].items()) {
      if (!value.is_number_float()) continue;
      // What is solved again in another order is the same only up to its tolerance.
      EXPECT_NEAR(value.get<double>(), b[1][key].get<double>(), 1e-4) << key;
    }
    turned.sweep = {0.5, -1};
    EXPECT_THROW(run(turned), core::InvalidArgument);
    turned.sweep = {kNan};
    EXPECT_THROW(run(turned), core::InvalidArgument);
  }
}

TEST(BadInput, ClustersThatStayEmpty) {
  const Matrix table = cases().front().tables[0];
  const Joint joint = make_joint(table);
  // Names of clusters may have gaps: the empty ones are not counted.
  const HardClustering gaps = evaluate_clustering(joint, {7, 7, 2}, 3);
  EXPECT_EQ(gaps.clusters, 2);
  EXPECT_EQ(gaps.labels, (std::vector<int>{0, 0, 1}));
  EXPECT_ERROR(evaluate_clustering(joint, {0, -1, 1}, 3), core::InvalidArgument, "labels >= 0");
  // More clusters allowed than there are rows; more than the solution wants.
  for (const char* name : {"ib", "dib"}) {
    const Json wide = run({name, {table}, {3}}, false, {{"clusters", 50}});
    const Json one = run({name, {table}, {0.5}}, false, {{"clusters", 3}});
    EXPECT_LE(wide["curve"][0]["clusters"], 3) << name;
    EXPECT_EQ(one["curve"][0]["clusters"], 1) << name;
  }
  EXPECT_ERROR(run({"sib", {table}, {}}, false, {{"clusters", 4}}), core::InvalidArgument,
               "clusters <= 3");
  // Copies of one row: more clusters than different rows still leave none empty.
  const Json copies = run({"sib", {Matrix::Constant(6, 2, 1.0 / 12)}, {}}, false,
                          {{"clusters", 4}, {"restarts", 3}});
  EXPECT_EQ(copies["clusters"], 4);
}

TEST(BadInput, EveryLoopHasALimitAndSaysSo) {
  const Matrix joint = random_joint(1, 60, 20).p;
  core::Random random{core::Key(2)};
  const Matrix p = random_law(random, 60, 2).transpose();
  const Matrix q = random_law(random, 60, 2).transpose();
  const Matrix costs = (joint * joint.transpose()).array().sqrt();
  const Json hurry = {{"time_limit_s", 1e-9}};
  const auto first = [](const Json& out) { return out["curve"][0]; };
  EXPECT_EQ(first(run({"ib", {joint}, {9, 20}}, false, hurry))["converged"], false);
  const Json dib = first(run({"dib", {joint}, {9}}, false, hurry));
  EXPECT_EQ(dib["converged"], false);
  EXPECT_EQ(dib["starts"], 1);
  const Json sib = run({"sib", {joint}, {}}, false, hurry);
  EXPECT_EQ(sib["converged"], false);
  EXPECT_EQ(sib["starts"], 1);
  EXPECT_EQ(run({"critical", {joint}, {}}, false, hurry)["time_out"], true);
  const Matrix channel =
      joint.rowwise().sum().cwiseInverse().asDiagonal() * joint;  // rows sum to one
  const Json capacity = run({"capacity", {channel}, {}}, false, hurry);
  EXPECT_EQ(capacity["converged"], false);
  EXPECT_GT(capacity["upper_bits"], capacity["bits"]);
  const Json rd = first(run({"rate-distortion", {p, costs}, {50}}, false, hurry));
  EXPECT_EQ(rd["converged"], false);
  EXPECT_GE(rd["rate_bits"], rd["lower_bits"]);
  EXPECT_EQ(run({"mec-exact", {p, q}, {}}, false, hurry)["proved"], false);
  const Json ot = run({"ot", {p, q, costs}, {}}, false, hurry);
  EXPECT_EQ(ot["optimal"], false);
  EXPECT_GT(ot["gap"], 0.0);
  const Json smooth =
      run({"sinkhorn", {p, q, costs}, {}}, false, {{"time_limit_s", 1e-9}, {"epsilon", 1e-4}});
  EXPECT_EQ(smooth["converged"], false);
  EXPECT_GT(smooth["marginal_error"], 0.0);
  const Json game = first(run({"coding-game", {}, {1}}, false, {{"time_limit_s", 1e-9}}));
  EXPECT_LT(game["episodes"], 200);
}

}  // namespace
}  // namespace venturi::couple
