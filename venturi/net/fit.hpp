// venturi/net/fit.hpp
//
// Trains a graph to name classes: cross-entropy of its first output (logits), stochastic gradients
// with Nesterov's momentum and weight decay, the rate falling along half a cosine to 0. Batch
// normalisations take each batch's own mean and variance and keep running ones
// (r <- 0.9 r + 0.1 batch's). Everything else is trained: all floating-point parameters but those.
// For recipes and fine-tuning; the room learn has the trainer of bottleneck models.
#pragma once

#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/net/graph.hpp"

namespace venturi::net {

struct FitOptions {
  int epochs = 5;
  std::int64_t batch = 64;
  double learning_rate = 0.1;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("epochs", self.epochs, "times through the samples", core::between(1, 10000));
    visit("batch", self.batch, "samples a step", core::between(1, 1 << 20));
    visit("learning_rate", self.learning_rate, "of the first step", core::above(0));
    visit("momentum", self.momentum, "of the gradients' average", core::between(0, 0.999));
    visit("weight_decay", self.weight_decay, "of all trained parameters", core::at_least(0));
  }
};

// x: n samples for the one input; labels: n int64; both are copied to `device`, where steps are
// started from a record (tensor/repeated_work.hpp). The order of samples comes from `key`: the same
// key, the same weights on the same machine. Returns
// the mean cross-entropy of the last epoch in bits. InvalidArgument for models of several inputs,
// other labels, n < batch (the rest of an epoch that fills no batch is left out), batch
// normalisations before operator set 14. DataError where the loss is not finite.
double fit(Model& model, const tensor::Tensor& x, const tensor::Tensor& labels,
           const FitOptions& options, core::Key key, const tensor::Device& device = torch::kCPU,
           core::Monitor& monitor = core::silent());

}  // namespace venturi::net
