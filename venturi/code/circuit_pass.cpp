#include "venturi/code/circuit_pass.hpp"

#include <cblas.h>

#include <cmath>

namespace venturi::code {
namespace {

using core::Index;

// Stands for 0 where a message is divided by.
constexpr float kSmallest = 1e-30F;
// Children whose messages are multiplied before the product is scaled: it must not underflow.
constexpr int kUnscaled = 4;

// Divides by `total`; its logarithm.
double rescale(Eigen::Map<Eigen::ArrayXf>& message, float total) {
  total = std::max(total, kSmallest);
  message *= 1 / total;
  return std::log2(static_cast<double>(total));
}

// out (rows*m) = a (rows*k) b (k*m) or a b^T.
void product(const float* a, Index rows, Index k, const core::MatrixF& b, bool transposed,
             float* out) {
  const auto m = static_cast<int>(transposed ? b.rows() : b.cols());
  cblas_sgemm(CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans,
              static_cast<int>(rows), m, static_cast<int>(k), 1.0F, a, static_cast<int>(k),
              b.data(), static_cast<int>(b.cols()), 0.0F, out, m);
}

}  // namespace

void HiddenTreeFlows::resize_like(const HiddenTree& model) {
  transition.resize(model.transition.size());
  leaf.resize(model.leaf.size());
  for (std::size_t v = 0; v < leaf.size(); ++v) {
    transition[v].setZero(model.transition[v].rows(), model.transition[v].cols());
    leaf[v].setZero(model.leaf[v].rows(), model.leaf[v].cols());
  }
}

HiddenTreePass::HiddenTreePass(const HiddenTree& model)
    : model_(model), children_(model.tree.children()) {
  for (auto* part : {&subtree_, &edge_, &posterior_}) {
    part->assign(model.leaf.size(), core::MatrixF(kBlock, model.states));
  }
}

void HiddenTreePass::up_tile(const LevelView& x, Index first, Index row, Index rows, double* bits) {
  const Index m = model_.states;
  for (auto at = model_.tree.order.rbegin(); at != model_.tree.order.rend(); ++at) {
    const int v = *at;
    const bool root = model_.tree.parent[v] < 0;
    for (Index i = row; i < row + rows; ++i) {
      Eigen::Map<Eigen::ArrayXf> message(subtree_[v].data() + i * m, m);
      message = model_.leaf[v].row(x(first + i, v)).array().transpose();
      double scale = 0;
      int left = kUnscaled;
      for (const int c : children_[v]) {
        message *= Eigen::Map<const Eigen::ArrayXf>(edge_[c].data() + i * m, m);
        if (--left == 0) {
          scale += rescale(message, message.maxCoeff());
          left = kUnscaled;
        }
      }
      if (root) message *= model_.transition[v].row(0).array().transpose();
      bits[i] -= scale + rescale(message, root ? message.sum() : message.maxCoeff());
    }
    if (!root) {
      product(subtree_[v].data() + row * m, rows, m, model_.transition[v], true,
              edge_[v].data() + row * m);
    }
  }
}

void HiddenTreePass::down_tile(Index row, Index rows) {
  const Index m = model_.states;
  const Index n = rows * m;
  for (const int v : model_.tree.order) {
    Eigen::Map<Eigen::ArrayXf> own(posterior_[v].data() + row * m, n);
    const Eigen::Map<const Eigen::ArrayXf> below(subtree_[v].data() + row * m, n);
    if (model_.tree.parent[v] < 0) {
      own = below;  // the root's message holds its prior, scaled to sum to 1
      continue;
    }
    Eigen::Map<Eigen::ArrayXf> edge(edge_[v].data() + row * m, n);
    const float* above = posterior_[model_.tree.parent[v]].data() + row * m;
    edge = Eigen::Map<const Eigen::ArrayXf>(above, n) / edge.max(kSmallest);
    product(edge_[v].data() + row * m, rows, m, model_.transition[v], false, own.data());
    own *= below;
  }
}

void HiddenTreePass::up(const LevelView& x, Index first, Index count, double* bits) {
#pragma omp parallel for schedule(static)
  for (Index row = 0; row < count; row += kTile) {
    up_tile(x, first, row, std::min(kTile, count - row), bits);
  }
}

void HiddenTreePass::down(const LevelView& x, Index first, Index count, HiddenTreeFlows& out) {
#pragma omp parallel for schedule(static)
  for (Index row = 0; row < count; row += kTile) down_tile(row, std::min(kTile, count - row));
  const Index m = model_.states;
#pragma omp parallel for schedule(dynamic, 8)
  for (int v = 0; v < model_.tree.size(); ++v) {
    for (Index i = 0; i < count; ++i) {
      out.leaf[v].row(x(first + i, v)) += posterior_[v].row(i);
    }
    if (model_.tree.parent[v] < 0) {
      out.transition[v] += posterior_[v].topRows(count).colwise().sum();
      continue;
    }
    // Without the factor theta itself, which is common to all rows.
    const auto size = static_cast<int>(m);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, size, size, static_cast<int>(count), 1.0F,
                edge_[v].data(), size, subtree_[v].data(), size, 1.0F, out.transition[v].data(),
                size);
  }
}

}  // namespace venturi::code
