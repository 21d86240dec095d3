// Whole networks on data: the checkpoints of the data folder, and small cases with known answers.
#include "venturi/net/evaluate.hpp"

#include <cmath>

#include "tests/net/models.hpp"
#include "venturi/data/load.hpp"
#include "venturi/net/architectures.hpp"
#include "venturi/net/fold.hpp"
#include "venturi/net/mobilenet.hpp"
#include "venturi/net/plane.hpp"
#include "venturi/net/resnet.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

// The CIFAR-10 checkpoints on 1,017 images whose pixels are exact. 932 and 944 of them are what an
// independent computation gets, 91.64 % and 92.82 %.
TEST(Evaluate, CheckpointsGetTheAccuracyThatIsKnownOfThem) {
  REQUIRE_SHARED_DATA(folder, "resnet_cifar10");
  const auto cifar = data::load("cifar10");
  ASSERT_EQ(cifar.test->size(), 1017);
  const EvaluateOptions options{.mean = {0.485, 0.456, 0.406}, .deviation = {0.229, 0.224, 0.225}};
  const std::pair<const char*, int> known[] = {{"resnet20", 932}, {"resnet32", 944}};
  for (const auto& [name, right] : known) {
    Model m = open_model(fmt::format("cifar-{}:{}/{}.safetensors", name, folder.string(), name));
    const Evaluation e = evaluate(Executor(m), *cifar.test, options);
    EXPECT_NEAR(e.accuracy * 1017, right, 1e-6) << name;
    // Folding changes logits by rounding alone: no image, or one at a tie, changes sides.
    EXPECT_GT(fold_batch_norms(m), 18U);
    const Evaluation folded = evaluate(Executor(m), *cifar.test, options);
    EXPECT_NEAR(folded.accuracy * 1017, right, 1 + 1e-6) << name;
    EXPECT_NEAR(folded.cross_entropy_bits, e.cross_entropy_bits, 1e-4) << name;
  }
}

data::Dataset three_points() {
  data::Dataset out;
  out.name = "three";
  out.x = core::MatrixF::Zero(3, 4);
  out.x(0, 0) = out.x(1, 1) = out.x(2, 2) = 1;
  out.shape = {4};
  out.task = data::Task::kClasses;
  out.labels = {0, 1, 2};
  out.classes = 3;
  return out;
}

// One linear layer without bias whose logits are ln of known odds.
Model odds(const char* last) {
  GraphBuilder b("odds", core::Key(1));
  std::string x = b.linear("a", b.input("x", {-1, 4}), 4, 3);
  if (last != nullptr) x = b.node(last, "p", {x});
  Model out = b.finish({{.name = x, .ranked = true, .shape = {-1, 3}}});
  Tensor w = torch::zeros({3, 4});
  w[0][0] = std::log(2.0);  // p(0 | first) = 2/4
  w[1][1] = std::log(6.0);  // p(1 | second) = 6/8
  w[0][2] = std::log(6.0);  // p(2 | third) = 1/8: wrong
  out.weights["a.weight"] = w;
  return out;
}

TEST(Evaluate, CrossEntropyAndAccuracyByHand) {
  const double bits = (1 + std::log2(8.0 / 6) + 3) / 3;
  for (const char* last : {static_cast<const char*>(nullptr), "Softmax", "LogSoftmax"}) {
    const Evaluation e = evaluate(Executor(odds(last)), three_points(), {.batch = 2});
    EXPECT_EQ(e.samples, 3);
    EXPECT_NEAR(e.accuracy, 2.0 / 3, 1e-12);
    EXPECT_NEAR(e.cross_entropy_bits, bits, 1e-6);  // logits in float32
  }
}

TEST(Evaluate, AFixedNumberOfSamplesIsFilledUp) {
  Model m = odds(nullptr);
  m.graph.inputs[0].shape[0] = 2;
  EXPECT_NEAR(evaluate(Executor(m), three_points()).accuracy, 2.0 / 3, 1e-12);
}

TEST(Evaluate, RegressionIsTheMeanSquare) {
  data::Dataset data = three_points();
  data.task = data::Task::kRegression;
  data.labels.clear();
  data.y = core::MatrixF::Constant(3, 3, 2.0F);
  Model m = odds(nullptr);
  m.weights["a.weight"].zero_();
  EXPECT_NEAR(evaluate(Executor(m), data).squared_error, 4, 1e-12);
}

TEST(Evaluate, DataThatDoesNotFitIsNamed) {
  const Executor executor(odds(nullptr));
  data::Dataset data = three_points();
  data.classes = 4;
  EXPECT_ERROR(evaluate(executor, data), core::DataError, "3 outputs, 'three' has 4 classes");
  data.task = data::Task::kNone;
  EXPECT_ERROR(evaluate(executor, data), core::DataError, "neither labels nor numbers");
  data = three_points();
  data.x.conservativeResize(3, 3);
  data.shape = {3};
  EXPECT_ERROR(evaluate(executor, data), core::DataError, "input 'x' is [?, 4]");
  EXPECT_ERROR(evaluate(executor, three_points(), {.mean = {1, 2}}), core::InvalidArgument,
               "expected one mean or 4");
}

TEST(Architectures, ShapesAndParameterCounts) {
  const auto count = [](const Model& m) {
    std::int64_t out = 0;
    for (const auto& [name, value] : m.weights) {
      if (!name.ends_with("running_mean") && !name.ends_with("running_var")) out += value.numel();
    }
    return out;
  };
  EXPECT_EQ(count(cifar_resnet(20, core::Key(1))), 269722);  // option A, with BN
  EXPECT_EQ(count(mobilenet_v2(core::Key(1))), 3504872);     // torchvision's count
  const Model m = mobilenet_v2(core::Key(1), {.classes = 10});
  EXPECT_EQ(Executor(m).run({torch::zeros({2, 3, 64, 64})})[0].sizes().vec(),
            (std::vector<std::int64_t>{2, 10}));
  EXPECT_ERROR(cifar_resnet(21, core::Key(1)), core::InvalidArgument, "got 21");
  EXPECT_ERROR(open_model("resnet20"), core::InvalidArgument, "unknown name 'resnet20'");
  EXPECT_ERROR(open_model("m.bin"), core::InvalidArgument, "expected FILE.onnx, NAME:FILE");
  EXPECT_ERROR(open_model("cifar-resnet21:x.safetensors"), core::InvalidArgument, "did you mean");
}

// A layer that tells the class and nothing else has log2 3 bits on both axes; a constant layer
// none.
TEST(Plane, KnownLayers) {
  GraphBuilder b("plane", core::Key(1));
  const std::string x = b.input("x", {-1, 3});
  const std::string same = b.node("Relu", "same", {x});
  const std::string none = b.node("Mul", "none", {same, b.constant("zero", torch::zeros({1}))});
  const Executor executor(b.finish({{.name = same, .shape = {}}, {.name = none, .shape = {}}}));
  std::vector<std::int32_t> labels;
  Tensor values = torch::zeros({300, 3});
  for (int i = 0; i < 300; ++i) {
    labels.push_back(i % 3);
    values[i][i % 3] = 10;
  }
  const auto points = information_plane(executor, values, labels, {.noise = 0.02});
  ASSERT_EQ(points.size(), 2U);
  // Classes lie 14 apart, the noise is .02 of sqrt(3 * 22): they never mix, and the bounds are
  // exact; doubles.
  for (const double bits :
       {points[0].rate_low, points[0].rate_high, points[0].label_low, points[0].label_high}) {
    EXPECT_NEAR(bits, std::log2(3.0), 1e-6);
  }
  EXPECT_EQ(points[1].rate_high, 0);
  EXPECT_EQ(points[1].label_high, 0);
  EXPECT_ERROR(information_plane(executor, values, labels, {.edges = "x?"}), core::InvalidArgument,
               "no edge fits 'x?'");
  for (const char* estimator : {"bins", "ebab"}) {
    const auto counted = information_plane(executor, values, labels, {.estimator = estimator});
    EXPECT_NEAR(counted[0].rate_low, std::log2(3.0), 1e-12);  // three rows, counted; doubles
    EXPECT_NEAR(counted[0].label_high, std::log2(3.0), 1e-12);
    EXPECT_EQ(counted[1].rate_low, 0);
  }
}

// Two normal columns under noise of half their summed deviation, v = .25 * 2: log2(1 + 1/v) bits.
// The label is the sign of the first.
TEST(Plane, ComponentsOfANormalLayer) {
  GraphBuilder b("plane", core::Key(1));
  const std::string x = b.input("x", {-1, 2});
  const std::string same = b.node("Identity", "same", {x});
  const Executor executor(b.finish({{.name = same, .shape = {}}}));
  core::Random random{core::Key(3)};
  std::vector<std::int32_t> labels;
  Tensor values = torch::zeros({2000, 2});
  for (int i = 0; i < 2000; ++i) {
    values[i][0] = random.normal();
    values[i][1] = random.normal();
    labels.push_back(values[i][0].item<float>() > 0 ? 1 : 0);
  }
  const auto points =
      information_plane(executor, values, labels, {.estimator = "pca", .noise = 0.5});
  EXPECT_NEAR(points[0].rate_low, std::log2(3.0), 0.15);  // three deviations of the estimate
  EXPECT_EQ(points[0].rate_low, points[0].rate_high);
  // 1 - E h(p(x1 > 0 | x1 + N)), by quadrature.
  EXPECT_NEAR(points[0].label_low, 0.407, 0.1);
}

}  // namespace
}  // namespace venturi::net
