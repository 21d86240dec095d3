#include "venturi/learn/prediction.hpp"

#include "venturi/learn/gram.hpp"
#include "venturi/learn/kernel_terms.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

Tensor likelihood(const Model& model, const Forward& forward, const ObjectiveOptions&) {
  return model.prediction_nats(forward.output, forward.target).mean(-1);
}

// Zero, with the gradient that fits log v to the output as it is.
Tensor variance_fit(const Model& model, const Forward& forward) {
  const Tensor nats = model.prediction_nats(forward.output.detach(), forward.target).mean(-1);
  return nats - nats.detach();
}

Tensor squared_error(const Model& model, const Forward& forward, const ObjectiveOptions&) {
  if (!model.problem().regression()) {
    core::fail_argument("learn.Objective",
                        "prediction 'squared-error' needs numbers to predict, not classes");
  }
  return (forward.output - forward.target).square().sum(-1).mean(-1) + variance_fit(model, forward);
}

Tensor cs_divergence(const Model& model, const Forward& forward, const ObjectiveOptions& options) {
  const bool regression = model.problem().regression();
  const Tensor v = regression ? forward.output : torch::softmax(forward.output, -1);
  const Tensor y = regression
                       ? forward.target
                       : torch::one_hot(forward.target, model.problem().classes).to(v.dtype());
  const Tensor error = (v - y).detach().square().mean(std::vector<std::int64_t>{-2, -1}, true);
  const double squared = options.target_width * options.target_width;
  const Tensor inverse =
      (2 * squared + 2 * options.residual * options.residual * error).reciprocal();
  const Tensor k =
      gaussian_gram(forward.x, forward.x, spread_inverse(forward.x, options.input_width));
  const Tensor out = conditional_cs(k, gaussian_gram(y, y, inverse), gaussian_gram(v, v, inverse),
                                    gaussian_gram(v, y, inverse));
  return regression ? out + variance_fit(model, forward) : out;
}

constexpr core::Member<PredictionTerm> kTerms[] = {
    {"likelihood", "cross-entropy, or Gaussian likelihood with a learned variance", "own", "O(n)",
     likelihood},
    {"squared-error", "squared error of standardised targets", "own", "O(n)", squared_error},
    {"cs-divergence", "conditional Cauchy-Schwarz divergence of the output from the targets",
     "Yu et al., ICLR 2024, proposition 1", "O(n^2 d)", cs_divergence},
};

}  // namespace

std::span<const core::Member<PredictionTerm>> prediction_terms() { return kTerms; }

}  // namespace venturi::learn
