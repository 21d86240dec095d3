// venturi/net/rewrite.hpp
//
// Changes of a model's structure: modules put upon edges, convolutions merged, layers replaced by
// two. fold.hpp takes constants in, fuse.hpp puts activations together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "venturi/net/graph.hpp"

namespace venturi::net {

// Puts a module of one input and one output upon every edge that fits `edges` ('*', '?'): an input
// of the graph, or an output of a node. Whoever read the edge, the graph's outputs among them,
// reads what the module writes. An edge that a node writes keeps its name for what the module
// writes, and the node then writes "<edge>/before"; upon an input the module writes "<edge>/after".
// All other names of the module get "<edge>/" before them ("relu/fc.weight"): each edge has weights
// of its own. Returns the edges. InvalidArgument where no edge fits, where the operator sets
// differ, or for a module of another form. O(nodes).
std::vector<std::string> insert_module(Model& model, std::string_view edges, const Model& module);

// Two convolutions of which the second alone reads the first, as one:
//   W[o,i] = sum_m W2[o,m] * W1[m,i] (full convolution, W2's taps stride1 apart),
//   b = b2 + sum_m (sum of W2[o,m]) b1[m],  stride = stride1 stride2,  padding = padding1.
// Exact, and only where it is: the second pads nothing; or the first is a 1*1 of stride 1 without
// padding and bias, then padding = padding2. Groups become dense. Where `only_smaller`, pairs whose
// merged weight has more elements than both together stay. 1-D to 3-D. Chains merge from the front.
// Returns how many convolutions went. Rounding apart (float32; computed in double) nothing changes.
std::size_t merge_convolutions(Model& model, bool only_smaller = true);

// A Conv of one group, or a Gemm with transB = 1 (alpha = beta = 1), as two: x -> first -> second.
//   first (r*i*k...)  of a Conv, with its stride, padding and dilation; (r*i) of a Gemm; no bias
//   second (o*r*1...), (o*r)  with the layer's bias
// `layer` is the name of its node. The names of the new weights are those of the old one with
// ".first" and ".second" after them. InvalidArgument where the node is none of these or shapes do
// not fit.
void replace_by_pair(Model& model, std::string_view layer, const tensor::Tensor& first,
                     const tensor::Tensor& second);

}  // namespace venturi::net
