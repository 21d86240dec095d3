// tests/net/operator_cases.hpp: sound calls of the real-valued operators, for the tests that
// differentiate and that damage them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/testing.hpp"
#include "venturi/net/operators.hpp"

namespace venturi::net::cases {

using tensor::Tensor;
using Sizes = std::vector<std::int64_t>;
using Values = std::vector<std::pair<std::string, Attribute>>;

inline Attributes attributes_of(const Values& values) {
  Attributes out;
  for (const auto& [name, value] : values) out.set(name, value);
  return out;
}

inline std::vector<Tensor> run(const std::string& name, const std::vector<Tensor>& inputs,
                               const Values& values = {}, int opset = 21, std::size_t outputs = 1) {
  const Operator* op = find_operator(name);
  if (op == nullptr) core::fail_bug("operators_test", "no operator '{}'", name);
  const Attributes attributes = attributes_of(values);
  return op->run({attributes, inputs, opset, outputs});
}

inline Tensor ints(const Sizes& values) { return torch::tensor(values, torch::kInt64); }

// uniform in [low, high]; double, from a fixed key.
inline Tensor uniform(const Sizes& sizes, double low, double high, std::uint64_t key) {
  auto generator = tensor::make_generator(core::Key(key), torch::kCPU);
  return torch::empty(sizes, torch::kFloat64).uniform_(low, high, generator);
}

struct GradientCase {
  const char* name;
  std::vector<Sizes> inputs;  // drawn from [low, high]
  Values attributes = {};
  double low = -1.5, high = 1.5;
  std::vector<Tensor> constants = {};  // further inputs, after the drawn ones; undefined: absent
  int opset = 21;
};

inline const std::vector<GradientCase>& gradient_cases() {
  static const Sizes v = {3, 4};
  static const std::vector<GradientCase> cases = {
      {"Abs", {v}},
      {"Acos", {v}, {}, -0.9, 0.9},
      {"Acosh", {v}, {}, 1.1, 3},
      {"Asin", {v}, {}, -0.9, 0.9},
      {"Asinh", {v}},
      {"Atan", {v}},
      {"Atanh", {v}, {}, -0.9, 0.9},
      {"Celu", {v}, {{"alpha", 0.7}}},
      {"Cos", {v}},
      {"Cosh", {v}},
      {"Elu", {v}, {{"alpha", 0.7}}},
      {"Erf", {v}},
      {"Exp", {v}},
      {"Gelu", {v}},
      {"Gelu", {v}, {{"approximate", std::string("tanh")}}},
      {"HardSigmoid", {v}, {}, -4, 4},
      {"HardSwish", {v}, {}, -4, 4},
      {"LeakyRelu", {v}},
      {"Log", {v}, {}, 0.2, 2},
      {"LogSoftmax", {v}},
      {"Mish", {v}},
      {"Neg", {v}},
      {"PRelu", {v, {4}}},
      {"Reciprocal", {v}, {}, 0.2, 2},
      {"Relu", {v}},
      {"Selu", {v}},
      {"Shrink", {v}, {{"bias", 0.3}}},
      {"Sigmoid", {v}},
      {"Sin", {v}},
      {"Sinh", {v}},
      {"Softmax", {v}},
      {"Softmax", {{2, 3, 2}}, {}, -1.5, 1.5, {}, 11},
      {"Softplus", {v}},
      {"Softsign", {v}},
      {"Sqrt", {v}, {}, 0.2, 2},
      {"Tan", {v}, {}, -1, 1},
      {"Tanh", {v}},
      {"ThresholdedRelu", {v}, {{"alpha", 0.5}}},
      {"Clip", {v}, {}, -1.5, 1.5, {torch::tensor(-0.5), torch::tensor(0.5)}},
      {"Add", {v, {4}}},
      {"Sub", {v, {3, 1}}},
      {"Mul", {v, {4}}},
      {"Div", {v, v}, {}, 0.5, 2},
      {"Pow", {v, v}, {}, 0.5, 2},
      {"Mod", {v, v}, {{"fmod", std::int64_t{1}}}, 0.5, 2},
      {"Max", {v, v, {4}}},
      {"Min", {v, v}},
      {"Sum", {v, v, v}},
      {"Mean", {v, {4}}},
      {"ReduceL1", {v}, {{"axes", Sizes{1}}}, -1.5, 1.5, {}, 13},
      {"ReduceL2", {v}, {{"keepdims", std::int64_t{0}}}},
      {"ReduceLogSum", {v}, {}, 0.2, 2, {ints({-1})}},
      {"ReduceLogSumExp", {v}, {}, -1.5, 1.5, {ints({0})}},
      {"ReduceMax", {v}, {}, -1.5, 1.5, {ints({1})}},
      {"ReduceMean", {v}, {}, -1.5, 1.5, {ints({1})}},
      {"ReduceMin", {v}},
      {"ReduceProd", {v}},
      {"ReduceSum", {v}, {}, -1.5, 1.5, {ints({0})}},
      {"ReduceSumSquare", {v}},
      {"CumSum", {v}, {{"exclusive", std::int64_t{1}}}, -1.5, 1.5, {torch::tensor(1)}},
      {"TopK", {v}, {}, -1.5, 1.5, {ints({2})}},
      {"Reshape", {v}, {}, -1.5, 1.5, {ints({2, -1})}},
      {"Transpose", {v}},
      {"Concat", {v, {2, 4}}, {{"axis", std::int64_t{0}}}},
      {"Slice", {v}, {}, -1.5, 1.5, {ints({3}), ints({0}), ints({1}), ints({-2})}},
      {"Pad", {v}, {{"mode", std::string("reflect")}}, -1.5, 1.5, {ints({1, 2, 1, 2})}},
      {"Pad", {v}, {}, -1.5, 1.5, {ints({1, -1, 1, 2})}},
      {"Tile", {v}, {}, -1.5, 1.5, {ints({2, 1})}},
      {"Expand", {{3, 1}}, {}, -1.5, 1.5, {ints({2, 1, 4})}},
      {"Gather", {v}, {{"axis", std::int64_t{1}}}, -1.5, 1.5, {ints({0, -1, 0})}},
      {"GatherElements", {v}, {}, -1.5, 1.5, {ints({0, 2, 1, 0}).reshape({1, 4})}},
      {"GatherND", {v}, {}, -1.5, 1.5, {ints({0, 1, 2, 3}).reshape({2, 2})}},
      {"Trilu", {v}},
      {"Gemm", {{3, 4}, {5, 4}, {5}}, {{"transB", std::int64_t{1}}, {"alpha", 0.5}, {"beta", 2.0}}},
      {"MatMul", {{2, 3, 4}, {4, 2}}},
      {"Einsum", {{2, 3}, {3, 4}}, {{"equation", std::string("ij,jk->ki")}}},
      {"Det", {{3, 3}}},
      {"Conv", {{2, 2, 5}, {4, 1, 3}, {4}}, {{"group", std::int64_t{2}}, {"pads", Sizes{1, 2}}}},
      {"Conv",
       {{1, 2, 5, 4}, {3, 2, 2, 2}},
       {{"dilations", Sizes{2, 1}}, {"strides", Sizes{1, 2}}}},
      {"ConvTranspose",
       {{1, 2, 3, 3}, {2, 2, 2, 3}, {2}},
       {{"strides", Sizes{2, 2}}, {"pads", Sizes{0, 1, 1, 0}}}},
      {"MaxPool", {{1, 2, 5, 5}}, {{"kernel_shape", Sizes{2, 3}}, {"pads", Sizes{1, 0, 0, 1}}}},
      {"AveragePool",
       {{1, 2, 6}},
       {{"kernel_shape", Sizes{3}}, {"strides", Sizes{2}}, {"ceil_mode", std::int64_t{1}}}},
      {"AveragePool", {{1, 1, 6, 6}}, {{"kernel_shape", Sizes{2, 2}}, {"dilations", Sizes{2, 3}}}},
      {"LpPool", {{1, 2, 6}}, {{"kernel_shape", Sizes{3}}}},
      {"GlobalAveragePool", {{2, 2, 3, 3}}},
      {"GlobalMaxPool", {{2, 2, 3, 3}}},
      {"GlobalLpPool", {{2, 2, 3, 3}}},
      {"BatchNormalization", {{3, 2, 2}, {2}, {2}, {2}, {2}}, {}, 0.5, 2},
      {"BatchNormalization",
       {{3, 2, 2}, {2}, {2}, {2}, {2}},
       {{"training_mode", std::int64_t{1}}},
       0.5,
       2},
      {"InstanceNormalization", {{2, 2, 4}, {2}, {2}}},
      {"LayerNormalization", {{2, 3, 4}, {4}, {4}}},
      {"LayerNormalization", {{2, 3, 4}, {4}}, {{"axis", std::int64_t{1}}}},
      {"GroupNormalization", {{2, 4, 3}, {4}, {4}}, {{"num_groups", std::int64_t{2}}}},
      {"LpNormalization", {v}},
      {"LRN", {{1, 5, 2, 2}}, {{"size", std::int64_t{3}}}},
      {"MeanVarianceNormalization", {{2, 2, 2, 3}}},
      {"Resize",
       {{1, 1, 3, 4}},
       {{"mode", std::string("cubic")}},
       -1.5,
       1.5,
       {Tensor{}, torch::tensor({1.0F, 1.0F, 1.6F, 0.6F})}},
      {"Resize",
       {{1, 1, 3, 4}},
       {{"mode", std::string("linear")}, {"antialias", std::int64_t{1}}},
       -1.5,
       1.5,
       {Tensor{}, Tensor{}, ints({1, 1, 5, 2})}},
      {"RNN", {{3, 2, 2}, {1, 3, 2}, {1, 3, 3}, {1, 6}}},
      {"GRU", {{3, 2, 2}, {1, 9, 2}, {1, 9, 3}, {1, 18}}},
      {"LSTM",
       {{3, 2, 2}, {2, 12, 2}, {2, 12, 3}, {2, 24}},
       {{"direction", std::string("bidirectional")}}},
      {"GridSample", {{1, 2, 4, 4}, {1, 3, 3, 2}}, {}, -0.9, 0.9},
      {"GridSample", {{1, 1, 4, 4}, {1, 3, 3, 2}}, {{"mode", std::string("cubic")}}, -0.9, 0.9},
      {"RoiAlign",
       {{1, 2, 6, 6}},
       {{"output_height", std::int64_t{2}}, {"output_width", std::int64_t{3}}},
       -1.5,
       1.5,
       {torch::tensor({{0.3, 0.6, 4.1, 5.2}, {1.0, 2.0, 7.0, 3.0}}, torch::kFloat64),
        ints({0, 0})}},
      {"Cast", {v}, {{"to", std::int64_t{11}}}},
      {"CastLike", {v}, {}, -1.5, 1.5, {torch::zeros({1}, torch::kFloat64)}},
      {"Compress",
       {v},
       {{"axis", std::int64_t{1}}},
       -1.5,
       1.5,
       {torch::tensor({1, 0, 1, 1}).to(torch::kBool)}},
      {"Dropout", {v}},
      {"Flatten", {{2, 3, 2}}},
      {"Identity", {v}},
      {"ReverseSequence", {{3, 2, 2}}, {}, -1.5, 1.5, {ints({3, 2})}},
      {"ScatterElements",
       {v},
       {},
       -1.5,
       1.5,
       {ints({0, 2, 1, 0}).reshape({1, 4}), torch::ones({1, 4}, torch::kFloat64)}},
      {"Scatter",
       {v},
       {},
       -1.5,
       1.5,
       {ints({0, 2, 1, 0}).reshape({1, 4}), torch::ones({1, 4}, torch::kFloat64)}},
      {"SpaceToDepth", {{1, 1, 4, 4}}, {{"blocksize", std::int64_t{2}}}},
      {"Split", {v}, {{"axis", std::int64_t{1}}}, -1.5, 1.5, {ints({4})}},
      {"Squeeze", {{3, 1}}, {}, -1.5, 1.5, {ints({1})}},
      {"Unsqueeze", {v}, {}, -1.5, 1.5, {ints({0})}},
      {"Upsample", {{1, 1, 2, 3}}, {}, -1.5, 1.5, {torch::tensor({1.0F, 1.0F, 2.0F, 2.0F})}},
      {"DepthToSpace", {{1, 4, 2, 2}}, {{"blocksize", std::int64_t{2}}}},
      {"ScatterND",
       {v},
       {{"reduction", std::string("add")}},
       -1.5,
       1.5,
       {ints({0, 2, 0}).reshape({3, 1}), torch::ones({3, 4}, torch::kFloat64)}},
  };
  return cases;
}

}  // namespace venturi::net::cases
