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

Objective::Objective(const ObjectiveOptions& options)
    : options_(options), names_{"prediction"}, weights_(options.weights) {
  core::check_options(options, kWhere);
  core::find_member(prediction_terms(), options.prediction, kWhere);
  for (std::size_t begin = 0; begin <= options.rate.size();) {
    const std::size_t end = std::min(options.rate.find('+', begin), options.rate.size());
    names_.push_back(options.rate.substr(begin, end - begin));
    core::find_member(rate_terms(), names_.back(), kWhere);
    begin = end + 1;
  }
  if (weights_.empty()) weights_.assign(names_.size() - 1, 1.0);
  if (weights_.size() != names_.size() - 1) {
    core::fail_argument(kWhere, "expected {} weights for the rates '{}', got {}", names_.size() - 1,
                        options.rate, weights_.size());
  }
}

Losses Objective::losses(const Model& model, const Forward& forward) const {
  Losses out;
  out.prediction = core::find_member(prediction_terms(), options_.prediction, kWhere)
                       .make(model, forward, options_);
  std::vector<Tensor> terms = {out.prediction};
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    // A sample alone has no pairs: zero for every rate but the channel's.
    const bool none = forward.x.size(-2) < 2 && names_[k + 1] != "channel";
    terms.push_back(
        none ? torch::zeros_like(out.prediction)
             : core::find_member(rate_terms(), names_[k + 1], kWhere).make(forward, options_));
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

}  // namespace venturi::learn
