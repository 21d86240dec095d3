// venturi/learn/perceptron.hpp
//
// What studies of small networks share: a multilayer perceptron with its own optimiser, data as
// tensors, and batches in random order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "venturi/data/dataset.hpp"
#include "venturi/learn/adam.hpp"
#include "venturi/net/network.hpp"

namespace venturi::learn {

// Hidden layers (none: a linear map), then a linear one.
class Perceptron {
 public:
  Perceptron(std::int64_t inputs, const std::vector<std::int64_t>& hidden, std::int64_t outputs,
             core::Key key, const tensor::Device& device = torch::kCPU,
             const std::string& activation = "relu");

  // x n*inputs, with the last hidden layer's activations n*hidden.back() (x itself without one).
  tensor::Tensor hidden(const tensor::Tensor& x) const;
  tensor::Tensor forward(const tensor::Tensor& x) const {
    return head_->forward(parameters_, hidden(x), {});
  }
  net::Parameters& parameters() { return parameters_; }
  const net::Parameters& parameters() const { return parameters_; }

  // Adam's step on the gradients that lie there; leaves them at zero. `decay` shrinks the weights
  // beside it (Loshchilov, Hutter, ICLR 2019).
  void step(double learning_rate, double decay = 0);

 private:
  net::Parameters parameters_;
  std::unique_ptr<net::Network> body_, head_;
  std::unique_ptr<Adam> adam_;
};

// x n*d on the device, labels n.
struct Labelled {
  tensor::Tensor x, labels;

  std::int64_t size() const { return x.size(0); }
  Labelled rows(const tensor::Tensor& rows) const {
    return {x.index_select(0, rows), labels.index_select(0, rows)};
  }
};

// The first `most` rows (0: all). InvalidArgument for a data set without classes.
Labelled labelled(const data::Dataset& set, std::int64_t most, const tensor::Device& device);

// Row numbers of batches of one size, each time through all n in another order; what fills no batch
// is left out. A batch larger than n is all n.
class Batches {
 public:
  Batches(std::int64_t n, std::int64_t batch, core::Key key, const tensor::Device& device);
  tensor::Tensor next();
  std::int64_t batch() const { return batch_; }
  std::int64_t per_epoch() const { return per_epoch_; }

 private:
  std::int64_t n_, batch_, per_epoch_, step_ = 0;
  core::Key key_;
  tensor::Device device_;
  tensor::Tensor order_;
};

// Percent of rows whose greatest output is the label's.
double percent_right(const tensor::Tensor& outputs, const tensor::Tensor& labels);

}  // namespace venturi::learn
