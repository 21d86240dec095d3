// venturi/net/reversible.hpp
//
// Reversible blocks. The channels of x are two halves, and
//   y1 = x1 + F(x2),  y2 = x2 + G(y1)    is undone by    x2 = y2 - G(y1),  x1 = y1 - F(x2),
// so that a chain of them need keep only its last output: gradients first compute each block's
// input from its output, then the block again. Activations then take the same memory whatever the
// depth, for about one forward pass more. Sources: Gomez, Ren, Urtasun, Grosse, NeurIPS 2017,
// arXiv:1707.04585; with mobile inverted bottlenecks in a 3-D U-Net: Pendse, Thangarasa, Chiley,
// Holmdahl, Hestness, DeCoste, BrainLes 2020, arXiv:2104.09648.
#pragma once

#include <vector>

#include "venturi/net/executor.hpp"

namespace venturi::net {

// Two modules of one input and one output, of the same shape.
struct ReversiblePair {
  Model f, g;
};

// The chain as one ordinary graph: input "x" (n*channels*...), output the last block's. Weights are
// named "blocks.<i>.f/<name>", "blocks.<i>.g/<name>". InvalidArgument for an odd or unknown number
// of channels, no block, or modules of another form or operator set.
Model reversible_graph(const std::vector<ReversiblePair>& blocks, const Port& input);

class ReversibleChain {
 public:
  explicit ReversibleChain(const std::vector<ReversiblePair>& blocks,
                           const ExecutorOptions& options = {});

  // x (n*channels*...), an even number of channels (DataError otherwise). With `recompute` only the
  // output is kept for the gradients, else every edge is. The values are the same either way, the
  // gradients up to the rounding with which blocks are undone.
  tensor::Tensor run(const tensor::Tensor& x, bool recompute = true) const;
  // All weights that gradients may reach, block by block; make them require gradients.
  std::vector<tensor::Tensor> weights() const;

 private:
  friend struct ReversibleFunction;
  tensor::Tensor run_plain(const tensor::Tensor& x, bool gradients) const;
  struct Block {
    Executor f, g;
    std::vector<tensor::Tensor> f_weights, g_weights;
  };
  std::vector<Block> blocks_;
};

// A mobile inverted bottleneck of `channels` in and out, `dimensions` of space: 1*1 widening by
// `widening`, 3*3 (*3) depthwise, 1*1 back, each normalised over the positions of a channel, ReLU6
// after the first two.
Model inverted_bottleneck(core::Key key, std::int64_t channels, std::int64_t widening,
                          std::size_t dimensions);

}  // namespace venturi::net
