#include "venturi/net/shapes.hpp"

#include <algorithm>
#include <iterator>

#include "venturi/core/error.hpp"
#include "venturi/net/memory.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

std::vector<Port> edges_of(const Executor& executor, const std::vector<Tensor>& inputs) {
  std::vector<Port> out;
  const auto see = [&](const std::string& edge, const Tensor& value) {
    out.push_back(
        {.name = edge, .type = value.scalar_type(), .ranked = true, .shape = value.sizes().vec()});
  };
  executor.run(inputs, {.hooks = {observe("*", see)}});
  return out;
}

}  // namespace

std::vector<Tensor> sample_inputs(const Graph& graph, const Shapes& given, std::int64_t samples,
                                  int value) {
  constexpr std::string_view where = "net.sample_inputs";
  for (const auto& [name, shape] : given) {
    if (std::ranges::none_of(graph.inputs, [&](const Port& port) { return port.name == name; })) {
      std::vector<std::string> names;
      for (const Port& port : graph.inputs) names.push_back(port.name);
      core::fail_argument(where, "no input '{}'; the model has {}", name, fmt::join(names, ", "));
    }
  }
  std::vector<Tensor> out;
  for (const Port& port : graph.inputs) {
    std::vector<std::int64_t> shape = port.shape;
    const auto found = given.find(port.name);
    if (found != given.end()) shape = found->second;
    if (!shape.empty() && shape[0] < 0) shape[0] = samples;
    if (!port.ranked && found == given.end()) {
      core::fail_argument(where, "input '{}' may have any shape: say --shape {}=SIZE,SIZE,...",
                          port.name, port.name);
    }
    if (std::ranges::any_of(shape, [](std::int64_t size) { return size < 0; })) {
      const std::string text = shape_text(shape);
      std::string sizes;
      std::ranges::copy_if(text, std::back_inserter(sizes),
                           [](char c) { return c != '[' && c != ']' && c != ' '; });
      core::fail_argument(
          where, "input '{}' leaves its shape {} open: say --shape {}={} with numbers for ?",
          port.name, text, port.name, sizes);
    }
    const auto type = port.type == torch::ScalarType::Undefined ? torch::kFloat32 : port.type;
    double bytes = static_cast<double>(c10::elementSize(type));
    for (const std::int64_t size : shape) bytes *= static_cast<double>(size);
    if (bytes > free_memory()) {
      core::fail_data(where,
                      "input '{}' of shape {} takes {:.1f} GiB of memory, of which {:.1f} are free",
                      port.name, shape_text(shape), bytes / (1 << 30), free_memory() / (1 << 30));
    }
    out.push_back(torch::full(shape, value, type));
  }
  return out;
}

std::vector<Port> infer_shapes(const Executor& executor, const Shapes& given) {
  const Graph& graph = executor.graph();
  std::vector<Port> out = edges_of(executor, sample_inputs(graph, given, 1, 0));
  const std::vector<Port> again = edges_of(executor, sample_inputs(graph, given, 2, 1));
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto& shape = out[i].shape;
    const auto& other = again[i].shape;
    if (shape.size() != other.size()) {  // as values have it: Squeeze
      out[i].ranked = false;
      shape.clear();
    }
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (shape[d] != other[d]) shape[d] = -1;
    }
  }
  return out;
}

}  // namespace venturi::net
