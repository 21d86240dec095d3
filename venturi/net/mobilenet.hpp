// venturi/net/mobilenet.hpp
//
// MobileNetV2: inverted residuals, a 1*1 convolution that widens t times, a 3*3 convolution of each
// channel by itself, and a 1*1 convolution that narrows again without a non-linearity.
// Source: Sandler, Howard, Zhu, Zhmoginov, Chen, CVPR 2018, arXiv:1801.04381, table 2; names of the
// parameters as in torchvision's mobilenet_v2.
#pragma once

#include "venturi/net/graph.hpp"

namespace venturi::net {

// Width 1. Input "image" (n*3*h*w, h and w of 32 or more), output "classifier.1" (n*classes),
// logits.
Model mobilenet_v2(core::Key key, std::int64_t classes = 1000);

}  // namespace venturi::net
