// inspect, eval and plane from outside, on models that the test writes.
#include <onnx/onnx_pb.h>

#include <cmath>
#include <sstream>

#include "tests/app/command_runner.hpp"
#include "venturi/core/json.hpp"
#include "venturi/net/builder.hpp"
#include "venturi/net/onnx_model.hpp"

namespace venturi::app {
namespace {

using core::Json;

class NetworkCommand : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // Two features; the class is the larger one. Its logits are 10 times the features.
  std::string model(float weight = 10) {
    net::GraphBuilder b("larger", core::Key(1));
    const std::string x = b.input("x", {-1, 2});
    const std::string h = b.node("Relu", "h", {b.linear("a", x, 2, 2)});
    net::Model m = b.finish({{.name = h, .ranked = true, .shape = {-1, 2}}});
    m.weights["a.weight"] = torch::eye(2) * weight;
    net::write_onnx(m, folder_ / "m.onnx");
    return path("m.onnx");
  }
  std::string data() {
    std::string text = "a,b,larger\n";
    core::Random random(core::Key(2));
    for (int i = 0; i < 200; ++i) {
      const double a = random.uniform(), b = random.uniform();
      text += fmt::format("{:.6f},{:.6f},{}\n", a, b, a > b ? "a" : "b");
    }
    core::write_file(folder_ / "d.csv", text);
    return "csv:" + path("d.csv") + "#target=larger";
  }

  // The model's file after a change to what it says.
  template <class Change>
  std::string changed(const std::string& name, Change&& change) {
    onnx::ModelProto proto;
    proto.ParseFromString(core::read_text(model()));
    change(*proto.mutable_graph());
    core::write_file(folder_ / name, proto.SerializeAsString());
    return path(name);
  }
  // Each verb on the file: exit code 1, one line that says so, and nothing else.
  void expect_refused(const std::string& file, const std::string& says) {
    const std::vector<std::string> lines[] = {{"inspect", file},
                                              {"eval", file, "--data", data(), "--quiet"},
                                              {"plane", file, "--data", data(), "--quiet"}};
    for (const auto& words : lines) {
      const Outcome outcome = run_command(words);
      EXPECT_EQ(outcome.code, 1) << words[0] << ": " << outcome.err;
      EXPECT_TRUE(outcome.one_line_of_error()) << words[0] << ": " << outcome.err;
      EXPECT_NE(outcome.err.find(says), std::string::npos) << words[0] << ": " << outcome.err;
      EXPECT_EQ(outcome.out, "");
    }
  }

  testing::TempFolder folder_;
};

TEST_F(NetworkCommand, InspectCountsAndWrites) {
  const Outcome outcome =
      run_command({"inspect", model(), "--json", "--batch", "3", "-o", path("copy.onnx")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["parameters"], 6);
  EXPECT_EQ(json["parameter_bits"], 6 * 32);
  EXPECT_EQ(json["multiply_adds"], 3 * 4);
  EXPECT_EQ(json["nodes"].size(), 2U);
  EXPECT_EQ(json["nodes"][1]["op"], "Relu");
  EXPECT_EQ(net::read_onnx(folder_ / "copy.onnx").graph.nodes.size(), 2U);
}

TEST_F(NetworkCommand, EvalOfAModelThatIsRight) {
  const Outcome outcome = run_command(
      {"eval", model(), "--data", data(), "--json", "--quiet", "--predictions", path("y.npy")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["samples"], 200);
  EXPECT_EQ(json["accuracy"], 1.0);
  EXPECT_GT(json["cross_entropy_bits"], 0.0);
  EXPECT_LT(json["cross_entropy_bits"], 1.0);
  EXPECT_EQ(std::filesystem::file_size(path("y.npy")), 128U + 200 * 2 * 4);
}

TEST_F(NetworkCommand, NanWeightsAreSaid) {
  const Outcome outcome = run_command({"eval", model(std::nanf("")), "--data", data(), "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("weight 'a.weight': 4 of 4 values are NaN"), std::string::npos)
      << outcome.err;
  EXPECT_TRUE(Json::parse(outcome.out)["cross_entropy_bits"].is_null());
}

TEST_F(NetworkCommand, PlaneMeasuresAndDraws) {
  const Outcome outcome = run_command({"plane", model(), "--data", data(), "--json", "--edges", "*",
                                       "--noise", "0.05", "--samples", "100", "-o", path("runs")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["samples"], 100);
  ASSERT_EQ(json["points"].size(), 2U);
  for (const Json& p : json["points"]) {
    EXPECT_LE(p["rate_low"], p["rate_high"]);
    EXPECT_LE(p["rate_high"], std::log2(100) + 1e-9);  // its own rounding
    // Edge "a" shows both features: of the label's bit, most.
    EXPECT_GT(p["label_low"], 0.5);
  }
  EXPECT_TRUE(std::filesystem::exists(path("runs/report.html")));
}

// Several files are moments of one training: the drawing moves. `train --planes` makes its own.
TEST_F(NetworkCommand, PlanesMoveThroughTraining) {
  const Outcome two = run_command({"plane", model(), model(), "--data", data(), "--json",
                                   "--estimator", "bins", "-o", path("runs")});
  ASSERT_EQ(two.code, 0) << two.err;
  const Json json = Json::parse(two.out);
  ASSERT_EQ(json["moments"].size(), 2U);
  EXPECT_EQ(json["moments"][0]["points"], json["moments"][1]["points"]);
  EXPECT_EQ(json["plots"][0]["frames"].size(), 2U);
  const std::vector<std::string> words = {"train",
                                          "synthetic:twelve-bits",
                                          "--channel",
                                          "none",
                                          "--size",
                                          "3",
                                          "--hidden",
                                          "10,7",
                                          "--activation",
                                          "tanh",
                                          "--epochs",
                                          "8",
                                          "--planes",
                                          "4",
                                          "--plane-estimator",
                                          "ebab",
                                          "-o",
                                          path("run"),
                                          "--quiet",
                                          "--json"};
  const Outcome trained = run_command(words);
  ASSERT_EQ(trained.code, 0) << trained.err;
  const Json plots = Json::parse(trained.out)["results"]["plots"];
  const auto moving =
      std::ranges::find_if(plots, [](const Json& p) { return p.contains("frames"); });
  ASSERT_NE(moving, plots.end());
  EXPECT_EQ((*moving)["frames"], Json({"epoch 1", "epoch 2", "epoch 4", "epoch 8"}));
  EXPECT_GE((*moving)["series"].size(), 3U);  // two hidden layers and the output
  // The model is kept when the command comes again, and with it what was measured.
  const Outcome again = run_command(words);
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(Json::parse(again.out)["results"]["plots"], plots);
  const Outcome numbers =
      run_command({"train", "synthetic:linear", "--planes", "2", "-o", path("other"), "--quiet"});
  EXPECT_EQ(numbers.code, 2) << numbers.err;
}

// A model of the trainer's is a graph as well: its ONNX file names the same classes as `predict`.
TEST_F(NetworkCommand, WhatTrainWroteBecomesOnnx) {
  const Outcome trained =
      run_command({"train", data(), "--betas", "0.01", "--epochs", "3", "--hidden", "8", "--size",
                   "2", "-o", path("run"), "--quiet", "--json"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  std::string file;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path("run"))) {
    if (entry.path().extension() == ".vt") file = entry.path().string();
  }
  ASSERT_NE(file, "");
  const Outcome written = run_command(
      {"inspect", file, "-o", path("t.onnx"), "--report", path("t.html"), "--json", "--quiet"});
  ASSERT_EQ(written.code, 0) << written.err;
  EXPECT_NE(core::read_text(path("t.html")).find("<svg"), std::string::npos);
  const Json of_file = Json::parse(
      run_command({"eval", file, "--data", data(), "--part", "train", "--json", "--quiet"}).out);
  const Json of_onnx = Json::parse(run_command({"eval", path("t.onnx"), "--data", data(), "--part",
                                                "train", "--json", "--quiet"})
                                       .out);
  EXPECT_EQ(of_onnx["accuracy"], of_file["accuracy"]);
  const Outcome predicted = run_command({"predict", file, data(), "--quiet"});
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  // Its labels against those of the data, which follow each row's larger feature.
  std::size_t right = 0, rows = 0;
  std::istringstream labels(predicted.out), truth(core::read_text(path("d.csv")));
  std::string a, b;
  std::getline(labels, a);
  std::getline(truth, b);
  for (; std::getline(labels, a) && std::getline(truth, b); ++rows) {
    right += a.substr(0, a.find(',')) == b.substr(b.rfind(',') + 1) ? 1 : 0;
  }
  ASSERT_EQ(rows, 200U);
  EXPECT_NEAR(of_onnx["accuracy"].get<double>(), static_cast<double>(right) / 200, 1e-9);
}

// Weights alone, and a network by its name.
TEST_F(NetworkCommand, WeightsGoThroughBothKindsOfFiles) {
  const auto write = [&](const std::string& from, const std::string& to) {
    const Outcome outcome = run_command({"inspect", from, "-o", to, "--json", "--quiet"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.code;
  };
  ASSERT_EQ(write("mlp", path("w.vt")), 0);
  ASSERT_EQ(write("mlp:" + path("w.vt"), path("w.safetensors")), 0);
  ASSERT_EQ(write("mlp:" + path("w.safetensors"), path("w2.vt")), 0);
  EXPECT_EQ(core::read_text(path("w.vt")), core::read_text(path("w2.vt")));
}

TEST_F(NetworkCommand, HostileModelsAreRefusedInOneLine) {
  const std::string whole = core::read_text(model());
  core::write_file(folder_ / "cut.onnx", whole.substr(0, whole.size() / 2));
  expect_refused(path("cut.onnx"), "not an ONNX file, or cut short");
  core::write_file(folder_ / "empty.onnx", "");
  expect_refused(path("empty.onnx"), "no graph in it");
  expect_refused(changed("cycle.onnx", [](auto& g) { g.mutable_node(0)->set_input(0, "h"); }),
                 "a cycle goes through");
  expect_refused(
      changed("missing.onnx", [](auto& g) { g.mutable_initializer()->DeleteSubrange(0, 1); }),
      "nothing writes and no weight is named as these, which nodes read: a.weight");
  expect_refused(changed("short.onnx",
                         [](auto& g) {
                           auto& bias = *g.mutable_initializer(1);
                           bias.mutable_raw_data()->resize(4);
                           bias.set_dims(0, 3);
                         }),
                 "tensor 'a.bias': expected 12 raw bytes for dimensions 3, got 4");
  expect_refused(changed("shapes.onnx",
                         [](auto& g) {
                           auto& weight = *g.mutable_initializer(0);
                           weight.set_dims(0, 1);
                           weight.set_dims(1, 4);
                         }),
                 "node 'a' (Gemm, node 0)");
  expect_refused(changed("unknown.onnx", [](auto& g) { g.mutable_node(1)->set_op_type("Loop"); }),
                 "unsupported operators: Loop (node 1 'h')");
  expect_refused(changed("large.onnx",
                         [](auto& g) {
                           auto& weight = *g.mutable_initializer(0);
                           weight.clear_raw_data();
                           weight.set_dims(0, std::int64_t{1} << 38);
                           weight.set_data_location(onnx::TensorProto::EXTERNAL);
                           auto* entry = weight.add_external_data();
                           entry->set_key("location");
                           entry->set_value("m.onnx");
                         }),
                 "its weights take 2048.0 GiB of memory");
}

TEST_F(NetworkCommand, OpenAxesAreFixedByDataOrAskedFor) {
  const std::string file = changed("open.onnx", [](auto& g) {
    auto* shape = g.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
    shape->mutable_dim(1)->set_dim_param("features");
  });
  const Outcome asked = run_command({"inspect", file, "--quiet"});
  EXPECT_EQ(asked.code, 2);
  EXPECT_NE(asked.err.find(
                "input 'x' leaves its shape [1, ?] open: say --shape x=1,? with numbers for ?"),
            std::string::npos)
      << asked.err;
  EXPECT_EQ(run_command({"inspect", file, "--shape", "1,2", "--quiet"}).code, 0);
  const Outcome by_data = run_command({"eval", file, "--data", data(), "--json", "--quiet"});
  ASSERT_EQ(by_data.code, 0) << by_data.err;
  EXPECT_EQ(Json::parse(by_data.out)["accuracy"], 1.0);
}

TEST_F(NetworkCommand, WeightsOfOtherNamesAreListedOnBothSides) {
  ASSERT_EQ(run_command({"inspect", "mlp", "-o", path("w.safetensors"), "--quiet"}).code, 0);
  const Outcome outcome = run_command({"inspect", "cifar-resnet20:" + path("w.safetensors")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(outcome.one_line_of_error()) << outcome.err;
  EXPECT_NE(outcome.err.find("the model also wants: "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("the file also has: "), std::string::npos) << outcome.err;
}

TEST_F(NetworkCommand, InputsLargerThanMemoryAreRefused) {
  const Outcome outcome =
      run_command({"inspect", "mobilenet-v2", "--shape", "1,3,999999,999999", "--quiet"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("input 'image' of shape [1, 3, 999999, 999999] takes 11175.8 GiB"),
            std::string::npos)
      << outcome.err;
}

TEST_F(NetworkCommand, WrongUsageIsTwoAndBadDataIsOne) {
  const std::string good = model();
  core::write_file(folder_ / "text.onnx", "no model at all");
  const std::pair<std::vector<std::string>, int> lines[] = {
      {{"inspect"}, 2},
      {{"inspect", "m.bin"}, 2},
      {{"inspect", "m.pt"}, 2},
      {{"inspect", good, "--shape", "x=2,b"}, 2},
      {{"inspect", good, "--shape", "z=2,2"}, 2},
      {{"inspect", good, "--shape", "x=2,3"}, 1},
      {{"inspect", path("none.onnx")}, 1},
      {{"inspect", path("text.onnx")}, 1},
      {{"eval", good}, 2},
      {{"eval", good, "--data", data(), "--mean", "1,2,3", "--quiet"}, 2},
      {{"eval", good, "--data", "synthetic:linear", "--quiet"}, 1},
      {{"plane", good, "--data", data(), "--edges", "nothing", "--quiet"}, 2}};
  for (const auto& [words, code] : lines) {
    const Outcome outcome = run_command(words);
    EXPECT_EQ(outcome.code, code) << fmt::format("{}", fmt::join(words, " ")) << outcome.err;
    EXPECT_TRUE(outcome.one_line_of_error()) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

}  // namespace
}  // namespace venturi::app
