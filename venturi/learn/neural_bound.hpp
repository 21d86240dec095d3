// venturi/learn/neural_bound.hpp
//
// A bound with its critic and its optimiser, m models side by side: what trains, whatever the pairs
// are (samples of a file, fresh draws of a law, a representation that is itself being trained).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "venturi/core/options.hpp"
#include "venturi/learn/adam.hpp"
#include "venturi/learn/bounds.hpp"
#include "venturi/learn/critic.hpp"

namespace venturi::learn {

struct CriticOptions {
  std::string critic = "separable";
  std::vector<std::int64_t> hidden = {128, 128};
  std::int64_t embedding = 32;
  double learning_rate = 5e-4;
  double tau = 5;
  double ema = 0.99;
  double slope = 10;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("critic", self.critic, "neural methods: separable scores by g(x).h(y), joint by one net",
          core::one_of({"separable", "joint"}));
    visit("hidden", self.hidden, "neural methods: hidden layers of each network",
          core::between(1, 8192));
    visit("embedding", self.embedding, "neural methods: size of g and h", core::between(1, 4096));
    visit("learning_rate", self.learning_rate, "neural methods: of Adam", core::above(0));
    visit("tau", self.tau, "smile: scores are clipped to +-tau", core::above(0));
    visit("ema", self.ema, "mine: decay of the moving average", core::between(0, 0.9999));
    visit("slope", self.slope, "wdm: weight of the penalty on slopes above 1", core::at_least(0));
  }
};

class NeuralBound {
 public:
  // m models for x of dx and y of dy columns. InvalidArgument for options outside their limits.
  NeuralBound(const Bound& bound, const CriticOptions& options, std::int64_t models,
              std::int64_t dx, std::int64_t dy, core::Key key, const tensor::Device& device);

  // One step of Adam on x m*n*dx, y m*n*dy; the objectives (m) before it. `key` draws where slopes
  // are looked at (wdm).
  tensor::Tensor step(const tensor::Tensor& x, const tensor::Tensor& y, core::Key key);

  // The bound in nats, m; differentiable in x and y.
  tensor::Tensor value(const tensor::Tensor& x, const tensor::Tensor& y) const;
  tensor::Tensor objective(const tensor::Tensor& x, const tensor::Tensor& y) const;

  // BA's h(Y), from outside.
  void set_entropy_nats(double nats) { terms_.entropy_nats = nats; }

  // For checkpoints: weights, optimiser, moving average. DataError for another length.
  tensor::Tensor state() const;
  void set_state(const tensor::Tensor& state);

  const Bound& bound() const { return bound_; }
  net::Parameters& parameters() { return parameters_; }
  const Critic& critic() const { return *critic_; }

 private:
  BoundTerms terms_for(const tensor::Tensor& y) const;
  tensor::Tensor slopes(const tensor::Tensor& x, const tensor::Tensor& y, core::Key key) const;

  Bound bound_;
  CriticOptions options_;
  net::Parameters parameters_;
  std::unique_ptr<Critic> critic_;
  std::optional<NormalMixture> marginal_;
  std::size_t baseline_ = 0;
  BoundTerms terms_;
  std::unique_ptr<Adam> adam_;
};

}  // namespace venturi::learn
