#include "venturi/net/fold.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "venturi/net/executor.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

// How often each name is read; an output of the graph counts as a reader.
std::unordered_map<std::string, int> readers(const Graph& graph) {
  std::unordered_map<std::string, int> out;
  for (const Node& node : graph.nodes) {
    for (const std::string& name : node.inputs) ++out[name];
  }
  for (const Port& port : graph.outputs) ++out[port.name];
  return out;
}

bool may_fold(const Graph& graph, const Node& node) {
  static const std::set<std::string> kept = {
      "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike",
      "Bernoulli",    "Multinomial",   "DequantizeLinear", "Dropout"};
  return !kept.contains(node.op) && std::ranges::none_of(graph.outputs, [&](const Port& port) {
    return std::ranges::find(node.outputs, port.name) != node.outputs.end();
  });
}

void remove_nodes(Graph& graph, const std::vector<bool>& gone) {
  std::size_t i = 0;
  std::erase_if(graph.nodes, [&](const Node&) { return gone[i++]; });
}

// The parameter of that name if it is one; undefined otherwise.
Tensor parameter(const Model& model, const Node& node, std::size_t input) {
  if (input >= node.inputs.size()) return {};
  const auto found = model.weights.find(node.inputs[input]);
  return found == model.weights.end() ? Tensor() : found->second;
}

// Whether `node` is one whose weight and bias can take a batch normalisation in.
bool takes_norm(const Model& model, const Node& node) {
  const Attributes& a = node.attributes;
  if (node.op != "Conv" &&
      !(node.op == "Gemm" && a.integer("transB", 0) == 1 && a.integer("transA", 0) == 0 &&
        a.real("alpha", 1) == 1 && a.real("beta", 1) == 1)) {
    return false;
  }
  const Tensor weight = parameter(model, node, 1);
  if (!weight.defined() || !weight.is_floating_point() || weight.dim() < 2) return false;
  if (node.inputs.size() < 3 || node.inputs[2].empty()) return true;
  const Tensor bias = parameter(model, node, 2);
  return bias.defined() && bias.dim() == 1 && bias.size(0) == weight.size(0);
}

struct Norm {
  Tensor factor, shift;  // y = x factor + shift, in double; undefined where it is no such node
};

Norm norm_of(const Model& model, const Node& node, std::int64_t channels) {
  if (node.attributes.integer("training_mode", 0) != 0) return {};
  Tensor p[4];
  for (std::size_t k = 0; k < 4; ++k) {
    p[k] = parameter(model, node, k + 1);
    if (!p[k].defined() || p[k].dim() != 1 || p[k].size(0) != channels) return {};
    p[k] = p[k].detach().to(torch::kFloat64);
  }
  const Tensor factor = p[0] / (p[3] + node.attributes.real("epsilon", 1e-5)).sqrt();
  return {factor, p[1] - p[2] * factor};
}

// bias_name: for a bias, where the node has none.
void take_norm(Model& model, Node& node, const Norm& norm, const std::string& bias_name) {
  const Tensor weight = parameter(model, node, 1);
  std::vector<std::int64_t> by_output(weight.dim(), 1);
  by_output[0] = weight.size(0);
  Tensor shift = norm.shift;
  if (const Tensor bias = parameter(model, node, 2); bias.defined()) {
    shift = shift + bias.detach().to(torch::kFloat64) * norm.factor;
  }
  const Tensor scaled = weight.detach().to(torch::kFloat64) * norm.factor.reshape(by_output);
  model.weights[node.inputs[1]] = scaled.to(weight.scalar_type());
  if (node.inputs.size() < 3 || node.inputs[2].empty()) {
    node.inputs.resize(3);
    node.inputs[2] = bias_name;
  }
  model.weights[node.inputs[2]] = shift.to(weight.scalar_type());
}

}  // namespace

std::size_t fold_constants(Model& model, std::int64_t most_bytes) {
  const torch::NoGradGuard no_grad;
  std::vector<bool> gone(model.graph.nodes.size());
  for (std::size_t i = 0; i < model.graph.nodes.size(); ++i) {
    const Node& node = model.graph.nodes[i];
    if (!may_fold(model.graph, node)) continue;
    std::vector<Tensor> inputs;
    for (const std::string& name : node.inputs) {
      if (name.empty()) {
        inputs.emplace_back();
      } else if (const auto found = model.weights.find(name); found != model.weights.end()) {
        inputs.push_back(found->second);
      } else {
        break;
      }
    }
    if (inputs.size() < node.inputs.size()) continue;
    const auto outputs = run_node(model.graph, i, inputs);
    std::size_t bytes = 0;
    for (const Tensor& value : outputs) bytes += value.defined() ? value.nbytes() : 0;
    if (bytes > static_cast<std::size_t>(most_bytes)) continue;
    for (std::size_t o = 0; o < node.outputs.size(); ++o) {
      // Of its own memory: a view would keep the whole of what it shows a part of.
      if (!node.outputs[o].empty()) model.weights[node.outputs[o]] = outputs[o].clone();
    }
    gone[i] = true;
  }
  remove_nodes(model.graph, gone);
  remove_unused(model);
  return static_cast<std::size_t>(std::ranges::count(gone, true));
}

std::size_t fold_batch_norms(Model& model) {
  Graph& graph = model.graph;
  const auto read = readers(graph);
  std::unordered_map<std::string, std::size_t> writer;
  std::set<std::string> taken;  // names
  for (const auto& [name, value] : model.weights) taken.insert(name);
  for (const Node& node : graph.nodes) taken.insert(node.outputs.begin(), node.outputs.end());
  for (const Port& port : graph.inputs) taken.insert(port.name);
  std::vector<bool> gone(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& norm_node = graph.nodes[i];
    for (const std::string& name : norm_node.outputs) writer[name] = i;
    if (norm_node.op != "BatchNormalization") continue;
    const auto found = writer.find(norm_node.inputs[0]);
    if (found == writer.end() || read.at(norm_node.inputs[0]) != 1) continue;
    Node& node = graph.nodes[found->second];
    if (!takes_norm(model, node) || read.at(node.inputs[1]) != 1 ||
        (node.inputs.size() > 2 && read.at(node.inputs[2]) != 1)) {
      continue;
    }
    const Norm norm = norm_of(model, norm_node, parameter(model, node, 1).size(0));
    if (!norm.factor.defined()) continue;
    std::string bias = node.name + ".folded_bias";
    while (taken.contains(bias)) bias += "_";
    taken.insert(bias);
    take_norm(model, node, norm, bias);
    node.outputs[0] = norm_node.outputs[0];
    writer[node.outputs[0]] = found->second;
    gone[i] = true;
  }
  remove_nodes(graph, gone);
  remove_unused(model);
  return static_cast<std::size_t>(std::ranges::count(gone, true));
}

}  // namespace venturi::net
