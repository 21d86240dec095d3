#include "venturi/net/fuse.hpp"

#include <cmath>
#include <optional>
#include <unordered_map>

namespace venturi::net {
namespace {

class Fuser {
 public:
  explicit Fuser(Model& model) : model_(model) {
    const Graph& graph = model.graph;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const std::string& name : graph.nodes[i].outputs) writer_[name] = i;
      for (const std::string& name : graph.nodes[i].inputs) ++readers_[name];
    }
    for (const Port& port : graph.outputs) ++readers_[port.name];
  }

  // Puts the operator in the place of the product that node i is the last part of.
  bool fuse(std::size_t i) {
    Node& node = model_.graph.nodes[i];
    if (node.op != "Mul" && node.op != "Div") return false;
    std::vector<std::string> factors;
    double constant = 1;
    collect(node, 0, factors, constant);
    if (factors.size() != 2) return false;
    for (const auto& [x, other] :
         {std::pair(factors[0], factors[1]), std::pair(factors[1], factors[0])}) {
      const std::string op = activation(x, other, constant);
      if (op.empty()) continue;
      node = {.op = op, .name = node.name, .inputs = {x}, .outputs = node.outputs};
      return true;
    }
    return false;
  }

 private:
  // The node that writes `name`, if it is this operator.
  const Node* written_by(const std::string& name, std::string_view op) const {
    const auto found = writer_.find(name);
    if (found == writer_.end() || model_.graph.nodes[found->second].op != op) return nullptr;
    return &model_.graph.nodes[found->second];
  }
  // The same where nobody else reads it.
  const Node* part(const std::string& name, std::string_view op) const {
    return readers_.at(name) == 1 ? written_by(name, op) : nullptr;
  }
  std::optional<double> value(const Node& node, std::size_t input) const {
    if (input >= node.inputs.size()) return std::nullopt;
    const auto found = model_.weights.find(node.inputs[input]);
    if (found == model_.weights.end() || found->second.numel() != 1) return std::nullopt;
    return found->second.item<double>();
  }
  bool is(const Node& node, std::size_t input, double expected) const {
    const auto given = value(node, input);
    return given && std::abs(*given - expected) <= 1e-6 * std::abs(expected);
  }
  // `node` adds, multiplies ... a constant: its other input.
  std::optional<std::string> beside(const Node& node, double expected) const {
    if (node.inputs.size() != 2) return std::nullopt;
    if (is(node, 1, expected)) return node.inputs[0];
    if (node.op != "Div" && is(node, 0, expected)) return node.inputs[1];
    return std::nullopt;
  }

  void collect(const Node& node, int depth, std::vector<std::string>& factors,
               double& constant) const {
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      const std::string& name = node.inputs[k];
      const bool below = node.op == "Div" && k == 1;
      const Node* inner = depth < 2 && !below ? part(name, "Mul") : nullptr;
      if (inner == nullptr && depth < 2 && !below) {
        inner = part(name, "Div");
        if (inner != nullptr && !value(*inner, 1)) inner = nullptr;
      }
      if (const auto number = value(node, k)) {
        constant = below ? constant / *number : constant * *number;
      } else if (below) {
        factors.assign(3, "");  // a quotient of edges is none of ours
      } else if (inner != nullptr) {
        collect(*inner, depth + 1, factors, constant);
      } else {
        factors.push_back(name);
      }
    }
  }

  bool near(double a, double b) const { return std::abs(a - b) <= 1e-6 * std::abs(b); }

  // Which operator x times `other` times `constant` is; "": none.
  std::string activation(const std::string& x, const std::string& other, double constant) const {
    const int opset = model_.graph.opset;
    if (opset >= 20 && near(constant, 0.5) && is_erf_gate(x, other)) return "Gelu";
    if (opset >= 14 && near(constant, 1.0 / 6) && is_clip_gate(x, other)) return "HardSwish";
    if (opset >= 14 && near(constant, 1) && is_hard_sigmoid(x, other)) return "HardSwish";
    if (opset >= 18 && near(constant, 1)) {
      const Node* tanh = part(other, "Tanh");
      const Node* softplus = tanh == nullptr ? nullptr : part(tanh->inputs[0], "Softplus");
      if (softplus != nullptr && softplus->inputs[0] == x) return "Mish";
    }
    return "";
  }
  bool is_erf_gate(const std::string& x, const std::string& other) const {
    const Node* add = part(other, "Add");
    const auto erf_edge = add == nullptr ? std::nullopt : beside(*add, 1);
    const Node* erf = erf_edge ? part(*erf_edge, "Erf") : nullptr;
    if (erf == nullptr) return false;
    const Node* scaled = part(erf->inputs[0], "Div");
    const double by = scaled != nullptr ? std::sqrt(2.0) : std::sqrt(0.5);
    if (scaled == nullptr) scaled = part(erf->inputs[0], "Mul");
    return scaled != nullptr && beside(*scaled, by) == x;
  }
  bool is_clip_gate(const std::string& x, const std::string& other) const {
    const Node* clip = part(other, "Clip");
    if (clip == nullptr || value(*clip, 1) != 0.0 || !is(*clip, 2, 6)) return false;
    const Node* add = part(clip->inputs[0], "Add");
    return add != nullptr && beside(*add, 3) == x;
  }
  bool is_hard_sigmoid(const std::string& x, const std::string& other) const {
    const Node* gate = part(other, "HardSigmoid");
    return gate != nullptr && gate->inputs[0] == x &&
           near(gate->attributes.real("alpha", 0.2), 1.0 / 6) &&
           near(gate->attributes.real("beta", 0.5), 0.5);
  }

  Model& model_;
  std::unordered_map<std::string, std::size_t> writer_;
  std::unordered_map<std::string, int> readers_;
};

}  // namespace

std::size_t fuse_activations(Model& model) {
  Fuser fuser(model);
  std::size_t out = 0;
  for (std::size_t i = 0; i < model.graph.nodes.size(); ++i) out += fuser.fuse(i) ? 1 : 0;
  remove_unused(model);
  return out;
}

}  // namespace venturi::net
