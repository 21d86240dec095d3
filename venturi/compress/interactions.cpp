#include "venturi/compress/interactions.hpp"

#include "venturi/compress/rounding.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {

using tensor::Tensor;

Tensor interactions(const Subject& subject, const std::vector<CodedMatrix>& coded,
                    std::int64_t samples) {
  const auto& nodes = subject.nodes();
  if (coded.size() != nodes.size()) {
    core::fail_argument("compress.interactions", "expected {} matrices, got {}", nodes.size(),
                        coded.size());
  }
  const torch::NoGradGuard no_grad;
  const Tensor y = subject.outputs().slice(0, 0, samples).to(torch::kFloat64);
  const Tensor p = y.softmax(1);
  std::vector<Tensor> changes;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    net::Model changed = subject.model();
    Tensor& weight = changed.weights[nodes[k].weight];
    weight = net::from_matrix_of(nodes[k], to_tensor(coded[k]), weight);
    const Tensor d = subject.outputs_of(changed, samples).to(torch::kFloat64) - y;
    // d^T F d' = sum_c p_c (d_c - p.d)(d'_c - p.d')
    changes.push_back(((d - (p * d).sum(1, true)) * p.sqrt()).flatten());
  }
  const Tensor all = torch::stack(changes);
  return all.mm(all.t()) / (2.0 * static_cast<double>(y.size(0)));
}

}  // namespace venturi::compress
