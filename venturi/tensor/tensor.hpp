// venturi/tensor/tensor.hpp
//
// The only door to LibTorch: rooms above include this file, not Torch's own headers.
// Works with LibTorch 1.13 (Debian 12) and PyTorch 2.x.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/json.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::tensor {

using torch::Device;
using torch::Tensor;

// "cpu", "cuda" or "cuda:1". InvalidArgument for any other text, DataError for a CUDA device that
// this build or this machine lacks.
Device parse_device(const std::string& text);

// Threads of this library's loops and of LibTorch's; 0: all cores. LibTorch alone would take the
// cores that it believes to be physical, which on a virtual machine may be one of two.
void set_threads(int n);

// A generator of its own for each key: the same key gives the same numbers on the same device type.
torch::Generator make_generator(core::Key key, const Device& device);
// Restarts `generator` at `key`: a step's randomness then depends on its key alone, which is what
// makes training resumable in the middle of an epoch.
void reseed(torch::Generator& generator, core::Key key);

// n*d floats, copied.
Tensor from_matrix(const core::MatrixViewF& x);
// 1-D int64 labels, copied.
Tensor from_labels(std::span<const std::int32_t> labels);
// A tensor of 2 dimensions to a row-major float matrix on the CPU, copied.
core::MatrixF to_matrix(const Tensor& x);
// Any tensor's elements in row-major order on the CPU.
std::vector<float> to_floats(const Tensor& x);
std::vector<double> to_doubles(const Tensor& x);

// {"torch": "1.13.1", "cuda": false, ...}
core::Json torch_facts();

}  // namespace venturi::tensor
