// venturi/net/resnet.hpp
//
// The residual networks for CIFAR-10: a 3*3 convolution to 16 channels, then three stages of
// (depth - 2) / 6 blocks with 16, 32 and 64 channels, the second and third beginning with stride 2,
// then the mean over the image and a linear layer. A block is two 3*3 convolutions, each with batch
// normalisation, and a shortcut around them; where the shape changes the shortcut takes every
// second pixel and pads the channels with zeros on both sides (option A, no parameters). Sources:
// He, Zhang, Ren, Sun, "Deep residual learning", CVPR 2016, arXiv:1512.03385, section 4.2; names of
// the parameters and the two-sided padding: github.com/akamaster/pytorch_resnet_cifar10.
#pragma once

#include "venturi/net/graph.hpp"

namespace venturi::net {

// depth = 6 m + 2, 8 to 1202 (InvalidArgument otherwise). Input "image" (n*image), output "linear"
// (n*classes), logits. The edges of a block are "layer2.0.conv1", ".bn1", ".relu1",
// ".conv2",
// ".bn2", ".add", ".relu2".
Model cifar_resnet(int depth, core::Key key, std::int64_t classes = 10,
                   const std::vector<std::int64_t>& image = {3, 32, 32});

}  // namespace venturi::net
