// Rewrites of the structure: what a model computes before and after.
#include "venturi/net/rewrite.hpp"

#include <cmath>

#include "tests/net/models.hpp"
#include "venturi/net/fold.hpp"
#include "venturi/net/fuse.hpp"
#include "venturi/net/onnx_model.hpp"
#include "venturi/net/quantise.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

Tensor ran(const Model& m, const Tensor& x) { return Executor(m).run({x})[0]; }

double difference(const Tensor& a, const Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

// x -> 2x + w, w a weight of its own.
Model affine(double w) {
  GraphBuilder b("affine", core::Key(1));
  const std::string x = b.input("x", {});
  const std::string two = b.node("Add", "two", {x, x});
  const std::string y = b.node("Add", "y", {two, b.parameter("w", torch::full({1}, w))});
  return b.finish({{.name = y, .shape = {}}});
}

TEST(Rewrite, AModuleUponAnEdge) {
  Model m = two_layers();
  const Tensor x = numbers({3, 4}, 1);
  EXPECT_EQ(insert_module(m, "relu", affine(0.5)), (std::vector<std::string>{"relu"}));
  const auto act = [](const std::string&, const Tensor& value) { return 2 * value + 0.5; };
  const Tensor hooked = Executor(two_layers()).run({x}, {.hooks = {{"relu", act}}})[0];
  EXPECT_LT(difference(ran(m, x), hooked), 1e-6);
  EXPECT_TRUE(m.weights.contains("relu/w"));
  // By a pattern, inputs and outputs among them: 2 x + 1 at both ends.
  Model ends = two_layers();
  EXPECT_EQ(insert_module(ends, "?", affine(1)), (std::vector<std::string>{"x", "a", "b"}));
  const auto one = [](const std::string&, const Tensor& value) { return 2 * value + 1; };
  EXPECT_LT(difference(ran(ends, x), Executor(two_layers()).run({x}, {.hooks = {{"?", one}}})[0]),
            1e-6);
  EXPECT_EQ(ends.graph.outputs[0].name, "b");
  // Gradients reach what was put in.
  m.weights["relu/w"].requires_grad_(true);
  Executor(m).run({x}, {.hooks = {}, .gradients = true})[0].sum().backward();
  EXPECT_TRUE(m.weights["relu/w"].grad().defined());
  EXPECT_ERROR(insert_module(m, "none", affine(1)), core::InvalidArgument, "no edge fits 'none'");
  Model other = affine(1);
  other.graph.opset = 13;
  EXPECT_ERROR(insert_module(m, "a", other), core::InvalidArgument,
               "operator set 17, the module 13");
}

struct Chain {
  Convolution first, second;
  bool exact;
};

Model chain(const Chain& c) {
  GraphBuilder b("chain", core::Key(6));
  const std::string x = b.input("x", {-1, c.first.in, -1, -1});
  const std::string y = b.convolution("b", b.convolution("a", x, c.first), c.second);
  Model out = b.finish({{.name = y, .shape = {}}});
  for (auto& [name, value] : out.weights) {
    if (value.dim() == 1) value = numbers(value.sizes().vec(), 7);
  }
  return out;
}

TEST(Rewrite, MergedConvolutionsComputeTheSame) {
  const Chain chains[] = {
      {{.in = 3, .out = 5, .kernel = 3, .padding = 1, .bias = true}, {.in = 5, .out = 2}, true},
      {{.in = 3, .out = 5, .kernel = 3, .padding = 2, .bias = true},
       {.in = 5, .out = 2, .kernel = 3, .stride = 2, .bias = true},
       true},
      {{.in = 3, .out = 4, .kernel = 3, .stride = 2, .padding = 1},
       {.in = 4, .out = 4, .kernel = 2, .groups = 2, .bias = true},
       true},
      {{.in = 4, .out = 6}, {.in = 6, .out = 6, .kernel = 5, .padding = 2, .groups = 6}, true},
      {{.in = 4, .out = 4, .kernel = 3, .padding = 1, .groups = 4}, {.in = 4, .out = 8}, true},
      // Padding after a bias, or between two windows, sees what no single convolution sees.
      {{.in = 4, .out = 6, .bias = true}, {.in = 6, .out = 6, .kernel = 3, .padding = 1}, false},
      {{.in = 4, .out = 6, .kernel = 3}, {.in = 6, .out = 6, .kernel = 3, .padding = 1}, false}};
  for (const Chain& c : chains) {
    const Model before = chain(c);
    Model after = before;
    EXPECT_EQ(merge_convolutions(after, false), c.exact ? 1U : 0U);
    const Tensor x = numbers({2, c.first.in, 11, 13}, 8);
    const Tensor expected = ran(before, x);
    const Tensor got = ran(after, x);
    ASSERT_EQ(got.sizes(), expected.sizes());
    EXPECT_LE(difference(got, expected), 1e-5);
    if (c.exact) {
      EXPECT_EQ(after.graph.nodes.size(), 1U);
    }
  }
}

TEST(Rewrite, ChainsOfThreeMergeAndLargerOnesOnlyWhenAsked) {
  GraphBuilder b("three", core::Key(6));
  std::string x = b.input("x", {-1, 3, -1, -1});
  x = b.convolution("a", x, {.in = 3, .out = 4, .kernel = 3, .padding = 1, .bias = true});
  x = b.convolution("b", x, {.in = 4, .out = 4, .bias = true});
  x = b.convolution("c", x, {.in = 4, .out = 3, .bias = true});
  const Model before = b.finish({{.name = x, .shape = {}}});
  Model after = before;
  EXPECT_EQ(merge_convolutions(after), 2U);
  const Tensor input = numbers({1, 3, 8, 8}, 9);
  EXPECT_LE(difference(ran(after, input), ran(before, input)), 1e-5);
  // 3*3 after 3*3 is 5*5: 25 > 9 + 9.
  Model two = chain({{.in = 4, .out = 4, .kernel = 3}, {.in = 4, .out = 4, .kernel = 3}, true});
  EXPECT_EQ(merge_convolutions(two), 0U);
  EXPECT_EQ(merge_convolutions(two, false), 1U);
}

TEST(Rewrite, AConvolutionThatOthersReadStays) {
  Model m = chain({{.in = 3, .out = 5}, {.in = 5, .out = 2}, true});
  m.graph.outputs.push_back({.name = "a", .shape = {}});
  EXPECT_EQ(merge_convolutions(m, false), 0U);
}

// All singular values: the pair is the layer.
TEST(Rewrite, AFactoredPairOfFullRankIsTheLayer) {
  const Model before = small_residual();
  Model after = before;
  for (const auto& [layer, weight_name] :
       {std::pair("conv", "conv.weight"), std::pair("out", "out.weight")}) {
    const Tensor weight = before.weights.at(weight_name);
    const auto [u, s, vt] =
        torch::linalg_svd(weight.flatten(1), /*full_matrices=*/false, c10::nullopt);
    std::vector<std::int64_t> first = weight.sizes().vec();
    std::vector<std::int64_t> second(first.size(), 1);
    first[0] = second[1] = s.size(0);
    second[0] = weight.size(0);
    replace_by_pair(after, layer, (s.sqrt().unsqueeze(1) * vt).reshape(first),
                    (u * s.sqrt()).reshape(second));
  }
  EXPECT_EQ(after.graph.nodes.size(), before.graph.nodes.size() + 2);
  EXPECT_FALSE(after.weights.contains("conv.weight"));
  const Tensor x = numbers({3, 4, 6, 6}, 10);
  EXPECT_LE(difference(ran(after, x), ran(before, x)), 1e-5);
  EXPECT_ERROR(replace_by_pair(after, "add", torch::ones({1}), torch::ones({1})),
               core::InvalidArgument, "'add' (Add) is no Conv");
  EXPECT_ERROR(replace_by_pair(after, "none", torch::ones({1}), torch::ones({1})),
               core::InvalidArgument, "no node 'none'");
  Model m = before;
  EXPECT_ERROR(replace_by_pair(m, "out", torch::ones({2, 3}), torch::ones({2, 2})),
               core::InvalidArgument, "expected weights [2, 4] and [2, 2], got [2, 3] and [2, 2]");
}

// The ways in which exporters spell activations; each becomes one node that computes the same.
Model spelled(int which, int opset) {
  GraphBuilder b("spelled", core::Key(1), opset);
  const std::string x = b.input("x", {-1, 8});
  const auto number = [&](const char* name, double value) {
    return b.parameter(name, torch::tensor(value, torch::kFloat32));
  };
  const std::string half = number("half", 0.5), one = number("one", 1),
                    root = number("root", std::sqrt(2.0)),
                    unroot = number("unroot", std::sqrt(0.5)), three = number("three", 3),
                    zero = number("zero", 0), six = number("six", 6);
  const auto gate = [&](const std::string& scaled) {
    return b.node("Add", "gate", {b.node("Erf", "erf", {scaled}), one});
  };
  std::string y;
  if (which == 0) {
    y = b.node("Mul", "y", {b.node("Mul", "xg", {x, gate(b.node("Div", "s", {x, root}))}), half});
  } else if (which == 1) {
    y = b.node("Mul", "y", {b.node("Mul", "xh", {half, x}), gate(b.node("Mul", "s", {x, unroot}))});
  } else if (which == 2) {
    const std::string clip = b.node("Clip", "clip", {b.node("Add", "plus", {x, three}), zero, six});
    y = b.node("Div", "y", {b.node("Mul", "xc", {x, clip}), six});
  } else if (which == 3) {
    Attributes a;
    a.set("alpha", 1.0 / 6);
    y = b.node("Mul", "y", {x, b.node("HardSigmoid", "hard", {x}, a)});
  } else {
    y = b.node("Mul", "y", {x, b.node("Tanh", "tanh", {b.node("Softplus", "soft", {x})})});
  }
  Model m = b.finish({{.name = y, .shape = {}}});
  remove_unused(m);
  return m;
}

TEST(Fuse, ActivationsInPartsBecomeOneNode) {
  const char* names[] = {"Gelu", "Gelu", "HardSwish", "HardSwish", "Mish"};
  const Tensor x = 3 * numbers({40, 8}, 2);
  for (int which = 0; which < 5; ++which) {
    const Model before = spelled(which, 20);
    Model after = before;
    EXPECT_EQ(fuse_activations(after), 1U) << which;
    ASSERT_EQ(after.graph.nodes.size(), 1U) << which;
    EXPECT_EQ(after.graph.nodes[0].op, names[which]);
    EXPECT_LE(difference(ran(after, x), ran(before, x)), 1e-6);
    Model old = spelled(which, 13);  // none of the operators are there yet
    EXPECT_EQ(fuse_activations(old), 0U) << which;
  }
}

TEST(Fuse, WhatOnlyLooksLikeOneStays) {
  Model m = spelled(0, 20);
  m.weights["half"] = torch::tensor(0.6F);
  EXPECT_EQ(fuse_activations(m), 0U);
  Model read = spelled(0, 20);
  read.graph.outputs.push_back({.name = "erf", .shape = {}});  // someone reads a part
  EXPECT_EQ(fuse_activations(read), 0U);
  Model quotient = two_layers();
  quotient.graph.nodes.push_back(
      {.op = "Div", .name = "q", .inputs = {"b", "b"}, .outputs = {"q"}});
  quotient.graph.outputs[0].name = "q";
  EXPECT_EQ(fuse_activations(quotient), 0U);
}

TEST(Quantise, WeightsAndEdgesThereAndBack) {
  const Model before = small_residual();
  Model m = before;
  EXPECT_EQ(quantise_weights(m), 2U);
  quantise_edges(m, {{"x", {-4, 4}}, {"add", {0.5, 5}}});
  const Tensor x = numbers({3, 4, 6, 6}, 12);
  // By hand: every weight to its own grid.
  Model rounded = before;
  for (const char* name : {"conv.weight", "out.weight"}) {
    Tensor& w = rounded.weights[name];
    for (std::int64_t o = 0; o < w.size(0); ++o) {
      const double s = w[o].abs().max().item<double>() / 127;
      w[o].copy_((w[o].to(torch::kFloat64) / s).round() * s);
    }
  }
  const auto grid = [](double low, double high) {
    return [low, high](const std::string&, const Tensor& v) {
      const double s = (high - low) / 255;
      const double zero = std::round(-low / s);
      return (((v / s).round() + zero).clamp(0, 255) - zero) * s;
    };
  };
  const Tensor expected =
      Executor(rounded).run({x}, {.hooks = {{"x", grid(-4, 4)}, {"add", grid(0, 5)}}})[0];
  // A value halfway between steps may fall to either side: one step of 25 through a mean of 36.
  EXPECT_LE(difference(Executor(m).run({x})[0], expected), 2e-3);
  // Through a file, where constants are folded: the weights stay whole numbers.
  const testing::TempFolder folder;
  write_onnx(m, folder / "q.onnx");
  Model back = read_onnx(folder / "q.onnx");
  EXPECT_EQ(back.weights.at("conv.weight/numbers").scalar_type(), torch::kInt8);
  EXPECT_TRUE(torch::equal(Executor(back).run({x})[0], Executor(m).run({x})[0]));
  EXPECT_EQ(dequantise(back), 4U);
  EXPECT_LE(difference(Executor(back).run({x})[0], Executor(rounded).run({x})[0]), 1e-5);
  Model bad = before;
  bad.weights["conv.weight"] = torch::full({4, 4, 3, 3}, std::nan(""));
  EXPECT_ERROR(quantise_weights(bad), core::InvalidArgument, "'conv.weight' is not finite");
  EXPECT_ERROR(quantise_edges(bad, {{"x", {0, 0}}}), core::InvalidArgument, "got [0, 0]");
  EXPECT_ERROR(quantise_edges(bad, {{"none", {0, 1}}}), core::InvalidArgument, "no edge fits");
}

}  // namespace
}  // namespace venturi::net
