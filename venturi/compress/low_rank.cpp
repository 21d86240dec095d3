#include "venturi/compress/low_rank.hpp"

#include "venturi/core/error.hpp"

namespace venturi::compress {

using tensor::Tensor;

std::pair<Tensor, Tensor> low_rank(const Tensor& matrix, const Tensor& second, std::int64_t rank,
                                   double damping) {
  const std::int64_t most = std::min(matrix.size(0), matrix.size(1));
  if (rank < 1 || rank > most || second.size(0) != matrix.size(1)) {
    core::fail_argument("compress.low_rank", "expected a rank of 1 to {}, got {}", most, rank);
  }
  const torch::NoGradGuard no_grad;
  const Tensor h = second.to(torch::kFloat64);
  const double mean = std::max(h.diagonal().mean().item<double>(), 1e-300);
  Tensor root;
  for (double now = damping;; now *= 10) {
    Tensor damped = h.clone();
    damped.diagonal().add_(now * mean);
    const auto [factor, info] = torch::linalg_cholesky_ex(damped);
    root = factor;
    if (info.item<int>() == 0 && root.isfinite().all().item<bool>()) break;
    if (now > 1e6) {
      root = torch::eye(h.size(0), h.options());
      break;
    }
  }
  const Tensor w = matrix.to(torch::kFloat64);
  const auto [u, d, vt] = torch::linalg_svd(w.mm(root), /*full_matrices=*/false);
  const Tensor half = d.slice(0, 0, rank).sqrt();
  const Tensor left = u.slice(1, 0, rank) * half;
  const Tensor right = half.unsqueeze(1) * vt.slice(0, 0, rank);
  // right S^-1: solve S^T X^T = right^T, S^T upper triangular.
  const Tensor back =
      torch::linalg_solve_triangular(root.t().contiguous(), right.t().contiguous(), /*upper=*/true);
  return {left.to(torch::kFloat32), back.t().contiguous().to(torch::kFloat32)};
}

}  // namespace venturi::compress
