// venturi/net/network.hpp
//
// A chain of layers as data: JSON in and out, shapes inferred and checked when it is built, its
// parameters in a net::Parameters that several networks of one model share. It is what the trainer
// of the room learn trains; append_to() makes a graph of it, for all that works on graphs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "venturi/net/builder.hpp"
#include "venturi/net/parameters.hpp"

namespace venturi::net {

// One layer. Which fields count depends on `type`:
//   linear (out) · conv2d (out, kernel, padding, stride) · max_pool2d (kernel = stride) · flatten ·
//   relu · elu · tanh · dropout (p)
struct Layer {
  std::string type;
  std::int64_t out = 0;
  std::int64_t kernel = 0;
  std::int64_t padding = 0;
  std::int64_t stride = 1;
  double p = 0;
};

core::Json to_json(const std::vector<Layer>& layers);
// DataError naming the layer and field on anything that is not a list of known layers.
std::vector<Layer> layers_from_json(const core::Json& json);

// What a forward pass may need beside its input.
struct Pass {
  bool training = false;
  torch::Generator* generator = nullptr;  // for dropout; required when training with it
};

class Network {
 public:
  // Registers its parameters as "<name>.<layer>.weight" and ".bias" in `parameters`, starting as
  // U(-a, a) with a = 1/sqrt(inputs of a unit) (LibTorch's own default for linear layers and
  // convolutions). InvalidArgument naming the layer where shapes do not fit or are absurd (an edge
  // of more than 2^24 elements, more than 2^30 parameters). input: the shape of one sample, {d} or
  // {channels, height, width}.
  Network(std::string name, std::vector<Layer> layers, std::vector<std::int64_t> input,
          Parameters& parameters);

  // x: n*input... to n*output...; deterministic unless training with dropout. With copies
  // copies*n*input to copies*n*output, of layers that are no convolutions.
  tensor::Tensor forward(const Parameters& parameters, tensor::Tensor x, const Pass& pass) const;

  // The same as nodes of a graph, with copies of the parameters under their names; dropout, which
  // does nothing at use, is left out. Takes the edge it reads, returns the one it writes.
  std::string append_to(GraphBuilder& builder, const Parameters& parameters, std::string x) const;

  const std::vector<Layer>& layers() const { return layers_; }
  // The shape of one sample at the output.
  const std::vector<std::int64_t>& output() const { return output_; }
  // The output's elements; what a following linear layer sees.
  std::int64_t outputs() const;

 private:
  std::string name_;
  std::vector<Layer> layers_;
  std::vector<std::size_t> first_parameter_;  // per layer: its weight; the bias follows
  std::vector<std::int64_t> output_;
};

// hidden[0], activation, hidden[1], activation, ...; flattens images first.
std::vector<Layer> mlp(const std::vector<std::int64_t>& hidden, const std::string& activation);
// Per entry of `channels`: 3*3 convolution, ReLU, 2*2 max pooling; then a dense layer of `dense`
// units with ReLU. The network of the demo: channels {32, 64}, dense 128.
std::vector<Layer> small_cnn(const std::vector<std::int64_t>& channels, std::int64_t dense,
                             double dropout);
// A chain as a model of its own: input "x" (n*input...), starting parameters from `key`.
Model chain_model(const std::string& name, const std::vector<Layer>& layers,
                  const std::vector<std::int64_t>& input, core::Key key);

}  // namespace venturi::net
