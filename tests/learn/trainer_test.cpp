#include "venturi/learn/trainer.hpp"

#include "tests/learn/blobs.hpp"
#include "tests/testing.hpp"
#include "venturi/core/threads.hpp"
#include "venturi/learn/codec.hpp"

namespace venturi::learn {
namespace {

ModelOptions small_model(const std::string& channel) {
  ModelOptions out;
  out.hidden = {16};
  out.channel = {.kind = channel, .size = 2, .components = 4};
  return out;
}

Model make(const ModelOptions& options, const data::Dataset& training) {
  return {options, make_problem(training, options.scale), core::Key(1), torch::kCPU};
}

// Asks to stop after a number of steps.
class StopAfter : public core::Monitor {
 public:
  explicit StopAfter(int steps) : left_(steps) {}
  bool stop_requested() override { return left_-- <= 0; }

 private:
  int left_;
};

TEST(Trainer, LearnsThroughEachChannel) {
  const data::Dataset training = blobs(2000, core::Key(1));
  const data::Dataset test = blobs(500, core::Key(2));
  for (const char* channel : {"none", "gaussian", "quantized"}) {
    Model model = make(small_model(channel), training);
    TrainerOptions options{.beta = 0.02, .epochs = 25, .batch = 50, .learning_rate = 3e-3};
    train(model, training, options, core::Key(3), core::silent());
    const Evaluation e =
        evaluate(model, model.inputs(test.x), targets(model, test), 0, core::Key(4));
    EXPECT_LT(e.distortion, 0.02) << channel;
    if (std::string(channel) != "none") {
      EXPECT_GT(e.mean_rate_bits(), 1.5) << channel;
      EXPECT_LT(e.mean_rate_bits(), 8) << channel;
    }
  }
}

TEST(Trainer, RegressionReachesTheNoise) {
  const data::Dataset training = line(2000, core::Key(1));
  Model model = make(small_model("none"), training);
  TrainerOptions options{.epochs = 30, .batch = 50, .learning_rate = 3e-3};
  const TrainingResult result = train(model, training, options, core::Key(3), core::silent());
  EXPECT_EQ(result.validation.unit, "rmse");
  EXPECT_LT(result.validation.distortion, 0.13);  // the noise is .1
}

TEST(Trainer, StoppedAndResumedIsTheSameRun) {
  core::set_threads(1);
  const data::Dataset training = blobs(600, core::Key(1));
  const TrainerOptions options{
      .beta = 0.05, .head_epochs = 2, .epochs = 3, .batch = 40, .average = 0.9, .patience = 3};
  Model whole = make(small_model("quantized"), training);
  const TrainingResult expected = train(whole, training, options, core::Key(3), core::silent());
  const testing::TempFolder folder;
  const auto checkpoint = folder / "run.vt";
  for (const int steps : {7, 20, 50}) {  // in the head stage, between stages, in the whole model
    Model resumed = make(small_model("quantized"), training);
    StopAfter stop(steps);
    EXPECT_ERROR(train(resumed, training, options, core::Key(3), stop, checkpoint),
                 core::Interrupted, "goes on from");
    ASSERT_TRUE(std::filesystem::exists(checkpoint));
    Model fresh = make(small_model("quantized"), training);
    const TrainingResult result =
        train(fresh, training, options, core::Key(3), core::silent(), checkpoint);
    EXPECT_TRUE(torch::equal(fresh.parameters().flat(), whole.parameters().flat())) << steps;
    EXPECT_EQ(result.history.size(), expected.history.size());
    EXPECT_EQ(result.history.back().train_rate_bits, expected.history.back().train_rate_bits);
    EXPECT_FALSE(std::filesystem::exists(checkpoint));
  }
  core::set_threads(0);
}

TEST(Trainer, ForeignOrDamagedCheckpointIsRefused) {
  const data::Dataset training = blobs(200, core::Key(1));
  const testing::TempFolder folder;
  const auto checkpoint = folder / "run.vt";
  TrainerOptions options{.epochs = 2, .batch = 40};
  Model model = make(small_model("quantized"), training);
  StopAfter stop(3);
  EXPECT_THROW(train(model, training, options, core::Key(3), stop, checkpoint), core::Interrupted);
  EXPECT_ERROR(train(model, training, options, core::Key(4), core::silent(), checkpoint),
               core::DataError, "belongs to another run (its key differs)");
  options.batch = 50;
  EXPECT_ERROR(train(model, training, options, core::Key(3), core::silent(), checkpoint),
               core::DataError, "its options differs");
  auto bytes = core::read_file(checkpoint);
  bytes.resize(bytes.size() / 2);
  core::write_file(checkpoint, bytes);
  EXPECT_THROW(train(model, training, options, core::Key(3), core::silent(), checkpoint),
               core::DataError);
}

// Four blobs are worth 2 bits: that rate is reached; 20 bits are far more than the model finds a
// use for, and it says so.
TEST(Trainer, TargetRateIsReachedOrTheMissIsSaid) {
  const data::Dataset training = blobs(4000, core::Key(1));
  for (const double target : {1.5, 3.0}) {
    Model model = make(small_model("quantized"), training);
    TrainerOptions options{.beta = 0.05,
                           .target_rate = target,
                           .epochs = 60,
                           .batch = 50,
                           .learning_rate = 3e-3,
                           .validation = 0.0};
    core::CollectingMonitor monitor;
    const TrainingResult result = train(model, training, options, core::Key(3), monitor);
    if (target == 1.5) {
      EXPECT_NEAR(result.train_rate_bits, target, 0.02 * target);
      EXPECT_TRUE(monitor.warnings.empty());
    } else {
      ASSERT_EQ(monitor.warnings.size(), 1U);
      EXPECT_NE(monitor.warnings[0].find("was not reached"), std::string::npos);
    }
  }
}

TEST(Trainer, WrongOptionsAreNamed) {
  const data::Dataset training = blobs(100, core::Key(1));
  Model model = make(small_model("quantized"), training);
  const auto attempt = [&](TrainerOptions options) {
    train(model, training, options, core::Key(1), core::silent());
  };
  EXPECT_ERROR(attempt({.beta = -1}), core::InvalidArgument, "expected beta >= 0, got -1");
  EXPECT_ERROR(attempt({.target_rate = 25}), core::InvalidArgument,
               "above what a quantized channel of size 2 can carry (24 bits)");
  EXPECT_ERROR(attempt({.patience = 2, .validation = 0}), core::InvalidArgument, "patience");
  EXPECT_ERROR(attempt({.augment = "flip"}), core::InvalidArgument, "needs images");
  EXPECT_ERROR(attempt({.epochs = 4, .learning_rate = 1e30}), core::DataError, "not finite");
  ModelOptions cnn = small_model("quantized");
  cnn.encoder = "cnn";
  EXPECT_ERROR(make(cnn, training), core::InvalidArgument, "needs images");
}

TEST(Trainer, WrongDataIsNamed) {
  data::Dataset training = blobs(100, core::Key(1));
  Model model = make(small_model("quantized"), training);
  core::MatrixF x = training.x;
  x(7, 3) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_ERROR(model.inputs(x), core::DataError, "row 7, column 3");
  EXPECT_ERROR(model.inputs(core::MatrixF::Zero(2, 5)), core::InvalidArgument, "got 5");
  training.labels[3] = 9;
  EXPECT_THROW(targets(model, training), core::DataError);
}

}  // namespace
}  // namespace venturi::learn
