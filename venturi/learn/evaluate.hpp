// venturi/learn/evaluate.hpp
//
// A model as it is used: what it predicts, what it costs in bits, what it loses. Samples are taken
// in slices of fixed size, each computed by one thread, so that results do not depend on the number
// of threads (CPU).
#pragma once

#include <functional>

#include "venturi/core/rate_point.hpp"
#include "venturi/learn/model.hpp"

namespace venturi::learn {

// Calls `work(begin, end)` for consecutive slices of [0, n); on the CPU in parallel, each on one
// thread and without gradients, on CUDA one after the other.
void for_slices(std::int64_t n, const tensor::Device& device,
                const std::function<void(std::int64_t, std::int64_t)>& work);

// n labels (int64) or n*targets standardised values, on the model's device. InvalidArgument if the
// data set's targets are not of the model's kind; DataError on a label outside its range.
tensor::Tensor targets(const Model& model, const data::Dataset& dataset);

struct Evaluation {
  std::vector<double>
      prediction_bits;            // n: cross-entropy, or negative log-likelihood of standardised y
  std::vector<double> rate_bits;  // n: what the model says each sample takes
  double distortion = 0;  // error rate in [0, 1]; regression: root mean squared error in y's unit
  std::string unit;       // "error rate" or "rmse"
  std::int64_t samples = 1;

  double mean_prediction_bits() const;
  double mean_rate_bits() const;
  core::RatePoint rate_point() const { return {core::Bits(mean_rate_bits()), distortion, unit}; }
};

// The mode of use: hard for `samples` = 0; otherwise that many noisy draws of a gaussian channel,
// whose predictions are averaged (probabilities, or means). x: n*input as from Model::inputs.
Evaluation evaluate(const Model& model, const tensor::Tensor& x, const tensor::Tensor& target,
                    std::int64_t samples, core::Key key);

// What the model's body makes of x, n*features: computed once, it serves every head on that body.
tensor::Tensor body_features(const Model& model, const tensor::Tensor& x);
// evaluate() of the inputs whose features these are.
Evaluation evaluate_features(const Model& model, const tensor::Tensor& features,
                             const tensor::Tensor& target, std::int64_t samples, core::Key key);

// The same from z alone (n*size), as a receiver has it; rate_bits stay empty.
Evaluation evaluate_signals(const Model& model, const tensor::Tensor& z,
                            const tensor::Tensor& target);

// z in its mode of use, n*size.
tensor::Tensor signals(const Model& model, const tensor::Tensor& x);
// What the decoder makes of z: class probabilities (n*classes), or targets in their own unit.
tensor::Tensor predictions(const Model& model, const tensor::Tensor& z);

}  // namespace venturi::learn
