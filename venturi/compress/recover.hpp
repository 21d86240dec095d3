// venturi/compress/recover.hpp
//
// Training after rounding, at the same size: the levels are kept on their steps while the weights
// move. Each step runs the network with its rounded weights, and moves float copies by the gradient
// with respect to those (straight-through); a copy's level is the nearest. The loss is
//   KL(p || p') in nats, p of the trained network (distillation), no labels.
// Biases move as well; quantised edges pass gradients straight on. Every few steps the file is
// measured: where it outgrows `most_bytes`, levels are rounded towards 0 by a little more (a dead
// zone d: |x| goes to the whole number below |x| - d + 1/2), and by less again where there is room.
// Matrices of other ways than `steps` stay as they are.
// Sources: Hinton et al., arXiv:1503.02531; Bengio et al., arXiv:1308.3432 (straight-through).
// Cost: three runs of the network a sample and epoch.
#pragma once

#include "venturi/compress/subject.hpp"

namespace venturi::compress {

struct RecoverOptions {
  int epochs = 1;
  std::int64_t batch = 32;
  double learning_rate = 2e-4;  // of Adam, falling to 0 along a half cosine
  tensor::Device device = torch::kCPU;
};

// x: n training inputs. Changes `model` in place; the file is at most `most_bytes`.
void recover(const Subject& subject, const tensor::Tensor& x, std::int64_t most_bytes,
             const RecoverOptions& options, core::Key key, CompressedModel& model,
             core::Monitor& monitor = core::silent());

}  // namespace venturi::compress
