#include "venturi/net/operators.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "tests/testing.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;
using Sizes = std::vector<std::int64_t>;
using Values = std::vector<std::pair<std::string, Attribute>>;

Attributes attributes_of(const Values& values) {
  Attributes out;
  for (const auto& [name, value] : values) out.set(name, value);
  return out;
}

std::vector<Tensor> run(const std::string& name, const std::vector<Tensor>& inputs,
                        const Values& values = {}, int opset = 21, std::size_t outputs = 1) {
  const Operator* op = find_operator(name);
  if (op == nullptr) core::fail_bug("operators_test", "no operator '{}'", name);
  const Attributes attributes = attributes_of(values);
  return op->run({attributes, inputs, opset, outputs});
}

Tensor ints(const Sizes& values) { return torch::tensor(values, torch::kInt64); }

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

// ---- gradients

// uniform in [low, high]; double, from a fixed key.
Tensor uniform(const Sizes& sizes, double low, double high, std::uint64_t key) {
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

const std::vector<GradientCase>& gradient_cases() {
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

// ---- hostile calls

// Numbers that models hold, and some that only a damaged one does.
struct Dice {
  std::mt19937_64 engine;

  std::int64_t below(std::uint64_t n) { return static_cast<std::int64_t>(engine() % n); }
  std::int64_t integer() {
    constexpr std::int64_t kOdd[] = {std::numeric_limits<std::int64_t>::min(),
                                     std::numeric_limits<std::int64_t>::max(),
                                     std::int64_t{1} << 40,
                                     -(std::int64_t{1} << 33),
                                     0,
                                     -1};
    return below(8) == 0 ? kOdd[below(6)] : below(7) - 2;
  }
  Sizes integers() {
    Sizes out;
    for (std::int64_t i = below(6); i > 0; --i) out.push_back(integer());
    return out;
  }
  Tensor tensor() {
    constexpr torch::ScalarType kTypes[] = {torch::kFloat32, torch::kFloat32, torch::kFloat32,
                                            torch::kInt64,   torch::kInt64,   torch::kInt32,
                                            torch::kInt8,    torch::kUInt8,   torch::kBool,
                                            torch::kFloat16, torch::kFloat64};
    if (below(12) == 0) return {};
    if (below(3) == 0) return ints(integers());
    Sizes sizes;
    for (std::int64_t i = below(6); i > 0; --i) sizes.push_back(below(8) == 0 ? 0 : 1 + below(4));
    Tensor out = torch::empty(sizes, torch::kFloat64);
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      out.data_ptr<double>()[i] = static_cast<double>(below(9) - 4) / (below(2) == 0 ? 1 : 2);
    }
    return out.to(kTypes[below(11)]);
  }
  Attribute attribute(const std::string& name) {
    static const std::map<std::string, std::vector<std::string>> texts = {
        {"auto_pad", {"SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"}},
        {"mode", {"constant", "reflect", "edge", "wrap", "linear", "nearest", "cubic", "CRD"}},
        {"coordinate_transformation_mode",
         {"align_corners", "asymmetric", "half_pixel_symmetric", "tf_crop_and_resize"}},
        {"reduction", {"none", "add", "mul", "max", "min"}},
        {"direction", {"LEFT", "RIGHT", "forward", "reverse", "bidirectional"}},
        {"equation", {"ij,jk->ik", "...i->...", "i,i", "ii->i", "->", "i.j", "ab,"}},
    };
    const auto words = texts.find(name);
    if (words != texts.end()) {
      return words->second[static_cast<std::size_t>(below(words->second.size()))];
    }
    switch (below(10)) {
      case 0:
        return static_cast<double>(integer()) / 3;
      case 1:
        return integers();
      case 2:
        return tensor();
      case 3:
        return std::vector<double>{0.5, -1};
      default:
        return integer();
    }
  }
};

Values strange_attributes(Dice& dice) {
  static const std::vector<std::string> lists = {
      "kernel_shape",   "strides", "dilations", "pads",  "output_shape",
      "output_padding", "perm",    "axes",      "split", "value_ints"};
  static const std::vector<std::string> others = {"axis",
                                                  "group",
                                                  "auto_pad",
                                                  "mode",
                                                  "ceil_mode",
                                                  "keepdims",
                                                  "to",
                                                  "k",
                                                  "size",
                                                  "blocksize",
                                                  "coordinate_transformation_mode",
                                                  "reduction",
                                                  "direction",
                                                  "equation",
                                                  "num_groups",
                                                  "hidden_size",
                                                  "layout",
                                                  "batch_dims",
                                                  "batch_axis",
                                                  "time_axis",
                                                  "epsilon",
                                                  "alpha",
                                                  "beta",
                                                  "exclusive",
                                                  "reverse",
                                                  "storage_order",
                                                  "count_include_pad",
                                                  "p",
                                                  "block_size",
                                                  "value",
                                                  "output_dtype",
                                                  "antialias",
                                                  "exclude_outside",
                                                  "num_outputs",
                                                  "start",
                                                  "end",
                                                  "fmod",
                                                  "training_mode",
                                                  "dtype",
                                                  "allowzero",
                                                  "select_last_index",
                                                  "largest",
                                                  "upper"};
  Values out;
  for (const std::string& name : lists) {
    if (dice.below(3) != 0) continue;
    out.emplace_back(name, dice.below(20) == 0 ? dice.attribute(name) : dice.integers());
  }
  for (const std::string& name : others) {
    if (dice.below(4) == 0) out.emplace_back(name, dice.attribute(name));
  }
  return out;
}

// Whatever is asked for, a kernel gives its results or a DataError. True for results.
bool survives(const std::string& name, const std::vector<Tensor>& inputs, const Values& values,
              int opset, std::size_t outputs) {
  try {
    EXPECT_EQ(run(name, inputs, values, opset, outputs).size(), outputs) << name;
    return true;
  } catch (const core::DataError&) {
  } catch (const std::exception& error) {
    ADD_FAILURE() << name << ": " << error.what();
  }
  return false;
}

TEST(Operators, StrangeCallsEndInResultsOrDataErrors) {
  constexpr int kRounds = 60;
  Dice dice{std::mt19937_64(2024)};
  int results = 0;
  for (const Operator& op : operators()) {
    const int most = op.most_inputs < 0 ? 4 : op.most_inputs;
    for (int round = 0; round < kRounds; ++round) {
      const Values values = strange_attributes(dice);
      std::vector<Tensor> inputs;
      const std::int64_t count = op.least_inputs + dice.below(most - op.least_inputs + 2);
      for (std::int64_t i = 0; i < count; ++i) inputs.push_back(dice.tensor());
      results +=
          survives(std::string(op.name), inputs, values, static_cast<int>(11 + dice.below(11)),
                   static_cast<std::size_t>(1 + dice.below(3)));
    }
  }
  EXPECT_GT(results, kRounds * 3);  // so that what follows the checks is reached too
}

// Puts one strange thing into a call that was sound.
void damage(Dice& dice, std::vector<Tensor>& inputs, Values& values) {
  if (!values.empty() && dice.below(2) == 0) {
    auto& [name, value] = values[static_cast<std::size_t>(dice.below(values.size()))];
    auto* list = std::get_if<Sizes>(&value);
    if (list != nullptr && dice.below(4) != 0) {
      list->at(static_cast<std::size_t>(dice.below(list->size()))) = dice.integer();
    } else {
      value = dice.attribute(name);
    }
    return;
  }
  if (dice.below(3) == 0) {
    const Values more = strange_attributes(dice);
    values.insert(values.end(), more.begin(), more.end());
    return;
  }
  Tensor& damaged = inputs[static_cast<std::size_t>(dice.below(inputs.size()))];
  const bool integers = damaged.defined() && damaged.scalar_type() == torch::kInt64;
  if (integers && damaged.numel() > 0 && dice.below(4) != 0) {
    damaged = damaged.clone();
    damaged.view({-1})[dice.below(static_cast<std::uint64_t>(damaged.numel()))] = dice.integer();
  } else {
    damaged = dice.tensor();
  }
}

TEST(Operators, DamagedCallsEndInResultsOrDataErrors) {
  constexpr int kRounds = 40;
  Dice dice{std::mt19937_64(2025)};
  int results = 0;
  for (const GradientCase& c : gradient_cases()) {
    for (int round = 0; round < kRounds; ++round) {
      std::vector<Tensor> inputs;
      for (const Sizes& sizes : c.inputs) inputs.push_back(uniform(sizes, c.low, c.high, 5));
      inputs.insert(inputs.end(), c.constants.begin(), c.constants.end());
      Values values = c.attributes;
      damage(dice, inputs, values);
      results +=
          survives(c.name, inputs, values, c.opset, static_cast<std::size_t>(1 + dice.below(2)));
    }
  }
  EXPECT_GT(results, kRounds * 10);
}

}  // namespace
}  // namespace venturi::net
