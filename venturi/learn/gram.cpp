#include "venturi/learn/gram.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;
using torch::autograd::AutogradContext;

class Gram : public torch::autograd::Function<Gram> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& u, const Tensor& v,
                        const Tensor& inverse) {
    const torch::NoGradGuard no_grad;
    const bool same = u.is_same(v);
    const Tensor centre = v.mean(-2, true);
    const Tensor a = u - centre;
    const Tensor b = same ? a : v - centre;
    Tensor k = torch::matmul(a, b.transpose(-1, -2)).mul_(-2);
    k.add_(a.square().sum(-1, true)).add_(b.square().sum(-1, true).transpose(-1, -2));
    if (same) k.diagonal(0, -2, -1).zero_();
    k.clamp_min_(0).mul_(-inverse).exp_();
    context->save_for_backward({u, v, k, inverse});
    return k;
  }

  static torch::autograd::variable_list backward(AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &u = saved[0], &v = saved[1];
    const Tensor w = gradients[0] * saved[2] * (2 * saved[3]);
    Tensor to_u, to_v;
    if (u.requires_grad()) to_u = torch::matmul(w, v) - w.sum(-1, true) * u;
    if (v.requires_grad()) {
      const Tensor t = w.transpose(-1, -2);
      to_v = torch::matmul(t, u) - t.sum(-1, true) * v;
    }
    return {to_u, to_v, {}};
  }
};

}  // namespace

Tensor gaussian_gram(const Tensor& u, const Tensor& v, const Tensor& inverse) {
  return Gram::apply(u, v, inverse);
}

Tensor spread_inverse(const Tensor& u, double multiple) {
  const torch::NoGradGuard no_grad;
  const Tensor variance = u.detach().var(-2, false, true).sum(-1, true);
  return (variance * (2 * multiple * multiple)).clamp_min(1e-12).reciprocal();
}

}  // namespace venturi::learn
