// Rates whose critic learns beside the model.
#include "venturi/learn/critic_rate.hpp"

#include <cmath>

#include "tests/learn/blobs.hpp"
#include "tests/testing.hpp"
#include "venturi/learn/trainer.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

// z = x + noise, both of variance 1: I = log(2) / 2; CLUB of the true law is
// E (z - x')^2 / 2 - E (z - x)^2 / 2 = (3 - 1) / 2 = 1.
TEST(CriticRate, FindsTheInformationOfNormalPairs) {
  auto generator = tensor::make_generator(core::Key(1), torch::kCPU);
  const auto normal = [&](std::int64_t n) { return torch::empty({n, 1}).normal_(0, 1, generator); };
  for (const auto& [bound, truth] :
       {std::pair{"mine", 0.5 * std::log(2.0)}, std::pair{"club", 1.0}}) {
    CriticRate rate(bound, 1, 2e-3, core::Key(2));
    double sum = 0;
    for (int step = 0; step < 600; ++step) {
      const Tensor x = normal(256), z = x + normal(256);
      const double nats = rate.nats(x, z).item<double>();
      if (step >= 300) sum += nats / 300;
    }
    EXPECT_NEAR(sum, truth, 0.15 * truth) << bound;
  }
}

// The slope in z of CLUB under a law held fixed: finite differences of the value.
TEST(CriticRate, GradientAndCopies) {
  auto generator = tensor::make_generator(core::Key(1), torch::kCPU);
  const Tensor x = torch::empty({2, 8, 3}).normal_(0, 1, generator);
  Tensor z = torch::empty({2, 8, 2}).normal_(0, 1, generator).requires_grad_();
  CriticRate both("club", 1, 1e-3, core::Key(2));
  const Tensor nats = both.nats(x, z);
  EXPECT_EQ(nats.sizes().vec(), (std::vector<std::int64_t>{2}));
  const Tensor slope = torch::autograd::grad({nats.sum()}, {z})[0];
  EXPECT_GT(slope.abs().max().item<double>(), 0);
  NeuralBound fixed(core::find_member(bounds(), "club", "test").make, {}, 2, 3, 2, core::Key(2),
                    torch::kCPU);
  Tensor a = z.detach().clone().requires_grad_();
  const Tensor by_graph = torch::autograd::grad({fixed.value(x, a).sum()}, {a})[0].flatten();
  const torch::NoGradGuard no_grad;
  constexpr double kStep = 1e-2;
  for (const std::int64_t i : {0, 5, 13}) {
    const auto moved = [&](double by) {
      Tensor b = z.detach().clone();
      b.view({-1})[i].add_(by);
      return fixed.value(x, b).sum().item<double>();
    };
    EXPECT_NEAR(by_graph[i].item<double>(), (moved(kStep) - moved(-kStep)) / (2 * kStep), 5e-3);
  }
}

ModelOptions small() {
  ModelOptions out;
  out.hidden = {16};
  out.channel = {.kind = "gaussian", .size = 2, .prior = "standard"};
  return out;
}

Model make(const data::Dataset& training) {
  return {small(), make_problem(training, "standard"), core::Key(1), torch::kCPU};
}

TEST(CriticRate, AHeavyBetaKeepsLess) {
  const data::Dataset training = blobs(1500, core::Key(1));
  double rates[2] = {};
  for (const bool heavy : {false, true}) {
    Model model = make(training);
    const TrainerOptions options{.beta = heavy ? 3.0 : 1e-5,
                                 .epochs = 40,
                                 .batch = 100,
                                 .learning_rate = 3e-3,
                                 .objective = {.rate = "club"}};
    const TrainingResult result = train(model, training, options, core::Key(3), core::silent());
    rates[heavy] = result.history.back().train_rate_bits;
    if (!heavy) {
      EXPECT_LT(result.validation.distortion, 0.05);
    }
  }
  EXPECT_LT(rates[1], 0.5 * rates[0]);
}

class StopAfter : public core::Monitor {
 public:
  explicit StopAfter(int steps) : left_(steps) {}
  bool stop_requested() override { return left_-- <= 0; }

 private:
  int left_;
};

// The critic is part of the checkpoint.
TEST(CriticRate, StoppedAndResumedIsTheSameRun) {
  const data::Dataset training = blobs(400, core::Key(1));
  const TrainerOptions options{
      .beta = 0.05, .epochs = 2, .batch = 50, .objective = {.rate = "mine+club"}};
  Model whole = make(training);
  train(whole, training, options, core::Key(3), core::silent());
  const testing::TempFolder folder;
  Model resumed = make(training);
  StopAfter stop(10);
  EXPECT_THROW(train(resumed, training, options, core::Key(3), stop, folder / "run.vt"),
               core::Interrupted);
  Model again = make(training);
  train(again, training, options, core::Key(3), core::silent(), folder / "run.vt");
  EXPECT_TRUE(torch::equal(again.parameters().flat(), whole.parameters().flat()));
}

TEST(CriticRate, BadInput) {
  EXPECT_ERROR(CriticRate("mind", 1, 1e-3, core::Key(1)), core::InvalidArgument, "mine");
  CriticRate rate("club", 1, 1e-3, core::Key(1));
  rate.set_state(torch::zeros({7}));
  EXPECT_ERROR(rate.nats(torch::randn({8, 2}), torch::randn({8, 2})), core::DataError,
               "expected a state of");
  Objective objective({.rate = "club"});
  EXPECT_FALSE(objective.critic_state().defined());
  EXPECT_ERROR(objective.set_critic_state(torch::full({1}, 5.0)), core::DataError, "critics");
}

}  // namespace
}  // namespace venturi::learn
