#include "venturi/net/memory.hpp"

#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <mutex>
#include <string>

namespace venturi::net {
namespace {

// The type of the totals: int64_t in LibTorch 1, size_t in 2.
#if TORCH_VERSION_MAJOR >= 2
using Total = std::size_t;
#else
using Total = std::int64_t;
#endif

class Reporter : public c10::MemoryReportingInfoBase {
 public:
  explicit Reporter(c10::DeviceType device) : device_(device) {}

  void reportMemoryUsage(void* /*place*/, std::int64_t bytes, Total /*allocated*/,
                         Total /*reserved*/, c10::Device device) override {
    if (device.type() != device_) return;
    const std::lock_guard lock(mutex_);
    now_ += bytes;
    peak_ = std::max(peak_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }

  std::int64_t now() const { return now_; }
  std::int64_t peak() const { return peak_; }

 private:
  c10::DeviceType device_;
  std::mutex mutex_;
  std::int64_t now_ = 0;
  std::int64_t peak_ = 0;
};

}  // namespace

struct MemoryMeter::State {
  explicit State(const tensor::Device& device)
      : reporter(std::make_shared<Reporter>(device.type())),
        guard(c10::DebugInfoKind::PROFILER_STATE, reporter) {}
  std::shared_ptr<Reporter> reporter;
  c10::DebugInfoGuard guard;
};

MemoryMeter::MemoryMeter(const tensor::Device& device) : state_(std::make_unique<State>(device)) {}
MemoryMeter::~MemoryMeter() = default;

std::int64_t MemoryMeter::bytes() const { return state_->reporter->now(); }
std::int64_t MemoryMeter::peak_bytes() const { return state_->reporter->peak(); }

double free_memory() {
  std::ifstream in("/proc/meminfo");
  std::string key, unit;
  for (double kibibytes = 0; in >> key >> kibibytes; std::getline(in, unit)) {
    if (key == "MemAvailable:") return 1024 * kibibytes;
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace venturi::net
