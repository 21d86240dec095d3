// venturi/net/fold.hpp
//
// Rewrites of a model that keep what it computes and leave less to do.
#pragma once

#include <cstdint>

#include "venturi/net/graph.hpp"

namespace venturi::net {

// Runs the nodes whose inputs are all parameters and puts their results in as parameters, under the
// names of their outputs. Left as they are: random operators, DequantizeLinear (its point is to
// stay small), nodes that write an output of the graph, and results of more than `most_bytes`.
// Returns how many nodes went. DataError naming the node where one fails. O(those nodes).
std::size_t fold_constants(Model& model, std::int64_t most_bytes = std::int64_t{1} << 26);

// Batch normalisations of inference into the convolution, or the Gemm with transB = 1, before them:
//   w' = w s,  b' = (b - mean) s + bias,  s = scale / sqrt(variance + epsilon), in double.
// Only where no one else reads what the convolution writes, or its weights; the others stay.
// Outputs change by the rounding of float32 alone. Returns how many went.
std::size_t fold_batch_norms(Model& model);

}  // namespace venturi::net
