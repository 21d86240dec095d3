// venturi/code/circuit_pass.hpp
//
// Inner header: passes over a hidden tree for a block of rows, and the flows of expectation
// maximisation. Tiles of kTile rows go through the whole tree, a thread a tile.
#pragma once

#include <vector>

#include "venturi/code/circuit.hpp"

namespace venturi::code {

class HiddenTreePass {
 public:
  explicit HiddenTreePass(const HiddenTree& model);

  // Messages of rows first .. first + count - 1; adds their -log2 p to bits[0 .. count).
  void up(const LevelView& x, core::Index first, core::Index count, double* bits);
  // The rows of up(): their flows into `out`, on top of what is there.
  void down(const LevelView& x, core::Index first, core::Index count, HiddenTreeFlows& out);

  static constexpr core::Index kBlock = 512;
  static constexpr core::Index kTile = 128;

 private:
  void up_tile(const LevelView& x, core::Index first, core::Index row, core::Index rows,
               double* bits);
  void down_tile(core::Index row, core::Index rows);

  const HiddenTree& model_;
  std::vector<std::vector<int>> children_;
  // Of each variable, kBlock*M: message of its subtree; what it says to its parent, then the
  // parent's posterior over that; its posterior.
  std::vector<core::MatrixF> subtree_;
  std::vector<core::MatrixF> edge_;
  std::vector<core::MatrixF> posterior_;
};

}  // namespace venturi::code
