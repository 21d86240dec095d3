// venturi/net/memory.hpp
//
// Bytes of tensors, counted where LibTorch takes memory and gives it back (the hook of its
// profiler): what a run really needs, beside what cost.hpp predicts. Memory of this thread's calls
// and of gradients on the CPU's own; scratch that a library below takes for itself is not seen.
#pragma once

#include <cstdint>
#include <memory>

#include "venturi/tensor/tensor.hpp"

namespace venturi::net {

class MemoryMeter {
 public:
  // Counts on this thread, of one device, until it goes. What was there before is not counted.
  explicit MemoryMeter(const tensor::Device& device = torch::kCPU);
  ~MemoryMeter();
  MemoryMeter(const MemoryMeter&) = delete;
  MemoryMeter& operator=(const MemoryMeter&) = delete;

  std::int64_t bytes() const;  // now
  std::int64_t peak_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Bytes that the system could give now; infinite where it does not say.
double free_memory();

}  // namespace venturi::net
