// venturi/net/parameters.hpp
//
// All parameters of a model in one flat float32 tensor, and their gradients in another. An
// optimiser step, an average of weights or a checkpoint is then one operation, whatever the number
// of layers. Several models of one shape (copies) may lie in the rows of one such tensor, and then
// run as one: each parameter has their axis first, vectors as copies*1*length, so that they meet
// activations of copies*n*length.
#pragma once

#include <cstdint>
#include <span>
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
  // One copy for each key; copy i starts as a model of keys[i] alone does.
  void allocate(std::span<const core::Key> keys, const tensor::Device& device);

  // The parameter as a leaf of the autograd graph; a view of flat().
  const tensor::Tensor& operator[](std::size_t index) const { return views_.at(index); }
  const tensor::Tensor& at(const std::string& name) const;

  std::size_t count() const { return entries_.size(); }
  const std::string& name(std::size_t index) const { return entries_.at(index).name; }
  const std::vector<std::int64_t>& shape(std::size_t index) const {
    return entries_.at(index).shape;
  }
  // Models in the rows of flat(); 0: a single one, without that axis.
  std::int64_t copies() const { return flat_.dim() == 2 ? flat_.size(0) : 0; }
  // Elements of one model, and where parameter `index` begins.
  std::int64_t size() const { return size_; }
  std::int64_t offset(std::size_t index) const { return entries_.at(index).offset; }

  // [size] or [copies, size]; not part of any graph: written by optimisers and loaders under
  // no_grad.
  const tensor::Tensor& flat() const { return flat_; }
  const tensor::Tensor& flat_gradient() const { return gradient_; }
  tensor::Device device() const { return flat_.device(); }

  // Copies as many values in as flat() has. InvalidArgument for another length.
  void set_values(const tensor::Tensor& values);

 private:
  struct Entry {
    std::string name;
    std::vector<std::int64_t> shape;
    Init init;
    std::int64_t offset;
    std::int64_t length;
  };
  // Starting values of one model, on the CPU.
  tensor::Tensor draw(core::Key key) const;
  void set_views();
  // Parameter `entry` of flat() or of its gradient, in its shape.
  tensor::Tensor view(const tensor::Tensor& flat, const Entry& entry) const;

  std::vector<Entry> entries_;
  std::vector<tensor::Tensor> views_;
  tensor::Tensor flat_;
  tensor::Tensor gradient_;
  std::int64_t size_ = 0;
};

}  // namespace venturi::net
