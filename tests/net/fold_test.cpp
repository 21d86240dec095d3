#include "venturi/net/fold.hpp"

#include "tests/net/models.hpp"
#include "venturi/net/cost.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

TEST(Fold, BatchNormsLeaveTheOutputsAsTheyWere) {
  const Model before = small_residual();
  Model after = before;
  EXPECT_EQ(fold_batch_norms(after), 1U);
  EXPECT_EQ(after.graph.nodes.size(), before.graph.nodes.size() - 1);
  EXPECT_FALSE(after.weights.contains("bn.running_mean"));
  const Tensor x = numbers({5, 4, 6, 6}, 20);
  const Tensor a = Executor(before).run({x})[0];
  // Sums of 36 products of float32, in another order and with weights rounded once more.
  EXPECT_TRUE(torch::allclose(Executor(after).run({x})[0], a, 1e-5, 1e-5));
}

TEST(Fold, ABatchNormWhoseInputIsReadElsewhereStays) {
  Model m = small_residual();
  m.graph.outputs.push_back({.name = "conv", .shape = {}});
  EXPECT_EQ(fold_batch_norms(m), 0U);
}

TEST(Fold, ConstantsBecomeParameters) {
  GraphBuilder b("constants", core::Key(1));
  const std::string x = b.input("x", {-1, 2});
  const std::string two = b.node(
      "Add", "two", {b.constant("one", torch::ones({2})), b.constant("uno", torch::ones({2}))});
  Model m = b.finish({{.name = b.node("Mul", "y", {x, two}), .shape = {}}});
  EXPECT_EQ(fold_constants(m), 3U);
  ASSERT_EQ(m.graph.nodes.size(), 1U);
  EXPECT_EQ(m.weights.size(), 1U);
  const Tensor v = numbers({3, 2}, 21);
  EXPECT_TRUE(torch::equal(Executor(m).run({v})[0], 2 * v));
}

TEST(Fold, LargeResultsAreNotTaken) {
  GraphBuilder b("constants", core::Key(1));
  const std::string x = b.input("x", {-1, 2});
  const std::string two = b.node("Neg", "two", {b.parameter("p", torch::ones({2}))});
  Model m = b.finish({{.name = b.node("Mul", "y", {x, two}), .shape = {}}});
  EXPECT_EQ(fold_constants(m, 7), 0U);  // two floats are 8 bytes
  EXPECT_EQ(fold_constants(m, 8), 1U);
}

// By hand: two linear layers for a batch of 2.
TEST(Cost, OfTwoLayersByHand) {
  const Costs c = measure_costs(Executor(two_layers()), {numbers({2, 4}, 22)}, 3);
  ASSERT_EQ(c.nodes.size(), 3U);
  EXPECT_EQ(c.parameters, 4 * 5 + 5 + 5 * 3 + 3);
  EXPECT_EQ(c.parameter_bits, 32 * c.parameters);
  EXPECT_EQ(c.nodes[0].multiply_adds, 2 * 4 * 5);
  EXPECT_EQ(c.multiply_adds, 2 * (4 * 5 + 5 * 3));
  EXPECT_EQ(c.nodes[0].bytes_moved, 4 * (2 * 4 + 4 * 5 + 5 + 2 * 5));
  EXPECT_EQ(c.nodes[1].bytes_moved, 4 * (2 * 5 + 2 * 5));
  // x and a; a and relu; relu and b.
  EXPECT_EQ(c.nodes[0].bytes_alive, 4 * (8 + 10));
  EXPECT_EQ(c.nodes[1].bytes_alive, 4 * (8 + 10 + 10));  // the caller holds the input
  EXPECT_EQ(c.nodes[2].bytes_alive, 4 * (8 + 10 + 6));
  EXPECT_EQ(c.peak_bytes, 4 * 28);
  EXPECT_GT(c.seconds, 0);
}

TEST(Cost, AConvolutionCountsItsProducts) {
  const Costs c = measure_costs(Executor(small_residual()), {numbers({2, 4, 6, 6}, 23)});
  EXPECT_EQ(c.nodes[0].multiply_adds, 2 * 4 * 36 * (4 * 9));
  EXPECT_EQ(c.nodes[0].shape, (std::vector<std::int64_t>{2, 4, 6, 6}));
}

TEST(Cost, RemarksTellOfWhatIsOdd) {
  Model m = two_layers();
  m.weights["a.bias"] = torch::full({5}, std::nan(""));
  m.graph.inputs[0].shape = {-1, -1};
  m.graph.inputs.push_back({.name = "spare", .ranked = true, .shape = {1}});
  const auto texts = remarks(m);
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_EQ(texts[0], "weight 'a.bias': 5 of 5 values are NaN or infinite");
  EXPECT_NE(texts[1].find("[?, ?]"), std::string::npos);
  EXPECT_EQ(texts[2], "input 'spare': nothing reads it");
}

}  // namespace
}  // namespace venturi::net
