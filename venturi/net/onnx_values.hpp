// venturi/net/onnx_values.hpp
//
// ONNX's protobuf values to ours and back: tensors and a node's attributes.
//
// Element types: float, double, float16, bfloat16, int8/16/32/64, uint8 and bool keep theirs.
// Torch 1.13 has no uint16, uint32 and uint64: they become int64, and a uint64 value above 2^63 - 1
// is a DataError. All other types (text, complex, 8-bit floats, 4-bit integers) are a DataError
// that names the type. Source: ONNX IR specification, https://onnx.ai/onnx/repo-docs/IR.html, and
// onnx.proto's comments on TensorProto.
#pragma once

#include <filesystem>
#include <string>

#include "venturi/net/attributes.hpp"

// The including file takes <onnx/onnx_pb.h> where it looks inside them.
namespace onnx {
class NodeProto;
class TensorProto;
}  // namespace onnx

namespace venturi::net {

// The number that ONNX gives to a type (TensorProto.DataType) as Torch's type, the widened types
// included; DataError naming the type where there is none.
torch::ScalarType type_from_onnx(std::int64_t type);
// InvalidArgument for a type that ONNX or this room lacks.
std::int32_t type_to_onnx(torch::ScalarType type);

// A tensor on the CPU, copied. folder: where external data lies; empty where there may be none. A
// location outside of `folder`, a length that does not match the dimensions (at most 32 of them,
// at most 2^40 elements) or values out of the type's range: DataError naming the tensor. No memory
// is taken before the bytes for it are known to be there.
tensor::Tensor tensor_from_proto(const onnx::TensorProto& proto,
                                 const std::filesystem::path& folder);
// Little-endian raw data; from any device.
onnx::TensorProto to_proto(const tensor::Tensor& values, const std::string& name);

// DataError naming the attribute where it is a graph, a sparse tensor, a type, or there twice.
Attributes attributes_from_proto(const onnx::NodeProto& node,
                                 const std::filesystem::path& folder = {});
// Appends to the node's attributes, in order of name. ONNX keeps real numbers as float32.
void to_proto(const Attributes& attributes, onnx::NodeProto& node);

}  // namespace venturi::net
