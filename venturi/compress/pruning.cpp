#include "venturi/compress/pruning.hpp"

#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

constexpr int kBlock = 128;

// True where a weight goes: the `count` of least score.
Tensor least(const Tensor& score, std::int64_t count) {
  Tensor mask = torch::zeros({score.numel()}, score.options().dtype(torch::kBool));
  if (count > 0) mask.index_fill_(0, score.flatten().argsort().slice(0, 0, count), true);
  return mask.reshape(score.sizes());
}

void check_share(double share) {
  if (!(share >= 0) || share > 1) {
    core::fail_argument("compress.prune", "expected a share in [0, 1], got {}", share);
  }
}

}  // namespace

Tensor prune_by_magnitude(const Tensor& matrix, double share) {
  check_share(share);
  const auto count = std::llround(share * static_cast<double>(matrix.numel()));
  return matrix.masked_fill(least(matrix.abs(), count), 0.0);
}

Rounded sparse_gpt(const Tensor& matrix, const Feedback& feedback, const Sparsity& sparsity,
                   const RoundColumn& round) {
  check_share(sparsity.share);
  const bool grouped = sparsity.of > 0;
  if (grouped && (sparsity.zeros < 0 || sparsity.zeros > sparsity.of || kBlock % sparsity.of != 0 ||
                  matrix.size(1) % sparsity.of != 0)) {
    core::fail_argument("compress.sparse_gpt", "{} of {} do not fit {} columns", sparsity.zeros,
                        sparsity.of, matrix.size(1));
  }
  const Tensor diagonal = feedback.u.diagonal();
  Tensor mask;  // of the columns from `first`
  std::int64_t first = 0;
  const auto score = [&](std::int64_t place, const Tensor& block) {
    return (block / diagonal.slice(0, place, place + block.size(0)).unsqueeze(1)).square();
  };
  // n of m looks at the weights as feedback has left them, so it cannot be done a block ahead: the
  // block here is m columns.
  const int block = grouped ? sparsity.of : kBlock;
  const auto before = [&](std::int64_t place, const Tensor& now) {
    first = place;
    const Tensor s = score(place, now);
    if (!grouped) {
      mask = least(s, std::llround(sparsity.share * static_cast<double>(s.numel())));
      return;
    }
    mask = torch::zeros_like(s, s.options().dtype(torch::kBool));
    if (sparsity.zeros > 0) mask.scatter_(0, s.argsort(0, false).slice(0, 0, sparsity.zeros), true);
  };
  const auto masked = [&](std::int64_t column, std::int64_t place, const Tensor& w,
                          const Tensor& q) {
    if (round) {
      round(column, place, w, q);
    } else {
      q.copy_(w);
    }
    q.masked_fill_(mask.select(0, place - first), 0.0);
  };
  return round_with_feedback(matrix, feedback, masked, block, before);
}

}  // namespace venturi::compress
