// compress from outside: what it writes, budgets, bad input, interruption, full disks.
#include <csignal>
#include <thread>

#include "tests/app/command_runner.hpp"
#include "venturi/code/container.hpp"
#include "venturi/core/json.hpp"
#include "venturi/net/builder.hpp"
#include "venturi/net/onnx_model.hpp"

namespace venturi::app {
namespace {

using core::Json;
using tensor::Tensor;

class CompressCommand : public ::testing::Test {
 protected:
  static constexpr int kFeatures = 12;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // Features to three classes through `layers` hidden layers of `width`; the class is that of the
  // largest of the first three features.
  net::Model network(int layers = 2, int width = 32) {
    net::GraphBuilder b("classes", core::Key(1));
    std::string x = b.input("x", {-1, kFeatures});
    std::int64_t in = kFeatures;
    for (int i = 0; i < layers; ++i) {
      x = b.node("Relu", fmt::format("r{}", i), {b.linear(fmt::format("h{}", i), x, in, width)});
      in = width;
    }
    x = b.linear("out", x, in, 3);
    net::Model m = b.finish({{.name = x, .ranked = true, .shape = {-1, 3}}});
    // What is asked for passes through unharmed; the other units are in the way.
    in = kFeatures;
    for (int i = 0; i < layers; ++i) {
      Tensor& w = m.weights[fmt::format("h{}.weight", i)];
      for (std::int64_t k = 0; k < 3; ++k) {
        w[k].zero_();
        w[k][k] = 1;
      }
    }
    Tensor& w = m.weights["out.weight"];
    w.mul_(.05);
    for (std::int64_t k = 0; k < 3; ++k) w[k][k] = 6;
    return m;
  }
  std::string model(const net::Model& m) {
    net::write_onnx(m, folder_ / "m.onnx");
    return path("m.onnx");
  }
  std::string model() { return model(network()); }

  // Rows of features with their class; `change` may spoil them.
  std::string data(int rows = 300, int features = kFeatures,
                   const std::function<std::string(int row, int column, double)>& text = {}) {
    std::string out;
    for (int c = 0; c < features; ++c) out += fmt::format("f{},", c);
    out += "class\n";
    core::Random random(core::Key(2));
    for (int r = 0; r < rows; ++r) {
      double most = -1;
      int label = 0;
      for (int c = 0; c < features; ++c) {
        const double v = random.uniform();
        if (c < 3 && v > most) {
          most = v;
          label = c;
        }
        out += (text ? text(r, c, v) : fmt::format("{:.6f}", v)) + ",";
      }
      out += fmt::format("c{}\n", label);
    }
    core::write_file(folder_ / "d.csv", out);
    return "csv:" + path("d.csv") + "#target=class";
  }

  Outcome compress(std::vector<std::string> more, const Conditions& conditions = {}) {
    std::vector<std::string> words = {"compress", path("m.onnx"), "--calib",
                                      "csv:" + path("d.csv") + "#target=class"};
    words.insert(words.end(), more.begin(), more.end());
    return run_command(words, conditions);
  }
  // Names in the folder that a run left behind.
  std::string left_behind() {
    std::string out;
    for (const std::string& name : core::list_files(folder_.path())) {
      if (name != "m.onnx" && name != "d.csv") out += name + " ";
    }
    return out;
  }

  testing::TempFolder folder_;
};

TEST_F(CompressCommand, WritesWithinItsBudgetAndWhatItWritesRuns) {
  model(), data();
  const Outcome outcome = compress(
      {"--budget", "1200B", "-o", path("s.vt") + "," + path("s.onnx") + "," + path("s.safetensors"),
       "--json", "--quiet"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_LE(json["file_bytes"], 1200);
  EXPECT_EQ(std::filesystem::file_size(path("s.vt")), json["file_bytes"].get<std::uint64_t>());
  EXPECT_EQ(json["layers"].size(), 3U);
  EXPECT_GT(json["seconds_a_sample"], 0.0);
  EXPECT_FALSE(std::filesystem::exists(path("s.vt.parts")));
  // Both files that are networks give the accuracy that was said.
  for (const char* file : {"s.vt", "s.onnx"}) {
    const Outcome held =
        run_command({"eval", path(file), "--data", "csv:" + path("d.csv") + "#target=class",
                     "--part", "train", "--json", "--quiet"});
    ASSERT_EQ(held.code, 0) << held.err;
    EXPECT_NEAR(Json::parse(held.out)["accuracy"].get<double>(), json["accuracy"].get<double>(),
                1e-9)
        << file;
  }
}

TEST_F(CompressCommand, BudgetsAreWhatAPersonWrites) {
  model(), data();
  const std::int64_t parameters = 12 * 32 + 32 + 32 * 32 + 32 + 32 * 3 + 3;
  const std::pair<const char*, std::int64_t> sizes[] = {
      {"25%", parameters}, {"1KB", 1000}, {"1KiB", 1024}, {"6bits", 6 * parameters / 8}};
  for (const auto& [text, bytes] : sizes) {
    const Outcome outcome =
        compress({"--budget", text, "-o", path("s.vt"), "--json", "--quiet", "--methods", "rate"});
    ASSERT_EQ(outcome.code, 0) << text << outcome.err;
    const Json json = Json::parse(outcome.out);
    EXPECT_EQ(json["budget_bytes"], bytes) << text;
    EXPECT_LE(json["file_bytes"], bytes) << text;
  }
  const Outcome drop = compress({"--budget", "drop=2", "-o", path("s.vt"), "--json", "--quiet"});
  ASSERT_EQ(drop.code, 0) << drop.err;
  const Json json = Json::parse(drop.out);
  EXPECT_GE(json["accuracy"].get<double>(), json["accuracy_before"].get<double>() - .02 - 1e-9);
  EXPECT_LT(json["file_bytes"], parameters);
}

TEST_F(CompressCommand, ADryRunShowsMenusAndCurveAndWritesNothing) {
  model(), data();
  const Outcome outcome = compress({"--budget", "1KB", "--dry-run", "--quiet"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* part :
       {"menus", "h0.weight", "zero", "predicted", "smallest reachable", "nothing written"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << outcome.out;
  }
  EXPECT_EQ(left_behind(), "");
  const Json json = Json::parse(compress({"--budget", "1KB", "--dry-run", "--json"}).out);
  EXPECT_GT(json["menus"].size(), 6U);
  EXPECT_GT(json["curve"].size(), 3U);
  EXPECT_LT(json["smallest_bytes"], 1000);
}

TEST_F(CompressCommand, ARecordHasCurvesAndThePlane) {
  model(), data(120);
  const Outcome outcome = compress({"--budget", "1KB", "-o", path("s.vt"), "--record", path("runs"),
                                    "--json", "--quiet", "--methods", "rate"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::string line = core::read_text(path("runs/records.jsonl"));
  const Json results = Json::parse(line)["results"];
  EXPECT_GE(results["measured_curve"].size(), 3U);
  ASSERT_EQ(results["plane"].size(), 3U);  // two activations and the output
  for (const Json& p : results["plane"]) EXPECT_LE(p["rate_after_low"], p["rate_after_high"]);
  const std::string page = core::read_text(path("runs/report.html"));
  EXPECT_NE(page.find("Information plane, before and after"), std::string::npos);
}

TEST_F(CompressCommand, ActivationsShareTheBudget) {
  model(), data();
  for (const char* count : {"total", "peak"}) {
    for (const char* ranges : {"static", "token"}) {
      const Outcome outcome =
          compress({"--budget", "1500B", "--activations", count, "--ranges", ranges, "-o",
                    path("a.vt") + "," + path("a.onnx"), "--json", "--quiet", "--methods", "rate"});
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      const Json json = Json::parse(outcome.out);
      EXPECT_LE(json["file_bytes"].get<int>() + json["activation_bytes"].get<int>(), 1500);
      ASSERT_EQ(json["edges"].size(), 2U);  // r0 and r1
      for (const char* file : {"a.vt", "a.onnx"}) {
        const Outcome held =
            run_command({"eval", path(file), "--data", "csv:" + path("d.csv") + "#target=class",
                         "--part", "train", "--json", "--quiet"});
        ASSERT_EQ(held.code, 0) << held.err;
        EXPECT_NEAR(Json::parse(held.out)["accuracy"].get<double>(), json["accuracy"].get<double>(),
                    1e-9)
            << file << " " << count << " " << ranges;
      }
    }
  }
}

TEST_F(CompressCommand, RecoveryKeepsTheSize) {
  model(), data();
  const Outcome outcome = compress({"--budget", "900B", "--recover", "2epochs", "-o", path("s.vt"),
                                    "--json", "--quiet", "--methods", "rate"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_LE(Json::parse(outcome.out)["file_bytes"], 900);
}

TEST_F(CompressCommand, WrongWordsAreUsage) {
  model(), data();
  const std::pair<std::vector<std::string>, const char*> lines[] = {
      {{"--budget", "small", "-o", path("s.vt")}, "10%, 200KB, 2.5bits or drop=0.5"},
      {{"--budget", "0bits", "-o", path("s.vt")}, "expected a budget"},
      {{"--budget", "10%"}, "-o FILE.vt, or --dry-run"},
      {{"--budget", "10%", "-o", path("s.bin")}, ".vt, .onnx or .safetensors"},
      {{"--budget", "10%", "-o", path("s.vt"), "--methods", "magic"}, "rate, rank, mask"},
      {{"--budget", "10%", "-o", path("s.vt"), "--recover", "long"}, "--recover as 1epoch"},
      {{"--budget", "10%", "-o", path("s.vt"), "--activations", "some"}, "none, total, peak"},
      {{"--budget", "9KB", "-o", path("s.vt"), "--activations", "total", "--activation-bits", "9"},
       "2 to 8, or 32, got 9"}};
  for (const auto& [words, text] : lines) {
    const Outcome outcome = compress(words);
    EXPECT_EQ(outcome.code, 2) << text << outcome.err;
    EXPECT_TRUE(outcome.one_line_of_error()) << outcome.err;
    EXPECT_NE(outcome.err.find(text), std::string::npos) << outcome.err;
  }
}

TEST_F(CompressCommand, ABudgetBelowTheMenusSaysTheSmallest) {
  model(), data();
  const Outcome outcome = compress({"--budget", "40B", "-o", path("s.vt"), "--quiet"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.one_line_of_error()) << outcome.err;
  const std::string text = "smallest reachable, ";
  const auto at = outcome.err.find(text);
  ASSERT_NE(at, std::string::npos) << outcome.err;
  const std::string bytes = std::to_string(std::stoi(outcome.err.substr(at + text.size())));
  const Outcome again = compress({"--budget", bytes + "B", "-o", path("s.vt"), "--quiet"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_LE(std::filesystem::file_size(path("s.vt")), std::stoul(bytes));
}

TEST_F(CompressCommand, CalibrationOfAnotherShapeOrNotFinite) {
  model(), data(50, 7);
  const Outcome other = compress({"--budget", "1KB", "-o", path("s.vt"), "--quiet"});
  EXPECT_EQ(other.code, 1);
  EXPECT_TRUE(other.one_line_of_error()) << other.err;
  EXPECT_NE(other.err.find("7"), std::string::npos) << other.err;
  data(50, kFeatures, [](int r, int c, double v) {
    return r == 20 && c == 4 ? std::string("nan") : fmt::format("{:.6f}", v);
  });
  const Outcome nan = compress({"--budget", "1KB", "-o", path("s.vt"), "--quiet"});
  EXPECT_EQ(nan.code, 1);
  EXPECT_TRUE(nan.one_line_of_error()) << nan.err;
  EXPECT_EQ(left_behind(), "");
}

// Inputs that are always 0, channels whose weights are, one sample many times over (second moments
// of rank one): a file comes out and says the same.
TEST_F(CompressCommand, DeadChannelsAndSingularMoments) {
  net::Model dead = network();
  dead.weights["h0.weight"][5].zero_();
  dead.weights["h1.weight"].select(1, 7).zero_();
  dead.weights["out.weight"].select(1, 9).zero_();
  model(dead);
  data(200, kFeatures,
       [](int, int c, double v) { return c == 8 ? std::string("0") : fmt::format("{:.6f}", v); });
  const Outcome zeros = compress({"--budget", "1200B", "-o", path("s.vt"), "--json", "--quiet"});
  ASSERT_EQ(zeros.code, 0) << zeros.err;
  EXPECT_GT(Json::parse(zeros.out)["agreement"], .9);
  data(64, kFeatures, [](int, int c, double) { return fmt::format("{}", .1 * c); });
  const Outcome same = compress({"--budget", "1200B", "-o", path("s.vt"), "--json"});
  ASSERT_EQ(same.code, 0) << same.err;
  EXPECT_EQ(Json::parse(same.out)["agreement"], 1.0);
}

// Second moments beyond numbers: rounding goes on without them, and says so.
TEST_F(CompressCommand, UselessMomentsAreSaid) {
  net::Model m = network();
  m.weights["out.weight"].mul_(1e-25);
  model(m);
  data(64, kFeatures, [](int, int, double v) { return fmt::format("{:.6f}e25", v); });
  const Outcome outcome = compress({"--budget", "2KB", "-o", path("s.vt"), "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("second moments are not finite: rounded without feedback"),
            std::string::npos)
      << outcome.err;
  EXPECT_FALSE(Json::parse(outcome.out)["remarks"].empty());
}

TEST_F(CompressCommand, ANetworkAtChanceIsWarnedOf) {
  net::Model m = network();
  m.weights["out.weight"].zero_();
  m.weights["out.bias"][1] = 1;
  model(m), data();
  const Outcome outcome = compress({"--budget", "1200B", "-o", path("s.vt"), "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("at chance before anything is done"), std::string::npos)
      << outcome.err;
}

// Killed without warning, and asked to stop: what is finished is not done again, and the file is
// that of a run that was left alone.
TEST_F(CompressCommand, GoesOnAfterBeingKilled) {
  model(network(8, 64)), data();
  const std::vector<std::string> words = {"--budget", "9KB", "-o", path("s.vt"), "--quiet"};
  ASSERT_EQ(compress(words).code, 0);
  const auto expected = core::read_file(path("s.vt"));
  std::filesystem::remove(path("s.vt"));
  const auto parts = [&] { return core::list_files(folder_ / "s.vt.parts"); };
  for (const int signal : {SIGKILL, SIGINT}) {
    const std::size_t before = parts().size();
    const Outcome stopped =
        compress(words, {.meanwhile = [&](pid_t child) {
                   for (int i = 0; i < 3000 && parts().size() < before + 2; ++i) {
                     std::this_thread::sleep_for(std::chrono::milliseconds(5));
                   }
                   ::kill(child, signal);
                 }});
    ASSERT_NE(stopped.code, 0) << "over before it could be stopped";
    EXPECT_FALSE(std::filesystem::exists(path("s.vt")));
    if (signal == SIGINT) {
      EXPECT_EQ(stopped.code, 1);
      EXPECT_NE(stopped.err.find("the same command goes on"), std::string::npos) << stopped.err;
    }
  }
  // Finished layers keep their files as they are: they were read, not written again.
  const auto first = folder_ / "s.vt.parts/0000.vt";
  const auto written = std::filesystem::last_write_time(first);
  std::filesystem::file_time_type seen;
  std::string names;
  for (const std::string& name : parts()) names += name + " ";
  const std::size_t done = parts().size();
  ASSERT_GE(done, 3U) << names;
  const Outcome rest = compress(words, {.meanwhile = [&](pid_t) {
                                  for (int i = 0; i < 3000 && parts().size() <= done; ++i) {
                                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                  }
                                  std::error_code error;
                                  seen = std::filesystem::last_write_time(first, error);
                                }});
  ASSERT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(seen, written);
  EXPECT_EQ(core::read_file(path("s.vt")), expected);
  EXPECT_FALSE(std::filesystem::exists(path("s.vt.parts")));
}

// A damaged part is made again.
TEST_F(CompressCommand, ADamagedPartIsMadeAgain) {
  model(), data();
  std::filesystem::create_directory(path("s.vt.parts"));
  core::write_file(folder_ / "s.vt.parts/0001.vt", "nonsense");
  const Outcome outcome = compress({"--budget", "1KB", "-o", path("s.vt"), "--methods", "rate"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("made again"), std::string::npos) << outcome.err;
}

TEST_F(CompressCommand, AFullDiskLeavesNoPartOfAFile) {
  model(network(1, 32)), data();
  // The output, of float32, is larger than the parts: at first only it does not fit, then nothing.
  for (const rlim_t most : {1900, 100}) {
    const Outcome outcome =
        compress({"--budget", "2KB", "-o", path("s.safetensors"), "--quiet", "--methods", "mask"},
                 {.largest_file = most});
    EXPECT_EQ(outcome.code, 1) << most;
    EXPECT_TRUE(outcome.one_line_of_error()) << outcome.err;
    EXPECT_NE(outcome.err.find("File too large"), std::string::npos) << outcome.err;
    EXPECT_EQ(left_behind(), "");
    for (const std::string& name : core::list_files(folder_ / "s.safetensors.parts")) {
      EXPECT_EQ(name.find("tmp"), std::string::npos) << name;
    }
  }
  const Outcome fine =
      compress({"--budget", "2KB", "-o", path("s.safetensors"), "--quiet", "--methods", "mask"});
  EXPECT_EQ(fine.code, 0) << fine.err;
}

TEST_F(CompressCommand, DamagedFilesAreRefused) {
  model(), data();
  ASSERT_EQ(compress({"--budget", "1KB", "-o", path("s.vt"), "--quiet"}).code, 0);
  const auto bytes = core::read_file(path("s.vt"));
  for (const double part : {0.0, .02, .1, .3, .5, .7, .9, .999}) {
    const auto at = static_cast<std::size_t>(part * static_cast<double>(bytes.size()));
    std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    std::vector<std::byte> flipped = bytes;
    flipped[at] ^= std::byte{16};
    for (const auto* damaged : {&cut, &flipped}) {
      core::write_file(folder_ / "damaged.vt", *damaged);
      const Outcome outcome = run_command({"inspect", path("damaged.vt"), "--quiet"});
      EXPECT_EQ(outcome.code, 1) << at;
      EXPECT_TRUE(outcome.one_line_of_error()) << outcome.err;
    }
  }
}

}  // namespace
}  // namespace venturi::app
