// Reversible chains with recomputation against plain autograd; the small trainer of graphs.
#include "venturi/net/reversible.hpp"

#include "tests/net/models.hpp"
#include "venturi/net/fit.hpp"
#include "venturi/net/memory.hpp"
#include "venturi/net/reversible_unet.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

std::vector<ReversiblePair> blocks(int depth, torch::ScalarType type) {
  std::vector<ReversiblePair> out;
  for (int i = 0; i < depth; ++i) {
    ReversiblePair pair{inverted_bottleneck(core::Key(i).split("f"), 3, 2, 2),
                        inverted_bottleneck(core::Key(i).split("g"), 3, 2, 2)};
    for (Model* m : {&pair.f, &pair.g}) {
      m->graph.inputs[0].type = type;
      for (Node& node : m->graph.nodes) {
        if (node.op == "Constant") {
          node.attributes.set("value", node.attributes.tensor("value").to(type));
        }
      }
      for (auto& [name, value] : m->weights) {
        value = value.to(type).clone();
        if (value.dim() == 1) value += 0.2 * numbers(value.sizes().vec(), 3).to(type);
        value.requires_grad_(true);
      }
    }
    out.push_back(std::move(pair));
  }
  return out;
}

TEST(Reversible, GradientsEqualThoseOfStoredActivations) {
  const ReversibleChain chain(blocks(4, torch::kFloat64));
  const Tensor x = numbers({2, 6, 5, 4}, 1).to(torch::kFloat64).requires_grad_(true);
  std::vector<std::vector<Tensor>> found;
  for (const bool recompute : {false, true}) {
    std::vector<Tensor> leaves = chain.weights();
    leaves.push_back(x);
    const Tensor y = chain.run(x, recompute);
    found.push_back(
        torch::autograd::grad({(y * numbers({2, 6, 5, 4}, 2).to(torch::kFloat64)).sum()}, leaves));
  }
  ASSERT_EQ(found[0].size(), 4U * 2 * 9 + 1);
  for (std::size_t i = 0; i < found[0].size(); ++i) {
    // Doubles, undone over four blocks: some thousand roundings of 1e-16.
    EXPECT_TRUE(torch::allclose(found[1][i], found[0][i], 1e-10, 1e-11)) << i;
    EXPECT_GT(found[0][i].abs().max().item<double>(), 0) << i;
  }
}

TEST(Reversible, OnlyTheOutputIsHeldWhateverTheDepth) {
  const Tensor x = numbers({4, 6, 16, 16}, 1);
  for (const int depth : {1, 6}) {
    const ReversibleChain chain(blocks(depth, torch::kFloat32));
    const MemoryMeter meter;
    const Tensor y = chain.run(x);
    EXPECT_EQ(meter.bytes(), static_cast<std::int64_t>(y.nbytes())) << depth;
  }
}

TEST(Reversible, TheGraphComputesTheSame) {
  const auto pairs = blocks(3, torch::kFloat32);
  const Model graph =
      reversible_graph(pairs, {.name = "x", .ranked = true, .shape = {-1, 6, 5, 4}});
  EXPECT_TRUE(graph.weights.contains("blocks.2.g/narrow.weight"));
  const Tensor x = numbers({2, 6, 5, 4}, 3);
  EXPECT_TRUE(torch::equal(Executor(graph).run({x})[0], ReversibleChain(pairs).run(x).detach()));
  EXPECT_ERROR(reversible_graph(pairs, {.name = "x", .ranked = true, .shape = {-1, 5, 4, 4}}),
               core::InvalidArgument, "an even number, got");
  EXPECT_ERROR(ReversibleChain(pairs).run(torch::zeros({1, 5, 4, 4})), core::DataError,
               "an even number, got");
}

TEST(Reversible, TheUnetKeepsTheImagesSize) {
  const ReversibleUnet net(core::Key(1),
                           {.in = 2, .out = 3, .channels = 4, .levels = 3, .depth = 1});
  EXPECT_EQ(net.run(numbers({1, 2, 8, 4, 12}, 1)).sizes(),
            (std::vector<std::int64_t>{1, 3, 8, 4, 12}));
  EXPECT_ERROR(ReversibleUnet(core::Key(1), {.channels = 3}), core::InvalidArgument,
               "an even number of channels");
}

// Two noisy groups of points that one batch normalisation and two layers tell apart.
TEST(Fit, LearnsWhatCanBeLearned) {
  GraphBuilder b("fit", core::Key(1));
  std::string x = b.batch_norm("bn", b.linear("a", b.input("x", {-1, 2}), 2, 16), 16);
  x = b.linear("b", b.node("Relu", "relu", {x}), 16, 2);
  const Model start = b.finish({{.name = x, .ranked = true, .shape = {-1, 2}}});
  const Tensor points = numbers({512, 2}, 4);
  // Inside or outside of a circle: no line tells them apart.
  const Tensor labels = points.square().sum(1).gt(1.2).to(torch::kInt64);
  Model m = start;
  const FitOptions options{.epochs = 20, .batch = 32, .learning_rate = 0.1};
  const double bits = fit(m, points, labels, options, core::Key(2));
  EXPECT_LT(bits, 0.35);
  // At use, with the running statistics.
  const Tensor y = Executor(m).run({points})[0];
  EXPECT_GT(y.argmax(1).eq(labels).to(torch::kFloat64).mean().item<double>(), 0.93);
  EXPECT_FALSE(torch::equal(m.weights.at("bn.running_mean"), start.weights.at("bn.running_mean")));
  EXPECT_FALSE(m.weights.at("a.weight").requires_grad());
  EXPECT_TRUE(m.graph.nodes[1].outputs.size() == 1);
  Model again = start;
  fit(again, points, labels, options, core::Key(2));
  EXPECT_TRUE(torch::equal(again.weights.at("b.weight"), m.weights.at("b.weight")));
  EXPECT_ERROR(fit(again, points, labels.narrow(0, 0, 3), options, core::Key(2)),
               core::InvalidArgument, "n int64 labels");
  EXPECT_ERROR(fit(again, points / 0.0, labels, options, core::Key(2)), core::DataError,
               "the loss is not finite");
}

}  // namespace
}  // namespace venturi::net
