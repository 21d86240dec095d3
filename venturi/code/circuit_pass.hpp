// venturi/code/circuit_pass.hpp
//
// Inner header: passes over a hidden tree for a block of rows, and the flows of expectation
// maximisation. Tiles of kTile rows go through the whole tree, a thread a tile; transitions are
// lists of the edges that are not 0, so that a pass costs what is left of them.
#pragma once

#include <memory>
#include <vector>

#include "venturi/code/circuit.hpp"
#include "venturi/code/sparse_rows.hpp"

namespace venturi::code {

// Of each variable: a number an edge, in the order of HiddenTreePass::edges(), and levels*M.
struct SparseFlows {
  std::vector<std::vector<float>> transition;
  std::vector<core::MatrixF> leaf;
};

class HiddenTreePass {
 public:
  explicit HiddenTreePass(const HiddenTree& model);

  // Adds -log2 p of rows first .. first + count - 1 to bits[0 .. count), count <= kBlock.
  void up(const LevelView& x, core::Index first, core::Index count, double* bits);
  // up(), and the flows of these rows into `out`, on top of what is there; those of transitions
  // without their factor theta, which all rows have in common, but for the root's.
  void up_and_down(const LevelView& x, core::Index first, core::Index count, double* bits,
                   SparseFlows& out);

  // Edges of v from the states of its parent (the root's: from one state) to its own.
  SparseView<float> edges(int v) const { return by_parent_[v].view(); }
  SparseFlows no_flows() const;
  // Takes the transition of v anew; entries that were 0 when this was made stay 0.
  void refresh(int v);

  static constexpr core::Index kBlock = 512;

 private:
  struct Release {
    void operator()(float* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  using Messages = std::unique_ptr<float, Release>;

  void up_tile(const LevelView& x, core::Index first, core::Index row, core::Index rows,
               double* bits);
  void down_tile(core::Index row, core::Index rows);
  void add_flows(const LevelView& x, core::Index first, core::Index count, int v, SparseFlows& out);
  float* message(const Messages& of, int v, core::Index row) const {
    return of.get() + (v * kBlock + row) * model_.states;
  }

  const HiddenTree& model_;
  const CircuitKernels& kernels_ = circuit_kernels();
  std::vector<std::vector<int>> children_;
  std::vector<SparseRows<float>> by_parent_;
  std::vector<SparseRows<float>> by_own_;
  // Of each variable, kBlock*M in tiles: message of its subtree; what it says to its parent, then
  // the parent's posterior over that; its posterior.
  Messages subtree_;
  Messages edge_;
  Messages posterior_;
};

}  // namespace venturi::code
