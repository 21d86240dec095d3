#include "venturi/learn/objective.hpp"

#include "venturi/learn/prediction.hpp"
#include "venturi/learn/rate.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "learn.Objective";

Tensor form_of(const Tensor& rate, const ObjectiveOptions& options) {
  if (options.form == "square") return rate.square();
  if (options.form == "power") return rate.clamp_min(1e-12).pow(1 + options.exponent);
  if (options.form == "exponential") return (options.exponent * rate).exp();
  return rate;
}

}  // namespace

Forward run_forward(const Model& model, const Tensor& x, const Tensor& features,
                    const Tensor& target, const Throat& throat, const net::Pass& pass) {
  const bool copies = model.parameters().copies() > 0;
  Forward out{.x = x.dim() > (copies ? 3 : 2) ? x.flatten(copies ? 2 : 1) : x,
              .target = target,
              .generator = pass.generator};
  out.signal = model.channel().transmit(model.parameters(), model.project(features), throat,
                                        *pass.generator);
  out.output = model.decode(out.signal.z, pass);
  return out;
}

Objective::Objective(const ObjectiveOptions& options, core::Key key)
    : options_(options), names_{"prediction"}, weights_(options.weights) {
  core::check_options(options, kWhere);
  core::find_member(prediction_terms(), options.prediction, kWhere);
  for (std::size_t begin = 0; begin <= options.rate.size();) {
    const std::size_t end = std::min(options.rate.find('+', begin), options.rate.size());
    names_.push_back(options.rate.substr(begin, end - begin));
    const RateTerm& term = core::find_member(rate_terms(), names_.back(), kWhere).make;
    if (term.bound != nullptr) {
      critics_.try_emplace(names_.back(), term.bound, options.critic_steps,
                           options.critic_learning_rate, key.split(names_.back()));
    }
    begin = end + 1;
  }
  if (weights_.empty()) weights_.assign(names_.size() - 1, 1.0);
  if (weights_.size() != names_.size() - 1) {
    core::fail_argument(kWhere, "expected {} weights for the rates '{}', got {}", names_.size() - 1,
                        options.rate, weights_.size());
  }
}

Tensor Objective::rate_term(const std::string& name, const Forward& forward) {
  const auto critic = critics_.find(name);
  if (critic != critics_.end()) return critic->second.nats(forward.x, forward.signal.z);
  return core::find_member(rate_terms(), name, kWhere).make.of(forward, options_);
}

Losses Objective::losses(const Model& model, const Forward& forward) {
  Losses out;
  out.prediction = core::find_member(prediction_terms(), options_.prediction, kWhere)
                       .make(model, forward, options_);
  std::vector<Tensor> terms = {out.prediction};
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    // A sample alone has no pairs: zero for every rate but the channel's.
    const bool none = forward.x.size(-2) < 2 && names_[k + 1] != "channel";
    terms.push_back(none ? torch::zeros_like(out.prediction) : rate_term(names_[k + 1], forward));
    const Tensor weighed = weights_[k] == 1 ? terms.back() : weights_[k] * terms.back();
    out.rate = k == 0 ? weighed : out.rate + weighed;
  }
  out.charged = form_of(out.rate, options_);
  out.terms = torch::stack(terms).detach();
  return out;
}

double Objective::rate(const std::vector<double>& terms) const {
  double out = 0;
  for (std::size_t k = 0; k < weights_.size(); ++k) out += weights_[k] * terms[k + 1];
  return out;
}

Tensor Objective::critic_state() const {
  std::vector<Tensor> parts;
  for (const auto& [name, critic] : critics_) {
    const Tensor state = critic.state();
    if (!state.defined()) return {};  // all take their first step together
    parts.push_back(torch::full({1}, static_cast<double>(state.size(0)), state.options()));
    parts.push_back(state);
  }
  return parts.empty() ? Tensor() : torch::cat(parts);
}

void Objective::set_critic_state(const Tensor& state) {
  std::int64_t at = 0;
  for (auto& [name, critic] : critics_) {
    const std::int64_t size = at < state.numel() ? state[at].item<std::int64_t>() : -1;
    if (size < 0 || at + 1 + size > state.numel()) {
      core::fail_data(kWhere, "expected the state of {} critics, got {} numbers", critics_.size(),
                      state.numel());
    }
    critic.set_state(state.narrow(0, at + 1, size));
    at += 1 + size;
  }
}

}  // namespace venturi::learn
