#include "venturi/learn/sweep.hpp"

#include <cmath>

#include "tests/learn/blobs.hpp"
#include "tests/testing.hpp"
#include "venturi/data/split.hpp"
#include "venturi/learn/adam.hpp"
#include "venturi/learn/comparison.hpp"
#include "venturi/learn/evaluate.hpp"
#include "venturi/learn/schedule.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

ModelOptions small(const std::string& channel) {
  ModelOptions out;
  out.hidden = {12};
  out.channel = {.kind = channel, .size = 3, .prior = "standard"};
  return out;
}

SweepPart part(const data::Dataset& set) {
  const double fractions[] = {0.75, 0.25};
  auto parts = data::split(set, fractions, core::Key(9));
  return {parts[0], parts[1]};
}

// The oracle: each run alone, step by step, with an ordinary model.
TEST(Sweep, EachRunLearnsWhatItLearnsAlone) {
  const std::vector<SweepPart> parts = {part(line(240, core::Key(1))),
                                        part(line(240, core::Key(2)))};
  const std::vector<SweepRun> runs = {
      {0, 0.0, core::Key(5)}, {0, 0.3, core::Key(5)}, {1, 0.1, core::Key(6)}};
  const TrainerOptions options{.epochs = 3,
                               .batch = 50,
                               .learning_rate = 3e-3,
                               .clip = 1,
                               .objective = {.prediction = "squared-error", .rate = "hsic"}};
  const auto swept =
      sweep(parts, runs, small("none"), options, core::Key(7), torch::kCPU, core::silent());
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const data::Dataset& training = parts[runs[r].part].training;
    Model model(small("none"), make_problem(training, "standard"), runs[r].key, torch::kCPU);
    Adam adam(model.parameters().flat(), model.parameters().flat_gradient(), 0, {.clip = 1});
    Objective objective(options.objective);
    const Tensor x = model.inputs(training.x), y = targets(model, training);
    auto generator = tensor::make_generator(core::Key(0), torch::kCPU);
    const net::Pass pass{.training = true, .generator = &generator};
    double least = 1e30;
    Tensor best;
    int best_epoch = 0;
    for (int epoch = 0; epoch < 3; ++epoch) {
      const auto order =
          core::Random(core::Key(7).split(static_cast<std::uint64_t>(epoch)).split(runs[r].part))
              .permutation(training.size());
      const Tensor rows =
          torch::tensor(std::vector<std::int64_t>(order.begin(), order.end()), torch::kInt64);
      for (std::int64_t step = 0; step < 4; ++step) {
        const Tensor batch = rows.slice(0, 50 * step, 50 * (step + 1));
        const Tensor picked = x.index_select(0, batch);
        const Losses losses = objective.losses(
            model, run_forward(model, picked, model.features(picked, pass),
                               y.index_select(0, batch), {Throat::Mode::kNoisy}, pass));
        (losses.prediction + runs[r].beta * losses.charged).backward();
        adam.step(learning_rate(options, true, (epoch + static_cast<double>(step) / 4) / 3, epoch));
      }
      const data::Dataset& held = parts[runs[r].part].validation;
      const double distortion =
          evaluate(model, model.inputs(held.x), targets(model, held), 0, core::Key(0)).distortion;
      if (2 * (epoch + 1) > 3 && distortion < least) {
        least = distortion;
        best = model.parameters().flat().clone();
        best_epoch = epoch + 1;
      }
    }
    EXPECT_TRUE(torch::allclose(swept[r].model->parameters().flat(), best, 1e-3, 1e-5)) << r;
    EXPECT_NEAR(swept[r].validation_distortion, least, 1e-4 * least);
    EXPECT_EQ(swept[r].epoch, best_epoch);
    EXPECT_EQ(swept[r].failure, "");
  }
}

TEST(Sweep, LearnsThroughNoiseAndLabels) {
  const std::vector<SweepPart> parts = {part(blobs(1200, core::Key(1)))};
  const std::vector<SweepRun> runs = {{0, 1e-3, core::Key(5)}, {0, 10.0, core::Key(5)}};
  for (const char* channel : {"gaussian", "gaussian-full", "additive", "nested", "dropout"}) {
    const auto swept =
        sweep(parts, runs, small(channel), {.epochs = 15, .batch = 50, .learning_rate = 1e-2},
              core::Key(7), torch::kCPU, core::silent());
    EXPECT_LT(swept[0].validation_distortion, 0.05) << channel;
    if (std::string(channel).starts_with("gaussian")) {
      EXPECT_GT(swept[1].validation_distortion, 0.3) << channel;
    }
  }
}

// One copy goes to NaN; the other does not notice.
TEST(Sweep, ACopyThatDivergesSaysSoAndHarmsNoOther) {
  const std::vector<SweepPart> parts = {part(line(200, core::Key(1)))};
  const std::vector<SweepRun> both = {{0, 0.01, core::Key(5)}, {0, 1e38, core::Key(5)}};
  const TrainerOptions options{
      .epochs = 2,
      .batch = 50,
      .objective = {
          .prediction = "squared-error", .rate = "channel", .form = "exponential", .exponent = 3}};
  const auto swept =
      sweep(parts, both, small("gaussian"), options, core::Key(7), torch::kCPU, core::silent());
  EXPECT_EQ(swept[0].failure, "");
  EXPECT_GT(swept[0].epoch, 0);
  EXPECT_NE(swept[1].failure.find("went first, at step"), std::string::npos);
}

TEST(Sweep, WrongArgumentsAreNamed) {
  const std::vector<SweepPart> parts = {part(line(200, core::Key(1)))};
  const std::vector<SweepRun> runs = {{0, 0.0, core::Key(5)}};
  const auto attempt = [&](const ModelOptions& model, const TrainerOptions& options) {
    sweep(parts, runs, model, options, core::Key(7), torch::kCPU, core::silent());
  };
  EXPECT_ERROR(attempt(small("quantized"), {}), core::InvalidArgument, "not quantized");
  EXPECT_ERROR(attempt(small("none"), {.target_rate = 1}), core::InvalidArgument,
               "one model alone");
  const std::vector<SweepPart> uneven = {parts[0], part(line(100, core::Key(1)))};
  EXPECT_ERROR(sweep(uneven, runs, small("none"), {}, core::Key(7), torch::kCPU, core::silent()),
               core::InvalidArgument, "parts of one size");
}

TEST(Compression, KnowsACopyFromAConstantAndIsFreeOfScale) {
  const data::Dataset set = line(400, core::Key(1));
  Model model(small("none"), make_problem(set, "standard"), core::Key(1), torch::kCPU);
  const Tensor x = model.inputs(set.x);
  const Compression start = measure_compression(model, x, core::Key(2));
  EXPECT_GT(start.qmi, 0.3);
  EXPECT_GT(start.kde_bits, 3);
  const torch::NoGradGuard no_grad;
  Tensor weight = model.parameters().at("projection.1.weight");
  Tensor bias = model.parameters().at("projection.1.bias");
  weight.mul_(1e-3);
  bias.mul_(1e-3);
  const Compression shrunk = measure_compression(model, x, core::Key(2));
  EXPECT_NEAR(shrunk.qmi, start.qmi, 1e-3);
  EXPECT_NEAR(shrunk.kde_bits, start.kde_bits, 1e-3);
  weight.zero_();
  const Compression none = measure_compression(model, x, core::Key(2));
  EXPECT_EQ(none.qmi, 0);
  EXPECT_EQ(none.kde_bits, 0);
}

TEST(Comparison, ChoosesOnValidationAmongModelsThatRemoveEnough) {
  Comparison c{.unit = "rmse", .seeds = 2, .methods = {"plain", "vib"}};
  const auto add = [&](const char* method, int seed, double beta, double validation, double test,
                       double removed) {
    c.models.push_back({.method = method,
                        .seed = seed,
                        .beta = beta,
                        .epoch = 1,
                        .validation = validation,
                        .test = test,
                        .removed = removed});
  };
  add("plain", 0, 0, 1.0, 1.1, 0);
  add("plain", 1, 0, 1.0, 1.3, 0);
  for (const int seed : {0, 1}) {
    add("vib", seed, 0.1, 2.0, 9.0, 0.6);
    add("vib", seed, 0.2, 1.5, 2.5 + seed, 0.7);
    add("vib", seed, 0.3, 3.0, 1.0, 0.9);  // the best on test, which must not count
  }
  const auto at_half = c.choices(0.5);
  EXPECT_EQ(at_half[0].seeds, 0);
  EXPECT_EQ(at_half[1].seeds, 2);
  EXPECT_DOUBLE_EQ(at_half[1].test.mean, 3.0);
  EXPECT_NEAR(at_half[1].test.deviation, std::sqrt(0.5), 1e-12);
  EXPECT_EQ(at_half[1].least_beta, 0.2);
  EXPECT_EQ(at_half[1].most_beta, 0.2);
  EXPECT_DOUBLE_EQ(c.choices(0)[0].test.mean, 1.2);
}

TEST(Comparison, MethodsOnOneScale) {
  CompareOptions options{.methods = {"vib", "mse-cs-ib"}, .seeds = 2, .compression_samples = 80};
  options.experiment.model.hidden = {16};
  options.experiment.model.channel.size = 4;
  options.experiment.trainer.epochs = 20;
  options.experiment.trainer.batch = 50;
  options.experiment.trainer.learning_rate = 1e-2;
  options.experiment.trainer.validation = 0.2;
  options.experiment.betas = {0, 3};
  const Comparison c = compare({.train = line(600, core::Key(1)), .test = {}}, options,
                               core::Key(1), torch::kCPU, core::silent());
  EXPECT_EQ(c.methods, (std::vector<std::string>{"plain", "vib", "mse-cs-ib"}));
  ASSERT_EQ(c.models.size(), 2U + 4U + 4U);
  for (const ComparedModel& m : c.models) {
    EXPECT_GT(m.epoch, 0);
    if (m.method == "plain") {
      EXPECT_EQ(m.removed, 0);
    }
    if (m.method == "vib" && m.beta == 3) {
      EXPECT_GT(m.removed, 0.5);
    }
    if (m.beta == 0) {
      EXPECT_LT(m.test, 0.6);
    }
  }
  options.methods = {"vibb"};
  EXPECT_ERROR(compare({.train = line(600, core::Key(1)), .test = {}}, options, core::Key(1),
                       torch::kCPU, core::silent()),
               core::InvalidArgument, "did you mean 'vib'");
}

}  // namespace
}  // namespace venturi::learn
