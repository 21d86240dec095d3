// venturi/code/tile_codec.hpp
//
// A matrix of weights coded as a picture: what intra coding of video does for tensors, without a
// video library. The values become a frame of whole numbers of 12 bits, cut into tiles of 8*8; each
// tile is predicted from its decoded neighbours (not at all, by their mean, along its rows, along
// its columns), the rest is transformed by a whole-number cosine transform or left as it is,
// divided by `step` and rounded, and coded bit by bit through range_coder.hpp under adaptive
// probabilities that depend on the magnitudes around. `step` is any fraction of the range: bits a
// value are fractional. Trained weights have little for prediction and transform to find; what they
// gain is that neighbours share a scale. Decoding is whole numbers up to one product and sum a
// value, the same everywhere. Cost O(n), some 100 ns a value.
// Source: C. Xu et al., "VcLLM: video codecs are secretly tensor codecs", arXiv 2407.00467 (tiles,
// intra prediction, transform, entropy coding; there 8-bit frames and H.264 or H.265); G. Sullivan
// et al., HEVC overview, IEEE TCSVT 2012, section IV.E (the transform's numbers).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

struct Tiles {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::vector<float> values;  // row-major
};

// `step` in parts of the range max - min of the values, 2^-12 to 1, kept to 2^-16. InvalidArgument
// unless the sizes fit, and the values and their range are finite.
std::vector<std::byte> encode_tiles(std::span<const float> values, std::uint64_t columns,
                                    double step);
// The smallest error within `bits` a value, by bisection of the step; some 14 encodings. If the
// coarsest step takes more, that one.
std::vector<std::byte> encode_tiles_to_rate(std::span<const float> values, std::uint64_t columns,
                                            double bits);
// Throws DataError, naming the offset, on what encode_tiles() does not write, or if there are more
// than `max_values`, or more than 2^15 for each byte.
Tiles decode_tiles(core::Bytes stream, std::uint64_t max_values = std::uint64_t{1} << 32);

}  // namespace venturi::code
