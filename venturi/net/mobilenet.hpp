// venturi/net/mobilenet.hpp
//
// MobileNetV2: inverted residuals, a 1*1 convolution that widens t times, a 3*3 convolution of each
// channel by itself, and a 1*1 convolution that narrows again without a non-linearity.
// Source: Sandler, Howard, Zhu, Zhmoginov, Chen, CVPR 2018, arXiv:1801.04381, table 2; names of the
// parameters as in torchvision's mobilenet_v2.
#pragma once

#include "venturi/net/graph.hpp"

namespace venturi::net {

struct MobileNetOptions {
  double width = 1;  // channels by it, rounded to 8 and to at most a tenth less; the last no less
                     // than 1280
  std::int64_t classes = 1000;
  std::int64_t channels = 3;  // of the image
  bool small_images = false;  // no halving in the stem and in the stage of 24 channels: for images
                              // of 28 or 32 pixels
  bool linear = true;         // false: ReLU6 after the narrow convolutions too
};

// Input "image" (n*channels*h*w; h and w of 32 or more, or 28 or more of small images), output
// "classifier.1" (n*classes), logits. InvalidArgument for a width outside of [0.05, 8] and counts
// below 1.
Model mobilenet_v2(core::Key key, const MobileNetOptions& options = {});

// Multiply-adds of one inverted residual of stride 1 at h*w positions, table 1 and section 3.3:
//   h w t in (in + k^2 + out), k = 3.
std::int64_t inverted_residual_multiply_adds(std::int64_t h, std::int64_t w, std::int64_t in,
                                             std::int64_t out, std::int64_t widening);

}  // namespace venturi::net
