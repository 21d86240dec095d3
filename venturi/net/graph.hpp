// venturi/net/graph.hpp
//
// A network as data: operators over named edges. The structure stands apart from the numbers: a
// Graph names its parameters and Weights hold them, so that one structure runs with many weights
// (as trained, quantized, pruned, averaged).
//
// Every name is written once: it is an input of the graph, an output of one node, or a parameter (a
// name that is read and that nothing in the graph writes). "" stands for an optional input that is
// absent, or an output that nobody wants. Nodes stand in topological order.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "venturi/net/attributes.hpp"

namespace venturi::net {

struct Node {
  std::string op;    // its ONNX name: one of operators()
  std::string name;  // for people; not empty, not necessarily unique
  Attributes attributes;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

// An input or output of the graph. -1: any size along that axis.
struct Port {
  std::string name;
  torch::ScalarType type = torch::kFloat32;  // Undefined: any
  bool ranked = false;                       // false: any shape at all
  std::vector<std::int64_t> shape;
};

struct Graph {
  std::string name;
  int opset = 17;
  std::vector<Node> nodes;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
};

using Weights = std::map<std::string, tensor::Tensor, std::less<>>;

struct Model {
  Graph graph;
  Weights weights;
};

// "'conv1' (Conv, node 3)": how messages name a node.
std::string describe(const Graph& graph, std::size_t node);
// "[?, 3, 32, 32]"
std::string shape_text(const std::vector<std::int64_t>& shape);

// The parameters in the order of their first use. O(names).
std::vector<std::string> parameter_names(const Graph& graph);

// Brings the nodes into topological order, those that are in order already staying as they are.
// DataError naming an edge of the cycle where there is one. O(edges log nodes).
void sort_nodes(Graph& graph);

// DataError naming the node unless every operator is known, has as many inputs as it may, every
// name is written once, the nodes are in order, and the outputs are written.
void check_graph(const Graph& graph);
// DataError listing the parameters that have no tensor.
void check_weights(const Graph& graph, const Weights& weights);

// Drops the nodes that no output needs, and the weights that nothing reads.
void remove_unused(Model& model);

// The model cut at one edge, as encoder and decoder: the first ends at `edge`, the second begins
// there. InvalidArgument where `edge` is not written by the graph's nodes, or where other edges
// pass beside it (they are listed): what comes after must then be known through `edge` alone.
std::pair<Model, Model> split(const Model& model, std::string_view edge);

// Weights out of a safetensors file, in place of those of `model`. Each pair of `names` renames a
// beginning of the model's names to that of the file's: {"", "module."} for a file that has
// "module." before each. The sets of names must then be equal, but for "*.num_batches_tracked", and
// so must the shapes; else DataError with both lists of what is left over. Any floating-point
// element type of the file becomes that of the model's tensor. `source` names the file in errors.
using NameMap = std::vector<std::pair<std::string, std::string>>;
void load_weights(Model& model, core::Bytes safetensors, std::string_view source,
                  const NameMap& names = {});

// Whether a name fits a pattern of letters, '*' (any text) and '?' (any one byte). O(n m).
bool fits(std::string_view pattern, std::string_view name);

}  // namespace venturi::net
