#include "venturi/learn/neural_bound.hpp"

namespace venturi::learn {

using tensor::Tensor;

namespace {
constexpr std::int64_t kComponents = 8;  // of DoE's marginal law
}

NeuralBound::NeuralBound(const Bound& bound, const CriticOptions& options, std::int64_t models,
                         std::int64_t dx, std::int64_t dy, core::Key key,
                         const tensor::Device& device)
    : bound_(bound), options_(options) {
  core::check_options(options, "learn.NeuralBound");
  if (options.hidden.empty()) {
    core::fail_argument("learn.NeuralBound", "expected at least one hidden layer, got none");
  }
  const CriticSizes sizes{.models = models,
                          .dx = dx,
                          .dy = dy,
                          .hidden = options.hidden,
                          .embedding = options.embedding};
  if (bound.scores == Bound::Scores::kConditional) {
    critic_ = std::make_unique<NormalChannel>(sizes, parameters_);
  } else if (options.critic == "joint") {
    critic_ = std::make_unique<JointCritic>(sizes, parameters_);
  } else {
    critic_ = std::make_unique<SeparableCritic>(sizes, parameters_);
  }
  if (bound.needs_marginal) marginal_.emplace(models, dy, kComponents, parameters_);
  if (bound.needs_baseline) baseline_ = parameters_.add("baseline", {models}, {.centre = 1});
  parameters_.allocate(key, device);
  terms_.tau = options.tau;
  terms_.moving_average = torch::zeros({models}, parameters_.flat().options());
  adam_ =
      std::make_unique<Adam>(parameters_.flat(), parameters_.flat_gradient(), 0, Adam::Options{});
}

BoundTerms NeuralBound::terms_for(const Tensor& y) const {
  BoundTerms out = terms_;
  if (marginal_) out.log_marginal = marginal_->log_density(parameters_, y);
  if (bound_.needs_baseline) out.log_baseline = parameters_[baseline_];
  return out;
}

Tensor NeuralBound::value(const Tensor& x, const Tensor& y) const {
  return bound_.value(critic_->scores(parameters_, x, y), terms_for(y));
}

Tensor NeuralBound::objective(const Tensor& x, const Tensor& y) const {
  return bound_.objective(critic_->scores(parameters_, x, y), terms_for(y));
}

// m: mean of max(0, |gradient of f at pairs between a joint one and one of the product| - 1)^2.
Tensor NeuralBound::slopes(const Tensor& x, const Tensor& y, core::Key key) const {
  auto generator = tensor::make_generator(key, x.device());
  const Tensor mix = torch::empty({x.size(0), x.size(1), 1}, x.options()).uniform_(0, 1, generator);
  // One partner on for the product of the margins: rows come in random order.
  const Tensor between = mix * y + (1 - mix) * y.roll({1}, {1});
  const Tensor at_x = x.detach().clone().requires_grad_();
  const Tensor at_y = between.detach().clone().requires_grad_();
  const Tensor f = critic_->paired(parameters_, at_x, at_y).sum();
  const auto slope = torch::autograd::grad({f}, {at_x, at_y}, {}, true, true);
  const Tensor norm = (slope[0].square().sum(2) + slope[1].square().sum(2) + 1e-12).sqrt();
  return (norm - 1).relu().square().mean(1);
}

Tensor NeuralBound::step(const Tensor& x, const Tensor& y, core::Key key) {
  const Tensor scores = critic_->scores(parameters_, x, y);
  if (bound_.needs_average) {
    // Before the objective reads it, so that the first step divides by the batch's own mean.
    const Tensor now = log_mean_exp_apart(scores.detach()).exp();
    const Tensor started = terms_.moving_average.gt(0);
    terms_.moving_average =
        torch::where(started, options_.ema * terms_.moving_average + (1 - options_.ema) * now, now);
  }
  const Tensor objective = bound_.objective(scores, terms_for(y));
  Tensor loss = -objective.sum();
  if (bound_.lipschitz) loss = loss + options_.slope * slopes(x, y, key).sum();
  loss.backward();
  adam_->step(options_.learning_rate);
  return objective.detach();
}

Tensor NeuralBound::state() const {
  const Tensor steps =
      torch::full({1}, static_cast<double>(adam_->steps()), parameters_.flat().options());
  return torch::cat({parameters_.flat(), adam_->state(), terms_.moving_average, steps});
}

void NeuralBound::set_state(const Tensor& state) {
  const std::int64_t n = parameters_.size(), m = terms_.moving_average.size(0);
  if (state.dim() != 1 || state.size(0) != 3 * n + m + 1) {
    core::fail_data("learn.NeuralBound", "expected a state of {} numbers, got {}", 3 * n + m + 1,
                    state.numel());
  }
  const Tensor own = state.to(parameters_.device());
  parameters_.set_values(own.narrow(0, 0, n));
  adam_->set_state(own.narrow(0, n, 2 * n), own[-1].item<std::int64_t>());
  terms_.moving_average = own.narrow(0, 3 * n, m).clone();
}

}  // namespace venturi::learn
