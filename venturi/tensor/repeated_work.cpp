#include "venturi/tensor/repeated_work.hpp"

#ifdef VENTURI_CUDA
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace venturi::tensor {

ExactCuda::ExactCuda(bool on) : on_(on) {
  if (!on_) return;
  auto& context = at::globalContext();
  benchmark_ = context.benchmarkCuDNN();
  deterministic_ = context.deterministicCuDNN();
  tf32_dnn_ = context.allowTF32CuDNN();
  tf32_blas_ = context.allowTF32CuBLAS();
  set(false, true, false, false);
}

ExactCuda::~ExactCuda() {
  if (on_) set(benchmark_, deterministic_, tf32_dnn_, tf32_blas_);
}

void ExactCuda::set(bool benchmark, bool deterministic, bool tf32_dnn, bool tf32_blas) const {
  auto& context = at::globalContext();
  context.setBenchmarkCuDNN(benchmark);
  context.setDeterministicCuDNN(deterministic);
  context.setAllowTF32CuDNN(tf32_dnn);
  context.setAllowTF32CuBLAS(tf32_blas);
}

#ifdef VENTURI_CUDA

struct RepeatedWork::Record {
  // Libraries set themselves up, and autograd makes its nodes, in the first calls.
  static constexpr int kCallsBefore = 3;
  explicit Record(const Device& where)
      : device(where), stream(at::cuda::getStreamFromPool(false, where.index())) {}

  // Makes `to` wait for what is queued on `from`.
  void order(const at::cuda::CUDAStream& from, const at::cuda::CUDAStream& to) {
    event.record(from);
    event.block(to);
  }

  Device device;
  at::cuda::CUDAStream stream;  // recording is not possible on the default one
  at::cuda::CUDAEvent event;
  std::unique_ptr<at::cuda::CUDAGraph> graph;
  int calls = 0;
  bool impossible = false;
};

RepeatedWork::RepeatedWork(const Device& device, std::function<void()> work)
    : work_(std::move(work)),
      record_(device.is_cuda() ? std::make_unique<Record>(device) : nullptr) {}

void RepeatedWork::operator()() {
  if (record_ == nullptr) return work_();
  Record& r = *record_;
  const at::cuda::CUDAStream outside = at::cuda::getCurrentCUDAStream(r.device.index());
  r.order(outside, r.stream);
  {
    const c10::cuda::CUDAStreamGuard guard(r.stream);
    if (r.graph == nullptr && !r.impossible && ++r.calls > Record::kCallsBefore) {
      r.graph = std::make_unique<at::cuda::CUDAGraph>();
      try {
        r.graph->capture_begin();
        work_();
        r.graph->capture_end();
      } catch (const std::exception&) {  // of LibTorch, or of a room that has put it into words
        try {
          r.graph->capture_end();
        } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it is void anyway
        }
        r.graph.reset();
        r.impossible = true;
      }
    }
    r.graph != nullptr ? r.graph->replay() : work_();
  }
  r.order(r.stream, outside);
}

bool RepeatedWork::recorded() const { return record_ != nullptr && record_->graph != nullptr; }

#else

struct RepeatedWork::Record {};

RepeatedWork::RepeatedWork(const Device& /*device*/, std::function<void()> work)
    : work_(std::move(work)) {}

void RepeatedWork::operator()() { work_(); }

bool RepeatedWork::recorded() const { return false; }

#endif

RepeatedWork::~RepeatedWork() = default;

}  // namespace venturi::tensor
