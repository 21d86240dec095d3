// venturi/compress/model_file.hpp
//
// A compressed network: its structure, the coded matrices of its Conv, Gemm and MatMul nodes, and
// the other parameters (biases, norms: float16 where that holds them to 2^-11, else as they are).
// As a file `.vt` it is a container version 1 (code/container.hpp; docs/formats.md) with `kind`
// "network" and the chunks
//   GRAF  the structure (graph_json.hpp), by codec "bytes-cm"
//   MATR  the matrices in the order of matrix_nodes(), each after its size
//   REST  the other parameters in the order of parameter_names()
// What it takes on the disk is file_bytes(): container, structure and all.
#pragma once

#include <filesystem>

#include "venturi/compress/network_bytes.hpp"
#include "venturi/net/statistics.hpp"

namespace venturi::compress {

struct CompressedModel {
  net::Graph graph;
  std::vector<net::MatrixNode> nodes;
  std::vector<CodedMatrix> matrices;  // one a node
  net::Weights rest;
  std::vector<std::string> quantised;  // edges behind activations.hpp's quantisers, if they are new
  core::Json facts = core::Json::object();  // for people: options, budget, what was measured

  // Weights of every parameter, ready to run.
  net::Model model() const;
};

// Every matrix as `exact` until something better is put in its place; `rest` rounded as the file
// keeps it.
CompressedModel as_compressed(const net::Model& model);
// A parameter of `rest` rounded as the file keeps it.
tensor::Tensor kept(const tensor::Tensor& value);

code::Container to_container(const CompressedModel& model);
std::size_t file_bytes(const CompressedModel& model);
// All but the matrices: what no choice changes.
std::size_t fixed_bytes(const CompressedModel& model);

// DataError, naming `source`, for anything else than such a file.
CompressedModel from_container(const code::Container& container, std::string_view source);

// ONNX that ONNX Runtime runs. A matrix of whole steps whose levels fit 8 bits, one scale a row (or
// for all), becomes int8 with DequantizeLinear, and a Mul where its steps differ by column too; its
// weights are then those of weights() to the last place or two. All others are float32, as is all
// below operator set 13.
struct OnnxOut {
  net::Model model;
  int quantized = 0;  // matrices behind DequantizeLinear
};
OnnxOut to_onnx(const CompressedModel& model);

}  // namespace venturi::compress
