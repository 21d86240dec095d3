#include "venturi/learn/layered.hpp"

#include <cmath>

namespace venturi::learn {

using tensor::Tensor;

Layered::Layered(std::int64_t inputs, std::span<const std::int64_t> hidden, std::int64_t classes,
                 const std::string& activation, std::span<const core::Key> keys) {
  for (const std::int64_t units : hidden) {
    parts_.emplace_back(fmt::format("hidden{}", parts_.size()), net::mlp({units}, activation),
                        std::vector{inputs}, parameters_);
    inputs = units;
  }
  parts_.emplace_back("output", std::vector<net::Layer>{{.type = "linear", .out = classes}},
                      std::vector{inputs}, parameters_);
  parameters_.allocate(keys, torch::kCPU);
  // Registered weights start in +-1/sqrt(inputs), which dies out over six layers.
  const torch::NoGradGuard no_grad;
  parameters_.flat().mul_(std::sqrt(6.0));
  for (std::size_t p = 1; p < parameters_.count(); p += 2) parameters_[p].detach().zero_();
}

std::vector<Tensor> Layered::forward(Tensor x) const {
  if (x.dim() == 2) x = x.unsqueeze(0).expand({parameters_.copies(), -1, -1});
  std::vector<Tensor> out;
  for (const net::Network& part : parts_) {
    x = part.forward(parameters_, x, {});
    out.push_back(x);
  }
  return out;
}

std::vector<int> snapshot_epochs(int epochs, int snapshots) {
  std::vector<int> out = {0};
  for (int s = 0; s + 1 < snapshots; ++s) {
    const double along = static_cast<double>(s) / (snapshots - 2);
    const int epoch = static_cast<int>(std::lround(std::pow(epochs, along)));
    if (epoch > out.back()) out.push_back(epoch);
  }
  return out;
}

}  // namespace venturi::learn
