// venturi/net/vae.hpp
//
// A pair of convolutional networks for a variational autoencoder: the encoder halves the image
// twice and gives mean and log variance of z, the decoder doubles twice and gives logits of the
// pixels. Only the networks: drawing z and the bound on the likelihood belong to whoever trains
// them. Source: Kingma, Welling, ICLR 2014, arXiv:1312.6114 (the pair); strided convolutions as in
// Radford et al., ICLR 2016, arXiv:1511.06434.
#pragma once

#include "venturi/net/graph.hpp"

namespace venturi::net {

struct VaeOptions {
  std::int64_t channels = 1, height = 28, width = 28;  // height and width: multiples of 4
  std::int64_t units = 32;  // channels after the first halving, then twice
  std::int64_t code = 16;   // dimensions of z
};

struct VaePair {
  Model encoder;  // "image" (n*channels*height*width) -> "mean", "log_variance" (n*code)
  Model decoder;  // "z" (n*code) -> "pixels" (n*channels*height*width)
};

// InvalidArgument for sizes below 1, or a height or width that 4 does not divide.
VaePair vae(core::Key key, const VaeOptions& options = {});

}  // namespace venturi::net
