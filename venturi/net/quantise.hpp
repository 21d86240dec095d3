// venturi/net/quantise.hpp
//
// Whole numbers for weights and edges as ONNX says them, QuantizeLinear and DequantizeLinear: what
// other runtimes read as a quantized model. How scales are best chosen is the room compress's
// question; here they are the largest value's (weights) or given (edges).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "venturi/net/graph.hpp"

namespace venturi::net {

// Floating-point weights of two dimensions or more whose names fit `names` become int8, one scale a
// slice of the first axis, s = max|w| / 127 (1 where all are 0), w ~ s round(w / s), behind a
// DequantizeLinear that writes the old name. A weight that is the graph's output stays. Returns how
// many. InvalidArgument before operator set 13, and for values that are not finite, named.
std::size_t quantise_weights(Model& model, std::string_view names = "*");

// Puts QuantizeLinear and DequantizeLinear (uint8) upon each edge named, over [low, high] widened
// to hold 0: s = (high - low) / 255, zero point round(-low / s). InvalidArgument for an edge that
// is not there or a range that is not finite or empty.
void quantise_edges(Model& model, const std::map<std::string, std::pair<double, double>>& ranges);

// The way back: weights behind a DequantizeLinear become floats; pairs of QuantizeLinear and
// DequantizeLinear become an Identity. Returns how many of both.
std::size_t dequantise(Model& model);

}  // namespace venturi::net
