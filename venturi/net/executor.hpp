// venturi/net/executor.hpp
//
// Runs a graph on ATen, node by node, eagerly, on any device; with gradients on request. An edge is
// released after its last reader, so that memory peaks at what is alive at one time.
//
// Numbers: float32, or float16 or bfloat16 where asked for: then floating-point weights, inputs and
// edges are all of that type, and outputs come back as float32. On CUDA TF32 is off and cuDNN takes
// its deterministic algorithms, for the time of a run: the same inputs give the same bits on the
// same machine. Shapes are those that the tensors have: every kernel checks its own, and a graph's
// shapes come from running it once.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "venturi/net/graph.hpp"
#include "venturi/net/operators.hpp"

namespace venturi::net {

// Something done to the edges whose names fit a pattern ('*', '?'; see fits()): graph inputs and
// outputs of nodes. It sees the value and gives what readers see from then on (the value itself, to
// observe only). Hooks act in their order.
struct Hook {
  std::string edges;
  std::function<tensor::Tensor(const std::string& edge, const tensor::Tensor& value)> act;
};

Hook observe(std::string edges,
             std::function<void(const std::string& edge, const tensor::Tensor& value)> see);
// Puts `value` in its place; DataError (from the run) unless it has the edge's shape.
Hook replace(std::string edges, tensor::Tensor value);
// Adds independent normal noise of this deviation. Each edge has a stream of its own, split from
// `key` by its name; every run draws the same.
Hook add_noise(std::string edges, double deviation, core::Key key);

// What a node did, for costs and traces; valid during the call.
struct NodeRun {
  std::size_t index;
  const Node& node;
  std::span<const tensor::Tensor> inputs;
  std::span<const tensor::Tensor> outputs;
  double seconds;
};

struct RunOptions {
  std::vector<Hook> hooks;
  bool gradients = false;
  std::function<void(const NodeRun&)> trace;
};

// One node alone. DataError naming the node where its kernel fails.
std::vector<tensor::Tensor> run_node(const Graph& graph, std::size_t node,
                                     std::span<const tensor::Tensor> inputs);

struct ExecutorOptions {
  tensor::Device device = torch::kCPU;
  torch::ScalarType compute = torch::kFloat32;  // or kFloat16, kBFloat16
};

class Executor {
 public:
  // Checks the graph and that every parameter is there (DataError). The weights are shared, not
  // copied, where they are on the device and of the type already.
  explicit Executor(Model model, const ExecutorOptions& options = {});

  // One tensor an input, in the order of graph().inputs; one an output. DataError where an input
  // does not fit its port (InvalidArgument for their number), or where a node fails: the message
  // names it.
  std::vector<tensor::Tensor> run(const std::vector<tensor::Tensor>& inputs,
                                  const RunOptions& options = {}) const;

  const Graph& graph() const { return model_.graph; }
  const Model& model() const { return model_; }
  // On the device and of the type that the run uses; a leaf that requires gradients gets them.
  const Weights& weights() const { return model_.weights; }
  const ExecutorOptions& options() const { return options_; }

 private:
  struct Step {
    std::vector<int> inputs;   // slots; -1: absent
    std::vector<int> outputs;  // slots; -1: not wanted
    std::vector<int> done;     // slots whose last reader this is
  };
  tensor::Tensor prepared(const tensor::Tensor& weight) const;
  tensor::Tensor checked_input(std::size_t i, const tensor::Tensor& value) const;
  void run_step(std::size_t i, std::vector<tensor::Tensor>& slots, const RunOptions& options) const;
  void store(int slot, const std::string& edge, tensor::Tensor value,
             std::vector<tensor::Tensor>& slots, const RunOptions& options) const;

  Model model_;
  ExecutorOptions options_;
  std::vector<Step> steps_;
  std::map<std::string, int, std::less<>> slot_;
  std::vector<tensor::Tensor> start_;  // the slots with the weights in them
};

}  // namespace venturi::net
