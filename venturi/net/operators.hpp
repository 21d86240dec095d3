// venturi/net/operators.hpp
//
// What a node can do: one table of operators by their ONNX names, each executed on ATen (any
// device, with gradients where the operator has them). Semantics are those of the ONNX standard,
// operator sets 11 to 21; where a set changed an operator, the kernel looks at Call::opset.
// Source: ONNX operator specification, https://onnx.ai/onnx/operators/.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "venturi/net/attributes.hpp"

namespace venturi::net {

// One evaluation of a node. An absent optional input is an undefined tensor.
struct Call {
  const Attributes& attributes;
  std::span<const tensor::Tensor> inputs;
  int opset = 21;
  std::size_t outputs = 1;  // how many of the outputs the node names
};

// Returns call.outputs tensors. Throws DataError with what does not fit (the caller adds the node).
using Kernel = std::vector<tensor::Tensor> (*)(const Call& call);

struct Operator {
  std::string_view name;
  int least_inputs = 1;
  int most_inputs = 1;  // -1: any number
  Kernel run = nullptr;
};

// Sorted by name.
std::span<const Operator> operators();
// Null for an unknown name.
const Operator* find_operator(std::string_view name);

}  // namespace venturi::net
