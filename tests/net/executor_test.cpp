#include "venturi/net/executor.hpp"

#include "tests/net/models.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

// The oracle: the same by LibTorch's own functions.
TEST(Executor, EqualsLibTorch) {
  const Model m = small_residual();
  const auto w = [&](const char* name) { return m.weights.find(name)->second; };
  const Tensor x = numbers({3, 4, 6, 6}, 10);
  Tensor y = torch::conv2d(x, w("conv.weight"), {}, 1, 1);
  y = torch::batch_norm(y, w("bn.weight"), w("bn.bias"), w("bn.running_mean"), w("bn.running_var"),
                        false, 0, 1e-5, false);
  y = torch::linear((y + x).mean({2, 3}), w("out.weight"), w("out.bias"));
  // Sums of 36 floats in another order: some units of the last place.
  EXPECT_TRUE(torch::allclose(Executor(m).run({x})[0], y, 1e-5, 1e-6));
}

TEST(Executor, GradientsReachWeightsAndInputs) {
  Model m = two_layers();
  for (auto& [name, value] : m.weights) value = value.to(torch::kFloat32).requires_grad_(true);
  const Executor executor(m);
  const Tensor x = numbers({6, 4}, 11).requires_grad_(true);
  const auto loss = [&] {
    return executor.run({x}, {.hooks = {}, .gradients = true})[0].square().sum();
  };
  loss().backward();
  EXPECT_FALSE(executor.run({x})[0].requires_grad());
  const Tensor weight = executor.weights().find("a.weight")->second;
  const Tensor analytic = weight.grad();
  ASSERT_TRUE(analytic.defined());
  ASSERT_TRUE(x.grad().defined());
  const torch::NoGradGuard no_grad;
  constexpr double kStep = 1e-2;
  // Exact but for ReLUs that a step of 1e-2 switches, and float32's rounding over the step: each
  // entry within 2 % of the largest.
  const double scale = analytic.abs().max().item<double>();
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto at = [&](double shift) {
      weight.view(-1)[i] += shift;
      const double out = loss().item<double>();
      weight.view(-1)[i] -= shift;
      return out;
    };
    EXPECT_NEAR((at(kStep) - at(-kStep)) / (2 * kStep), analytic.view(-1)[i].item<double>(),
                0.02 * scale);
  }
}

TEST(Executor, EdgesAreFreedAfterTheirLastReader) {
  using Weak = c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
  const Executor executor(two_layers());
  std::map<std::string, Weak> edges;
  std::map<std::string, bool> freed_at_b;
  RunOptions options;
  options.hooks.push_back(observe("*", [&](const std::string& edge, const Tensor& value) {
    edges.emplace(edge, Weak(value.getIntrusivePtr()));
    if (edge != "b") return;
    for (const auto& [name, weak] : edges) freed_at_b[name] = weak.expired();
  }));
  const auto out = executor.run({numbers({2, 4}, 12) * 1}, options);
  // "relu" is still held by the step that reads it.
  EXPECT_EQ(freed_at_b, (std::map<std::string, bool>{
                            {"a", true}, {"b", false}, {"relu", false}, {"x", false}}));
  EXPECT_TRUE(edges.at("relu").expired());
}

TEST(Executor, HooksObserveReplaceAndAddNoise) {
  const Executor executor(two_layers());
  const Tensor x = numbers({2, 4}, 13);
  std::vector<std::string> seen;
  const auto see = [&](const std::string& edge, const Tensor&) { seen.push_back(edge); };
  const Tensor plain = executor.run({x})[0];
  EXPECT_TRUE(torch::equal(executor.run({x}, {.hooks = {observe("*", see)}})[0], plain));
  EXPECT_EQ(seen, (std::vector<std::string>{"x", "a", "relu", "b"}));

  const Tensor zeros = torch::zeros({2, 5});
  const Tensor biases = executor.run({x}, {.hooks = {replace("relu", zeros)}})[0];
  EXPECT_TRUE(torch::equal(biases, executor.weights().find("b.bias")->second.expand({2, 3})));
  EXPECT_ERROR(executor.run({x}, {.hooks = {replace("relu", torch::zeros({5}))}}), core::DataError,
               "edge 'relu': expected a replacement of shape [2, 5], got [5]");

  const Hook noise = add_noise("x", 0.5, core::Key(1));
  const Tensor first = executor.run({x}, {.hooks = {noise}})[0];
  EXPECT_TRUE(torch::equal(first, executor.run({x}, {.hooks = {noise}})[0]));
  EXPECT_FALSE(torch::equal(first, plain));
  EXPECT_FALSE(
      torch::equal(first, executor.run({x}, {.hooks = {add_noise("x", 0.5, core::Key(2))}})[0]));
  EXPECT_ERROR(add_noise("x", -1, core::Key(1)), core::InvalidArgument, "a deviation >= 0");
}

TEST(Executor, NoiseHasTheDeviationAskedFor) {
  const Executor executor(two_layers());
  const Tensor x = torch::zeros({25000, 4});
  double deviation = 0;
  executor.run({x}, {.hooks = {add_noise("x", 0.5, core::Key(3)),
                               observe("x", [&](const std::string&, const Tensor& value) {
                                 deviation = value.std().item<double>();
                               })}});
  // 10^5 draws: the deviation of a deviation is 0.5 / sqrt(2 * 10^5) = 0.0011; four of them.
  EXPECT_NEAR(deviation, 0.5, 0.0045);
}

TEST(Executor, InputsThatDoNotFitAreNamed) {
  const Executor executor(two_layers());
  EXPECT_ERROR(executor.run({}), core::InvalidArgument, "expected 1 inputs, got 0");
  EXPECT_ERROR(executor.run({torch::zeros({2, 5})}), core::DataError,
               "input 'x': expected shape [?, 4], got [2, 5]");
  EXPECT_ERROR(executor.run({torch::zeros({2, 4}, torch::kInt64)}), core::DataError,
               "expected elements Float, got Long");
}

TEST(Executor, AFailingNodeIsNamed) {
  Model m = two_layers();
  m.weights["b.weight"] = torch::zeros({3, 6});
  EXPECT_ERROR(Executor(m).run({torch::zeros({2, 4})}), core::DataError, "'b' (Gemm, node 2)");
}

TEST(Executor, Bfloat16ComputesInItAndAnswersInFloat32) {
  const Model m = two_layers();
  const Tensor x = numbers({8, 4}, 14);
  const Executor half(m, {.compute = torch::kBFloat16});
  torch::ScalarType inside = torch::kFloat32;
  const Tensor y =
      half.run({x}, {.hooks = {observe("relu", [&](const std::string&, const Tensor& v) {
                       inside = v.scalar_type();
                     })}})[0];
  EXPECT_EQ(inside, torch::kBFloat16);
  EXPECT_EQ(y.scalar_type(), torch::kFloat32);
  const Tensor exact = Executor(m).run({x})[0];
  // Eight bits of mantissa, sums of 9 products over two layers: 1 % of the largest is some eight
  // roundings of 2^-9.
  EXPECT_LT((y - exact).abs().max().item<double>(), 0.02 * exact.abs().max().item<double>());
  EXPECT_FALSE(torch::equal(y, exact));
}

}  // namespace
}  // namespace venturi::net
