// `venturi couple` as a person meets it: exit codes, messages, JSON, the page.
#include <cmath>
#include <string>
#include <vector>

#include "tests/app/command_runner.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/npy.hpp"

namespace venturi::app {
namespace {

using core::Json;

Json results(const Outcome& outcome) { return Json::parse(outcome.out)["results"]; }

class CoupleCommand : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    core::write_file(folder_.path() / name, text);
    return path(name);
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string joint() const { return file("joint.csv", "0.4,0.1\n0.1,0.4\n"); }
  std::string p() const { return file("p.csv", "0.7,0.2,0.1\n"); }
  std::string q() const { return file("q.csv", "0.5\n0.3\n0.2\n"); }
  std::string costs() const { return file("c.csv", "0,1,2\n1,0,1\n2,1,0\n"); }

  void expect_failure(const std::vector<std::string>& words, int code,
                      const std::string& part) const {
    const Outcome got = run_command(words);
    EXPECT_EQ(got.code, code) << got.err;
    EXPECT_NE(got.err.find(part), std::string::npos) << got.err;
    EXPECT_EQ(got.out, "");
    EXPECT_TRUE(got.one_line_of_error()) << got.err;
  }

 private:
  testing::TempFolder folder_;
};

// Laws of three decimals sum to one in doubles only: floats are 1e-8 off.
TEST_F(CoupleCommand, TheFiveOfTheManualAnswer) {
  const Outcome ib = run_command({"couple", "ib", joint(), "--sweep", "5,1.5,9", "--json"});
  ASSERT_EQ(ib.code, 0) << ib.err;
  const Json curve = results(ib)["curve"];
  EXPECT_EQ(curve[0]["beta"], 5);  // as asked, not sorted
  EXPECT_EQ(curve[1]["beta"], 1.5);
  // 1 - h(0.2) bits in all; the first critical beta of a symmetric table is 1 / 0.6^2.
  EXPECT_NEAR(results(ib)["mutual_information_bits"].get<double>(), 0.2780719051, 1e-9);
  EXPECT_NEAR(results(ib)["first_critical_beta"].get<double>(), 1 / 0.36, 1e-9);
  EXPECT_NEAR(curve[1]["rate_bits"].get<double>(), 0, 1e-9);
  const Outcome dib = run_command({"couple", "dib", joint(), "--sweep", "9", "--json"});
  EXPECT_EQ(results(dib)["curve"][0]["labels"], Json({0, 1}));
  const Outcome mec = run_command({"couple", "mec", p(), q(), "--json"});
  ASSERT_EQ(mec.code, 0) << mec.err;
  EXPECT_GE(results(mec)["entropy_bits"], results(mec)["profile_bound_bits"]);
  const Outcome mec_b = run_command({"couple", "mec-b", p(), q(), "--sweep", "0.5,99", "--json"});
  ASSERT_EQ(mec_b.code, 0) << mec_b.err;
  EXPECT_LE(results(mec_b)["curve"][0]["code_entropy_bits"].get<double>(), 0.5 + 1e-12);
  // A rate above the entropy: the code is the source.
  EXPECT_NEAR(results(mec_b)["curve"][1]["code_entropy_bits"].get<double>(), 1.1567796494, 1e-9);
  const Outcome ot = run_command({"couple", "ot", p(), q(), costs(), "--json"});
  ASSERT_EQ(ot.code, 0) << ot.err;
  EXPECT_NEAR(results(ot)["cost"].get<double>(), 0.2 + 0.1, 1e-12);
}

TEST_F(CoupleCommand, NpyAndCsvGiveTheSame) {
  const std::vector<double> masses = {0.4, 0.1, 0.1, 0.4};
  const auto bytes = std::as_bytes(std::span(masses));
  data::write_npy(path("joint.npy"), {data::Element::kF64, {2, 2}, {bytes.begin(), bytes.end()}});
  const std::vector<std::string> rest = {"--sweep", "2,5", "--json"};
  std::vector<std::string> csv = {"couple", "ib", joint()};
  std::vector<std::string> npy = {"couple", "ib", path("joint.npy")};
  csv.insert(csv.end(), rest.begin(), rest.end());
  npy.insert(npy.end(), rest.begin(), rest.end());
  EXPECT_EQ(results(run_command(csv)), results(run_command(npy)));
}

TEST_F(CoupleCommand, BadTablesAreDataErrors) {
  const auto ib = [&](const std::string& text) {
    return std::vector<std::string>{"couple", "ib", file("bad.csv", text), "--sweep", "2"};
  };
  expect_failure(ib("0.4,0.1\n0.1,0.400001\n"), 1, "sum 1 (within 1e-09), got 1.000001");
  expect_failure(ib("0.5,-0.1\n0.2,0.4\n"), 1, "masses >= 0, got -0.1 at row 0, column 1");
  expect_failure(ib("0.5,nan\n0.2,0.3\n"), 1, "line 1, column '2': a missing value ('nan')");
  expect_failure(ib("0.5,half\n0.2,0.3\n"), 1,
                 "bad.csv': expected numbers, got text in column '2'");
  expect_failure(ib("0.5,0.5\n1\n"), 1, "line 2: expected 2 cells, got 1");
  expect_failure(ib(""), 1, "bad.csv");
  expect_failure({"couple", "ib", path("none.csv"), "--sweep", "2"}, 1, "none.csv");
  expect_failure({"couple", "ot", p(), q(), file("c2.csv", "0,1,2\n1,0,inf\n2,1,0\n")}, 1,
                 "finite costs");
}

TEST_F(CoupleCommand, WrongUsageIsTwo) {
  expect_failure({"couple", "ibb", joint()}, 2, "unknown name 'ibb'; did you mean 'ib'");
  expect_failure({"couple", "ib", joint()}, 2, "at least one value");
  expect_failure({"couple", "ib", joint(), "--sweep", "-1"}, 2, "betas >= 0");
  expect_failure({"couple", "ib", joint(), "--sweep", "2", "--set", "clusterz=2"}, 2,
                 "did you mean 'clusters'?");
  expect_failure({"couple", "ib", joint(), "--sweep", "2", "--set", "clusters"}, 2,
                 "expected --set name=value");
  expect_failure({"couple", "ib", joint(), "--sweep", "2", "--set", "alpha=2"}, 2, "alpha");
  expect_failure({"couple", "sib", joint(), "--set", "clusters=3"}, 2, "clusters <= 2");
  expect_failure({"couple", "mec", joint()}, 2, "one row or one column");
  expect_failure({"couple", "mec-b", p(), q(), "--sweep", "-1"}, 2, "rate >= 0");
  expect_failure({"couple", "ot", p(), q()}, 2, "expected 3 tables (law, law, costs), got 2");
  expect_failure({"couple", "ot", p(), q(), joint()}, 2, "expected costs (n*m = 3*3), got 2*2");
  expect_failure({"couple", "ib", joint() + "#z", "--sweep", "2"}, 2, "unknown column 'z'");
  expect_failure({"couple"}, 2, "member");
}

TEST_F(CoupleCommand, NormalisesOnRequestAndLeavesOutZeroes) {
  const std::string counts = file("counts.csv", "x,y,z\n4,0,1\n0,0,0\n1,0,4\n");
  const Outcome got =
      run_command({"couple", "ib", counts, "--normalize", "--sweep", "5", "--json", "--seed", "3"});
  ASSERT_EQ(got.code, 0) << got.err;
  EXPECT_NEAR(results(got)["mutual_information_bits"].get<double>(), 0.2780719051, 1e-9);
  EXPECT_EQ(results(got)["encoder"].size(), 3U);
  const Outcome one =
      run_command({"couple", "dib", file("one.csv", "1\n"), "--sweep", "2", "--json"});
  ASSERT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(results(one)["curve"][0]["clusters"], 1);
}

TEST_F(CoupleCommand, TheHelpHasExamplesMembersAndOptions) {
  const Outcome help = run_command({"couple", "--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* part : {"venturi couple ib joint.csv", "mec-b", "sinkhorn", "sweep_limit",
                           "--normalize", "--sweep", "coding-game"}) {
    EXPECT_NE(help.out.find(part), std::string::npos) << part;
  }
}

TEST_F(CoupleCommand, LimitsSayWhatWasReached) {
  const Outcome got = run_command({"couple", "ib", joint(), "--sweep", "3,5", "--json", "--set",
                                   "sweep_limit=1", "--set", "time_limit_s=1e-9"});
  ASSERT_EQ(got.code, 0) << got.err;
  EXPECT_EQ(results(got)["curve"][1]["converged"], false);
  const Outcome walk =
      run_command({"couple", "critical", joint(), "--json", "--set", "time_limit_s=1e-9"});
  EXPECT_EQ(results(walk)["time_out"], true);
  EXPECT_NEAR(results(walk)["reached_beta"].get<double>(), 1 / 0.36, 1e-9);
}

TEST_F(CoupleCommand, CurvesReachThePage) {
  const std::string folder = path("runs");
  const std::vector<std::vector<std::string>> runs = {
      {"couple", "ib", joint(), "--sweep", "9,2,5"},
      {"couple", "dib", joint(), "--sweep", "9,2"},
      {"couple", "aib", joint()},
      {"couple", "mec-b", p(), q(), "--sweep", "0.2,1"},
      {"couple", "rate-distortion", p(), costs(), "--sweep", "1,3"},
      {"couple", "draft", p(), q(), "--sweep", "1,2,4"},
      {"couple", "tokens-to-thoughts", costs(), "--sweep", "0.1,1,9"},
      {"couple", "coding-game", "--sweep", "0.5,4", "--set", "side=4", "--set", "episodes=20"},
      {"couple", "mec", p(), q()}};
  for (auto words : runs) {
    words.insert(words.end(), {"-o", folder});
    const Outcome got = run_command(words);
    ASSERT_EQ(got.code, 0) << got.err;
  }
  const auto kept = core::read_records(path("runs/records.jsonl"));
  ASSERT_EQ(kept.size(), runs.size());
  EXPECT_EQ(kept[0]["command"], "couple ib");
  const Json line = kept[0]["results"]["plots"][0]["series"][0];
  ASSERT_EQ(line["x"].size(), 3U);
  EXPECT_LE(line["x"][0], line["x"][1]);
  EXPECT_LE(line["x"][1], line["x"][2]);
  EXPECT_EQ(kept[7]["results"]["plots"].size(), 2U);
  EXPECT_FALSE(kept[8]["results"].contains("plots"));
  const std::string html = core::read_text(path("runs/report.html"));
  std::size_t drawn = 0;
  for (auto at = html.find("<svg"); at != std::string::npos; at = html.find("<svg", at + 1)) {
    ++drawn;
  }
  EXPECT_GE(drawn, 9U);
  for (const char* title : {"Deterministic information bottleneck", "Coding game: reward"}) {
    EXPECT_NE(html.find(title), std::string::npos) << title;
  }
}

TEST_F(CoupleCommand, RecipesOfTheRoomSayWhetherTheyHold) {
  const Outcome got =
      run_command({"reproduce", "spectr", "tokens-to-thoughts", "--quick", "--json"});
  ASSERT_EQ(got.code, 0) << got.err;
  for (const Json& verdict : Json::parse(got.out)) EXPECT_EQ(verdict["holds"], true);
}

}  // namespace
}  // namespace venturi::app
