// `venturi analyse` as a person meets it: exit codes, messages, JSON.
#include <string>
#include <vector>

#include "tests/app/command_runner.hpp"
#include "venturi/core/json.hpp"
#include "venturi/measure/analyses.hpp"

namespace venturi::app {
namespace {

using core::Json;

class AnalyseCommand : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    core::write_file(folder_.path() / name, text);
    return (folder_.path() / name).string();
  }
  // Two factors of four values, all pairs, `times` over; codes are the factors, scaled.
  std::string factors(int scale, int times = 16) const {
    std::string text = "a,b\n";
    for (int i = 0; i < 16 * times; ++i) {
      text += fmt::format("{},{}\n", scale * (i % 4), scale * (i / 4 % 4));
    }
    return file(fmt::format("factors{}.csv", scale), text);
  }
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

TEST_F(AnalyseCommand, CodesThatAreTheFactors) {
  const Outcome got = run_command({"analyse", "mig", factors(-3), factors(1), "--json"});
  ASSERT_EQ(got.code, 0) << got.err;
  const Json reading = Json::parse(got.out)["results"]["readings"][0];
  EXPECT_EQ(reading["reading"], "MIG");
  EXPECT_NEAR(reading["value"].get<double>(), 1, 1e-12);
  EXPECT_EQ(reading["unit"], "1");
  EXPECT_LE(reading["low"], reading["high"]);
  const Outcome table = run_command({"analyse", "mig", factors(-3), factors(1)});
  EXPECT_NE(table.out.find("MIG"), std::string::npos);
}

TEST_F(AnalyseCommand, HelpNamesThemAll) {
  const Outcome help = run_command({"analyse", "--help"});
  EXPECT_EQ(help.code, 0);
  const Outcome list = run_command({"list", "measure"});
  for (const auto& member : measure::analyses()) {
    EXPECT_NE(help.out.find(member.name), std::string::npos) << member.name;
    EXPECT_NE(list.out.find(member.name), std::string::npos) << member.name;
  }
}

TEST_F(AnalyseCommand, ErrorsAreOneLine) {
  expect_failure({"analyse", "gim", factors(1)}, 2, "did you mean 'mig'");
  expect_failure({"analyse", "mig", factors(1)}, 2, "codes and factors");
  expect_failure({"analyse", "mig", factors(1), "none.npy"}, 1, "none.npy");
  expect_failure({"analyse", "mig", factors(1), factors(2), "--bins", "0"}, 2, "bins");
  expect_failure({"analyse", "precision-recall", factors(1), file("n.csv", "a,b\n1,nan\n2,3\n")}, 1,
                 "n.csv");
  expect_failure({"analyse", "intrinsic-dimension", factors(1)}, 1, "duplicates");
}

}  // namespace
}  // namespace venturi::app
