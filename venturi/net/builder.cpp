#include "venturi/net/builder.hpp"

#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::net {

GraphBuilder::GraphBuilder(std::string name, core::Key key, int opset) : key_(key) {
  model_.graph.name = std::move(name);
  model_.graph.opset = opset;
}

std::string GraphBuilder::input(const std::string& name, std::vector<std::int64_t> shape,
                                torch::ScalarType type) {
  model_.graph.inputs.push_back(
      {.name = name, .type = type, .ranked = true, .shape = std::move(shape)});
  return name;
}

std::string GraphBuilder::parameter(const std::string& name, tensor::Tensor value) {
  if (!model_.weights.emplace(name, std::move(value)).second) {
    core::fail_bug("net.GraphBuilder", "two parameters '{}'", name);
  }
  return name;
}

std::string GraphBuilder::constant(const std::string& name, tensor::Tensor value) {
  Attributes attributes;
  attributes.set("value", std::move(value));
  return node("Constant", name, {}, std::move(attributes));
}

std::string GraphBuilder::integers(const std::string& name,
                                   const std::vector<std::int64_t>& values) {
  return constant(name, torch::tensor(values, torch::kInt64));
}

std::string GraphBuilder::weight(const std::string& name, const std::vector<std::int64_t>& shape,
                                 std::int64_t inputs) {
  auto generator = tensor::make_generator(key_.split(name), torch::kCPU);
  const double deviation = std::sqrt(2.0 / static_cast<double>(inputs));
  return parameter(name, torch::empty(shape).normal_(0, deviation, generator));
}

std::string GraphBuilder::node(const std::string& op, const std::string& name,
                               std::vector<std::string> inputs, Attributes attributes) {
  model_.graph.nodes.push_back({.op = op,
                                .name = name,
                                .attributes = std::move(attributes),
                                .inputs = std::move(inputs),
                                .outputs = {name}});
  return name;
}

std::string GraphBuilder::convolution(const std::string& name, const std::string& x,
                                      const Convolution& c) {
  using Sizes = std::vector<std::int64_t>;
  const Sizes kernel(c.dimensions, c.kernel);
  Sizes shape = {c.out, c.in / c.groups};
  shape.insert(shape.end(), kernel.begin(), kernel.end());
  std::int64_t inputs = c.in / c.groups;
  for (const std::int64_t size : kernel) inputs *= size;
  std::vector<std::string> edges = {x, weight(name + ".weight", shape, inputs)};
  if (c.bias) edges.push_back(parameter(name + ".bias", torch::zeros({c.out})));
  return node("Conv", name, std::move(edges),
              integer_attributes({{"kernel_shape", kernel},
                                  {"strides", Sizes(c.dimensions, c.stride)},
                                  {"pads", Sizes(2 * c.dimensions, c.padding)}},
                                 {{"group", c.groups}}));
}

std::string GraphBuilder::batch_norm(const std::string& name, const std::string& x,
                                     std::int64_t channels) {
  Attributes attributes;
  attributes.set("epsilon", 1e-5);
  return node("BatchNormalization", name,
              {x, parameter(name + ".weight", torch::ones({channels})),
               parameter(name + ".bias", torch::zeros({channels})),
               parameter(name + ".running_mean", torch::zeros({channels})),
               parameter(name + ".running_var", torch::ones({channels}))},
              std::move(attributes));
}

std::string GraphBuilder::linear(const std::string& name, const std::string& x, std::int64_t in,
                                 std::int64_t out) {
  return node(
      "Gemm", name,
      {x, weight(name + ".weight", {out, in}, in), parameter(name + ".bias", torch::zeros({out}))},
      integer_attributes({}, {{"transB", 1}}));
}

Model GraphBuilder::finish(std::vector<Port> outputs) {
  model_.graph.outputs = std::move(outputs);
  check_graph(model_.graph);
  check_weights(model_.graph, model_.weights);
  return std::move(model_);
}

Attributes integer_attributes(
    const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& lists,
    const std::vector<std::pair<std::string, std::int64_t>>& singles) {
  Attributes out;
  for (const auto& [name, values] : lists) out.set(name, values);
  for (const auto& [name, value] : singles) out.set(name, value);
  return out;
}

}  // namespace venturi::net
