#include "venturi/compress/feedback.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

// Upper triangular R with R R^T = h; undefined where h is not positive definite.
Tensor upper_root(const Tensor& h) {
  const auto [factor, info] = torch::linalg_cholesky_ex(h.flip({0, 1}).contiguous());
  if (info.item<int>() != 0) return {};
  return factor.flip({0, 1});
}

Tensor inverse_of_upper(const Tensor& r) {
  const Tensor one = torch::eye(r.size(0), r.options());
  return torch::linalg_solve_triangular(r, one, /*upper=*/true);
}

}  // namespace

Feedback prepare_feedback(const Tensor& second, const FeedbackOptions& options) {
  if (second.dim() != 2 || second.size(0) != second.size(1) || second.size(0) < 1) {
    core::fail_argument("compress.prepare_feedback", "expected a square matrix, got {} axes",
                        second.dim());
  }
  core::check_options(options, "compress.prepare_feedback");
  const torch::NoGradGuard no_grad;
  const std::int64_t n = second.size(0);
  Feedback out;
  Tensor h = second.detach().clone();
  Tensor diagonal = h.diagonal();
  if (!h.isfinite().all().item<bool>()) {
    out.remark = "second moments are not finite: rounded without feedback";
    h = torch::eye(n, h.options());
    diagonal = h.diagonal();
  }
  const Tensor dead = diagonal.le(0);
  diagonal.masked_fill_(dead, 1.0);  // a view: fills h
  out.order = options.by_activity ? diagonal.argsort(0, /*descending=*/true)
                                  : torch::arange(n, h.options().dtype(torch::kInt64));
  if (options.by_activity) h = h.index_select(0, out.order).index_select(1, out.order);
  out.dead = dead.index_select(0, out.order);
  const double mean = h.diagonal().mean().item<double>();
  out.damping = options.damping;
  for (;;) {
    Tensor damped = h.clone();
    damped.diagonal().add_(out.damping * mean);
    const Tensor root = upper_root(damped);
    if (root.defined()) out.u = inverse_of_upper(root);
    if (root.defined() && out.u.isfinite().all().item<bool>()) break;
    out.damping *= 10;
    if (out.damping > 1e6) {
      out.damping = 0;
      out.u = torch::eye(n, h.options());
      out.remark = "second moments cannot be factorized: rounded without feedback";
      return out;
    }
  }
  if (out.damping > options.damping) {
    out.remark = fmt::format("second moments are not positive definite: damping raised to {:g}",
                             out.damping);
  }
  return out;
}

Rounded round_with_feedback(const Tensor& matrix, const Feedback& feedback,
                            const RoundColumn& round, int block, const BeforeBlock& before) {
  const torch::NoGradGuard no_grad;
  const Tensor u = feedback.u;
  const std::int64_t n = u.size(0);
  if (matrix.dim() != 2 || matrix.size(1) != n) {
    core::fail_argument("compress.round_with_feedback", "expected a matrix of {} columns, got {}",
                        n, matrix.size(-1));
  }
  // A column of W is a row here, so that it is contiguous.
  Tensor w = matrix.detach().to(u.scalar_type()).t().index_select(0, feedback.order).contiguous();
  w.masked_fill_(feedback.dead.unsqueeze(1), 0.0);
  Tensor q = torch::empty_like(w);
  Tensor errors = torch::empty({std::min<std::int64_t>(block, n), w.size(1)}, w.options());
  const Tensor scaled = u / u.diagonal().unsqueeze(1);
  const Tensor order = feedback.order.to(torch::kCPU);
  const auto* column = order.data_ptr<std::int64_t>();
  Tensor loss = torch::zeros({}, w.options());
  for (std::int64_t begin = 0; begin < n; begin += block) {
    const std::int64_t end = std::min(begin + block, n);
    if (before) before(begin, w.slice(0, begin, end));
    for (std::int64_t i = begin; i < end; ++i) {
      const Tensor now = w.select(0, i);
      const Tensor to = q.select(0, i);
      round(column[i], i, now, to);
      Tensor error = errors.select(0, i - begin);
      torch::sub_out(error, now, to);
      if (i + 1 < end) {
        w.slice(0, i + 1, end).addr_(scaled.select(0, i).slice(0, i + 1, end), error, 1, -1);
      }
    }
    const Tensor e = errors.slice(0, 0, end - begin);
    loss += (e / u.diagonal().slice(0, begin, end).unsqueeze(1)).square().sum();
    if (end < n) {
      w.slice(0, end, n).addmm_(scaled.slice(0, begin, end).slice(1, end, n).t(), e, 1, -1);
    }
  }
  Tensor back = torch::empty_like(q);
  back.index_copy_(0, feedback.order, q);
  return {back.t().contiguous().to(matrix.scalar_type()), loss.item<double>()};
}

}  // namespace venturi::compress
