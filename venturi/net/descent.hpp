// venturi/net/descent.hpp
//
// Stochastic gradient descent with momentum after Nesterov and weight decay:
//   g <- g + weight_decay w,  v <- momentum v + g,  w <- w - rate (g + momentum v).
// Parameters are parts of one flat tensor, so that a step is few operations whatever their number;
// and the rate is a tensor, so that a step can be recorded (tensor/repeated_work.hpp).
// Source: Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in
// deep learning", ICML 2013.
#pragma once

#include <vector>

#include "venturi/tensor/tensor.hpp"

namespace venturi::net {

class Descent {
 public:
  // Replaces each tensor by a leaf of the same shape and values on `device`, of type float32
  // (float64 where one of them is), whose gradient is a part of one flat tensor as well.
  Descent(std::vector<tensor::Tensor>& parameters, double momentum, double weight_decay,
          const tensor::Device& device);

  void zero_grad();
  // rate: one number. O(parameters), no synchronisation with the device.
  void step(const tensor::Tensor& rate);

 private:
  double momentum_, weight_decay_;
  tensor::Tensor values_, gradients_, velocity_;
};

// Rates of so many steps, along half a cosine from `top` to 0, float32.
tensor::Tensor cosine_rates(double top, std::int64_t steps);

}  // namespace venturi::net
