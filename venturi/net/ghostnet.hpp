// venturi/net/ghostnet.hpp
//
// GhostNetV2. A ghost module makes half of its channels by a 1*1 convolution and the other half
// from those by a depthwise one, which costs little. Its first module in a bottleneck may be gated
// by decoupled attention: at half resolution, each channel's plane is mixed along its rows and then
// along its columns (depthwise 1*5 and 5*1 convolutions), and the sigmoid of that, enlarged again,
// multiplies what the module makes.
// Sources: Han et al., CVPR 2020, arXiv:1911.11907, table 1; Tang et al., NeurIPS 2022,
// arXiv:2211.12905, section 4 (attention in all but the first two bottlenecks).
#pragma once

#include "venturi/net/builder.hpp"
#include "venturi/net/graph.hpp"

namespace venturi::net {

struct GhostNetOptions {
  double width = 1;  // channels by it, rounded to 4
  std::int64_t classes = 1000;
  std::int64_t channels = 3;
  bool small_images = false;  // no halving in the stem and in the first stage: 28 or 32 pixels
  bool attention = true;      // false: plain ghost modules
};

// Input "image" (n*channels*h*w; h and w of 64 or more, 28 or more of small images), output
// "classifier" (n*classes), logits. InvalidArgument for a width outside of [0.05, 8] and counts
// below 1.
Model ghostnet_v2(core::Key key, const GhostNetOptions& options = {});

// The attention's two convolutions alone, along rows then columns, of x with so many channels:
// depthwise 1*5 and 5*1 as above, without normalisations. Edges "<name>.row", "<name>.column".
std::string decoupled_mixing(GraphBuilder& builder, const std::string& name, const std::string& x,
                             std::int64_t channels);

}  // namespace venturi::net
