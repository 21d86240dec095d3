// `venturi measure` as a person meets it: columns by name, methods, intervals, p-values, series,
// the matrix and its drawing, and every kind of bad input.
#include <cmath>
#include <string>
#include <vector>

#include "tests/app/command_runner.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/key.hpp"

namespace venturi::app {
namespace {

using core::Json;
using Words = std::vector<std::string>;

class MeasureCommand : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    core::write_file(folder_.path() / name, text);
    return (folder_.path() / name).string();
  }
  std::string folder(const std::string& name) const { return (folder_.path() / name).string(); }

  // b = .8 a + .6 noise; c apart from both; kind 0 .. 3; one = 1; name a word; step a number for
  // ten rows each.
  std::string table(int rows = 300) const {
    core::Random random{core::Key(5)};
    std::string text = "a,b,c,kind,one,name,step\n";
    double step = 0;
    for (int i = 0; i < rows; ++i) {
      const double a = random.normal(), b = 0.8 * a + 0.6 * random.normal();
      if (i % 10 == 0) step = random.normal();
      text += fmt::format("{},{},{},{},1,{},{}\n", a, b, random.normal(), random.below(4),
                          i % 3 == 0 ? "red" : "blue", step);
    }
    return file(fmt::format("table{}.csv", rows), text);
  }

  Json results(Words words) const {
    words.insert(words.begin(), "measure");
    words.emplace_back("--json");
    const Outcome got = run_command(words);
    EXPECT_EQ(got.code, 0) << got.err;
    return got.code == 0 ? Json::parse(got.out)["results"] : Json();
  }
  void refused(Words words, const std::string& part, int code = 1) const {
    words.insert(words.begin(), "measure");
    const Outcome got = run_command(words);
    EXPECT_EQ(got.code, code) << got.err;
    EXPECT_NE(got.err.find(part), std::string::npos) << got.err;
    EXPECT_EQ(got.out, "");
    EXPECT_TRUE(got.one_line_of_error()) << got.err;
  }
  static bool warns(const Json& results, const std::string& part) {
    for (const auto& text : results.value("warnings", Json::array())) {
      if (text.get<std::string>().find(part) != std::string::npos) return true;
    }
    ADD_FAILURE() << results;
    return false;
  }

 private:
  testing::TempFolder folder_;
};

constexpr double kTruth = 0.7369655941662062;  // -log2 .6

TEST_F(MeasureCommand, ColumnsByNameWithAnInterval) {
  const Json found = results({"mi", table() + "#a,b"});
  EXPECT_NEAR(found["bits"].get<double>(), kTruth, 0.25);
  EXPECT_LT(found["low"], found["bits"]);
  EXPECT_GT(found["high"], found["bits"]);
  EXPECT_EQ(found["of"], (Json{"a", "b"}));
  // Two places are two variables; an order of columns is the one asked for.
  EXPECT_EQ(results({"mi", table() + "#a", table() + "#b"})["bits"], found["bits"]);
  const Outcome text = run_command({"measure", "mi", table() + "#a,b"});
  EXPECT_NE(text.out.find("a; b"), std::string::npos) << text.out;
  EXPECT_NEAR(results({"entropy", table(2000) + "#a"})["bits"].get<double>(), 2.047, 0.15);
  EXPECT_NEAR(results({"tc", table(2000) + "#a,b,c"})["bits"].get<double>(), kTruth, 0.15);
  EXPECT_NEAR(results({"te", table(2000) + "#a,c"})["bits"].get<double>(), 0, 0.1);
  EXPECT_NEAR(
      results({"mi", table(2000) + "#a,b", "--given", table(2000) + "#c"})["bits"].get<double>(),
      kTruth, 0.15);
}

TEST_F(MeasureCommand, PermutationsAndSurrogates) {
  EXPECT_DOUBLE_EQ(results({"mi", table() + "#a,b", "--permutations", "19"})["p_value"], 0.05);
  EXPECT_GT(results({"mi", table() + "#a,c", "--permutations", "19"})["p_value"], 0.05);
  // Steps of ten rows against themselves shifted: circular shifts and blocks keep the steps.
  const std::string series = table(1000) + "#step,b";
  const Json shifts = results({"mi", series, "--series", "--permutations", "19"});
  EXPECT_GT(shifts["p_value"], 0.05);
  EXPECT_NE(shifts["method"].get<std::string>().find("stretches"), std::string::npos);
  const Json blocks = results({"mi", series, "--series", "--block", "50", "--permutations", "19"});
  EXPECT_NE(blocks["method"].get<std::string>().find("20 stretches"), std::string::npos);
  EXPECT_GT(blocks["p_value"], 0.05);
  refused({"mi", series, "--block", "50"}, "expected series with block", 2);
  refused({"mi", series, "--series", "--block", "900"}, "block <= n/2", 2);
}

TEST_F(MeasureCommand, MatrixIsDrawn) {
  const Outcome got = run_command({"measure", "mi", table() + "#a,b,c", "--matrix",
                                   "--permutations", "19", "--json", "-o", folder("out")});
  ASSERT_EQ(got.code, 0) << got.err;
  const Json pairs = Json::parse(got.out)["results"]["pairs"];
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_EQ(pairs[0]["x"], "a");
  EXPECT_EQ(pairs[0]["y"], "b");
  EXPECT_LE(pairs[0]["p_value"], pairs[0]["q_value"]);
  EXPECT_LT(pairs[0]["p_value"], pairs[1]["p_value"]);
  const std::string page = core::read_text(folder("out") + "/report.html");
  EXPECT_NE(page.find("Mutual information of each pair"), std::string::npos);
  EXPECT_NE(page.find("<svg"), std::string::npos);
  refused({"tc", table(), "--matrix"}, "--matrix goes with mi alone", 2);
}

TEST_F(MeasureCommand, DiscreteDataIsNamed) {
  const std::string t = table();
  EXPECT_TRUE(warns(results({"mi", t + "#kind,b", "--method", "ksg1"}), "method ross"));
  EXPECT_TRUE(warns(results({"mi", t + "#kind,kind", "--method", "ksg1"}), "miller-madow"));
  EXPECT_TRUE(
      warns(results({"mi", t + "#a,b", "--given", t + "#kind", "--method", "frenzel-pompe"}),
            "mesner-shalizi"));
  EXPECT_TRUE(warns(results({"entropy", t + "#step", "--method", "kde"}), "discrete"));
  // On a terminal or not, people get it on stderr.
  const Outcome text = run_command({"measure", "mi", t + "#kind,b", "--method", "ksg1"});
  EXPECT_NE(text.err.find("method ross"), std::string::npos) << text.err;
  // By default the right one is taken.
  EXPECT_TRUE(results({"mi", t + "#kind,b"})["method"].get<std::string>().starts_with("ross"));
  EXPECT_TRUE(results({"mi", t + "#a,name"})["method"].get<std::string>().starts_with("ross"));
  refused({"mi", t + "#name,b", "--method", "ksg1"}, "holds names", 2);
}

TEST_F(MeasureCommand, TiesConstantsAndTheImpossible) {
  const std::string t = table();
  EXPECT_TRUE(warns(results({"mi", t + "#a,one", "--method", "ksg1"}), "constant"));
  refused({"mi", t + "#a,one", "--method", "gaussian"}, "constant");
  std::string ties = "x,y\n";
  for (int i = 0; i < 200; ++i) ties += fmt::format("{},{}\n", i / 2, std::sin(i));
  EXPECT_TRUE(warns(results({"mi", file("ties.csv", ties), "--method", "ksg1"}),
                    "ties (100 values in 200 rows)"));
  EXPECT_TRUE(warns(results({"mi", file("ties.csv", ties), "--method", "ksg1"}), "method gao"));
  refused({"entropy", t + "#one", "--method", "kl"}, "duplicates");
}

TEST_F(MeasureCommand, BadInputIsNamed) {
  const std::string t = table();
  refused({"mi", t + "#a", table(299) + "#b"}, "expected 300 rows in all variables, got 299", 2);
  refused({"mi", file("one.csv", "a,b\n1,2\n")}, "at least 2 samples, got 1", 2);
  refused({"mi", t + "#a,b", "--method", "ksg1", "--k", "300"}, "k < n = 300, got k = 300", 2);
  refused({"mi", t + "#a,b", "--k", "0"}, "k", 2);
  refused({"mi", file("nan.csv", "a,b\n1,2\nnan,3\n2,5\n")}, "nan.csv");
  refused({"mi", file("inf.csv", "a,b\n1,2\ninf,3\n2,5\n"), "--method", "ksg1"}, "finite");
  refused({"mi", t + "#a,z"}, "'z'", 2);
  refused({"mi", t + "#a"}, "expects two variables", 2);
  refused({"mi", "nowhere.csv"}, "nowhere.csv");
  refused({"mi", t + "#a,b", "--method", "kgs1"}, "kgs1", 2);
  refused({"te", t + "#a,b", "--lags", "299"}, "lags", 2);
  // An n*n array is stated before it is taken.
  refused({"dependence", table(3000) + "#a,b", "--method", "renyi", "--memory", "100"}, "MiB", 2);
}

TEST_F(MeasureCommand, ListNamesEveryMethod) {
  const Outcome list = run_command({"list", "measure"});
  for (const char* name :
       {"ksg1",          "ksg2",      "lnc",          "wkl",      "kl-pairs",      "pca-wkl",
        "lnn",           "gao",       "ross",         "gaussian", "copula",        "kde",
        "akde",          "bins-ebab", "miller-madow", "nsb",      "frenzel-pompe", "broja",
        "williams-beer", "hsic",      "cka",          "renyi"}) {
    EXPECT_NE(list.out.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace venturi::app
