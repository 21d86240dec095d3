#include "venturi/compress/model_file.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "venturi/code/byte_codec.hpp"
#include "venturi/compress/graph_json.hpp"
#include "venturi/compress/rounding.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

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

PlainValue::Way way_of(const Tensor& value) {
  if (!value.is_floating_point()) return PlainValue::kWhole;
  const Tensor x = value.to(torch::kFloat32);
  const Tensor half = x.to(torch::kFloat16).to(torch::kFloat32);
  const bool close = ((half - x).abs() <= x.abs() * 0x1p-10 + 1e-6).all().item<bool>();
  return close ? PlainValue::kHalf : PlainValue::kFloat;
}

PlainValue plain_of(const Tensor& value) {
  PlainValue out{.way = way_of(value),
                 .type = static_cast<std::uint8_t>(value.scalar_type()),
                 .shape = value.sizes().vec()};
  if (out.way == PlainValue::kWhole) {
    const Tensor whole = value.to(torch::kInt64).contiguous();
    const auto* p = whole.data_ptr<std::int64_t>();
    out.wholes.assign(p, p + whole.numel());
  } else {
    out.reals = tensor::to_floats(value);
  }
  return out;
}

Tensor tensor_of(const PlainValue& value) {
  const Tensor flat =
      value.way == PlainValue::kWhole ? torch::tensor(value.wholes) : torch::tensor(value.reals);
  return flat.reshape(value.shape).to(static_cast<torch::ScalarType>(value.type));
}

std::vector<std::byte> graph_bytes(const net::Graph& graph) {
  const std::string text = to_json(graph).dump();
  return code::byte_codec("bytes-cm").encode(std::as_bytes(std::span(text)));
}

std::vector<std::byte> rest_bytes(const CompressedModel& m) {
  std::vector<std::byte> out;
  for (const std::string& name : rest_names(m.graph, m.nodes)) {
    put_value(out, plain_of(m.rest.at(name)));
  }
  return out;
}

// DataError unless the structure has a node that such a matrix suits.
net::MatrixNode node_of(const MatrixShape& shape, const net::Graph& graph,
                        std::string_view source) {
  if (shape.node >= graph.nodes.size() || graph.nodes[shape.node].inputs.size() < 2) {
    core::fail_data(source, "a matrix belongs to node {}, which has no weight", shape.node);
  }
  const net::Node& op = graph.nodes[shape.node];
  if (op.op == "Conv") {
    std::int64_t area = 1;
    for (const std::int64_t n : op.attributes.integers("kernel_shape", {})) {
      if (n < 1 || n > shape.inputs) core::fail_data(source, "a kernel of {}", n);
      area *= n;
      if (area > shape.inputs) break;
    }
    if (shape.inputs % area != 0) core::fail_data(source, "a kernel of {} elements", area);
  }
  return {.node = shape.node,
          .weight = op.inputs[1],
          .outputs = shape.outputs,
          .inputs = shape.inputs,
          .groups = shape.groups,
          .transposed = shape.transposed};
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
  if (way_of(value) != PlainValue::kHalf) return value.detach().clone();
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

CompressedModel from_container(const code::Container& container, std::string_view source) {
  NetworkBytes bytes = read_network(container, source);
  CompressedModel out{.graph = graph_from_json(bytes.graph, source)};
  out.facts = std::move(bytes.facts);
  out.matrices = std::move(bytes.matrices);
  for (const MatrixShape& shape : bytes.shapes) {
    out.nodes.push_back(node_of(shape, out.graph, source));
  }
  const auto names = rest_names(out.graph, out.nodes);
  if (names.size() != bytes.rest.size()) {
    core::fail_data(source, "{} parameters outside of matrices, the structure reads {}",
                    bytes.rest.size(), names.size());
  }
  for (std::size_t i = 0; i < names.size(); ++i) out.rest[names[i]] = tensor_of(bytes.rest[i]);
  return out;
}

namespace {

// Has the matrix int8 levels, and scales that ONNX can say?
bool fits_onnx(const CodedMatrix& m) {
  const bool scaled = m.way == Way::scaled && (m.group == 0 || m.group >= m.columns);
  if (!(m.way == Way::steps || scaled) || !m.places.empty()) return false;
  return std::ranges::all_of(m.levels, [](int q) { return q >= -128 && q <= 127; });
}

// What each column's step is by the first one's, in the shape that spreads over the weight; empty
// where all are alike.
Tensor column_factors(const CodedMatrix& m, const net::MatrixNode& node, const Tensor& weight) {
  const auto& steps = m.column_steps;
  if (m.way != Way::steps ||
      std::ranges::all_of(steps, [&](int s) { return s == steps.front(); })) {
    return {};
  }
  std::vector<float> factors;
  for (const int s : steps) {
    factors.push_back(static_cast<float>(std::exp2((s - steps.front()) / 2.0)));
  }
  const Tensor each = torch::tensor(factors);
  if (node.transposed) return each.repeat_interleave(m.column_group).reshape({-1, 1});
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[1] = weight.size(1);
  const std::int64_t kernel = m.columns / weight.size(1);  // of a convolution
  if (m.column_group % kernel == 0) {
    return each.repeat_interleave(m.column_group / kernel).reshape(shape);
  }
  shape = weight.sizes().vec();
  shape[0] = 1;
  return each.repeat_interleave(m.column_group).reshape(shape);
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
    CodedMatrix unit = coded;  // levels of 1 give the scale of each row, in the first column
    std::fill(unit.levels.begin(), unit.levels.end(), 1);
    const Tensor scale = to_tensor(unit).select(1, 0).contiguous();
    const Tensor levels = torch::tensor(coded.levels, torch::kInt32)
                              .to(torch::kInt8)
                              .reshape({coded.rows, coded.columns});
    const Tensor& weight = out.model.weights[node.weight];
    const Tensor factors = column_factors(coded, node, weight);
    const std::string quantized = node.weight + ".levels", scales = node.weight + ".scale";
    const std::string rows = factors.defined() ? node.weight + ".rows" : node.weight;
    out.model.weights[quantized] =
        node.transposed ? levels.t().contiguous() : levels.reshape(weight.sizes());
    out.model.weights[scales] = scale;
    net::Node dequantize{.op = "DequantizeLinear",
                         .name = node.weight + ".dequantize",
                         .attributes = {},
                         .inputs = {quantized, scales},
                         .outputs = {rows}};
    dequantize.attributes.set("axis", std::int64_t{node.transposed ? 1 : 0});
    nodes.push_back(std::move(dequantize));
    if (factors.defined()) {
      const std::string columns = node.weight + ".columns";
      out.model.weights[columns] = factors;
      nodes.push_back({.op = "Mul",
                       .name = node.weight + ".spread",
                       .attributes = {},
                       .inputs = {rows, columns},
                       .outputs = {node.weight}});
    }
    out.model.weights.erase(node.weight);
    ++out.quantized;
  }
  nodes.insert(nodes.end(), out.model.graph.nodes.begin(), out.model.graph.nodes.end());
  out.model.graph.nodes = std::move(nodes);
  return out;
}

}  // namespace venturi::compress
