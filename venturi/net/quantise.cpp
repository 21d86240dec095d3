#include "venturi/net/quantise.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "venturi/core/error.hpp"
#include "venturi/net/builder.hpp"
#include "venturi/net/executor.hpp"
#include "venturi/net/rewrite.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

// A scale a slice of the first axis, then the numbers.
std::pair<Tensor, Tensor> to_int8(const std::string& name, const Tensor& weight) {
  const Tensor rows = weight.detach().to(torch::kFloat32).flatten(1);
  if (!torch::isfinite(rows).all().item<bool>()) {
    core::fail_argument("net.quantise_weights", "weight '{}' is not finite", name);
  }
  Tensor scale = rows.abs().amax(1) / 127;
  scale = torch::where(scale > 0, scale, torch::ones_like(scale));
  const Tensor numbers = (rows / scale.unsqueeze(1)).round().clamp(-127, 127).to(torch::kInt8);
  return {scale, numbers.reshape(weight.sizes())};
}

// x -> QuantizeLinear -> DequantizeLinear.
Model pair_module(int opset, double low, double high) {
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  if (!std::isfinite(low) || !std::isfinite(high) || low == high) {
    core::fail_argument("net.quantise_edges", "expected a finite range, got [{}, {}]", low, high);
  }
  const double scale = (high - low) / 255;
  GraphBuilder b("quantised", core::Key(1), opset);
  std::string x = b.input("x", {});
  const std::string step = b.parameter("scale", torch::tensor(scale, torch::kFloat32));
  const std::string zero = b.parameter(
      "zero", torch::tensor(std::clamp(std::round(-low / scale), 0.0, 255.0)).to(torch::kUInt8));
  x = b.node("QuantizeLinear", "numbers", {x, step, zero});
  x = b.node("DequantizeLinear", "values", {x, step, zero});
  return b.finish({{.name = x, .shape = {}}});
}

}  // namespace

std::size_t quantise_weights(Model& model, std::string_view names) {
  Graph& graph = model.graph;
  if (graph.opset < 13) {
    core::fail_argument("net.quantise_weights", "expected operator set 13 or later, got {}",
                        graph.opset);
  }
  std::vector<Node> first;
  for (const std::string& name : parameter_names(graph)) {
    const Tensor weight = model.weights.at(name);
    const bool output =
        std::ranges::any_of(graph.outputs, [&](const Port& port) { return port.name == name; });
    if (output || !weight.is_floating_point() || weight.dim() < 2 || weight.numel() == 0 ||
        !fits(names, name)) {
      continue;
    }
    const auto [scale, numbers] = to_int8(name, weight);
    Node node{.op = "DequantizeLinear",
              .name = name + "/values",
              .inputs = {name + "/numbers", name + "/scale"},
              .outputs = {name}};
    node.attributes.set("axis", std::int64_t{0});
    model.weights.erase(name);
    model.weights[node.inputs[0]] = numbers;
    model.weights[node.inputs[1]] = scale;
    first.push_back(std::move(node));
  }
  graph.nodes.insert(graph.nodes.begin(), first.begin(), first.end());
  check_graph(graph);
  check_weights(graph, model.weights);
  return first.size();
}

void quantise_edges(Model& model, const std::map<std::string, std::pair<double, double>>& ranges) {
  for (const auto& [edge, range] : ranges) {
    insert_module(model, edge, pair_module(model.graph.opset, range.first, range.second));
  }
}

std::size_t dequantise(Model& model) {
  Graph& graph = model.graph;
  std::unordered_map<std::string, const Node*> writer;
  for (const Node& node : graph.nodes) {
    if (node.op == "QuantizeLinear") writer[node.outputs[0]] = &node;
  }
  std::size_t out = 0;
  std::vector<bool> gone(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    if (node.op != "DequantizeLinear") continue;
    std::vector<Tensor> inputs;
    for (const std::string& name : node.inputs) {
      const auto found = model.weights.find(name);
      if (found != model.weights.end()) inputs.push_back(found->second);
    }
    const auto source = writer.find(node.inputs[0]);
    if (inputs.size() == node.inputs.size()) {
      model.weights[node.outputs[0]] = run_node(graph, i, inputs)[0].clone();
      gone[i] = true;
    } else if (source != writer.end()) {
      node = {.op = "Identity",
              .name = node.name,
              .inputs = {source->second->inputs[0]},
              .outputs = node.outputs};
    } else {
      continue;
    }
    ++out;
  }
  std::size_t i = 0;
  std::erase_if(graph.nodes, [&](const Node&) { return gone[i++]; });
  remove_unused(model);
  return out;
}

}  // namespace venturi::net
