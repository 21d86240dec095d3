// venturi/app/rivals.hpp
//
// Sending the images themselves, for comparison: losslessly (zstd) and as JPEG, in the two ways
// that frame what JPEG can do for small images: a file each, and all images tiled into one file,
// where headers and tables are shared and cost nothing per image.
#pragma once

#include "venturi/app/results.hpp"

namespace venturi::app {

// Bits per image of all pixels (u8) in one zstd stream at level 19.
double zstd_bits_per_image(const data::Dataset& images);

// For each quality: the images through JPEG, then through `reference`, a model without a throat.
// images: one channel, else InvalidArgument.
std::vector<Rival> jpeg_rivals(const data::Dataset& images, const learn::Codec& reference,
                               const std::vector<int>& qualities);

}  // namespace venturi::app
