// venturi/tensor/repeated_work.hpp
//
// Work done again and again on the same tensors, such as a step of training. Small networks keep a
// GPU waiting for the host to start kernels; so on CUDA the kernels are recorded once, as a graph,
// and from then on started all at once. Elsewhere the work is simply called.
#pragma once

#include <functional>
#include <memory>

#include "venturi/tensor/tensor.hpp"

namespace venturi::tensor {

// cuDNN and cuBLAS deterministic and without TF32, for the life of the object; nothing where `on`
// is false.
class ExactCuda {
 public:
  explicit ExactCuda(bool on);
  ~ExactCuda();
  ExactCuda(const ExactCuda&) = delete;
  ExactCuda& operator=(const ExactCuda&) = delete;

 private:
  void set(bool benchmark, bool deterministic, bool tf32_dnn, bool tf32_blas) const;
  bool on_;
  bool benchmark_ = false, deterministic_ = false, tf32_dnn_ = false, tf32_blas_ = false;
};

// `work` reads from and writes to tensors that live longer than this object, always the same ones
// and in place; it draws no random numbers, and neither reads values on the host nor decides by
// them. What it does is the same whether it is called or started from its record. Its tensors of
// passage stay allocated between calls on CUDA. Work that cannot be recorded (a kernel that waits
// for the host) is called each time.
class RepeatedWork {
 public:
  RepeatedWork(const Device& device, std::function<void()> work);
  ~RepeatedWork();
  RepeatedWork(const RepeatedWork&) = delete;
  RepeatedWork& operator=(const RepeatedWork&) = delete;

  // After what was queued on the device before, and before what is queued later.
  void operator()();
  // Are calls started from a record by now?
  bool recorded() const;

 private:
  struct Record;
  std::function<void()> work_;
  std::unique_ptr<Record> record_;  // null: the work is called
};

}  // namespace venturi::tensor
