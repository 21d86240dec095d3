// venturi/report/network.hpp
//
// A network as boxes, one a layer, from top to bottom in the order in which they run: the left half
// of each box is coloured by the bits that it holds, the right half by the time that it takes.
// Lines lead from each box to those that read it; around boxes in between they go in lanes at the
// side.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace venturi::report {

struct NetworkLayer {
  std::string name;
  std::string kind;                 // "Conv"
  std::string shape;                // of what it writes
  double bits = 0;                  // held; 0: none, drawn without colour
  double seconds = 0;               // likewise
  std::vector<std::size_t> inputs;  // layers before it that it reads
};

struct NetworkPicture {
  std::string title;
  std::string note;
  std::vector<NetworkLayer> layers;
};

// Colours are logarithmic between the least and the most of each quantity. At most 400 layers are
// drawn, the rest is counted below. One well-formed SVG document, as high as it must be.
// InvalidArgument for an input that does not come before its layer, for bits or seconds that are
// negative or not finite. O(layers + lines).
std::string to_svg(const NetworkPicture& picture);

}  // namespace venturi::report
