#include "venturi/net/rewrite.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "venturi/core/error.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;
using Sizes = std::vector<std::int64_t>;

// All names that a model has, to find new ones.
class Names {
 public:
  explicit Names(const Model& model) {
    for (const auto& [name, value] : model.weights) taken_.insert(name);
    for (const Node& node : model.graph.nodes) {
      taken_.insert(node.outputs.begin(), node.outputs.end());
    }
    for (const Port& port : model.graph.inputs) taken_.insert(port.name);
  }
  std::string fresh(std::string name) {
    while (!taken_.insert(name).second) name += "_";
    return name;
  }

 private:
  std::set<std::string> taken_;
};

void check_module(const Model& model, const Model& module) {
  constexpr std::string_view where = "net.insert_module";
  const Graph& g = module.graph;
  check_graph(g);
  check_weights(g, module.weights);
  if (g.inputs.size() != 1 || g.outputs.size() != 1) {
    core::fail_argument(where, "expected a module of one input and one output, got {} and {}",
                        g.inputs.size(), g.outputs.size());
  }
  const bool written = std::ranges::any_of(g.nodes, [&](const Node& node) {
    return std::ranges::find(node.outputs, g.outputs[0].name) != node.outputs.end();
  });
  if (!written) core::fail_argument(where, "no node of the module writes its output");
  if (g.opset != model.graph.opset) {
    core::fail_argument(where, "the model has operator set {}, the module {}", model.graph.opset,
                        g.opset);
  }
}

// The module's nodes between two edges, appended to `nodes`; its weights into `weights`.
void splice(const Model& module, const std::string& prefix, const std::string& from,
            const std::string& to, std::vector<Node>& nodes, Weights& weights) {
  const Graph& g = module.graph;
  const auto renamed = [&](const std::string& name) {
    if (name.empty()) return name;
    if (name == g.inputs[0].name) return from;
    return name == g.outputs[0].name ? to : prefix + name;
  };
  for (Node node : g.nodes) {
    node.name = prefix + node.name;
    for (auto* list : {&node.inputs, &node.outputs}) {
      for (std::string& name : *list) name = renamed(name);
    }
    nodes.push_back(std::move(node));
  }
  for (const std::string& name : parameter_names(g)) {
    weights[renamed(name)] = module.weights.find(name)->second.clone();
  }
}

// What a Conv node says of itself; nothing where it cannot take part in a merge.
struct Layer {
  Tensor weight, bias;  // dense, in double; bias undefined: none
  Sizes strides, pads, dilations;
  std::int64_t elements = 0;  // of the weight as it was
};

Tensor parameter(const Model& model, const Node& node, std::size_t input) {
  if (input >= node.inputs.size()) return {};
  const auto found = model.weights.find(node.inputs[input]);
  return found == model.weights.end() ? Tensor() : found->second;
}

Tensor dense(const Tensor& weight, std::int64_t groups) {
  if (groups == 1) return weight;
  Sizes shape = weight.sizes().vec();
  const std::int64_t in = shape[1];
  const std::int64_t out = shape[0] / groups;
  shape[1] = in * groups;
  Tensor all = torch::zeros(shape, weight.options());
  for (std::int64_t g = 0; g < groups; ++g) {
    all.narrow(0, g * out, out).narrow(1, g * in, in).copy_(weight.narrow(0, g * out, out));
  }
  return all;
}

std::optional<Layer> layer_of(const Model& model, const Node& node) {
  const Attributes& a = node.attributes;
  if (node.op != "Conv" || a.text("auto_pad", "NOTSET") != "NOTSET") return std::nullopt;
  const Tensor weight = parameter(model, node, 1);
  const std::int64_t groups = a.integer("group", 1);
  const bool biased = node.inputs.size() > 2 && !node.inputs[2].empty();
  const Tensor bias = parameter(model, node, 2);
  if (!weight.defined() || !weight.is_floating_point() || weight.dim() < 3 || weight.dim() > 5 ||
      groups < 1 || weight.size(0) % groups != 0 || biased != bias.defined() ||
      (biased && (bias.dim() != 1 || bias.size(0) != weight.size(0)))) {
    return std::nullopt;
  }
  const auto n = static_cast<std::size_t>(weight.dim() - 2);
  Layer out{.strides = a.integers("strides", Sizes(n, 1)),
            .pads = a.integers("pads", Sizes(2 * n, 0)),
            .dilations = a.integers("dilations", Sizes(n, 1)),
            .elements = weight.numel()};
  if (out.strides.size() != n || out.pads.size() != 2 * n || out.dilations.size() != n) {
    return std::nullopt;
  }
  out.weight = dense(weight.detach().to(torch::kFloat64), groups);
  if (biased) out.bias = bias.detach().to(torch::kFloat64);
  return out;
}

bool all_equal(const Sizes& sizes, std::int64_t value) {
  return std::ranges::all_of(sizes, [&](std::int64_t size) { return size == value; });
}

// One layer for both, as the header says; nothing where it would not be exact.
std::optional<Layer> merged(const Layer& first, const Layer& second) {
  const auto n = first.strides.size();
  if (second.strides.size() != n || second.weight.size(1) != first.weight.size(0)) {
    return std::nullopt;
  }
  const bool point = first.weight[0][0].numel() == 1 && all_equal(first.strides, 1) &&
                     all_equal(first.pads, 0) && !first.bias.defined();
  if (!all_equal(second.pads, 0) && !point) return std::nullopt;
  Layer out;
  Sizes apart;  // of the second's taps, in pixels of the first's input
  for (std::size_t d = 0; d < n; ++d) {
    apart.push_back(first.strides[d] * second.dilations[d]);
    out.strides.push_back(first.strides[d] * second.strides[d]);
  }
  for (std::size_t d = 0; d < 2 * n; ++d) {
    out.pads.push_back(first.pads[d] + second.pads[d]);  // one of them is 0
  }
  out.dilations.assign(n, 1);
  const Sizes none(n, 0);
  out.weight = at::convolution(second.weight, first.weight, {}, apart, none, first.dilations,
                               /*transposed=*/true, none, /*groups=*/1);
  out.bias = second.bias;
  if (first.bias.defined()) {
    const Tensor taps = second.weight.flatten(2).sum(2);  // o*m
    const Tensor shift = torch::mv(taps, first.bias);
    out.bias = out.bias.defined() ? out.bias + shift : shift;
  }
  return out;
}

}  // namespace

std::vector<std::string> insert_module(Model& model, std::string_view edges, const Model& module) {
  check_module(model, module);
  Graph& graph = model.graph;
  std::vector<std::string> out;
  std::vector<Node> nodes;
  Weights added;
  std::unordered_map<std::string, std::string> instead;  // of inputs
  for (const Port& port : graph.inputs) {
    if (!fits(edges, port.name)) continue;
    out.push_back(port.name);
    instead[port.name] = port.name + "/after";
    splice(module, port.name + "/", port.name, port.name + "/after", nodes, added);
  }
  for (Node node : graph.nodes) {
    for (std::string& name : node.inputs) {
      if (const auto found = instead.find(name); found != instead.end()) name = found->second;
    }
    std::vector<std::string> here;
    for (std::string& name : node.outputs) {
      if (name.empty() || !fits(edges, name)) continue;
      here.push_back(name);
      name += "/before";
    }
    nodes.push_back(std::move(node));
    for (const std::string& edge : here) {
      out.push_back(edge);
      splice(module, edge + "/", edge + "/before", edge, nodes, added);
    }
  }
  if (out.empty()) core::fail_argument("net.insert_module", "no edge fits '{}'", edges);
  for (const auto& [name, value] : added) {
    if (model.weights.contains(name)) {
      core::fail_argument("net.insert_module", "the model has a weight '{}' already", name);
    }
  }
  graph.nodes = std::move(nodes);
  model.weights.merge(added);
  check_graph(graph);
  return out;
}

std::size_t merge_convolutions(Model& model, bool only_smaller) {
  const torch::NoGradGuard no_grad;
  Graph& graph = model.graph;
  Names names(model);
  std::unordered_map<std::string, int> readers;
  std::unordered_map<std::string, std::size_t> writer;
  for (const Node& node : graph.nodes) {
    for (const std::string& name : node.inputs) ++readers[name];
  }
  for (const Port& port : graph.outputs) ++readers[port.name];
  std::vector<bool> gone(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    for (const std::string& name : node.outputs) writer[name] = i;
    if (node.op != "Conv") continue;
    const auto found = writer.find(node.inputs[0]);
    if (found == writer.end() || readers.at(node.inputs[0]) != 1) continue;
    const Node& before = graph.nodes[found->second];
    const auto first = layer_of(model, before);
    const auto second = first ? layer_of(model, node) : std::nullopt;
    const auto both = second ? merged(*first, *second) : std::nullopt;
    if (!both || (only_smaller && both->weight.numel() > first->elements + second->elements)) {
      continue;
    }
    const auto type = parameter(model, node, 1).scalar_type();
    const std::string weight = names.fresh(node.name + ".merged_weight");
    model.weights[weight] = both->weight.to(type);
    std::vector<std::string> inputs = {before.inputs[0], weight};
    if (both->bias.defined()) {
      inputs.push_back(names.fresh(node.name + ".merged_bias"));
      model.weights[inputs.back()] = both->bias.to(type);
    }
    const Sizes kernel = both->weight.sizes().slice(2).vec();
    node.attributes = {};
    node.attributes.set("kernel_shape", kernel);
    node.attributes.set("strides", both->strides);
    node.attributes.set("pads", both->pads);
    node.inputs = std::move(inputs);
    for (const std::string& name : node.inputs) ++readers[name];
    gone[found->second] = true;
  }
  std::size_t i = 0;
  std::erase_if(graph.nodes, [&](const Node&) { return gone[i++]; });
  remove_unused(model);
  return static_cast<std::size_t>(std::ranges::count(gone, true));
}

void replace_by_pair(Model& model, std::string_view layer, const Tensor& first,
                     const Tensor& second) {
  constexpr std::string_view where = "net.replace_by_pair";
  Graph& graph = model.graph;
  const auto at =
      std::ranges::find_if(graph.nodes, [&](const Node& node) { return node.name == layer; });
  if (at == graph.nodes.end()) core::fail_argument(where, "no node '{}'", layer);
  const Attributes& a = at->attributes;
  const bool conv = at->op == "Conv" && a.integer("group", 1) == 1;
  const bool gemm = at->op == "Gemm" && a.integer("transB", 0) == 1 &&
                    a.integer("transA", 0) == 0 && a.real("alpha", 1) == 1 &&
                    a.real("beta", 1) == 1;
  const Tensor weight = parameter(model, *at, 1);
  if ((!conv && !gemm) || !weight.defined() || weight.dim() < 2) {
    core::fail_argument(where, "'{}' ({}) is no Conv of one group and no Gemm with transB = 1",
                        layer, at->op);
  }
  Sizes first_shape = weight.sizes().vec();
  Sizes second_shape(first_shape.size(), 1);
  first_shape[0] = second_shape[1] = first.dim() > 0 ? first.size(0) : 0;
  second_shape[0] = weight.size(0);
  if (first.sizes() != first_shape || second.sizes() != second_shape) {
    core::fail_argument(where, "'{}': expected weights {} and {}, got {} and {}", layer,
                        shape_text(first_shape), shape_text(second_shape),
                        shape_text(first.sizes().vec()), shape_text(second.sizes().vec()));
  }
  Names names(model);
  const std::string between = names.fresh(at->name + ".first");
  const std::string weights[] = {names.fresh(at->inputs[1] + ".first"),
                                 names.fresh(at->inputs[1] + ".second")};
  model.weights[weights[0]] = first.to(weight.scalar_type());
  model.weights[weights[1]] = second.to(weight.scalar_type());
  Node head = *at;
  head.name = head.outputs[0] = between;
  head.inputs = {at->inputs[0], weights[0]};
  at->inputs[0] = between;
  at->inputs[1] = weights[1];
  if (conv) at->attributes = {};
  graph.nodes.insert(at, std::move(head));
  remove_unused(model);
}

}  // namespace venturi::net
