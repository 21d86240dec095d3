// venturi/net/reversible_unet.hpp
//
// A 3-D U-Net whose every level is a chain of reversible inverted bottlenecks (reversible.hpp), and
// what its recipe claims. Source: Pendse et al., BrainLes 2020, arXiv:2104.09648.
#pragma once

#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/net/reversible.hpp"

namespace venturi::net {

// A small 3-D U-Net of `levels`: at each, a chain of `depth` reversible blocks of inverted
// bottlenecks on the way down, halving between, and on the way up, doubling and adding what came
// down. Weights of each part are leaves; see weights().
class ReversibleUnet {
 public:
  // in, out: channels of image and answer; channels: of the first level, twice as many a level
  // below; a multiple of 2. InvalidArgument for others, or levels or depth below 1.
  struct Shape {
    std::int64_t in = 1, out = 2, channels = 8;
    int levels = 2, depth = 2;
  };
  ReversibleUnet(core::Key key, const Shape& shape, torch::ScalarType type = torch::kFloat32);

  // n*in*d*h*w, sides multiples of 2^(levels-1), to n*out*d*h*w.
  tensor::Tensor run(const tensor::Tensor& x, bool recompute = true) const;
  std::vector<tensor::Tensor> weights() const;

 private:
  std::vector<Executor> plain_;          // stem, a halving a level, a doubling a level, head
  std::vector<ReversibleChain> chains_;  // down, then up
  int levels_;
};

// What the recipe reversible-mbconv-unet holds: gradients of the U-Net with recomputation against
// those with stored activations (double and float32, largest difference by the largest gradient),
// and the memory of one level's activations at several depths, counted. About a minute.
std::vector<core::Figure> reversible_figures(core::Key key, bool quick);

}  // namespace venturi::net
