// venturi/code/figures.hpp
//
// What the recipes of this room claim, measured: one function a paper, one Figure a promise.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

using core::Figure;

// A weight tensor as a matrix, its first axis by the rest.
struct WeightMatrix {
  std::uint64_t columns = 0;
  std::vector<float> values;
};

// vcllm: squared error of encode_tiles_to_rate() over that of rounding to nearest (2^b levels
// across each tensor's range, nothing else counted), at equal bits: 3 a value, and between whole
// numbers of bits against the next higher. Beside it one uniform step a tensor and a static law
// (encode_quantized), to tell what prediction, transform and context add. `quick`: 3 bits alone.
// InvalidArgument without weights.
std::vector<Figure> vcllm_figures(std::span<const WeightMatrix> weights, bool quick);

// equal-info-windows: the model is counted on the first nine tenths of `text`, the rest coded in
// windows of 16 bits, and by the same model in one arithmetic code. What a learner (codec
// "bytes-cm") saves on each tells whether there is anything to learn. `quick`: 2^20 bytes at most.
// InvalidArgument for fewer than 10,000 bytes.
std::vector<Figure> equal_info_windows_figures(core::Bytes text, bool quick);

}  // namespace venturi::code
