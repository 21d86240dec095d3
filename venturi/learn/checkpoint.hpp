// venturi/learn/checkpoint.hpp
//
// The state of a training run in one `.vt` file, whole or absent.
#pragma once

#include <filesystem>
#include <vector>

#include "venturi/core/json.hpp"
#include "venturi/tensor/tensor.hpp"

namespace venturi::learn {

struct Checkpoint {
  core::Json facts;             // where the run stands, and what it is a run of
  std::vector<double> scalars;  // kept bit for bit
  tensor::Tensor sums;          // running sums of the epoch
  tensor::Tensor weights;       // flat
  tensor::Tensor optimizer;     // flat
  tensor::Tensor best;          // flat, or undefined
  tensor::Tensor critics;       // of the objective: flat, or undefined
};

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
// DataError if the file is missing, damaged or no checkpoint. Tensors are on the CPU.
Checkpoint read_checkpoint(const std::filesystem::path& path);

// A float32 tensor as little-endian bytes, and back (1-D); DataError if the size is no multiple
// of 4.
std::vector<std::byte> float_bytes(const tensor::Tensor& values);
tensor::Tensor floats_from_bytes(core::Bytes bytes, std::string_view what);

}  // namespace venturi::learn
