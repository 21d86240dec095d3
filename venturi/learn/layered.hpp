// venturi/learn/layered.hpp
//
// Small classifiers whose hidden layers can be read, several of one shape side by side: m copies in
// one batched product each. Weights start as U(-a, a), a = sqrt(6/inputs), whose variance 2/inputs
// keeps the size of what passes a ReLU (He et al. 2015); biases at 0.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "venturi/net/network.hpp"

namespace venturi::learn {

class Layered {
 public:
  // One copy for each key; copy i starts as one of keys[i] alone does. On the CPU.
  Layered(std::int64_t inputs, std::span<const std::int64_t> hidden, std::int64_t classes,
          const std::string& activation, std::span<const core::Key> keys);

  // x: copies*n*inputs, or n*inputs for all alike. Copies*n*units of each hidden layer, and last
  // the scores.
  std::vector<tensor::Tensor> forward(tensor::Tensor x) const;
  const net::Parameters& parameters() const { return parameters_; }

 private:
  net::Parameters parameters_;
  std::vector<net::Network> parts_;
};

// Epochs to look at: 0 (before training), then from 1 to the last evenly in the logarithm, without
// repetition.
std::vector<int> snapshot_epochs(int epochs, int snapshots);

}  // namespace venturi::learn
