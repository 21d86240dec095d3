#include "venturi/net/network.hpp"

#include "tests/testing.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

TEST(Network, CnnShapesAndCount) {
  Parameters parameters;
  const Network net("body", small_cnn({32, 64}, 128, 0.25), {1, 28, 28}, parameters);
  parameters.allocate(core::Key(1), torch::kCPU);
  EXPECT_EQ(net.outputs(), 128);
  EXPECT_EQ(parameters.size(), 32 * 10 + 64 * (32 * 9 + 1) + 128 * (3136 + 1));
  const Tensor y = net.forward(parameters, torch::zeros({5, 1, 28, 28}), {});
  EXPECT_EQ(y.sizes().vec(), (std::vector<std::int64_t>{5, 128}));
}

// The oracle: the same layers by LibTorch's modules, with our values.
TEST(Network, EqualsLibTorchModules) {
  Parameters parameters;
  const Network net("mlp", mlp({7, 4}, "elu"), {6}, parameters);
  parameters.allocate(core::Key(2), torch::kCPU);
  torch::nn::Linear first(6, 7), second(7, 4);
  {
    const torch::NoGradGuard no_grad;
    first->weight.copy_(parameters.at("mlp.1.weight"));
    first->bias.copy_(parameters.at("mlp.1.bias"));
    second->weight.copy_(parameters.at("mlp.3.weight"));
    second->bias.copy_(parameters.at("mlp.3.bias"));
  }
  const Tensor x = torch::randn({3, 6});
  const Tensor expected = torch::elu(second(torch::elu(first(x))));
  EXPECT_TRUE(torch::allclose(net.forward(parameters, x, {}), expected));
}

TEST(Network, GradientsLandInTheFlatTensor) {
  Parameters parameters;
  const Network net("mlp", mlp({3}, "tanh"), {2}, parameters);
  parameters.allocate(core::Key(3), torch::kCPU);
  const Tensor x = torch::randn({4, 2}).to(torch::kFloat32);
  net.forward(parameters, x, {}).square().sum().backward();
  const Tensor analytic = parameters.flat_gradient().clone();
  ASSERT_GT(analytic.abs().max().item<float>(), 0);
  constexpr float kStep = 1e-2F;
  for (std::int64_t i = 0; i < parameters.size(); ++i) {
    const torch::NoGradGuard no_grad;
    const auto value = [&](float shift) {
      parameters.flat()[i] += shift;
      const double out = net.forward(parameters, x, {}).square().sum().item<double>();
      parameters.flat()[i] -= shift;
      return out;
    };
    EXPECT_NEAR((value(kStep) - value(-kStep)) / (2 * kStep), analytic[i].item<double>(), 2e-3);
  }
}

TEST(Network, JsonRoundTripAndHostileJson) {
  const auto layers = small_cnn({8}, 16, 0.5);
  EXPECT_EQ(to_json(layers_from_json(to_json(layers))), to_json(layers));
  using core::Json;
  EXPECT_ERROR(layers_from_json(Json{{"a", 1}}), core::DataError, "list of at most");
  EXPECT_ERROR(layers_from_json(Json::array({{{"type", "rnn"}}})), core::DataError,
               "layer 0: unknown type 'rnn'");
  EXPECT_ERROR(layers_from_json(Json::array({{{"type", "linear"}, {"out", "x"}}})), core::DataError,
               "integer out");
  EXPECT_ERROR(layers_from_json(Json::array({{{"type", "relu"}, {"leak", 1}}})), core::DataError,
               "unexpected field 'leak'");
}

TEST(Network, WrongShapesAreNamed) {
  Parameters p;
  EXPECT_ERROR(Network("n", {{.type = "linear", .out = 3}}, {1, 2, 2}, p), core::InvalidArgument,
               "n layer 0 (linear): expected a flat input");
  EXPECT_ERROR(Network("n", {{.type = "conv2d", .out = 3, .kernel = 3}}, {1, 2, 2}, p),
               core::InvalidArgument, "kernel of 3 does not fit");
  EXPECT_ERROR(Network("n", {{.type = "linear", .out = 1 << 30}}, {2}, p), core::InvalidArgument,
               "out in [1, 2^24]");
  EXPECT_ERROR(Network("n", {{.type = "linear", .out = 1 << 20}}, {1 << 20}, p),
               core::InvalidArgument, "2^30 parameters");
}

}  // namespace
}  // namespace venturi::net
