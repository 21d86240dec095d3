// Gradients of whole graphs against LibTorch's own modules with the same weights, and that every
// operator of real numbers is differentiated somewhere.
#include <set>

#include "tests/net/models.hpp"
#include "tests/net/operator_cases.hpp"
#include "venturi/net/resnet.hpp"
#include "venturi/net/transformer.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;
using Tensors = std::vector<Tensor>;

// A model whose weights are leaves in double, moved away from their starting values.
Model leaves(Model m) {
  for (auto& [name, value] : m.weights) {
    value = value.to(torch::kFloat64);
    if (value.dim() == 1) {
      value = (value + 0.2 * numbers(value.sizes().vec(), name.size()).abs().to(torch::kFloat64));
    }
    value = value.clone().requires_grad_(true);
  }
  for (Port& port : m.graph.inputs) {
    if (c10::isFloatingType(port.type)) port.type = torch::kFloat64;
  }
  for (Node& node : m.graph.nodes) {
    const Tensor value = node.op == "Constant" ? node.attributes.tensor("value") : Tensor();
    if (value.defined() && value.is_floating_point()) {
      node.attributes.set("value", value.to(torch::kFloat64));
    }
  }
  return m;
}

// Both answers, and the gradients of every weight of `m` through both.
void expect_same_gradients(const Model& m, const Tensor& x, const Tensor& theirs) {
  const Tensor ours = Executor(m).run({x}, {.hooks = {}, .gradients = true})[0];
  ASSERT_TRUE(torch::allclose(ours, theirs, 1e-9, 1e-9));
  Tensors weights;
  std::vector<std::string> names;
  for (const auto& [name, value] : m.weights) {
    if (name.ends_with("running_mean") || name.ends_with("running_var")) continue;
    weights.push_back(value);
    names.push_back(name);
  }
  const auto of = [&](const Tensor& y) {
    return torch::autograd::grad({y.square().sum()}, weights, {}, false, false, true);
  };
  const Tensors a = of(ours), b = of(theirs);
  double largest = 0;
  for (const Tensor& gradient : b) {
    largest = std::max(largest, gradient.abs().max().item<double>());
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    ASSERT_TRUE(a[i].defined() && b[i].defined()) << names[i];
    // Doubles: sums in another order. That of a bias of keys is 0 but for rounding: softmax does
    // not see what all keys share.
    EXPECT_TRUE(torch::allclose(a[i], b[i], 1e-8, 1e-10 * largest)) << names[i];
    EXPECT_GT(b[i].abs().max().item<double>(), 0) << names[i];
  }
}

TEST(Gradients, OfAResidualNetworkEqualLibTorchs) {
  const Model m = leaves(cifar_resnet(8, core::Key(1)));
  const auto w = [&](const std::string& name) { return m.weights.at(name); };
  const auto norm = [&](const std::string& name, const Tensor& y) {
    return torch::batch_norm(y, w(name + ".weight"), w(name + ".bias"),
                             w(name + ".running_mean").detach(), w(name + ".running_var").detach(),
                             false, 0, 1e-5, false);
  };
  const Tensor x = numbers({3, 3, 32, 32}, 2).to(torch::kFloat64);
  Tensor y = torch::relu(norm("bn1", torch::conv2d(x, w("conv1.weight"), {}, 1, 1)));
  for (int stage = 1; stage <= 3; ++stage) {
    const std::string p = fmt::format("layer{}.0.", stage);
    const int stride = stage == 1 ? 1 : 2;
    Tensor z = torch::conv2d(y, w(p + "conv1.weight"), {}, stride, 1);
    z = torch::relu(norm(p + "bn1", z));
    z = norm(p + "bn2", torch::conv2d(z, w(p + "conv2.weight"), {}, 1, 1));
    Tensor around = y;
    if (stage > 1) {
      around = y.slice(2, 0, c10::nullopt, 2).slice(3, 0, c10::nullopt, 2);
      const std::int64_t side = y.size(1) / 2;
      around = torch::constant_pad_nd(around, {0, 0, 0, 0, side, side}, 0);
    }
    y = torch::relu(z + around);
  }
  y = torch::linear(y.mean({2, 3}), w("linear.weight"), w("linear.bias"));
  expect_same_gradients(m, x, y);
}

TEST(Gradients, OfATransformerEqualLibTorchs) {
  constexpr std::int64_t kWidth = 12;
  const Model m = leaves(transformer(
      core::Key(1), {.vocabulary = 9, .width = kWidth, .layers = 2, .heads = 3, .hidden = 10}));
  const auto w = [&](const std::string& name) { return m.weights.at(name); };
  auto generator = tensor::make_generator(core::Key(5), torch::kCPU);
  const Tensor tokens = torch::empty({4, 6}, torch::kInt64).random_(0, 9, generator);
  Tensor x = torch::embedding(w("tok_embeddings.weight"), tokens) +
             w("positions.weight").slice(0, 0, 6).unsqueeze(0);
  x = x.transpose(0, 1);  // t*n*width, as the functional form has it
  namespace F = torch::nn::functional;
  for (int l = 0; l < 2; ++l) {
    const std::string p = fmt::format("layers.{}.", l);
    const auto normal = [&](const std::string& name, const Tensor& y) {
      return torch::layer_norm(y, {kWidth}, w(p + name + ".weight"), w(p + name + ".bias"));
    };
    const Tensor z = normal("attention_norm", x);
    const auto three = [&](const char* what) {
      return torch::cat({w(p + "attention.wq." + what), w(p + "attention.wk." + what),
                         w(p + "attention.wv." + what)});
    };
    const auto [mixed, share] = F::multi_head_attention_forward(
        z, z, z,
        F::MultiheadAttentionForwardFuncOptions(kWidth, 3, three("weight"), three("bias"), {}, {},
                                                false, 0, w(p + "attention.wo.weight"),
                                                w(p + "attention.wo.bias")));
    x = x + mixed;
    const auto linear = [&](const std::string& name, const Tensor& y) {
      return torch::linear(y, w(p + name + ".weight"), w(p + name + ".bias"));
    };
    x = x +
        linear("feed_forward.w2", torch::gelu(linear("feed_forward.w1", normal("ffn_norm", x))));
  }
  x = torch::layer_norm(x, {kWidth}, w("norm.weight"), w("norm.bias"));
  expect_same_gradients(m, tokens, torch::linear(x.mean(0), w("logits.weight"), w("logits.bias")));
}

// An LSTM's gates lie as i o f c in ONNX and as i f c o in Torch.
TEST(Gradients, OfARecurrentNetworkEqualLibTorchs) {
  GraphBuilder b("lstm", core::Key(1));
  const std::string x = b.input("x", {-1, -1, 3});
  std::string y = b.node(
      "LSTM", "lstm",
      {x, b.weight("w", {1, 16, 3}, 3), b.weight("r", {1, 16, 4}, 4), b.weight("b", {1, 32}, 4)},
      integer_attributes({}, {{"hidden_size", 4}}));
  y = b.node("Reshape", "flat", {y, b.integers("shape", {-1, 4})});
  const Model m = leaves(b.finish({{.name = b.linear("out", y, 4, 2), .shape = {}}}));
  const auto reordered = [](const Tensor& gates) {
    const auto part = gates.chunk(4, 0);
    return torch::cat({part[0], part[2], part[3], part[1]}, 0);
  };
  const auto biases = m.weights.at("b")[0].chunk(2, 0);
  const Tensor input = numbers({5, 2, 3}, 7).to(torch::kFloat64);
  const Tensor zero = torch::zeros({1, 2, 4}, torch::kFloat64);
  const Tensors parameters = {reordered(m.weights.at("w")[0]), reordered(m.weights.at("r")[0]),
                              reordered(biases[0]), reordered(biases[1])};
  const auto out = torch::lstm(input, {zero, zero}, parameters, true, 1, 0.0, false, false, false);
  expect_same_gradients(m, input,
                        torch::linear(std::get<0>(out).reshape({-1, 4}), m.weights.at("out.weight"),
                                      m.weights.at("out.bias")));
}

TEST(Gradients, OfWhereGoWhereTheValueCameFrom) {
  const Tensor condition = torch::tensor({1, 0, 1}).to(torch::kBool);
  const Tensor x = torch::zeros({3}).requires_grad_(true),
               y = torch::ones({3}).requires_grad_(true);
  cases::run("Where", {condition, x, y})[0].sum().backward();
  EXPECT_TRUE(torch::equal(x.grad(), torch::tensor({1.0F, 0.0F, 1.0F})));
  EXPECT_TRUE(torch::equal(y.grad(), torch::tensor({0.0F, 1.0F, 0.0F})));
}

// What the table of gradient cases leaves out, each for a reason: no number of theirs moves
// smoothly, or they only move, choose or make numbers that another case differentiates.
TEST(Gradients, EveryDifferentiableOperatorHasACase) {
  const std::set<std::string_view> without = {
      // values of no slope, or of none at all
      "And", "ArgMax", "ArgMin", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor",
      "Ceil", "Equal", "Floor", "Greater", "GreaterOrEqual", "Hardmax", "IsInf", "IsNaN", "Less",
      "LessOrEqual", "NonMaxSuppression", "NonZero", "Not", "Or", "Round", "Shape", "Sign", "Size",
      "Xor",
      // whole numbers
      "ConvInteger", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "QLinearConv",
      "QLinearMatMul", "QuantizeLinear",
      // below: its first input is no number
      "Where",
      // made from sizes
      "Constant", "ConstantOfShape", "EyeLike", "OneHot", "Range"};
  std::set<std::string_view> covered;
  for (const auto& c : cases::gradient_cases()) covered.insert(c.name);
  std::vector<std::string_view> missing;
  for (const Operator& op : operators()) {
    if (!covered.contains(op.name) && !without.contains(op.name)) missing.push_back(op.name);
  }
  EXPECT_TRUE(missing.empty()) << fmt::format("{}", fmt::join(missing, " "));
}

}  // namespace
}  // namespace venturi::net
