#include "venturi/compress/graph_json.hpp"

#include "venturi/code/hex.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using core::Json;
using tensor::Tensor;

constexpr std::int64_t kMostConstant = 1 << 26;  // bytes

Json port_json(const net::Port& port) {
  return Json::array({port.name, static_cast<int>(port.type), port.ranked, port.shape});
}

torch::ScalarType type_of(const Json& json) {
  const int type = json.get<int>();
  if (type < 0 || type > static_cast<int>(torch::ScalarType::Undefined)) {
    throw std::out_of_range("element type");
  }
  return static_cast<torch::ScalarType>(type);
}

net::Port port_from(const Json& json) {
  return {.name = json.at(0).get<std::string>(),
          .type = type_of(json.at(1)),
          .ranked = json.at(2).get<bool>(),
          .shape = json.at(3).get<std::vector<std::int64_t>>()};
}

Json tensor_json(const Tensor& t) {
  const Tensor whole = t.contiguous().to(torch::kCPU);
  const auto* p = static_cast<const std::byte*>(whole.data_ptr());
  return Json::array({static_cast<int>(t.scalar_type()), t.sizes().vec(),
                      code::to_hex({p, static_cast<std::size_t>(whole.nbytes())})});
}

Tensor tensor_from(const Json& json) {
  const auto shape = json.at(1).get<std::vector<std::int64_t>>();
  const auto bytes = code::from_hex(json.at(2).get<std::string>());
  const auto type = type_of(json.at(0));
  std::int64_t size = static_cast<std::int64_t>(torch::elementSize(type));
  for (const std::int64_t n : shape) {
    if (n < 0 || (n > 0 && size > kMostConstant / n)) throw std::out_of_range("constant's shape");
    size *= n;
  }
  if (size != static_cast<std::int64_t>(bytes.size())) throw std::out_of_range("constant's size");
  Tensor out = torch::empty(shape, type);
  std::copy(bytes.begin(), bytes.end(), static_cast<std::byte*>(out.data_ptr()));
  return out;
}

struct ToJson {
  Json operator()(std::int64_t v) const { return v; }
  Json operator()(double v) const { return {{"f", v}}; }
  Json operator()(const std::string& v) const { return v; }
  Json operator()(const std::vector<std::int64_t>& v) const { return v; }
  Json operator()(const std::vector<double>& v) const { return {{"fs", v}}; }
  Json operator()(const std::vector<std::string>& v) const { return {{"ss", v}}; }
  Json operator()(const Tensor& v) const { return {{"t", tensor_json(v)}}; }
};

net::Attribute attribute_from(const Json& json) {
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) return json.get<std::vector<std::int64_t>>();
  if (json.contains("f")) return json.at("f").get<double>();
  if (json.contains("fs")) return json.at("fs").get<std::vector<double>>();
  if (json.contains("ss")) return json.at("ss").get<std::vector<std::string>>();
  return tensor_from(json.at("t"));
}

}  // namespace

Json to_json(const net::Graph& graph) {
  Json out = {{"name", graph.name},
              {"opset", graph.opset},
              {"inputs", Json::array()},
              {"outputs", Json::array()},
              {"nodes", Json::array()}};
  for (const net::Port& port : graph.inputs) out["inputs"].push_back(port_json(port));
  for (const net::Port& port : graph.outputs) out["outputs"].push_back(port_json(port));
  for (const net::Node& node : graph.nodes) {
    Json attributes = Json::object();
    for (const auto& [name, value] : node.attributes.values()) {
      attributes[name] = std::visit(ToJson{}, value);
    }
    out["nodes"].push_back(
        Json::array({node.op, node.name, node.inputs, node.outputs, std::move(attributes)}));
  }
  return out;
}

net::Graph graph_from_json(const Json& json, std::string_view where) {
  net::Graph out;
  try {
    out.name = json.at("name").get<std::string>();
    out.opset = json.at("opset").get<int>();
    for (const Json& port : json.at("inputs")) out.inputs.push_back(port_from(port));
    for (const Json& port : json.at("outputs")) out.outputs.push_back(port_from(port));
    for (const Json& node : json.at("nodes")) {
      net::Node one{.op = node.at(0).get<std::string>(),
                    .name = node.at(1).get<std::string>(),
                    .attributes = {},
                    .inputs = node.at(2).get<std::vector<std::string>>(),
                    .outputs = node.at(3).get<std::vector<std::string>>()};
      for (const auto& item : node.at(4).items()) {
        one.attributes.set(item.key(), attribute_from(item.value()));
      }
      out.nodes.push_back(std::move(one));
    }
  } catch (const core::Error&) {
    throw;
  } catch (const std::exception& error) {
    core::fail_data(where, "the structure is not that of a network: {}", error.what());
  }
  net::check_graph(out);
  return out;
}

}  // namespace venturi::compress
