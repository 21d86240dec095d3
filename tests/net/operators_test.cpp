#include "venturi/net/operators.hpp"

#include <cmath>

#include "tests/net/operator_cases.hpp"

namespace venturi::net {
namespace {

using namespace cases;

TEST(Operators, TableIsSortedAndFound) {
  const auto table = operators();
  ASSERT_GT(table.size(), 100U);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (i > 0) {
      EXPECT_LT(table[i - 1].name, table[i].name);
    }
    EXPECT_EQ(find_operator(table[i].name), &table[i]);
  }
  EXPECT_EQ(find_operator("NoSuchOperator"), nullptr);
  EXPECT_EQ(find_operator(""), nullptr);
}

// sum of weights * first output, at `inputs`.
Tensor objective(const GradientCase& c, const std::vector<Tensor>& inputs) {
  const Tensor y = run(c.name, inputs, c.attributes, c.opset)[0];
  return (y * uniform(y.sizes().vec(), -1, 1, 77)).sum();
}

TEST(Operators, GradientsAgreeWithFiniteDifferences) {
  // Central differences of step h = 1e-5: their error is h^2/6 times a third derivative, here below
  // 1e3, plus rounding of 1e-16/h times a value below 1e2: together below 2e-8 (1 + |g|).
  constexpr double kStep = 1e-5;
  constexpr double kTolerance = 1e-6;
  for (const GradientCase& c : gradient_cases()) {
    SCOPED_TRACE(c.name);
    std::vector<Tensor> inputs;
    for (std::size_t i = 0; i < c.inputs.size(); ++i) {
      inputs.push_back(uniform(c.inputs[i], c.low, c.high, 11 + i).requires_grad_());
    }
    const std::size_t drawn = inputs.size();
    for (const Tensor& constant : c.constants) inputs.push_back(constant);
    objective(c, inputs).backward();
    for (std::size_t i = 0; i < drawn; ++i) {
      const torch::NoGradGuard no_grad;
      Tensor flat = inputs[i].view({-1});
      // An input that the first output does not depend on has no gradient.
      const Tensor gradient =
          inputs[i].grad().defined() ? inputs[i].grad().reshape({-1}) : torch::zeros_like(flat);
      for (std::int64_t j = 0; j < flat.numel(); ++j) {
        const double at = flat[j].item<double>();
        flat[j] = at + kStep;
        const double above = objective(c, inputs).item<double>();
        flat[j] = at - kStep;
        const double below = objective(c, inputs).item<double>();
        flat[j] = at;
        const double expected = (above - below) / (2 * kStep);
        EXPECT_NEAR(gradient[j].item<double>(), expected, kTolerance * (1 + std::abs(expected)))
            << "input " << i << ", element " << j;
      }
    }
  }
}

// Whole steps are repeated without a table of indices, other ones looked up: both by the
// definition.
TEST(Operators, NearestNeighboursOfAResize) {
  const Tensor x = uniform({1, 2, 3, 4}, -1, 1, 1);
  for (const Sizes& size : {Sizes{6, 12}, {3, 8}, {5, 7}, {2, 4}, {9, 2}}) {
    const Tensor y = run("Resize", {x, Tensor(), Tensor(), ints({1, 2, size[0], size[1]})},
                         {{"mode", std::string("nearest")},
                          {"coordinate_transformation_mode", std::string("asymmetric")},
                          {"nearest_mode", std::string("floor")}})[0];
    ASSERT_EQ(y.sizes(), (Sizes{1, 2, size[0], size[1]}));
    for (std::int64_t i = 0; i < size[0]; ++i) {
      for (std::int64_t j = 0; j < size[1]; ++j) {
        EXPECT_TRUE(torch::equal(y.select(2, i).select(2, j),
                                 x.select(2, i * 3 / size[0]).select(2, j * 4 / size[1])))
            << i << ", " << j << " of " << size[0] << "*" << size[1];
      }
    }
  }
}

}  // namespace
}  // namespace venturi::net
