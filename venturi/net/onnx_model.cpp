#include "venturi/net/onnx_model.hpp"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/net/fold.hpp"
#include "venturi/net/memory.hpp"
#include "venturi/net/onnx_values.hpp"
#include "venturi/net/operators.hpp"

namespace venturi::net {
namespace {

using onnx::GraphProto;
using onnx::ModelProto;
using onnx::NodeProto;

constexpr std::string_view kWhere = "net.read_onnx";
constexpr int kMostNodes = 1 << 20;
constexpr std::size_t kExternalFrom = 1024;                  // bytes of a tensor
constexpr std::size_t kExternalPast = std::size_t{1} << 30;  // bytes of all

bool standard(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

std::string node_name(const NodeProto& node, int index) {
  return node.name().empty() ? fmt::format("{}_{}", node.op_type(), index) : node.name();
}

// What an exporter wrote about where a node came from, on one line.
std::string origin(const NodeProto& node) {
  const std::string& text = node.doc_string();
  const auto begin = text.find_first_not_of(" \n\r\t");
  if (begin == std::string::npos) return "";
  return fmt::format(
      ", from {}", text.substr(begin, std::min<std::size_t>(120, text.find('\n', begin) - begin)));
}

int opset_of(const ModelProto& proto) {
  std::int64_t out = 0;
  for (const auto& set : proto.opset_import()) {
    if (standard(set.domain())) out = set.version();
  }
  if (out < kLeastOpset || out > kMostOpset) {
    core::fail_data(kWhere, "expected an operator set of {} to {}, got {}", kLeastOpset, kMostOpset,
                    out);
  }
  return static_cast<int>(out);
}

// All that is not supported, at once: a person wants the whole list.
void refuse_unsupported(const GraphProto& graph) {
  std::map<std::string, std::pair<int, int>> unknown;  // count, first
  for (int i = 0; i < graph.node_size(); ++i) {
    const NodeProto& node = graph.node(i);
    if (standard(node.domain()) && find_operator(node.op_type()) != nullptr) continue;
    const std::string op =
        standard(node.domain()) ? node.op_type() : node.domain() + "::" + node.op_type();
    ++unknown.try_emplace(op, 0, i).first->second.first;
  }
  if (unknown.empty()) return;
  std::vector<std::string> lines;
  for (const auto& [op, seen] : unknown) {
    const NodeProto& node = graph.node(seen.second);
    lines.push_back(fmt::format("{} (node {} '{}'{}{})", op, seen.second,
                                node_name(node, seen.second), origin(node),
                                seen.first > 1 ? fmt::format("; {} such", seen.first) : ""));
    if (lines.size() == 8) break;
  }
  core::fail_data(kWhere, "unsupported operators: {}", fmt::join(lines, ", "));
}

Port port_of(const onnx::ValueInfoProto& info, const char* kind) {
  if (!info.type().has_tensor_type()) {
    core::fail_data(kWhere, "{} '{}' is not a tensor", kind, info.name());
  }
  const auto& type = info.type().tensor_type();
  Port out{.name = info.name(),
           .type = type_from_onnx(type.elem_type()),
           .ranked = type.has_shape(),
           .shape = {}};
  for (const auto& size : type.shape().dim()) {
    out.shape.push_back(size.has_dim_value() ? size.dim_value() : -1);
    if (size.has_dim_value() && size.dim_value() < 0) {
      core::fail_data(kWhere, "{} '{}' has a dimension of {}", kind, info.name(), size.dim_value());
    }
  }
  return out;
}

Node node_of(const NodeProto& proto, int index, const std::filesystem::path& folder) {
  Node out{.op = proto.op_type(), .name = node_name(proto, index)};
  try {
    out.attributes = attributes_from_proto(proto, folder);
  } catch (const core::DataError& error) {
    core::fail_data(kWhere, "node {} '{}' ({}): {}", index, out.name, out.op, error.what());
  }
  out.inputs.assign(proto.input().begin(), proto.input().end());
  out.outputs.assign(proto.output().begin(), proto.output().end());
  // An input that is absent at the end is as good as not named.
  while (!out.inputs.empty() && out.inputs.back().empty()) out.inputs.pop_back();
  return out;
}

// External data may name more than fits; what lies in the file itself is in memory already.
void check_memory(const GraphProto& graph) {
  double bytes = 0;
  for (const auto& proto : graph.initializer()) {
    if (proto.data_location() != onnx::TensorProto::EXTERNAL) continue;
    double own = static_cast<double>(c10::elementSize(type_from_onnx(proto.data_type())));
    for (const std::int64_t size : proto.dims()) own *= static_cast<double>(size);
    bytes += own;
  }
  if (bytes > free_memory()) {
    core::fail_data(kWhere, "its weights take {:.1f} GiB of memory, of which {:.1f} are free",
                    bytes / (1 << 30), free_memory() / (1 << 30));
  }
}

void read_initializers(GraphProto& graph, const std::filesystem::path& folder, Model& model) {
  if (graph.sparse_initializer_size() > 0) {
    core::fail_data(kWhere, "sparse initializers are not supported");
  }
  std::set<std::string> written;
  for (const auto& node : graph.node()) written.insert(node.output().begin(), node.output().end());
  for (auto& proto : *graph.mutable_initializer()) {
    if (proto.name().empty() || model.weights.contains(proto.name()) ||
        written.contains(proto.name())) {
      core::fail_data(kWhere, "initializer '{}' has no name, or there are two of it", proto.name());
    }
    model.weights.emplace(proto.name(), tensor_from_proto(proto, folder));
    proto.Clear();  // not twice in memory
  }
}

Model model_of(ModelProto& proto, const std::filesystem::path& folder) {
  if (!proto.has_graph()) core::fail_data(kWhere, "no graph in it");
  GraphProto& graph = *proto.mutable_graph();
  Model out;
  out.graph.name = graph.name();
  out.graph.opset = opset_of(proto);
  if (proto.functions_size() > 0) {
    core::fail_data(kWhere, "functions of the model's own ('{}') are not supported",
                    proto.functions(0).name());
  }
  if (graph.node_size() > kMostNodes) {
    core::fail_data(kWhere, "expected at most {} nodes, got {}", kMostNodes, graph.node_size());
  }
  refuse_unsupported(graph);
  check_memory(graph);
  read_initializers(graph, folder, out);
  for (int i = 0; i < graph.node_size(); ++i) {
    out.graph.nodes.push_back(node_of(graph.node(i), i, folder));
  }
  for (const auto& info : graph.input()) {  // old files list the initializers here too
    if (!out.weights.contains(info.name())) out.graph.inputs.push_back(port_of(info, "input"));
  }
  for (const auto& info : graph.output()) out.graph.outputs.push_back(port_of(info, "output"));
  sort_nodes(out.graph);
  check_graph(out.graph);
  check_weights(out.graph, out.weights);
  fold_constants(out);
  remove_unused(out);
  return out;
}

void put_port(const Port& port, onnx::ValueInfoProto& out) {
  out.set_name(port.name);
  auto* type = out.mutable_type()->mutable_tensor_type();
  type->set_elem_type(
      type_to_onnx(port.type == torch::ScalarType::Undefined ? torch::kFloat32 : port.type));
  if (!port.ranked) return;
  auto* shape = type->mutable_shape();
  for (std::size_t d = 0; d < port.shape.size(); ++d) {
    auto* size = shape->add_dim();
    if (port.shape[d] >= 0) {
      size->set_dim_value(port.shape[d]);
    } else {
      size->set_dim_param(fmt::format("{}_{}", port.name, d));
    }
  }
}

// The IR version that came with an operator set; versions of the ONNX releases.
std::int64_t ir_version(int opset) {
  if (opset <= 11) return 6;
  if (opset <= 14) return 7;
  if (opset <= 18) return 8;
  return opset <= 20 ? 9 : 10;
}

// Moves the bytes of large tensors to a file beside the model's, each at a multiple of 64.
void externalise(GraphProto& graph, const std::filesystem::path& path) {
  const std::filesystem::path file = path.string() + ".data";
  core::AtomicFile data(file);
  std::size_t offset = 0;
  for (auto& proto : *graph.mutable_initializer()) {
    const std::string bytes = proto.raw_data();
    if (bytes.size() < kExternalFrom) continue;
    proto.clear_raw_data();
    proto.set_data_location(onnx::TensorProto::EXTERNAL);
    const std::pair<const char*, std::string> entries[] = {
        {"location", file.filename().string()},
        {"offset", std::to_string(offset)},
        {"length", std::to_string(bytes.size())}};
    for (const auto& [key, value] : entries) {
      auto* entry = proto.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    data.write(std::string_view(bytes));
    const std::size_t padding = (64 - bytes.size() % 64) % 64;
    data.write(std::string(padding, '\0'));
    offset += bytes.size() + padding;
  }
  data.commit();
}

}  // namespace

Model decode_onnx(core::Bytes file, std::string_view source, const std::filesystem::path& folder) {
  try {
    ModelProto proto;
    if (file.size() > std::numeric_limits<int>::max() ||
        !proto.ParseFromArray(file.data(), static_cast<int>(file.size()))) {
      core::fail_data(kWhere, "not an ONNX file, or cut short: {} bytes", file.size());
    }
    return model_of(proto, folder);
  } catch (const core::DataError& error) {
    throw core::DataError(fmt::format("{}: {}", source, error.what()));
  }
}

Model read_onnx(const std::filesystem::path& path) {
  auto folder = path.parent_path();
  if (folder.empty()) folder = ".";
  return decode_onnx(core::read_file(path, std::numeric_limits<int>::max()), path.string(), folder);
}

void write_onnx(const Model& model, const std::filesystem::path& path, const OnnxWriting& options) {
  check_graph(model.graph);
  check_weights(model.graph, model.weights);
  ModelProto proto;
  proto.set_ir_version(ir_version(model.graph.opset));
  proto.set_producer_name("venturi");
  auto* set = proto.add_opset_import();
  set->set_domain("");
  set->set_version(model.graph.opset);
  GraphProto& graph = *proto.mutable_graph();
  graph.set_name(model.graph.name.empty() ? "model" : model.graph.name);
  for (const Node& node : model.graph.nodes) {
    NodeProto& out = *graph.add_node();
    out.set_op_type(node.op);
    out.set_name(node.name);
    for (const std::string& name : node.inputs) out.add_input(name);
    for (const std::string& name : node.outputs) out.add_output(name);
    to_proto(node.attributes, out);
  }
  std::size_t bytes = 0;
  for (const std::string& name : parameter_names(model.graph)) {
    const tensor::Tensor& value = model.weights.find(name)->second;
    bytes += value.nbytes();
    *graph.add_initializer() = to_proto(value.detach(), name);
  }
  std::map<std::string, const Port*> known;
  for (const Port& port : options.edges) known[port.name] = &port;
  for (const Port& port : model.graph.inputs) put_port(port, *graph.add_input());
  for (const Port& port : model.graph.outputs) {
    const auto found = known.find(port.name);
    const bool open = !port.ranked || port.type == torch::ScalarType::Undefined;
    put_port(open && found != known.end() ? *found->second : port, *graph.add_output());
    known.erase(port.name);
  }
  for (const Node& node : model.graph.nodes) {
    for (const std::string& name : node.outputs) {
      const auto found = known.find(name);
      if (found != known.end()) put_port(*found->second, *graph.add_value_info());
    }
  }
  if (options.external || bytes > kExternalPast) externalise(graph, path);
  std::string out;
  if (!proto.SerializeToString(&out)) {
    core::fail_data("net.write_onnx", "'{}': the model is too large for the format", path.string());
  }
  core::write_file(path, out);
}

}  // namespace venturi::net
