// `venturi couple` as a person meets it: exit codes, messages, JSON, the page.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/testing.hpp"
#include "venturi/app/command.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/npy.hpp"

namespace venturi::app {
namespace {

using core::Json;

struct Outcome {
  int code = 0;
  std::string out;
  std::string error;

  Json json() const { return Json::parse(out)["results"]; }
};

Outcome venturi(std::vector<std::string> words) {
  words.insert(words.begin(), "venturi");
  std::vector<char*> argv;
  argv.reserve(words.size());
  for (std::string& word : words) argv.push_back(word.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = run(static_cast<int>(argv.size()), argv.data());
  std::fflush(nullptr);
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.error = ::testing::internal::GetCapturedStderr();
  return outcome;
}

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
    const Outcome got = venturi(words);
    EXPECT_EQ(got.code, code) << got.error;
    EXPECT_NE(got.error.find(part), std::string::npos) << got.error;
    EXPECT_EQ(got.out, "");
    EXPECT_EQ(std::count(got.error.begin(), got.error.end(), '\n'), 1) << got.error;
  }

 private:
  testing::TempFolder folder_;
};

// Laws of three decimals sum to one in doubles only: floats are 1e-8 off.
TEST_F(CoupleCommand, TheFiveOfTheManualAnswer) {
  const Outcome ib = venturi({"couple", "ib", joint(), "--sweep", "5,1.5,9", "--json"});
  ASSERT_EQ(ib.code, 0) << ib.error;
  const Json curve = ib.json()["curve"];
  EXPECT_EQ(curve[0]["beta"], 5);  // as asked, not sorted
  EXPECT_EQ(curve[1]["beta"], 1.5);
  // 1 - h(0.2) bits in all; the first critical beta of a symmetric table is 1 / 0.6^2.
  EXPECT_NEAR(ib.json()["mutual_information_bits"].get<double>(), 0.2780719051, 1e-9);
  EXPECT_NEAR(ib.json()["first_critical_beta"].get<double>(), 1 / 0.36, 1e-9);
  EXPECT_NEAR(curve[1]["rate_bits"].get<double>(), 0, 1e-9);
  const Outcome dib = venturi({"couple", "dib", joint(), "--sweep", "9", "--json"});
  EXPECT_EQ(dib.json()["curve"][0]["labels"], Json({0, 1}));
  const Outcome mec = venturi({"couple", "mec", p(), q(), "--json"});
  ASSERT_EQ(mec.code, 0) << mec.error;
  EXPECT_GE(mec.json()["entropy_bits"], mec.json()["profile_bound_bits"]);
  const Outcome mec_b = venturi({"couple", "mec-b", p(), q(), "--sweep", "0.5,99", "--json"});
  ASSERT_EQ(mec_b.code, 0) << mec_b.error;
  EXPECT_LE(mec_b.json()["curve"][0]["code_entropy_bits"].get<double>(), 0.5 + 1e-12);
  // A rate above the entropy: the code is the source.
  EXPECT_NEAR(mec_b.json()["curve"][1]["code_entropy_bits"].get<double>(), 1.1567796494, 1e-9);
  const Outcome ot = venturi({"couple", "ot", p(), q(), costs(), "--json"});
  ASSERT_EQ(ot.code, 0) << ot.error;
  EXPECT_NEAR(ot.json()["cost"].get<double>(), 0.2 + 0.1, 1e-12);
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
  EXPECT_EQ(venturi(csv).json(), venturi(npy).json());
}

TEST_F(CoupleCommand, BadTablesAreDataErrors) {
  const auto ib = [&](const std::string& text) {
    return std::vector<std::string>{"couple", "ib", file("bad.csv", text), "--sweep", "2"};
  };
  expect_failure(ib("0.4,0.1\n0.1,0.400001\n"), 1, "sum 1 (within 1e-09), got 1.000001");
  expect_failure(ib("0.5,-0.1\n0.2,0.4\n"), 1, "masses >= 0, got -0.1 at row 0, column 1");
  expect_failure(ib("0.5,nan\n0.2,0.3\n"), 1, "masses >= 0, got nan at row 0, column 1");
  expect_failure(ib("0.5,half\n0.2,0.3\n"), 1, "line 1, column '2': expected a number");
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
  expect_failure({"couple", "ib", path("joint.png"), "--sweep", "2"}, 2, "end in one of .npy");
  expect_failure({"couple"}, 2, "member");
}

TEST_F(CoupleCommand, NormalisesOnRequestAndLeavesOutZeroes) {
  const std::string counts = file("counts.csv", "x,y,z\n4,0,1\n0,0,0\n1,0,4\n");
  const Outcome got =
      venturi({"couple", "ib", counts, "--normalise", "--sweep", "5", "--json", "--seed", "3"});
  ASSERT_EQ(got.code, 0) << got.error;
  EXPECT_NEAR(got.json()["mutual_information_bits"].get<double>(), 0.2780719051, 1e-9);
  EXPECT_EQ(got.json()["encoder"].size(), 3U);
  const Outcome one = venturi({"couple", "dib", file("one.csv", "1\n"), "--sweep", "2", "--json"});
  ASSERT_EQ(one.code, 0) << one.error;
  EXPECT_EQ(one.json()["curve"][0]["clusters"], 1);
}

TEST_F(CoupleCommand, LimitsSayWhatWasReached) {
  const Outcome got = venturi({"couple", "ib", joint(), "--sweep", "3,5", "--json", "--set",
                               "sweep_limit=1", "--set", "time_limit_s=1e-9"});
  ASSERT_EQ(got.code, 0) << got.error;
  EXPECT_EQ(got.json()["curve"][1]["converged"], false);
  const Outcome walk =
      venturi({"couple", "critical", joint(), "--json", "--set", "time_limit_s=1e-9"});
  EXPECT_EQ(walk.json()["time_out"], true);
  EXPECT_NEAR(walk.json()["reached_beta"].get<double>(), 1 / 0.36, 1e-9);
}

TEST_F(CoupleCommand, CurvesReachThePage) {
  const std::string records = path("records.jsonl");
  const std::vector<std::vector<std::string>> runs = {
      {"couple", "ib", joint(), "--sweep", "9,2,5"},
      {"couple", "dib", joint(), "--sweep", "9,2"},
      {"couple", "aib", joint()},
      {"couple", "mec-b", p(), q(), "--sweep", "0.2,1"},
      {"couple", "rate-distortion", p(), costs(), "--sweep", "1,3"},
      {"couple", "draft", p(), q(), "--sweep", "1,2,4"},
      {"couple", "coding-game", "--sweep", "0.5,4", "--set", "side=4", "--set", "episodes=20"},
      {"couple", "mec", p(), q()}};
  for (auto words : runs) {
    words.insert(words.end(), {"-o", records});
    const Outcome got = venturi(words);
    ASSERT_EQ(got.code, 0) << got.error;
  }
  const auto kept = core::read_records(records);
  ASSERT_EQ(kept.size(), runs.size());
  EXPECT_EQ(kept[0]["command"], "couple ib");
  const Json line = kept[0]["results"]["plots"][0]["series"][0];
  ASSERT_EQ(line["x"].size(), 3U);
  EXPECT_LE(line["x"][0], line["x"][1]);
  EXPECT_LE(line["x"][1], line["x"][2]);
  EXPECT_EQ(kept[6]["results"]["plots"].size(), 2U);
  EXPECT_FALSE(kept[7]["results"].contains("plots"));
  const Outcome page = venturi({"report", records, "-o", path("page.html")});
  ASSERT_EQ(page.code, 0) << page.error;
  const std::string html = core::read_text(path("page.html"));
  std::size_t drawn = 0;
  for (auto at = html.find("<svg"); at != std::string::npos; at = html.find("<svg", at + 1)) {
    ++drawn;
  }
  EXPECT_GE(drawn, 8U);
  for (const char* title : {"Deterministic information bottleneck", "Coding game: reward"}) {
    EXPECT_NE(html.find(title), std::string::npos) << title;
  }
}

TEST_F(CoupleCommand, RecipesOfTheRoomSayWhetherTheyHold) {
  const Outcome got = venturi({"reproduce", "spectr", "tokens-to-thoughts", "--quick", "--json"});
  ASSERT_EQ(got.code, 0) << got.error;
  for (const Json& verdict : Json::parse(got.out)) EXPECT_EQ(verdict["holds"], true);
}

}  // namespace
}  // namespace venturi::app
