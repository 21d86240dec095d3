#include "venturi/net/network.hpp"

#include <cmath>
#include <map>
#include <numeric>

#include "venturi/core/error.hpp"

namespace venturi::net {
namespace {

using core::Json;
using tensor::Tensor;

constexpr std::int64_t kMaxEdge = std::int64_t{1} << 24;
constexpr std::int64_t kMaxParameters = std::int64_t{1} << 30;

std::int64_t product(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

bool has_weights(const Layer& layer) { return layer.type == "linear" || layer.type == "conv2d"; }

// The shape after `layer`; throws where the layer does not fit.
std::vector<std::int64_t> next_shape(const Layer& layer, const std::vector<std::int64_t>& in,
                                     const std::string& where) {
  if (layer.type == "flatten") return {product(in)};
  if (layer.type == "linear") {
    if (in.size() != 1) {
      core::fail_argument("net.Network", "{}: expected a flat input, got {} dimensions", where,
                          in.size());
    }
    return {layer.out};
  }
  if (layer.type == "conv2d" || layer.type == "max_pool2d") {
    if (in.size() != 3) {
      core::fail_argument("net.Network", "{}: expected channels*height*width, got {} dimensions",
                          where, in.size());
    }
    const bool pool = layer.type == "max_pool2d";
    const std::int64_t stride = pool ? layer.kernel : layer.stride;
    const auto side = [&](std::int64_t size) {
      return (size + 2 * layer.padding - layer.kernel) / stride + 1;
    };
    if (std::min(in[1], in[2]) + 2 * layer.padding < layer.kernel) {
      core::fail_argument("net.Network", "{}: a kernel of {} does not fit an input of {}*{}", where,
                          layer.kernel, in[1], in[2]);
    }
    return {pool ? in[0] : layer.out, side(in[1]), side(in[2])};
  }
  return in;
}

void check_layer(const Layer& layer, const std::string& where) {
  const auto need = [&](bool holds, const char* what) {
    if (!holds) core::fail_argument("net.Network", "{}: expected {}", where, what);
  };
  if (has_weights(layer)) need(layer.out >= 1 && layer.out <= kMaxEdge, "out in [1, 2^24]");
  if (layer.type == "conv2d" || layer.type == "max_pool2d") {
    need(layer.kernel >= 1 && layer.kernel <= 1024, "kernel in [1, 1024]");
    need(layer.padding >= 0 && layer.padding < layer.kernel, "padding in [0, kernel)");
    need(layer.stride >= 1 && layer.stride <= 1024, "stride in [1, 1024]");
  }
  if (layer.type == "dropout") need(layer.p >= 0 && layer.p < 1, "p in [0, 1)");
}

}  // namespace

Json to_json(const std::vector<Layer>& layers) {
  Json out = Json::array();
  for (const Layer& layer : layers) {
    Json one = {{"type", layer.type}};
    if (has_weights(layer)) one["out"] = layer.out;
    if (layer.kernel != 0) one["kernel"] = layer.kernel;
    if (layer.padding != 0) one["padding"] = layer.padding;
    if (layer.stride != 1) one["stride"] = layer.stride;
    if (layer.p != 0) one["p"] = layer.p;
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<Layer> layers_from_json(const Json& json) {
  constexpr std::size_t kMaxLayers = 4096;
  if (!json.is_array() || json.size() > kMaxLayers) {
    core::fail_data("net.layers_from_json", "expected a list of at most {} layers", kMaxLayers);
  }
  static const std::vector<std::string> types = {"linear", "conv2d", "max_pool2d", "flatten",
                                                 "relu",   "elu",    "tanh",       "dropout"};
  std::vector<Layer> out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const Json& one = json[i];
    if (!one.is_object() || !one.contains("type") || !one["type"].is_string()) {
      core::fail_data("net.layers_from_json", "layer {}: expected an object with a type", i);
    }
    Layer layer{.type = one["type"].get<std::string>()};
    if (std::find(types.begin(), types.end(), layer.type) == types.end()) {
      core::fail_data("net.layers_from_json", "layer {}: unknown type '{}'; known: {}", i,
                      layer.type, fmt::join(types, ", "));
    }
    for (const auto& item : one.items()) {
      const auto integer = [&](std::int64_t& field) {
        if (!item.value().is_number_integer()) {
          core::fail_data("net.layers_from_json", "layer {}: expected an integer {}", i,
                          item.key());
        }
        field = item.value().get<std::int64_t>();
      };
      if (item.key() == "out") {
        integer(layer.out);
      } else if (item.key() == "kernel") {
        integer(layer.kernel);
      } else if (item.key() == "padding") {
        integer(layer.padding);
      } else if (item.key() == "stride") {
        integer(layer.stride);
      } else if (item.key() == "p" && item.value().is_number()) {
        layer.p = item.value().get<double>();
      } else if (item.key() != "type") {
        core::fail_data("net.layers_from_json", "layer {}: unexpected field '{}'", i, item.key());
      }
    }
    out.push_back(std::move(layer));
  }
  return out;
}

Network::Network(std::string name, std::vector<Layer> layers, std::vector<std::int64_t> input,
                 Parameters& parameters)
    : name_(std::move(name)), layers_(std::move(layers)), output_(std::move(input)) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const std::string where = fmt::format("{} layer {} ({})", name_, i, layer.type);
    check_layer(layer, where);
    const std::vector<std::int64_t> in = output_;
    output_ = next_shape(layer, in, where);
    for (const std::int64_t size : output_) {
      if (size < 1 || size > kMaxEdge || product(output_) > kMaxEdge) {
        core::fail_argument("net.Network", "{}: an edge of more than 2^24 elements", where);
      }
    }
    first_parameter_.push_back(parameters.count());
    if (!has_weights(layer)) continue;
    const bool linear = layer.type == "linear";
    const std::int64_t fan_in = linear ? in[0] : in[0] * layer.kernel * layer.kernel;
    if (parameters.size() + layer.out * (fan_in + 1) > kMaxParameters) {
      core::fail_argument("net.Network", "{}: more than 2^30 parameters", where);
    }
    const Parameters::Init init{.bound = 1.0 / std::sqrt(static_cast<double>(fan_in))};
    const std::string prefix = fmt::format("{}.{}.", name_, i);
    parameters.add(prefix + "weight",
                   linear ? std::vector<std::int64_t>{layer.out, in[0]}
                          : std::vector<std::int64_t>{layer.out, in[0], layer.kernel, layer.kernel},
                   init);
    parameters.add(prefix + "bias", {layer.out}, init);
  }
}

std::int64_t Network::outputs() const { return product(output_); }

Tensor Network::forward(const Parameters& parameters, Tensor x, const Pass& pass) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const std::size_t p = first_parameter_[i];
    if (layer.type == "linear") {
      x = parameters.copies() == 0
              ? torch::linear(x, parameters[p], parameters[p + 1])
              : torch::baddbmm(parameters[p + 1], x, parameters[p].transpose(1, 2));
    } else if (layer.type == "conv2d") {
      x = torch::conv2d(x, parameters[p], parameters[p + 1], layer.stride, layer.padding);
    } else if (layer.type == "max_pool2d") {
      x = torch::max_pool2d(x, layer.kernel, layer.kernel, layer.padding);
    } else if (layer.type == "flatten") {
      x = x.flatten(parameters.copies() == 0 ? 1 : 2);
    } else if (layer.type == "relu") {
      x = torch::relu(x);
    } else if (layer.type == "elu") {
      x = torch::elu(x);
    } else if (layer.type == "tanh") {
      x = torch::tanh(x);
    } else if (pass.training && layer.p > 0) {  // dropout
      const Tensor keep = torch::empty_like(x).bernoulli_(1.0 - layer.p, *pass.generator);
      x = x * keep / (1.0 - layer.p);
    }
  }
  return x;
}

std::string Network::append_to(GraphBuilder& builder, const Parameters& parameters,
                               std::string x) const {
  using Sizes = std::vector<std::int64_t>;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    std::vector<std::string> inputs = {x};
    if (has_weights(layer)) {
      const std::size_t p = first_parameter_[i];
      for (const std::size_t k : {p, p + 1}) {
        inputs.push_back(
            builder.parameter(parameters.name(k), parameters[k].detach().to(torch::kCPU).clone()));
      }
    }
    static const std::map<std::string, std::string> ops = {
        {"linear", "Gemm"}, {"conv2d", "Conv"}, {"max_pool2d", "MaxPool"}, {"flatten", "Flatten"},
        {"relu", "Relu"},   {"elu", "Elu"},     {"tanh", "Tanh"}};
    if (layer.type == "dropout") continue;
    Attributes attributes;
    if (layer.type == "linear") attributes.set("transB", std::int64_t{1});
    if (layer.type == "conv2d" || layer.type == "max_pool2d") {
      const std::int64_t stride = layer.type == "conv2d" ? layer.stride : layer.kernel;
      attributes = integer_attributes({{"kernel_shape", Sizes(2, layer.kernel)},
                                       {"strides", Sizes(2, stride)},
                                       {"pads", Sizes(4, layer.padding)}});
    }
    x = builder.node(ops.at(layer.type), fmt::format("{}.{}", name_, i), inputs,
                     std::move(attributes));
  }
  return x;
}

std::vector<Layer> mlp(const std::vector<std::int64_t>& hidden, const std::string& activation) {
  std::vector<Layer> out = {{.type = "flatten"}};
  for (const std::int64_t units : hidden) {
    out.push_back({.type = "linear", .out = units});
    out.push_back({.type = activation});
  }
  return out;
}

std::vector<Layer> small_cnn(const std::vector<std::int64_t>& channels, std::int64_t dense,
                             double dropout) {
  std::vector<Layer> out;
  for (const std::int64_t c : channels) {
    out.push_back({.type = "conv2d", .out = c, .kernel = 3, .padding = 1});
    out.push_back({.type = "relu"});
    out.push_back({.type = "max_pool2d", .kernel = 2});
  }
  out.push_back({.type = "flatten"});
  if (dropout > 0) out.push_back({.type = "dropout", .p = dropout});
  out.push_back({.type = "linear", .out = dense});
  out.push_back({.type = "relu"});
  if (dropout > 0) out.push_back({.type = "dropout", .p = dropout});
  return out;
}

Model chain_model(const std::string& name, const std::vector<Layer>& layers,
                  const std::vector<std::int64_t>& input, core::Key key) {
  Parameters parameters;
  const Network network(name, layers, input, parameters);
  parameters.allocate(key, torch::kCPU);
  GraphBuilder builder(name, key);
  std::vector<std::int64_t> shape = {-1};
  shape.insert(shape.end(), input.begin(), input.end());
  const std::string out = network.append_to(builder, parameters, builder.input("x", shape));
  shape.assign(1, -1);
  shape.insert(shape.end(), network.output().begin(), network.output().end());
  return builder.finish({{.name = out, .ranked = true, .shape = shape}});
}

}  // namespace venturi::net
