#include "venturi/learn/critic_rate.hpp"

namespace venturi::learn {

using tensor::Tensor;

CriticRate::CriticRate(std::string_view bound, int steps, double learning_rate, core::Key key)
    : bound_(core::find_member(bounds(), bound, "learn.CriticRate").make),
      options_{.learning_rate = learning_rate},
      steps_(steps),
      key_(key) {}

Tensor CriticRate::nats(const Tensor& x, const Tensor& z) {
  const bool copies = z.dim() == 3;
  const Tensor held = copies ? x : x.unsqueeze(0), code = copies ? z : z.unsqueeze(0);
  if (!critic_) {
    critic_ = std::make_unique<NeuralBound>(bound_, options_, code.size(0), held.size(2),
                                            code.size(2), key_, z.device());
  }
  if (pending_.defined()) {
    critic_->set_state(pending_);
    pending_ = Tensor();
  }
  // What the model's own step has left there.
  critic_->parameters().flat_gradient().zero_();
  const Tensor fixed = code.detach();
  for (int s = 0; s < steps_; ++s) critic_->step(held, fixed, key_);
  const Tensor out = critic_->value(held, code);
  return copies ? out : out.squeeze(0);
}

Tensor CriticRate::state() const {
  if (pending_.defined()) return pending_;
  return critic_ ? critic_->state() : Tensor();
}

}  // namespace venturi::learn
