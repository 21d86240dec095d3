// venturi/measure/on_device.cuh: what this room's CUDA kernels share, memory and errors.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <span>

#include "venturi/measure/neighbours_cuda.hpp"

namespace venturi::measure {

inline void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // or it would be found again
  cuda_failed(cudaGetErrorString(status));
}

// Device memory of `count` values, freed at the end of its scope.
template <class T>
class OnDevice {
 public:
  explicit OnDevice(std::size_t count) { check(cudaMalloc(&data_, count * sizeof(T))); }
  explicit OnDevice(std::span<const T> values) : OnDevice(values.size()) {
    check(cudaMemcpy(data_, values.data(), values.size_bytes(), cudaMemcpyHostToDevice));
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
  ~OnDevice() { cudaFree(data_); }
  T* get() const { return data_; }
  void fetch(std::span<T> out) const {
    check(cudaMemcpy(out.data(), data_, out.size_bytes(), cudaMemcpyDeviceToHost));
  }

 private:
  T* data_ = nullptr;
};

}  // namespace venturi::measure
