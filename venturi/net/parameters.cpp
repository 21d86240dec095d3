#include "venturi/net/parameters.hpp"

#include "venturi/core/error.hpp"

namespace venturi::net {

using tensor::Tensor;

std::size_t Parameters::add(std::string name, std::vector<std::int64_t> shape, Init init) {
  if (flat_.defined()) core::fail_bug("net.Parameters", "'{}' added after allocate()", name);
  std::int64_t length = 1;
  for (const std::int64_t s : shape) length *= s;
  entries_.push_back({std::move(name), std::move(shape), init, size_, length});
  size_ += length;
  return entries_.size() - 1;
}

void Parameters::allocate(core::Key key, const tensor::Device& device) {
  flat_ = torch::empty({size_}, torch::kFloat32);
  // Drawn on the CPU, so that a model starts the same on every device.
  for (const Entry& entry : entries_) {
    auto generator = tensor::make_generator(key.split(entry.name), torch::kCPU);
    Tensor part = flat_.narrow(0, entry.offset, entry.length);
    if (entry.init.bound > 0) {
      part.uniform_(entry.init.centre - entry.init.bound, entry.init.centre + entry.init.bound,
                    generator);
    } else {
      part.fill_(entry.init.centre);
    }
  }
  flat_ = flat_.to(device);
  gradient_ = torch::zeros_like(flat_);
  views_.clear();
  for (const Entry& entry : entries_) {
    Tensor view =
        flat_.narrow(0, entry.offset, entry.length).view(entry.shape).detach().requires_grad_();
    // Autograd adds into a gradient that is already there, so this view stays in place.
    view.mutable_grad() = gradient_.narrow(0, entry.offset, entry.length).view(entry.shape);
    views_.push_back(std::move(view));
  }
}

const Tensor& Parameters::at(const std::string& name) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].name == name) return views_.at(i);
  }
  core::fail_argument("net.Parameters", "there is no parameter '{}'", name);
}

void Parameters::set_values(const Tensor& values) {
  if (values.numel() != size_) {
    core::fail_argument("net.Parameters", "expected {} values, got {}", size_, values.numel());
  }
  const torch::NoGradGuard no_grad;
  flat_.copy_(values.reshape({size_}));
}

}  // namespace venturi::net
