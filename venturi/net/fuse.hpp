// venturi/net/fuse.hpp
//
// Activations in parts, as exporters write them, into the operators that they are.
#pragma once

#include <cstddef>

#include "venturi/net/graph.hpp"

namespace venturi::net {

// Products of these factors, in any order and bracketing, where the graph's operator set has the
// operator (its number in brackets):
//   x, 1 + erf(x / sqrt 2), 1/2          -> Gelu (20)
//   x, clip(x + 3, 0, 6), 1/6            -> HardSwish (14)
//   x, hard sigmoid (1/6 x + 1/2)        -> HardSwish (14)
//   x, tanh(softplus(x))                 -> Mish (18)
// Only where nobody else reads the parts. Constants must be parameters (fold_constants) and lie
// within 1e-6 of the value. Returns how many were found. O(nodes).
std::size_t fuse_activations(Model& model);

}  // namespace venturi::net
