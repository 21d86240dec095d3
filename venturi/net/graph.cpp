#include "venturi/net/graph.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "venturi/core/error.hpp"
#include "venturi/data/safetensors.hpp"
#include "venturi/net/operators.hpp"

namespace venturi::net {
namespace {

using Names = std::unordered_set<std::string>;

constexpr std::size_t kListed = 12;  // names in a message

// "a, b, c and 9 more"
std::string listed(const std::vector<std::string>& names) {
  const auto shown = std::min(names.size(), kListed);
  std::string out = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (names.size() > shown) out += fmt::format(" and {} more", names.size() - shown);
  return names.empty() ? "none" : out;
}

std::string renamed(const std::string& name, const NameMap& names) {
  for (const auto& [from, to] : names) {
    if (name.starts_with(from)) return to + name.substr(from.size());
  }
  return name;
}

torch::ScalarType element_type(data::Element element, std::string_view name) {
  switch (element) {
    case data::Element::kF64:
      return torch::kFloat64;
    case data::Element::kF32:
      return torch::kFloat32;
    case data::Element::kF16:
      return torch::kFloat16;
    case data::Element::kBF16:
      return torch::kBFloat16;
    default:
      core::fail_data("net.load_weights", "'{}': expected floating-point numbers, got {}", name,
                      data::element_name(element));
  }
}

tensor::Tensor copied(const data::TensorView& view, std::string_view name) {
  tensor::Tensor out = torch::empty(view.shape, element_type(view.element, name));
  std::copy_n(view.bytes.data(), view.bytes.size(), static_cast<std::byte*>(out.data_ptr()));
  return out;
}

// Which nodes the named edges need.
std::vector<bool> needed(const Graph& graph, const std::vector<std::string>& edges) {
  Names wanted(edges.begin(), edges.end());
  std::vector<bool> out(graph.nodes.size());
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    out[i] = std::ranges::any_of(
        node.outputs, [&](const std::string& o) { return !o.empty() && wanted.contains(o); });
    if (out[i]) wanted.insert(node.inputs.begin(), node.inputs.end());
  }
  return out;
}

void keep_weights(Model& model) {
  const auto names = parameter_names(model.graph);
  const Names used(names.begin(), names.end());
  std::erase_if(model.weights, [&](const auto& entry) { return !used.contains(entry.first); });
}

void check_node(const Graph& graph, std::size_t i) {
  const Node& node = graph.nodes[i];
  const Operator* op = find_operator(node.op);
  if (op == nullptr) {
    core::fail_data("net.check_graph", "{}: unsupported operator '{}'", describe(graph, i),
                    node.op);
  }
  const auto given = static_cast<int>(node.inputs.size());
  if (given < op->least_inputs || (op->most_inputs >= 0 && given > op->most_inputs)) {
    core::fail_data("net.check_graph", "{}: expected {} inputs, got {}", describe(graph, i),
                    op->most_inputs < 0 ? fmt::format("{} or more", op->least_inputs)
                    : op->most_inputs == op->least_inputs
                        ? fmt::format("{}", op->least_inputs)
                        : fmt::format("{} to {}", op->least_inputs, op->most_inputs),
                    given);
  }
  if (node.outputs.empty()) {
    core::fail_data("net.check_graph", "{}: no outputs", describe(graph, i));
  }
}

}  // namespace

std::string describe(const Graph& graph, std::size_t node) {
  const Node& n = graph.nodes.at(node);
  return fmt::format("'{}' ({}, node {})", n.name, n.op, node);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const std::int64_t size : shape) sizes.push_back(size < 0 ? "?" : std::to_string(size));
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

std::vector<std::string> parameter_names(const Graph& graph) {
  Names written{""};
  for (const Port& port : graph.inputs) written.insert(port.name);
  for (const Node& node : graph.nodes) written.insert(node.outputs.begin(), node.outputs.end());
  std::vector<std::string> out;
  for (const Node& node : graph.nodes) {
    for (const std::string& name : node.inputs) {
      if (written.insert(name).second) out.push_back(name);
    }
  }
  for (const Port& port : graph.outputs) {
    if (written.insert(port.name).second) out.push_back(port.name);
  }
  return out;
}

void sort_nodes(Graph& graph) {
  std::unordered_map<std::string, std::size_t> writer;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& name : graph.nodes[i].outputs) {
      if (!name.empty()) writer.emplace(name, i);
    }
  }
  std::vector<std::vector<std::size_t>> readers(graph.nodes.size());
  std::vector<std::size_t> waiting(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& name : graph.nodes[i].inputs) {
      const auto found = writer.find(name);
      if (found == writer.end()) continue;
      readers[found->second].push_back(i);
      ++waiting[i];
    }
  }
  // The smallest number that is ready comes first: an order that holds already is kept.
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i] == 0) ready.push(i);
  }
  std::vector<Node> sorted;
  sorted.reserve(graph.nodes.size());
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    const std::size_t i = ready.top();
    ready.pop();
    order.push_back(i);
    for (const std::size_t reader : readers[i]) {
      if (--waiting[reader] == 0) ready.push(reader);
    }
  }
  if (order.size() != graph.nodes.size()) {
    // Back from any node that waits, always to one that waits too, ends on the cycle.
    std::size_t i = 0;
    while (waiting[i] == 0) ++i;
    for (std::size_t step = 0; step < waiting.size(); ++step) {
      for (const std::string& name : graph.nodes[i].inputs) {
        const auto found = writer.find(name);
        if (found != writer.end() && waiting[found->second] > 0) {
          i = found->second;
          break;
        }
      }
    }
    core::fail_data("net.sort_nodes", "a cycle goes through {}", describe(graph, i));
  }
  for (const std::size_t i : order) sorted.push_back(std::move(graph.nodes[i]));
  graph.nodes = std::move(sorted);
}

void check_graph(const Graph& graph) {
  Names written;
  for (const Port& port : graph.inputs) {
    if (port.name.empty() || !written.insert(port.name).second) {
      core::fail_data("net.check_graph", "input '{}' has no name, or there are two of it",
                      port.name);
    }
  }
  // Names that are read before anything wrote them: parameters, unless a later node writes one.
  Names read;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    check_node(graph, i);
    for (const std::string& name : graph.nodes[i].inputs) {
      if (!name.empty() && !written.contains(name)) read.insert(name);
    }
    for (const std::string& name : graph.nodes[i].outputs) {
      if (name.empty()) continue;
      if (read.contains(name)) {
        core::fail_data("net.check_graph", "{} writes '{}', which an earlier node reads",
                        describe(graph, i), name);
      }
      if (!written.insert(name).second) {
        core::fail_data("net.check_graph", "{} writes '{}', which is written already",
                        describe(graph, i), name);
      }
    }
  }
  if (graph.outputs.empty()) core::fail_data("net.check_graph", "the graph has no outputs");
  for (const Port& port : graph.outputs) {
    if (port.name.empty()) core::fail_data("net.check_graph", "an output has no name");
  }
}

void check_weights(const Graph& graph, const Weights& weights) {
  std::vector<std::string> missing;
  for (const std::string& name : parameter_names(graph)) {
    const auto found = weights.find(name);
    if (found == weights.end() || !found->second.defined()) missing.push_back(name);
  }
  if (!missing.empty()) {
    core::fail_data("net.check_weights",
                    "nothing writes and no weight is named as these, which nodes read: {}",
                    listed(missing));
  }
}

void remove_unused(Model& model) {
  std::vector<std::string> outputs;
  for (const Port& port : model.graph.outputs) outputs.push_back(port.name);
  const std::vector<bool> keep = needed(model.graph, outputs);
  std::size_t i = 0;
  std::erase_if(model.graph.nodes, [&](const Node&) { return !keep[i++]; });
  keep_weights(model);
}

std::pair<Model, Model> split(const Model& model, std::string_view edge) {
  const Graph& graph = model.graph;
  const std::string cut(edge);
  const std::vector<bool> first = needed(graph, {cut});
  if (std::ranges::none_of(first, [](bool f) { return f; })) {
    core::fail_argument("net.split", "no node writes an edge '{}'", edge);
  }
  const Port port{.name = cut, .type = torch::ScalarType::Undefined, .shape = {}};
  Model encoder{{.name = graph.name,
                 .opset = graph.opset,
                 .nodes = {},
                 .inputs = graph.inputs,
                 .outputs = {port}},
                model.weights};
  Model decoder{{.name = graph.name,
                 .opset = graph.opset,
                 .nodes = {},
                 .inputs = {port},
                 .outputs = graph.outputs},
                model.weights};
  Names before;
  for (const Port& given : graph.inputs) before.insert(given.name);
  std::set<std::string> beside;
  const auto note = [&](const std::string& name) {
    if (name != cut && before.contains(name)) beside.insert(name);
  };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (first[i]) before.insert(node.outputs.begin(), node.outputs.end());
    (first[i] ? encoder : decoder).graph.nodes.push_back(node);
  }
  before.erase("");
  for (const Node& node : decoder.graph.nodes) std::ranges::for_each(node.inputs, note);
  for (const Port& output : graph.outputs) note(output.name);
  if (!beside.empty()) {
    core::fail_argument("net.split", "'{}' does not cut the graph: beside it pass {}", edge,
                        listed({beside.begin(), beside.end()}));
  }
  keep_weights(encoder);
  keep_weights(decoder);
  return {std::move(encoder), std::move(decoder)};
}

void load_weights(Model& model, core::Bytes safetensors, std::string_view source,
                  const NameMap& names) {
  constexpr std::string_view where = "net.load_weights";
  const data::Safetensors file({safetensors.begin(), safetensors.end()});
  std::set<std::string> left(file.names().begin(), file.names().end());
  std::erase_if(left, [](const std::string& n) { return n.ends_with(".num_batches_tracked"); });
  std::vector<std::string> missing;
  Weights loaded;
  for (const auto& [name, tensor] : model.weights) {
    if (!tensor.is_floating_point()) continue;  // shapes and axes: structure, not training
    const std::string theirs = renamed(name, names);
    if (left.erase(theirs) == 0) {
      missing.push_back(theirs);
      continue;
    }
    const data::TensorView& view = file[theirs];
    if (view.shape != tensor.sizes().vec()) {
      core::fail_data(where, "{}: '{}': expected shape {}, got {}", source, theirs,
                      shape_text(tensor.sizes().vec()), shape_text(view.shape));
    }
    loaded[name] = copied(view, theirs).to(tensor.device(), tensor.scalar_type());
  }
  if (!missing.empty() || !left.empty()) {
    core::fail_data(where,
                    "{}: names do not match; the model also wants: {}; the file also has: {}",
                    source, listed(missing), listed({left.begin(), left.end()}));
  }
  for (auto& [name, tensor] : loaded) model.weights[name] = std::move(tensor);
}

bool fits(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {  // the last star takes one byte more
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace venturi::net
