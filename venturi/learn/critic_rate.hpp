// venturi/learn/critic_rate.hpp
//
// I(X;Z) as a rate: a bound of bounds.hpp whose critic learns beside the model, from the model's
// own batches. At each call the critic takes `steps` steps on (x, z), z held, and then the bound is
// given, in nats, with its gradient in z. mine: a lower bound by a separable critic; club, l1out:
// upper bounds where q(z|x), a normal law whose mean and deviations a network of x gives, is right.
// Cost a call: (steps + 1) passes of the critic, O(n^2). Sources: Belghazi et al., ICML 2018,
// section 5.3; Cheng et al., ICML 2020, section 4.2 (club, in both as a bottleneck); Poole et al.,
// ICML 2019.
#pragma once

#include <memory>
#include <string>

#include "venturi/learn/neural_bound.hpp"

namespace venturi::learn {

class CriticRate {
 public:
  // A bound by its name. InvalidArgument for another name.
  CriticRate(std::string_view bound, int steps, double learning_rate, core::Key key);

  // x n*dx, z n*dz, n >= 2; with copies their axis first, each with a critic of its own. One value
  // a copy (a scalar without copies).
  tensor::Tensor nats(const tensor::Tensor& x, const tensor::Tensor& z);

  // For checkpoints: critic and optimiser; undefined before the first call.
  tensor::Tensor state() const;
  // Taken over at the next call; DataError there if it is of another size.
  void set_state(tensor::Tensor state) { pending_ = std::move(state); }

 private:
  Bound bound_;
  CriticOptions options_;
  int steps_;
  core::Key key_;
  std::unique_ptr<NeuralBound> critic_;
  tensor::Tensor pending_;
};

}  // namespace venturi::learn
