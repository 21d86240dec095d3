#include "venturi/net/graph.hpp"

#include "tests/net/models.hpp"
#include "venturi/data/safetensors.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

TEST(Graph, ParametersAreWhatNothingWrites) {
  const Model m = two_layers();
  EXPECT_EQ(parameter_names(m.graph),
            (std::vector<std::string>{"a.weight", "a.bias", "b.weight", "b.bias"}));
}

TEST(Graph, SortingKeepsAnOrderThatHoldsAndMendsOneThatDoesNot) {
  Model m = small_residual();
  std::vector<std::string> names;
  for (const Node& node : m.graph.nodes) names.push_back(node.name);
  sort_nodes(m.graph);
  std::vector<std::string> same;
  for (const Node& node : m.graph.nodes) same.push_back(node.name);
  EXPECT_EQ(same, names);
  std::reverse(m.graph.nodes.begin(), m.graph.nodes.end());
  EXPECT_ERROR(check_graph(m.graph), core::DataError, "which an earlier node reads");
  sort_nodes(m.graph);
  check_graph(m.graph);
}

TEST(Graph, ACycleIsNamed) {
  Model m = two_layers();
  m.graph.nodes[0].inputs[0] = "relu";
  EXPECT_ERROR(sort_nodes(m.graph), core::DataError, "a cycle goes through '");
}

TEST(Graph, WrongGraphsAreNamed) {
  const Model good = two_layers();
  const auto error = [&](auto&& change) {
    Model m = good;
    change(m);
    return testing::error_text<core::DataError>([&] {
      check_graph(m.graph);
      check_weights(m.graph, m.weights);
    });
  };
  const auto holds = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  holds(error([](Model& m) { m.graph.nodes[1].op = "Relo"; }),
        "'relu' (Relo, node 1): unsupported operator 'Relo'");
  holds(error([](Model& m) { m.graph.nodes[1].inputs.push_back("x"); }),
        "expected 1 inputs, got 2");
  holds(error([](Model& m) { m.graph.nodes[1].outputs = {"a"}; }), "written already");
  holds(error([](Model& m) { m.graph.nodes[1].outputs = {}; }), "no outputs");
  holds(error([](Model& m) { m.graph.outputs = {}; }), "the graph has no outputs");
  holds(error([](Model& m) { m.graph.outputs[0].name = ""; }), "an output has no name");
  holds(error([](Model& m) { m.graph.inputs.push_back(m.graph.inputs[0]); }),
        "there are two of it");
  holds(error([](Model& m) { m.weights.erase("b.bias"); }), "no weight is named as these");
  holds(error([](Model& m) { m.weights.erase("b.bias"); }), "b.bias");
}

TEST(Graph, SplitIsEncoderThenDecoder) {
  const Model m = two_layers();
  const Tensor x = numbers({7, 4}, 9);
  const auto [encoder, decoder] = split(m, "relu");
  EXPECT_EQ(encoder.weights.size(), 2U);
  EXPECT_EQ(decoder.weights.size(), 2U);
  const Tensor z = Executor(encoder).run({x})[0];
  EXPECT_EQ(z.size(1), 5);
  EXPECT_TRUE(torch::equal(Executor(decoder).run({z})[0], Executor(m).run({x})[0]));
}

TEST(Graph, SplitRefusesAnEdgeThatIsNoCut) {
  const Model m = small_residual();
  EXPECT_ERROR(split(m, "bn"), core::InvalidArgument, "beside it pass x");
  EXPECT_ERROR(split(m, "nowhere"), core::InvalidArgument, "no node writes an edge 'nowhere'");
  EXPECT_NO_THROW(split(m, "add"));
}

TEST(Graph, UnusedNodesAndWeightsGo) {
  Model m = two_layers();
  m.graph.outputs = {{.name = "relu", .shape = {}}};
  remove_unused(m);
  EXPECT_EQ(m.graph.nodes.size(), 2U);
  EXPECT_EQ(m.weights.size(), 2U);
}

// A safetensors file of these tensors under `prefix`.
std::vector<std::byte> file_of(const Weights& weights, const std::string& prefix) {
  std::vector<std::pair<std::string, data::TensorView>> tensors;
  for (const auto& [name, value] : weights) {
    const auto bytes = std::span(static_cast<const std::byte*>(value.data_ptr()), value.nbytes());
    tensors.push_back({prefix + name, {data::Element::kF32, value.sizes().vec(), bytes}});
  }
  return data::encode_safetensors(tensors);
}

TEST(Graph, WeightsLoadByNameMap) {
  Model m = two_layers();
  Weights other;
  for (const auto& [name, value] : m.weights) other[name] = torch::full_like(value, 0.5);
  load_weights(m, file_of(other, "module."), "test", {{"", "module."}});
  for (const auto& [name, value] : m.weights) EXPECT_TRUE(torch::equal(value, other[name])) << name;
}

TEST(Graph, NamesThatDoNotMatchAreListedOnBothSides) {
  Model m = two_layers();
  Weights other = m.weights;
  other["c.bias"] = other["b.bias"];
  other.erase("b.bias");
  EXPECT_ERROR(load_weights(m, file_of(other, ""), "test"), core::DataError,
               "the model also wants: b.bias; the file also has: c.bias");
  other = m.weights;
  other["a.bias"] = torch::zeros({6});
  EXPECT_ERROR(load_weights(m, file_of(other, ""), "test"), core::DataError,
               "'a.bias': expected shape [5], got [6]");
}

TEST(Graph, Patterns) {
  EXPECT_TRUE(fits("*", ""));
  EXPECT_TRUE(fits("layer*.conv?", "layer1.0.conv2"));
  EXPECT_TRUE(fits("*a*b", "xaybab"));
  EXPECT_FALSE(fits("*a*b", "xayba"));
  EXPECT_FALSE(fits("conv?", "conv"));
  EXPECT_FALSE(fits("", "a"));
}

}  // namespace
}  // namespace venturi::net
