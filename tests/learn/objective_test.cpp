#include "venturi/learn/objective.hpp"

#include <cmath>

#include "tests/learn/blobs.hpp"
#include "tests/testing.hpp"
#include "venturi/learn/evaluate.hpp"
#include "venturi/learn/experiment.hpp"
#include "venturi/learn/prediction.hpp"
#include "venturi/learn/rate.hpp"
#include "venturi/learn/trainer.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

ModelOptions small(const std::string& channel, const std::string& prior = "standard") {
  ModelOptions out;
  out.hidden = {16};
  out.channel = {.kind = channel, .size = 4, .prior = prior, .components = 4, .kept = 2};
  return out;
}

Model make(const ModelOptions& options, const data::Dataset& training) {
  return {options, make_problem(training, options.scale), core::Key(1), torch::kCPU};
}

// Mean losses of the whole data set as one batch.
Losses losses_of(const Model& model, const data::Dataset& set, const ObjectiveOptions& options) {
  auto generator = tensor::make_generator(core::Key(2), torch::kCPU);
  const net::Pass pass{.training = true, .generator = &generator};
  const Tensor x = model.inputs(set.x);
  return Objective(options).losses(
      model, run_forward(model, x, model.features(x, pass), targets(model, set),
                         {Throat::Mode::kNoisy}, pass));
}

TEST(Objective, EveryTermIsFiniteWithGradientsAndSoIsEachChannel) {
  const data::Dataset classes = blobs(64, core::Key(1)), numbers = line(64, core::Key(1));
  const auto finite = [](Model& model, const data::Dataset& set, const ObjectiveOptions& options) {
    const Losses losses = losses_of(model, set, options);
    model.parameters().flat_gradient().zero_();
    (losses.prediction + losses.charged).backward();
    EXPECT_TRUE(torch::isfinite(losses.terms).all().item<bool>()) << options.rate;
    EXPECT_TRUE(torch::isfinite(model.parameters().flat_gradient()).all().item<bool>())
        << options.prediction << " " << options.rate;
    return model.parameters().flat_gradient().norm().item<double>();
  };
  for (const char* channel : {"gaussian", "additive"}) {
    for (const auto& rate : rate_terms()) {
      Model model = make(small(channel), numbers);
      EXPECT_GT(finite(model, numbers, {.rate = std::string(rate.name)}), 0);
    }
  }
  for (const auto& prediction : prediction_terms()) {
    Model model = make(small("none"), numbers);
    EXPECT_GT(finite(model, numbers, {.prediction = std::string(prediction.name)}), 0);
    if (prediction.name == "squared-error") continue;
    Model labels = make(small("none"), classes);
    EXPECT_GT(finite(labels, classes, {.prediction = std::string(prediction.name)}), 0);
  }
  for (const auto& channel : channels()) {
    Model model = make(small(std::string(channel.name)), classes);
    EXPECT_GT(finite(model, classes, {}), 0) << channel.name;
  }
}

TEST(Objective, SumsRatesAndShapesThem) {
  const data::Dataset set = blobs(64, core::Key(1));
  const Model model = make(small("gaussian"), set);
  const double kl = losses_of(model, set, {}).rate.item<double>();
  const double tc = losses_of(model, set, {.rate = "total-correlation"}).rate.item<double>();
  const ObjectiveOptions both{.rate = "channel+total-correlation", .weights = {1, 3}};
  const Losses sum = losses_of(model, set, both);
  EXPECT_NEAR(sum.rate.item<double>(), kl + 3 * tc, 1e-4);
  EXPECT_EQ(sum.terms.size(0), 3);
  EXPECT_EQ(Objective(both).rate({0.0, 1.0, 2.0}), 7);
  const auto charged = [&](const char* form) {
    return losses_of(model, set, {.form = form, .exponent = 0.5}).charged.item<double>();
  };
  EXPECT_NEAR(charged("square"), kl * kl, 1e-3 * kl * kl);
  EXPECT_NEAR(charged("power"), std::pow(kl, 1.5), 1e-3 * std::pow(kl, 1.5));
  EXPECT_NEAR(charged("exponential"), std::exp(0.5 * kl), 1e-3 * std::exp(0.5 * kl));
}

// The squared error's gradient is its own, and log v learns the residual's variance beside it.
TEST(Objective, VarianceIsFittedBesideTheSquaredError) {
  const data::Dataset training = line(500, core::Key(1));
  Model model = make(small("none"), training);
  const TrainerOptions options{.epochs = 150,
                               .batch = 50,
                               .learning_rate = 3e-2,
                               .objective = {.prediction = "squared-error"}};
  const TrainingResult result = train(model, training, options, core::Key(3), core::silent());
  const double deviation = model.problem().target_scale[0];
  const double rmse = result.validation.distortion / deviation;
  const double fitted = std::exp(0.5 * model.parameters().at("log_variance").item<double>());
  EXPECT_LT(result.validation.distortion, 0.2);
  EXPECT_NEAR(std::log(fitted / rmse), 0, 0.5);
}

TEST(Objective, CsDivergenceLearnsWithAWidthThatFollowsTheResidual) {
  const data::Dataset training = line(1000, core::Key(1));
  Model model = make(small("none"), training);
  const TrainerOptions options{
      .beta = 0.01,
      .epochs = 30,
      .batch = 50,
      .learning_rate = 1e-2,
      .objective = {
          .prediction = "cs-divergence", .rate = "cs-qmi-normalised", .input_width = 0.3}};
  const TrainingResult result = train(model, training, options, core::Key(3), core::silent());
  EXPECT_LT(result.validation.distortion, 0.25);  // of a target of deviation 2.2
}

TEST(Objective, WrongNamesAndFits) {
  EXPECT_ERROR(Objective({.rate = "cs-qni"}), core::InvalidArgument, "did you mean 'cs-qmi'");
  EXPECT_ERROR(Objective({.rate = "channel+"}), core::InvalidArgument, "unknown name ''");
  EXPECT_ERROR(Objective({.prediction = "mse"}), core::InvalidArgument, "squared-error");
  EXPECT_ERROR(Objective({.rate = "hsic", .weights = {1, 2}}), core::InvalidArgument,
               "expected 1 weights");
  const data::Dataset set = blobs(20, core::Key(1));
  EXPECT_ERROR(losses_of(make(small("none"), set), set, {.rate = "pairwise"}),
               core::InvalidArgument, "needs a channel with diagonal Gaussian noise");
  EXPECT_ERROR(losses_of(make(small("none"), set), set, {.prediction = "squared-error"}),
               core::InvalidArgument, "not classes");
}

TEST(Objective, ASampleAloneHasNoPairs) {
  const data::Dataset training = line(201, core::Key(1));  // the last batch holds one sample
  for (const char* rate :
       {"pairwise", "cs-qmi-normalised", "hsic-normalised", "cka", "mmd", "mine", "club"}) {
    Model model = make(small("additive"), training);
    const TrainerOptions options{
        .beta = 0.1, .epochs = 2, .batch = 50, .validation = 0, .objective = {.rate = rate}};
    train(model, training, options, core::Key(1), core::silent());
    EXPECT_TRUE(torch::isfinite(model.parameters().flat()).all().item<bool>()) << rate;
  }
}

// KL of a full covariance by the formula of its matrix: (tr S + m'm - d - ln det S) / 2.
TEST(Channels, FullCovarianceHasItsKlAndItsNoise) {
  net::Parameters parameters;
  const auto channel =
      make_channel({.kind = "gaussian-full", .size = 3, .prior = "standard"}, parameters);
  parameters.allocate(core::Key(1), torch::kCPU);
  auto generator = tensor::make_generator(core::Key(2), torch::kCPU);
  ASSERT_EQ(channel->inputs(), 9);
  const Tensor one = torch::tensor({{0.5F, -1.0F, 0.2F, 5.0F, 4.0F, 6.0F, 0.7F, -0.4F, 0.3F}});
  const Tensor e = one.expand({200000, 9});
  const Signal signal = channel->transmit(parameters, e, {Throat::Mode::kNoisy}, generator);
  const Tensor mean = one.narrow(1, 0, 3);
  const Tensor centred = (signal.z - mean).to(torch::kFloat64);
  const Tensor covariance = torch::matmul(centred.t(), centred) / 200000;
  const double kl = 0.5 * (covariance.trace().item<double>() + mean.square().sum().item<double>() -
                           3 - torch::logdet(covariance).item<double>());
  EXPECT_NEAR(signal.rate_nats[0].item<double>(), kl, 0.01);
  EXPECT_GT(std::abs(covariance[1][0].item<double>()), 0.1);
}

TEST(Channels, NestedKeepsALeadingPart) {
  net::Parameters parameters;
  const ChannelOptions options{.kind = "nested", .size = 6, .kept = 2};
  const auto channel = make_channel(options, parameters);
  auto generator = tensor::make_generator(core::Key(2), torch::kCPU);
  const Tensor e = torch::ones({100000, 6});
  const Tensor z = channel->transmit(parameters, e, {Throat::Mode::kNoisy}, generator).z;
  EXPECT_TRUE((z.narrow(1, 1, 5) <= z.narrow(1, 0, 5)).all().item<bool>());
  double whole = 0, tail = 0;  // P(k > c)
  for (int k = 1; k <= 6; ++k) whole += std::exp(-k * k / 4.0);
  for (int c = 5; c >= 0; --c) {
    tail += std::exp(-(c + 1) * (c + 1) / 4.0) / whole;
    EXPECT_NEAR(z.select(1, c).mean().item<double>(), tail, 0.006) << c;
  }
  EXPECT_TRUE(torch::equal(channel->transmit(parameters, e, {}, generator).z, e));
}

// A hierarchical prior with zero weights is the standard one; with learned ones it costs less where
// the second half follows the first.
TEST(Channels, HierarchicalPriorSavesWhatTheFirstHalfTells) {
  net::Parameters parameters;
  const auto channel =
      make_channel({.kind = "gaussian", .size = 2, .prior = "hierarchical"}, parameters);
  parameters.allocate(core::Key(1), torch::kCPU);
  auto generator = tensor::make_generator(core::Key(2), torch::kCPU);
  const Tensor first = torch::linspace(-2, 2, 50).unsqueeze(1);
  const Tensor e = torch::cat({first, first, torch::full({50, 2}, 3.0)}, 1);
  const auto rate = [&] { return channel->transmit(parameters, e, {}, generator).rate_nats; };
  const Tensor scale = torch::softplus(torch::full({50, 2}, -2.0)) + 1e-10;
  const Tensor zero = torch::zeros({2});
  EXPECT_TRUE(torch::allclose(rate(), gaussian_kl_nats(e.narrow(1, 0, 2), scale.log(), zero, zero),
                              1e-5, 1e-5));
  const double apart = rate().mean().item<double>();
  {
    const torch::NoGradGuard no_grad;
    Tensor weight = parameters.at("channel.prior_weight");
    weight.fill_(1);
  }
  EXPECT_LT(rate().mean().item<double>(), apart - 0.5);
}

TEST(BadInput, NothingToLearnFrom) {
  data::Dataset constant = line(50, core::Key(1));
  constant.y.setConstant(3);
  EXPECT_ERROR(make_problem(constant, "standard"), core::DataError, "target 0 is 3 in every");
  data::Dataset one = blobs(50, core::Key(1));
  std::fill(one.labels.begin(), one.labels.end(), 2);
  EXPECT_ERROR(make_problem(one, "standard"), core::DataError, "of one class");
}

TEST(BadInput, EmptyPartsAndUnsortedBetas) {
  const data::Dataset few = line(8, core::Key(1));
  Model model = make(small("none"), few);
  EXPECT_ERROR(train(model, few, {.epochs = 1}, core::Key(1), core::silent()),
               core::InvalidArgument, "of 8 samples is empty");
  EXPECT_ERROR(training_and_test({.train = few, .test = {}}, 0.01, core::Key(1)),
               core::InvalidArgument, "leaves a part empty");
  ExperimentOptions options;
  options.betas = {0.1, 0.3, 0.2};
  const testing::TempFolder folder;
  EXPECT_ERROR(run_experiment({.train = few, .test = {}}, options, core::Key(1), torch::kCPU,
                              folder.path(), core::silent()),
               core::InvalidArgument, "got 0.2 after 0.3");
  options.betas = {0.1, 0.1};
  EXPECT_ERROR(run_experiment({.train = few, .test = {}}, options, core::Key(1), torch::kCPU,
                              folder.path(), core::silent()),
               core::InvalidArgument, "got 0.1 after 0.1");
}

// A mean of z so large that its KL alone overflows: it is named, and the model is as it was.
TEST(BadInput, TheTermThatWentFirstIsNamed) {
  const data::Dataset training = blobs(200, core::Key(1));
  Model gaussian = make(small("gaussian"), training);
  {
    const torch::NoGradGuard no_grad;
    Tensor bias = gaussian.parameters().at("projection.1.bias");
    bias.narrow(0, 0, 4).fill_(1e25);
    Tensor decoder = gaussian.parameters().at("decoder.1.weight");
    decoder.fill_(0);
  }
  const Tensor before = gaussian.parameters().flat().clone();
  EXPECT_ERROR(train(gaussian, training, {.epochs = 2, .batch = 50}, core::Key(1), core::silent()),
               core::DataError, "channel went first, at step 1 of epoch 1");
  EXPECT_TRUE(torch::equal(gaussian.parameters().flat(), before));
}

// A target rate of zero is none: beta stays.
TEST(BadInput, TargetRateOfZeroLeavesBeta) {
  const data::Dataset training = blobs(200, core::Key(1));
  Model model = make(small("gaussian"), training);
  const TrainingResult result = train(
      model, training, {.beta = 0.25, .target_rate = 0, .epochs = 1}, core::Key(1), core::silent());
  EXPECT_EQ(result.beta, 0.25);
}

}  // namespace
}  // namespace venturi::learn
