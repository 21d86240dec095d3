#include <cmath>

#include "tests/testing.hpp"
#include "venturi/learn/adam.hpp"
#include "venturi/learn/channel.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

TEST(LogisticMixture, MassesSumToOneAndAgreeWithTheTensorForm) {
  net::Parameters parameters;
  const LogisticMixture density("d", 2, 3, parameters);
  parameters.allocate(core::Key(1), torch::kCPU);
  for (std::int64_t c = 0; c < 2; ++c) {
    const auto masses = density.masses(parameters, c, -100, 201);
    double sum = 0;
    for (const double m : masses) sum += m;
    EXPECT_NEAR(sum, 1, 1e-9);
    Tensor z = torch::zeros({201, 2});
    z.select(1, c).copy_(torch::arange(-100, 101));
    const Tensor fast = density.log_mass(parameters, z).select(1, c);
    for (std::int64_t i = 80; i < 121; ++i) {
      const double expected = std::log(std::max(masses[i], 1e-9));
      EXPECT_NEAR(fast[i].item<double>(), expected, 1e-4 * std::abs(expected) + 1e-5) << i;
    }
    const auto range = density.support(parameters, c, 1e-3);
    double inside = 0;
    for (const double m : density.masses(parameters, c, range.first, range.size)) inside += m;
    EXPECT_GT(inside, 1 - 1e-3 - 1e-9);
    EXPECT_LT(range.size, 60U);
  }
}

TEST(LogisticMixture, GradientsAgainstFiniteDifferences) {
  net::Parameters parameters;
  const LogisticMixture density("d", 2, 3, parameters);
  parameters.allocate(core::Key(2), torch::kCPU);
  const Tensor z = torch::tensor({0.3F, -1.2F, 2.0F, 0.7F}).view({2, 2});
  const auto value = [&] { return density.log_mass(parameters, z).sum(); };
  value().backward();
  const Tensor analytic = parameters.flat_gradient().clone();
  constexpr float kStep = 1e-3F;
  for (std::int64_t i = 0; i < parameters.size(); ++i) {
    const torch::NoGradGuard no_grad;
    parameters.flat()[i] += kStep;
    const double up = value().item<double>();
    parameters.flat()[i] -= 2 * kStep;
    const double down = value().item<double>();
    parameters.flat()[i] += kStep;
    EXPECT_NEAR((up - down) / (2 * kStep), analytic[i].item<double>(), 0.02) << i;
  }
}

// The oracle: KL = E_q[log q - log p], by integration on a fine grid.
TEST(GaussianKl, AgainstIntegration) {
  const double m = 0.7, s = 0.4, pm = -0.2, ps = 1.3;
  double integral = 0;
  constexpr double kStep = 1e-4;
  for (double z = m - 8 * s; z < m + 8 * s; z += kStep) {
    const double lq = -0.5 * std::pow((z - m) / s, 2) - std::log(s);
    const double lp = -0.5 * std::pow((z - pm) / ps, 2) - std::log(ps);
    integral += std::exp(lq) / std::sqrt(2 * std::numbers::pi) * (lq - lp) * kStep;
  }
  const auto one = [](double v) { return torch::full({1, 1}, v); };
  const Tensor kl = gaussian_kl_nats(one(m), one(std::log(s)), one(pm)[0], one(std::log(ps))[0]);
  EXPECT_NEAR(kl.item<double>(), integral, 1e-5);
}

TEST(Channel, QuantizedRoundsAtUseAndAddsHalfBinNoiseInTraining) {
  net::Parameters parameters;
  const auto channel = make_channel({.kind = "quantized", .size = 2, .components = 2}, parameters);
  parameters.allocate(core::Key(3), torch::kCPU);
  auto generator = tensor::make_generator(core::Key(4), torch::kCPU);
  const Tensor e = 3 * torch::randn({500, 2});
  const Signal hard = channel->transmit(parameters, e, {}, generator);
  EXPECT_TRUE(torch::equal(hard.z, e.round()));
  const Signal noisy = channel->transmit(parameters, e, {Throat::Mode::kNoisy, 0}, generator);
  EXPECT_LE((noisy.z - e).abs().max().item<double>(), 0.5);
  EXPECT_GT((noisy.z - e).abs().max().item<double>(), 0.49);
  // Soft rounding keeps every value within half a bin of its integer's bin and keeps integers +
  // 1/2.
  const Tensor halves = torch::tensor({{0.5F, -1.5F}});
  const Signal kept = channel->transmit(parameters, halves, {Throat::Mode::kNoisy, 5}, generator);
  EXPECT_LE((kept.z - halves).abs().max().item<double>(), 0.5 + 1e-6);
}

// The oracle: LibTorch's own Adam.
TEST(Adam, EqualsLibTorch) {
  const Tensor start = torch::randn({7});
  Tensor ours = start.clone();
  const Tensor gradient = torch::zeros({7});
  Adam adam(ours, gradient, 0, {});
  Tensor theirs = start.clone().requires_grad_();
  torch::optim::Adam oracle({theirs}, torch::optim::AdamOptions(0.01));
  for (int step = 0; step < 50; ++step) {
    const Tensor target = torch::full({7}, 0.1 * step);
    gradient.copy_(2 * (ours - target));
    oracle.zero_grad();
    (theirs - target).square().sum().backward();
    adam.step(0.01);
    oracle.step();
  }
  EXPECT_TRUE(torch::allclose(ours, theirs.detach(), 1e-4, 1e-5));
}

TEST(Adam, AverageIsDebiased) {
  const Tensor values = torch::ones({3});
  const Tensor gradient = torch::zeros({3});
  Adam adam(values, gradient, 0, {.average = 0.9});
  adam.step(0.1);  // no gradient: the weights stay
  EXPECT_TRUE(torch::allclose(adam.averaged(), torch::ones({3})));
}

TEST(Adam, ClipsByNorm) {
  const Tensor values = torch::zeros({2});
  const Tensor gradient = torch::tensor({3.0F, 4.0F});
  Adam adam(values, gradient, 0, {.beta1 = 0, .beta2 = 0, .clip = 1});
  adam.step(1.0);  // with both decays 0 a step is the gradient's sign
  EXPECT_TRUE(torch::allclose(values, torch::tensor({-1.0F, -1.0F}), 1e-3));
}

}  // namespace
}  // namespace venturi::learn
