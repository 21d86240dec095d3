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

Tensor Parameters::draw(core::Key key) const {
  // Drawn on the CPU, so that a model starts the same on every device.
  const Tensor flat = torch::empty({size_}, torch::kFloat32);
  for (const Entry& entry : entries_) {
    auto generator = tensor::make_generator(key.split(entry.name), torch::kCPU);
    Tensor part = flat.narrow(0, entry.offset, entry.length);
    if (entry.init.bound > 0) {
      part.uniform_(entry.init.centre - entry.init.bound, entry.init.centre + entry.init.bound,
                    generator);
    } else {
      part.fill_(entry.init.centre);
    }
  }
  return flat;
}

Tensor Parameters::view(const Tensor& flat, const Entry& entry) const {
  if (flat.dim() == 1) return flat.narrow(0, entry.offset, entry.length).view(entry.shape);
  std::vector<std::int64_t> shape = {flat.size(0)};
  if (entry.shape.size() < 2) shape.push_back(1);
  shape.insert(shape.end(), entry.shape.begin(), entry.shape.end());
  return flat.narrow(1, entry.offset, entry.length).view(shape);
}

void Parameters::set_views() {
  gradient_ = torch::zeros_like(flat_);
  views_.clear();
  for (const Entry& entry : entries_) {
    Tensor leaf = view(flat_, entry).detach().requires_grad_();
    // Autograd adds into a gradient that is already there, so this view stays in place.
    leaf.mutable_grad() = view(gradient_, entry);
    views_.push_back(std::move(leaf));
  }
}

void Parameters::allocate(core::Key key, const tensor::Device& device) {
  flat_ = draw(key).to(device);
  set_views();
}

void Parameters::allocate(std::span<const core::Key> keys, const tensor::Device& device) {
  std::vector<Tensor> rows;
  for (const core::Key key : keys) rows.push_back(draw(key));
  flat_ = torch::stack(rows).to(device);
  set_views();
}

const Tensor& Parameters::at(const std::string& name) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].name == name) return views_.at(i);
  }
  core::fail_argument("net.Parameters", "there is no parameter '{}'", name);
}

void Parameters::set_values(const Tensor& values) {
  if (values.numel() != flat_.numel()) {
    core::fail_argument("net.Parameters", "expected {} values, got {}", flat_.numel(),
                        values.numel());
  }
  const torch::NoGradGuard no_grad;
  flat_.copy_(values.reshape(flat_.sizes()));
}

}  // namespace venturi::net
