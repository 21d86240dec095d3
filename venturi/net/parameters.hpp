// venturi/net/parameters.hpp
//
// All parameters of a model in one flat float32 tensor, and their gradients in another. An
// optimiser step, an average of weights or a checkpoint is then one operation, whatever the number
// of layers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "venturi/tensor/tensor.hpp"

namespace venturi::net {

class Parameters {
 public:
  // How a parameter starts: uniform in [-bound, bound] around `centre`.
  struct Init {
    double bound = 0;
    double centre = 0;
  };

  // Registers a parameter and returns its index. Only before allocate().
  std::size_t add(std::string name, std::vector<std::int64_t> shape, Init init);

  // Takes the memory and draws the starting values; each parameter's depend on `key` and its name.
  void allocate(core::Key key, const tensor::Device& device);

  // The parameter as a leaf of the autograd graph; a view of flat().
  const tensor::Tensor& operator[](std::size_t index) const { return views_.at(index); }
  const tensor::Tensor& at(const std::string& name) const;

  std::size_t count() const { return entries_.size(); }
  const std::string& name(std::size_t index) const { return entries_.at(index).name; }
  const std::vector<std::int64_t>& shape(std::size_t index) const {
    return entries_.at(index).shape;
  }
  // Elements in all, and where parameter `index` begins.
  std::int64_t size() const { return size_; }
  std::int64_t offset(std::size_t index) const { return entries_.at(index).offset; }

  // [size]; not part of any graph: written by optimisers and loaders under no_grad.
  const tensor::Tensor& flat() const { return flat_; }
  const tensor::Tensor& flat_gradient() const { return gradient_; }
  tensor::Device device() const { return flat_.device(); }

  // Copies `size()` values in. InvalidArgument for another length.
  void set_values(const tensor::Tensor& values);

 private:
  struct Entry {
    std::string name;
    std::vector<std::int64_t> shape;
    Init init;
    std::int64_t offset;
    std::int64_t length;
  };
  std::vector<Entry> entries_;
  std::vector<tensor::Tensor> views_;
  tensor::Tensor flat_;
  tensor::Tensor gradient_;
  std::int64_t size_ = 0;
};

}  // namespace venturi::net
