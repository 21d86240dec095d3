// venturi/data/image.hpp
//
// PNG and JPEG, through libpng and libjpeg: decoded to u8, and written again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::data {

// height*width*channels, row-major; one channel (grey) or three (RGB).
struct Image {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;
};

struct ImageLimits {
  int most_edge = 1 << 16;
  std::int64_t most_pixels = std::int64_t{1} << 26;
};

// By the first bytes of the file. Palettes and 16 bits are turned to 8 bits, transparency is
// dropped, JPEG of other than grey or YCbCr/RGB colours is refused. DataError for broken files and
// for sizes past the limits, which are checked before memory is taken.
Image decode_image(core::Bytes file, const ImageLimits& limits = {});
Image read_image(const std::filesystem::path& path, const ImageLimits& limits = {});

// quality: 1 (smallest) to 100, libjpeg's scale; colours are halved in both directions (4:2:0).
// InvalidArgument for an image whose sizes do not agree, or edges past 65,500 (JPEG),
// 2^24 (PNG), or none.
std::vector<std::byte> encode_jpeg(const Image& image, int quality);
std::vector<std::byte> encode_png(const Image& image);

}  // namespace venturi::data
