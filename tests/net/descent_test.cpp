#include "venturi/net/descent.hpp"

#include "tests/testing.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

// Against the equations, for parameters that do not fill the flat tensor's places.
TEST(Descent, FollowsItsEquations) {
  constexpr double kMomentum = 0.9, kDecay = 0.1;
  std::vector<Tensor> parameters = {torch::tensor({1.0, -2.0, 3.0}, torch::kFloat64),
                                    torch::tensor({0.5}, torch::kFloat64).view({1, 1})};
  std::vector<Tensor> w = {parameters[0].clone(), parameters[1].clone()};
  std::vector<Tensor> v = {torch::zeros_like(w[0]), torch::zeros_like(w[1])};
  Descent descent(parameters, kMomentum, kDecay, torch::kCPU);
  EXPECT_TRUE(torch::equal(parameters[0], w[0]));
  EXPECT_EQ(parameters[1].sizes(), w[1].sizes());
  const Tensor rates = cosine_rates(0.2, 3);
  for (int step = 0; step < 3; ++step) {
    descent.zero_grad();
    ((parameters[0].square().sum() + 1) * parameters[1].sum()).backward();
    const Tensor gradients[] = {2 * w[0] * w[1].sum(), (w[0].square().sum() + 1).view({1, 1})};
    for (std::size_t i = 0; i < w.size(); ++i) {
      const Tensor g = gradients[i] + kDecay * w[i];
      v[i] = kMomentum * v[i] + g;
      w[i] = w[i] - rates[step].item<double>() * (g + kMomentum * v[i]);
    }
    descent.step(rates[step]);
    for (std::size_t i = 0; i < w.size(); ++i) {
      EXPECT_TRUE(torch::allclose(parameters[i].detach(), w[i], 1e-12, 1e-12)) << step;
    }
  }
  EXPECT_NEAR(rates[0].item<double>(), 0.2, 1e-7);
  EXPECT_NEAR(rates[1].item<double>(), 0.15, 1e-7);  // (1 + cos(pi/3)) / 2
  EXPECT_NEAR(rates[2].item<double>(), 0.05, 1e-7);
}

}  // namespace
}  // namespace venturi::net
