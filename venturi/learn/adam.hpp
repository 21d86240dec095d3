// venturi/learn/adam.hpp
//
// Adam over one flat tensor, with clipping by norm (of each row, where models lie in rows) and an
// exponential moving average of the weights. Source: Kingma, Ba, "Adam: a method for stochastic
// optimization", ICLR 2015, algorithm 1.
#pragma once

#include "venturi/tensor/tensor.hpp"

namespace venturi::learn {

class Adam {
 public:
  struct Options {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double clip = 0;     // largest norm of the gradient; 0: no limit
    double average = 0;  // decay of the average of the weights; 0: none
  };

  // Moves values[begin, end) by gradients[begin, end); the average spans all values.
  Adam(tensor::Tensor values, tensor::Tensor gradients, std::int64_t begin, Options options);

  // One step at this learning rate; leaves the gradients at zero. O(parameters), no synchronisation
  // with the device.
  void step(double learning_rate);

  // The average of the weights, corrected for its start at zero (Kingma, Ba, section 3); the
  // weights themselves without averaging or before the first step.
  tensor::Tensor averaged() const;

  // For checkpoints: moments and average as one tensor, and the number of steps.
  tensor::Tensor state() const;
  void set_state(const tensor::Tensor& state, std::int64_t steps);
  std::int64_t steps() const { return steps_; }

 private:
  Options options_;
  tensor::Tensor all_, values_, gradients_;
  tensor::Tensor first_, second_, average_;
  std::int64_t steps_ = 0;
};

}  // namespace venturi::learn
