#include "venturi/app/rivals.hpp"

#include <zstd.h>

#include <cmath>

#include "venturi/data/image.hpp"
#include "venturi/learn/evaluate.hpp"

namespace venturi::app {
namespace {

using Pixels = core::MatrixOf<std::uint8_t>;  // height*width

std::vector<std::byte> jpeg_of(const Pixels& image, int quality) {
  return data::encode_jpeg({.height = static_cast<int>(image.rows()),
                            .width = static_cast<int>(image.cols()),
                            .channels = 1,
                            .pixels = {image.data(), image.data() + image.size()}},
                           quality);
}

Pixels pixels_of(core::Bytes jpeg) {
  const data::Image image = data::decode_image(jpeg);
  return Eigen::Map<const Pixels>(image.pixels.data(), image.height, image.width);
}

std::uint8_t pixel(float value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 1.0F) * 255));
}

// Image i of a data set; its edge repeated to `height`*`width`, so that no block sees a border.
Pixels image_of(const data::Dataset& images, core::Index i, core::Index height, core::Index width) {
  const core::Index h = images.shape[1];
  const core::Index w = images.shape[2];
  Pixels out(height, width);
  for (core::Index r = 0; r < height; ++r) {
    for (core::Index c = 0; c < width; ++c) {
      out(r, c) = pixel(images.x(i, std::min(r, h - 1) * w + std::min(c, w - 1)));
    }
  }
  return out;
}

void put_image(data::Dataset& images, core::Index i, const Pixels& tile) {
  const core::Index w = images.shape[2];
  for (core::Index r = 0; r < images.shape[1]; ++r) {
    for (core::Index c = 0; c < w; ++c) {
      images.x(i, r * w + c) = static_cast<float>(tile(r, c)) / 255.0F;
    }
  }
}

double accuracy_percent(const learn::Codec& reference, const data::Dataset& images) {
  const learn::Model& model = *reference.model;
  const auto evaluation = learn::evaluate(model, model.inputs(images.x),
                                          learn::targets(model, images), 0, core::Key(0));
  return 100 * (1 - evaluation.distortion);
}

// One file for each image. Returns bits per image; `decoded` takes what comes back.
double each(const data::Dataset& images, int quality, data::Dataset& decoded) {
  double bytes = 0;
  for (core::Index i = 0; i < images.size(); ++i) {
    const auto file = jpeg_of(image_of(images, i, images.shape[1], images.shape[2]), quality);
    bytes += static_cast<double>(file.size());
    put_image(decoded, i, pixels_of(file));
  }
  return 8 * bytes / static_cast<double>(images.size());
}

// All images as tiles of one picture, each tile filled up to whole 8*8 blocks.
double tiled(const data::Dataset& images, int quality, data::Dataset& decoded) {
  const core::Index h = (images.shape[1] + 7) / 8 * 8;
  const core::Index w = (images.shape[2] + 7) / 8 * 8;
  const auto across = static_cast<core::Index>(std::ceil(std::sqrt(images.size())));
  const core::Index down = (images.size() + across - 1) / across;
  Pixels picture = Pixels::Zero(down * h, across * w);
  for (core::Index i = 0; i < images.size(); ++i) {
    picture.block(i / across * h, i % across * w, h, w) = image_of(images, i, h, w);
  }
  const auto file = jpeg_of(picture, quality);
  const Pixels back = pixels_of(file);
  for (core::Index i = 0; i < images.size(); ++i) {
    put_image(decoded, i, back.block(i / across * h, i % across * w, h, w));
  }
  return 8 * static_cast<double>(file.size()) / static_cast<double>(images.size());
}

}  // namespace

double zstd_bits_per_image(const data::Dataset& images) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(images.x.size()));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = pixel(images.x.data()[i]);
  std::vector<std::uint8_t> out(ZSTD_compressBound(pixels.size()));
  constexpr int kLevel = 19;
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), pixels.data(), pixels.size(), kLevel);
  if (ZSTD_isError(size) != 0) core::fail_data("app.zstd", "{}", ZSTD_getErrorName(size));
  return 8 * static_cast<double>(size) / static_cast<double>(images.size());
}

std::vector<Rival> jpeg_rivals(const data::Dataset& images, const learn::Codec& reference,
                               const std::vector<int>& qualities) {
  if (images.shape.size() != 3 || images.shape[0] != 1) {
    core::fail_argument("app.jpeg_rivals", "expected images of one channel");
  }
  std::vector<Rival> out;
  data::Dataset decoded = images;
  for (const int quality : qualities) {
    const double in_one = tiled(images, quality, decoded);
    out.push_back({fmt::format("JPEG quality {}, all images in one file", quality), in_one,
                   accuracy_percent(reference, decoded)});
    const double alone = each(images, quality, decoded);
    out.push_back({fmt::format("JPEG quality {}, a file each", quality), alone,
                   accuracy_percent(reference, decoded)});
  }
  return out;
}

}  // namespace venturi::app
