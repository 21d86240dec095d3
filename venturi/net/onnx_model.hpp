// venturi/net/onnx_model.hpp
//
// Models from and to ONNX files: operator sets 11 to 21 of the standard domain.
//
// Reading checks everything before it is used: at most 2^31 - 1 bytes (protobuf's own limit; larger
// weights are external data), at most 2^20 nodes, every name, shape and element type. What is not
// supported is named with its node, its place in the file and the line of source that its exporter
// noted: operators that operators() lacks (If, Loop and Scan among them), other domains, sparse
// initializers, functions, inputs that are no tensors. A parsed message takes at most some hundred
// times the bytes of its file. Nodes come in topological order; Constant nodes and all that
// depends on initializers alone are folded (fold.hpp).
// Source: ONNX IR specification, https://onnx.ai/onnx/repo-docs/IR.html.
#pragma once

#include <filesystem>
#include <string_view>

#include "venturi/net/graph.hpp"

namespace venturi::net {

inline constexpr int kLeastOpset = 11;
inline constexpr int kMostOpset = 21;

// DataError naming the file, and in it the node, for anything that is not such a model, and for
// weights that take more memory than there is. External data is looked for in the file's folder,
// and nowhere else.
Model read_onnx(const std::filesystem::path& path);
// The same of bytes; folder: where external data lies, empty where there may be none.
Model decode_onnx(core::Bytes file, std::string_view source,
                  const std::filesystem::path& folder = {});

struct OnnxWriting {
  bool external = false;  // weights of 1 KiB and more to "<file>.data"; always past 2^30 bytes
  // Types and shapes of edges, as infer_shapes() gives them: written beside the nodes, and for
  // outputs that the model leaves open.
  std::vector<Port> edges;
};
// What ONNX Runtime runs. An output of unknown type is said to be float32. The file is whole or
// absent.
void write_onnx(const Model& model, const std::filesystem::path& path,
                const OnnxWriting& options = {});

}  // namespace venturi::net
