// venturi/net/cost.hpp
//
// What each node of a model costs, for given inputs: the model is run, and what it does is counted.
//   parameters      elements of the weights that it reads, where it is the first to read them
//   bits            the same as they lie in memory: 32 of a float32
//   multiply-adds   of Conv and ConvTranspose, Gemm, MatMul: one for each product that enters a
//   sum;
//                   0 for all other operators
//   bytes moved     weights and inputs read once, outputs written once: the least there can be
//                   without caches; an output that shares its input's memory moves none
//   alive           bytes of all edges that are alive while it runs, memory that is shared counted
//                   once, the graph's inputs throughout (the caller holds them), with the scratch
//                   of convolutions; the largest is the model's peak of activations
//   seconds         median over the repeats, measured around each kernel; of the whole model,
//   around
//                   runs of their own in which nothing else is measured
//
// Scratch of a convolution, in float32 on the CPU, for x of n*c*..., weights w and result y, bytes
// |.|, as LibTorch 1.13 does it (elsewhere it counts as 0):
//   by oneDNN       blocks(y) + max(blocks(x) + |w| - |y|, 0): x and w are copied into blocks of
//                   channels, the result is made in blocks, then copied out once the first are
//                   gone. blocks: the same with the channels filled up to a multiple of 8; of x 0
//                   where it has fewer than 8 channels in one group, which are read as they lie
//   by columns      |y| / channels of y * (products behind one element of y), for all n at once;
//                   0 where the kernel is 1*1, with steps of 1
// oneDNN where (a kernel other than 1*1, or steps or dilation other than 1, or n >= 16, or more
// than one thread) and (more than one group, or a kernel of more than 3*3, or n > 1, or x of more
// than 20,480 elements); else columns. Padding that differs at both ends adds a padded copy of x.
// Source: LibTorch 1.13, aten/src/ATen/native/Convolution.cpp (use_mkldnn) and what a MemoryMeter
// sees of its calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "venturi/net/executor.hpp"

namespace venturi::net {

struct NodeCost {
  std::string name;
  std::string op;
  std::string edge;                 // its first output
  std::vector<std::int64_t> shape;  // of that
  std::int64_t parameters = 0;
  std::int64_t parameter_bits = 0;
  std::int64_t multiply_adds = 0;
  std::int64_t bytes_moved = 0;
  std::int64_t bytes_alive = 0;
  double seconds = 0;
};

struct Costs {
  std::vector<NodeCost> nodes;  // as in the graph
  std::int64_t parameters = 0;
  std::int64_t parameter_bits = 0;
  std::int64_t multiply_adds = 0;
  std::int64_t bytes_moved = 0;
  std::int64_t peak_bytes = 0;
  double seconds = 0;  // of a whole run
};

// One run to warm up, then twice `repeats` >= 1 (InvalidArgument) more; O(repeats * run). Errors
// of the run.
Costs measure_costs(const Executor& executor, const std::vector<tensor::Tensor>& inputs,
                    int repeats = 1);

// What is odd about a model, one sentence each: weights that are not finite, inputs that nothing
// reads, axes past the first (of samples) that the data fixes.
std::vector<std::string> remarks(const Model& model);

}  // namespace venturi::net
