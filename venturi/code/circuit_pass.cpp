#include "venturi/code/circuit_pass.hpp"

#include <algorithm>
#include <cmath>
#include <new>

namespace venturi::code {
namespace {

using core::Index;

// Stands for 0 where a message is divided by.
constexpr float kSmallest = 1e-30F;
// Children whose messages are multiplied before the product is scaled: it must not underflow.
constexpr int kUnscaled = 2;

struct Levels {
  std::uint8_t of[kTile];
};

// Of variable v; rows behind the last repeat it.
Levels levels_of(const LevelView& x, Index first, Index rows, int v) {
  Levels out;
  for (Index i = 0; i < kTile; ++i) out.of[i] = x(first + std::min(i, rows - 1), v);
  return out;
}

// The logarithms of the scales of a tile's rows, taken of eight of them at a time.
class Scales {
 public:
  Scales() { std::fill(product_, product_ + kTile, 1.0); }
  // What each row is to be multiplied by.
  void take(float* total) {
    for (Index i = 0; i < kTile; ++i) {
      const float safe = std::max(total[i], kSmallest);
      product_[i] *= safe;
      total[i] = 1 / safe;
    }
    if (++taken_ % 8 == 0) flush();
  }
  double bits(Index i) {
    flush();
    return bits_[i];
  }

 private:
  void flush() {
    for (Index i = 0; i < kTile; ++i) {
      bits_[i] -= std::log2(product_[i]);
      product_[i] = 1;
    }
  }
  double product_[kTile];
  double bits_[kTile] = {};
  int taken_ = 0;
};

}  // namespace

HiddenTreePass::HiddenTreePass(const HiddenTree& model)
    : model_(model), children_(model.tree.children()) {
  for (const core::MatrixF& t : model.transition) {
    by_parent_.emplace_back(t, false);
    by_own_.emplace_back(t, true);
  }
  const auto bytes =
      sizeof(float) * model.leaf.size() * static_cast<std::size_t>(kBlock * model.states);
  for (Messages* part : {&subtree_, &edge_, &posterior_}) {
    part->reset(static_cast<float*>(::operator new (bytes, std::align_val_t{64})));
  }
}

SparseFlows HiddenTreePass::no_flows() const {
  SparseFlows out;
  for (std::size_t v = 0; v < by_parent_.size(); ++v) {
    const auto edges = by_parent_[v].view();
    out.transition.emplace_back(edges.start[edges.rows], 0.0F);
    out.leaf.push_back(core::MatrixF::Zero(model_.levels, model_.states));
  }
  return out;
}

void HiddenTreePass::refresh(int v) {
  by_parent_[v].refresh(model_.transition[v]);
  by_own_[v].refresh(model_.transition[v]);
}

void HiddenTreePass::up_tile(const LevelView& x, Index first, Index row, Index rows, double* bits) {
  const Index m = model_.states;
  alignas(64) float total[kTile];
  Scales scales;
  for (auto at = model_.tree.order.rbegin(); at != model_.tree.order.rend(); ++at) {
    const int v = *at;
    float* own = message(subtree_, v, row);
    kernels_.gather(model_.leaf[v].data(), levels_of(x, first + row, rows, v).of, m, own);
    int left = 0;
    for (const int c : children_[v]) {
      kernels_.times(own, message(edge_, c, row), m, total);
      if (++left < kUnscaled && c != children_[v].back()) continue;
      left = 0;
      scales.take(total);
      kernels_.scale(own, total, m);
    }
    if (model_.tree.parent[v] >= 0) {
      kernels_.multiply(by_parent_[v].view(), own, message(edge_, v, row));
      continue;
    }
    std::fill(total, total + kTile, 0.0F);
    for (Index z = 0; z < m; ++z) {
      for (Index i = 0; i < kTile; ++i) {
        total[i] += own[z * kTile + i] *= model_.transition[v](0, z);
      }
    }
    scales.take(total);
    kernels_.scale(own, total, m);
  }
  for (Index i = 0; i < rows; ++i) bits[row + i] += scales.bits(i);
}

void HiddenTreePass::down_tile(Index row, Index rows) {
  const Index m = model_.states;
  alignas(64) float total[kTile];
  for (const int v : model_.tree.order) {
    float* own = message(posterior_, v, row);
    const float* below = message(subtree_, v, row);
    if (model_.tree.parent[v] < 0) {
      // The root's message holds its prior, scaled to sum to 1. Rows behind the last weigh nothing.
      for (Index k = 0; k < m * kTile; ++k) own[k] = k % kTile < rows ? below[k] : 0;
      continue;
    }
    float* edge = message(edge_, v, row);
    kernels_.divide(edge, message(posterior_, model_.tree.parent[v], row), m);
    kernels_.multiply(by_own_[v].view(), edge, own);
    kernels_.times(own, below, m, total);
  }
}

void HiddenTreePass::add_flows(const LevelView& x, Index first, Index count, int v,
                               SparseFlows& out) {
  const SparseView<float> list = edges(v);
  for (Index row = 0; row < count; row += kTile) {
    const float* own = message(posterior_, v, row);
    const Levels levels = levels_of(x, first + row, std::min(kTile, count - row), v);
    kernels_.scatter(own, levels.of, model_.states, out.leaf[v].data());
    if (model_.tree.parent[v] >= 0) {
      kernels_.flows(list, message(edge_, v, row), message(subtree_, v, row),
                     out.transition[v].data());
      continue;
    }
    for (std::uint32_t i = 0; i < list.start[1]; ++i) {
      for (Index r = 0; r < kTile; ++r) {
        out.transition[v][i] += own[list.column[i] * kTile + r];
      }
    }
  }
}

void HiddenTreePass::up(const LevelView& x, Index first, Index count, double* bits) {
#pragma omp parallel for schedule(static)
  for (Index row = 0; row < count; row += kTile) {
    up_tile(x, first, row, std::min(kTile, count - row), bits);
  }
}

void HiddenTreePass::up_and_down(const LevelView& x, Index first, Index count, double* bits,
                                 SparseFlows& out) {
#pragma omp parallel for schedule(static)
  for (Index row = 0; row < count; row += kTile) {
    const Index rows = std::min(kTile, count - row);
    up_tile(x, first, row, rows, bits);
    down_tile(row, rows);
  }
#pragma omp parallel for schedule(dynamic, 8)
  for (int v = 0; v < model_.tree.size(); ++v) add_flows(x, first, count, v, out);
}

}  // namespace venturi::code
