#include "venturi/tensor/tensor.hpp"

#include <torch/version.h>

#include <regex>

#include "venturi/core/error.hpp"
#include "venturi/core/threads.hpp"

namespace venturi::tensor {

Device parse_device(const std::string& text) {
  static const std::regex form("cpu|cuda(:[0-9]{1,3})?");
  if (!std::regex_match(text, form)) {
    core::fail_argument("tensor.parse_device", "expected cpu, cuda or cuda:i, got '{}'", text);
  }
  const Device device(text);
  if (device.is_cuda()) {
    const auto count = static_cast<int>(torch::cuda::device_count());
    if (!torch::cuda::is_available() || count == 0) {
      core::fail_data("tensor.parse_device",
                      "no CUDA device: LibTorch {} sees none here; use --device cpu",
                      TORCH_VERSION);
    }
    if (device.has_index() && device.index() >= count) {
      core::fail_data("tensor.parse_device", "there is no {}: this machine has {} CUDA device(s)",
                      text, count);
    }
  }
  return device;
}

void set_threads(int n) {
  core::set_threads(n);
  at::set_num_threads(core::threads());
}

torch::Generator make_generator(core::Key key, const Device& device) {
  torch::Generator generator = device.is_cuda()
                                   ? at::globalContext().defaultGenerator(device).clone()
                                   : at::make_generator<at::CPUGeneratorImpl>(key.value());
  reseed(generator, key);
  return generator;
}

void reseed(torch::Generator& generator, core::Key key) { generator.set_current_seed(key.value()); }

Tensor from_matrix(const core::MatrixViewF& x) {
  Tensor out = torch::empty({x.rows(), x.cols()}, torch::kFloat32);
  // The view may have an outer stride; copy row by row.
  auto* to = out.data_ptr<float>();
  for (core::Index i = 0; i < x.rows(); ++i) {
    std::copy_n(x.row(i).data(), x.cols(), to + i * x.cols());
  }
  return out;
}

Tensor from_labels(std::span<const std::int32_t> labels) {
  Tensor out = torch::empty({static_cast<std::int64_t>(labels.size())}, torch::kInt64);
  std::copy(labels.begin(), labels.end(), out.data_ptr<std::int64_t>());
  return out;
}

core::MatrixF to_matrix(const Tensor& x) {
  if (x.dim() != 2) {
    core::fail_argument("tensor.to_matrix", "expected 2 dimensions, got {}", x.dim());
  }
  const Tensor host = x.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  return Eigen::Map<const core::MatrixF>(host.data_ptr<float>(), host.size(0), host.size(1));
}

std::vector<float> to_floats(const Tensor& x) {
  const Tensor host = x.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  return {host.data_ptr<float>(), host.data_ptr<float>() + host.numel()};
}

std::vector<double> to_doubles(const Tensor& x) {
  const Tensor host = x.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

core::Json torch_facts() {
  return {{"torch", TORCH_VERSION}, {"cuda", torch::cuda::is_available()}};
}

}  // namespace venturi::tensor
