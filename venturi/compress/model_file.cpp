#include "venturi/compress/model_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "venturi/code/byte_codec.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/compress/graph_json.hpp"
#include "venturi/compress/rounding.hpp"
#include "venturi/core/error.hpp"
#include "venturi/data/array.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

constexpr std::uint64_t kMostGraph = 1 << 26;  // bytes of the structure's text
enum RestWay : std::uint8_t { kHalf, kFloat, kWhole };

void put_block(std::vector<std::byte>& out, const std::vector<std::byte>& block) {
  code::put_varint(out, block.size());
  out.insert(out.end(), block.begin(), block.end());
}

// Names of parameters that are not matrices, in order.
std::vector<std::string> rest_names(const net::Graph& graph,
                                    const std::vector<net::MatrixNode>& nodes) {
  std::set<std::string> matrices;
  for (const net::MatrixNode& node : nodes) matrices.insert(node.weight);
  std::vector<std::string> out = net::parameter_names(graph);
  std::erase_if(out, [&](const std::string& name) { return matrices.contains(name); });
  return out;
}

RestWay way_of(const Tensor& value) {
  if (!value.is_floating_point()) return kWhole;
  const Tensor x = value.to(torch::kFloat32);
  const Tensor half = x.to(torch::kFloat16).to(torch::kFloat32);
  const bool close = ((half - x).abs() <= x.abs() * 0x1p-10 + 1e-6).all().item<bool>();
  return close ? kHalf : kFloat;
}

void put_value(std::vector<std::byte>& out, const Tensor& value) {
  const RestWay way = way_of(value);
  out.push_back(static_cast<std::byte>(way));
  out.push_back(static_cast<std::byte>(value.scalar_type()));
  code::put_varint(out, static_cast<std::uint64_t>(value.dim()));
  for (const std::int64_t n : value.sizes()) {
    code::put_varint(out, static_cast<std::uint64_t>(n));
  }
  if (way == kWhole) {
    const Tensor whole = value.to(torch::kInt64).contiguous();
    const auto* p = whole.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < whole.numel(); ++i) code::put_varint(out, code::zigzag(p[i]));
    return;
  }
  for (const float v : tensor::to_floats(value)) {
    if (way == kFloat) {
      code::put_u32(out, std::bit_cast<std::uint32_t>(v));
    } else {
      const std::uint16_t bits = data::to_f16(v);
      out.push_back(static_cast<std::byte>(bits & 255));
      out.push_back(static_cast<std::byte>(bits >> 8));
    }
  }
}

Tensor take_value(code::ByteReader& reader, std::string_view where) {
  const int way = reader.byte("a parameter's way");
  const int type = reader.byte("a parameter's type");
  if (way > kWhole || type > static_cast<int>(torch::kBFloat16)) {
    core::fail_data(where, "a parameter of way {} and type {}", way, type);
  }
  std::vector<std::int64_t> shape(reader.varint("a parameter's axes", 8));
  std::uint64_t count = 1;
  for (std::int64_t& n : shape) {
    const std::uint64_t size = reader.varint("a parameter's axis", reader.left());
    if (size > 0 && count > reader.left() / size) {
      core::fail_data(where, "a parameter larger than its file");
    }
    count *= size;
    n = static_cast<std::int64_t>(size);
  }
  if (way == kWhole) {
    Tensor out = torch::empty(shape, torch::kInt64);
    auto* p = out.data_ptr<std::int64_t>();
    for (std::uint64_t i = 0; i < count; ++i) {
      p[i] = code::unzigzag(reader.varint("a whole number", ~std::uint64_t{0}));
    }
    return out.to(static_cast<torch::ScalarType>(type));
  }
  Tensor out = torch::empty(shape, torch::kFloat32);
  auto* p = out.data_ptr<float>();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (way == kFloat) {
      p[i] = std::bit_cast<float>(reader.u32("a parameter"));
    } else {
      const core::Bytes two = reader.take(2, "a parameter");
      p[i] = data::from_f16(static_cast<std::uint16_t>(std::to_integer<unsigned>(two[0]) |
                                                       (std::to_integer<unsigned>(two[1]) << 8)));
    }
  }
  return out.to(static_cast<torch::ScalarType>(type));
}

std::vector<std::byte> graph_bytes(const net::Graph& graph) {
  const std::string text = to_json(graph).dump();
  return code::byte_codec("bytes-cm").encode(std::as_bytes(std::span(text)));
}

std::vector<std::byte> rest_bytes(const CompressedModel& m) {
  std::vector<std::byte> out;
  for (const std::string& name : rest_names(m.graph, m.nodes)) put_value(out, m.rest.at(name));
  return out;
}

}  // namespace

net::Model CompressedModel::model() const {
  net::Model out{graph, rest};
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const net::MatrixNode& node = nodes[k];
    const Tensor w = to_tensor(matrices[k]);
    const net::Node& op = graph.nodes[node.node];
    if (op.op == "Conv") {
      std::vector<std::int64_t> shape = {node.outputs};
      const auto kernel = op.attributes.integers("kernel_shape", {});
      std::int64_t area = 1;
      for (const std::int64_t n : kernel) area *= n;
      shape.push_back(node.inputs / area);
      shape.insert(shape.end(), kernel.begin(), kernel.end());
      out.weights[node.weight] = w.reshape(shape);
    } else {
      out.weights[node.weight] = node.transposed ? w.t().contiguous() : w;
    }
  }
  return out;
}

Tensor kept(const Tensor& value) {
  if (way_of(value) != kHalf) return value.detach().clone();
  return value.detach().to(torch::kFloat16).to(value.scalar_type());
}

CompressedModel as_compressed(const net::Model& model) {
  CompressedModel out{.graph = model.graph, .nodes = net::matrix_nodes(model)};
  for (const net::MatrixNode& node : out.nodes) {
    const Tensor& weight = model.weights.at(node.weight);
    CodedMatrix exact{.way = Way::exact, .rows = node.outputs, .columns = node.inputs};
    exact.exact = tensor::to_floats(net::as_matrix(node, weight));
    out.matrices.push_back(std::move(exact));
    // The kernel's shape must be told by the structure alone.
    net::Node& op = out.graph.nodes[node.node];
    if (op.op == "Conv") op.attributes.set("kernel_shape", weight.sizes().slice(2).vec());
  }
  for (const std::string& name : rest_names(out.graph, out.nodes)) {
    out.rest[name] = kept(model.weights.at(name));
  }
  return out;
}

code::Container to_container(const CompressedModel& m) {
  code::Container out;
  out.header = {{"kind", "network"}, {"facts", m.facts}};
  core::Json shapes = core::Json::array();
  for (const net::MatrixNode& node : m.nodes) {
    shapes.push_back(core::Json::array(
        {node.outputs, node.inputs, node.groups, node.transposed ? 1 : 0, node.node}));
  }
  out.header["matrices"] = std::move(shapes);
  std::vector<std::byte> matrices;
  for (const CodedMatrix& matrix : m.matrices) put_block(matrices, encode(matrix));
  out.chunks = {
      {"GRAF", graph_bytes(m.graph)}, {"MATR", std::move(matrices)}, {"REST", rest_bytes(m)}};
  return out;
}

std::size_t file_bytes(const CompressedModel& m) {
  return code::container_bytes(to_container(m)).size();
}

std::size_t fixed_bytes(const CompressedModel& m) {
  code::Container all = to_container(m);
  for (code::Chunk& chunk : all.chunks) {
    if (chunk.type == "MATR") chunk.bytes.clear();
  }
  return code::container_bytes(all).size() + 2;  // a larger chunk's size takes more digits
}

bool is_network(const code::Container& container) {
  return container.header.value("kind", core::Json()) == "network";
}

CompressedModel from_container(const code::Container& container, std::string_view source) {
  if (!is_network(container)) core::fail_data(source, "not a compressed network");
  const auto text = code::byte_codec("bytes-cm").decode(container.chunk("GRAF").bytes, kMostGraph);
  CompressedModel out;
  const core::Json json = core::Json::parse(
      std::string_view(reinterpret_cast<const char*>(text.data()), text.size()), nullptr, false);
  if (json.is_discarded()) core::fail_data(source, "the structure is not JSON");
  out.graph = graph_from_json(json, source);
  out.facts = container.header.value("facts", core::Json::object());
  try {
    for (const core::Json& one : container.header.at("matrices")) {
      net::MatrixNode node{.node = one.at(4).get<std::size_t>(),
                           .weight = {},
                           .outputs = one.at(0).get<std::int64_t>(),
                           .inputs = one.at(1).get<std::int64_t>(),
                           .groups = one.at(2).get<std::int64_t>(),
                           .transposed = one.at(3).get<int>() != 0};
      if (node.node >= out.graph.nodes.size() || out.graph.nodes[node.node].inputs.size() < 2 ||
          node.outputs < 1 || node.inputs < 1 || node.outputs > (1 << 24) ||
          node.inputs > (1 << 24)) {
        core::fail_data(source, "matrix {} belongs to no node", out.nodes.size());
      }
      node.weight = out.graph.nodes[node.node].inputs[1];
      const net::Node& op = out.graph.nodes[node.node];
      std::int64_t area = 1;
      if (op.op == "Conv") {
        for (const std::int64_t n : op.attributes.integers("kernel_shape", {})) {
          if (n < 1 || n > node.inputs) core::fail_data(source, "a kernel of {}", n);
          area *= n;
          if (area > node.inputs) break;
        }
      }
      if (node.inputs % area != 0) core::fail_data(source, "a kernel of {} elements", area);
      out.nodes.push_back(std::move(node));
    }
  } catch (const core::Error&) {
    throw;
  } catch (const std::exception& error) {
    core::fail_data(source, "the list of matrices: {}", error.what());
  }
  code::ByteReader matrices(container.chunk("MATR").bytes, 0, source);
  for (const net::MatrixNode& node : out.nodes) {
    const core::Bytes block =
        matrices.take(matrices.varint("a matrix's size", matrices.left()), "a matrix");
    out.matrices.push_back(decode_matrix(block, node.outputs, node.inputs, source));
  }
  code::ByteReader rest(container.chunk("REST").bytes, 0, source);
  for (const std::string& name : rest_names(out.graph, out.nodes)) {
    out.rest[name] = take_value(rest, source);
  }
  if (matrices.left() != 0 || rest.left() != 0) core::fail_data(source, "bytes are left over");
  return out;
}

namespace {

// The int8 levels and scales of a matrix, where ONNX can say them.
bool fits_onnx(const CodedMatrix& m) {
  const bool steps = m.way == Way::steps && std::ranges::all_of(m.column_steps, [&](int s) {
                       return s == m.column_steps.front();
                     });
  const bool scaled = m.way == Way::scaled && (m.group == 0 || m.group >= m.columns);
  if (!(steps || scaled) || !m.places.empty()) return false;
  return std::ranges::all_of(m.levels, [](int q) { return q >= -128 && q <= 127; });
}

}  // namespace

OnnxOut to_onnx(const CompressedModel& m) {
  OnnxOut out{.model = m.model()};
  if (out.model.graph.opset < 13) return out;
  std::vector<net::Node> nodes;
  for (std::size_t k = 0; k < m.nodes.size(); ++k) {
    const CodedMatrix& coded = m.matrices[k];
    const net::MatrixNode& node = m.nodes[k];
    if (!fits_onnx(coded)) continue;
    CodedMatrix unit = coded;  // levels of 1 give the scale of each row
    std::fill(unit.levels.begin(), unit.levels.end(), 1);
    const Tensor scale = to_tensor(unit).select(1, 0).contiguous();
    const Tensor levels = torch::tensor(coded.levels, torch::kInt32)
                              .to(torch::kInt8)
                              .reshape({coded.rows, coded.columns});
    Tensor& weight = out.model.weights[node.weight];
    const std::string quantized = node.weight + ".levels", scales = node.weight + ".scale";
    out.model.weights[quantized] =
        node.transposed ? levels.t().contiguous() : levels.reshape(weight.sizes());
    out.model.weights[scales] = scale;
    net::Node dequantize{.op = "DequantizeLinear",
                         .name = node.weight + ".dequantize",
                         .attributes = {},
                         .inputs = {quantized, scales},
                         .outputs = {node.weight}};
    dequantize.attributes.set("axis", std::int64_t{node.transposed ? 1 : 0});
    nodes.push_back(std::move(dequantize));
    out.model.weights.erase(node.weight);
    ++out.quantized;
  }
  nodes.insert(nodes.end(), out.model.graph.nodes.begin(), out.model.graph.nodes.end());
  out.model.graph.nodes = std::move(nodes);
  return out;
}

}  // namespace venturi::compress
