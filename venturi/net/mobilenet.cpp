#include "venturi/net/mobilenet.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"
#include "venturi/net/builder.hpp"

namespace venturi::net {
namespace {

// Convolution "<name>.0", batch normalisation "<name>.1", ReLU6 "<name>.2".
std::string unit(GraphBuilder& b, const std::string& name, const std::string& x,
                 const Convolution& shape) {
  const std::string y = b.convolution(name + ".0", x, shape);
  return b.node("Clip", name + ".2", {b.batch_norm(name + ".1", y, shape.out), "zero", "six"});
}

struct Block {
  std::int64_t in, out, stride, widening;
  bool linear;
};

std::string inverted_residual(GraphBuilder& b, const std::string& name, const std::string& x,
                              const Block& block) {
  const std::int64_t wide = block.in * block.widening;
  int part = 0;
  const auto next = [&] { return fmt::format("{}.conv.{}", name, part++); };
  std::string y = x;
  if (block.widening != 1) y = unit(b, next(), y, {.in = block.in, .out = wide});
  y = unit(
      b, next(), y,
      {.in = wide, .out = wide, .kernel = 3, .stride = block.stride, .padding = 1, .groups = wide});
  y = b.convolution(next(), y, {.in = wide, .out = block.out});
  y = b.batch_norm(next(), y, block.out);
  if (!block.linear) y = b.node("Clip", name + ".narrow", {y, "zero", "six"});
  return block.stride == 1 && block.in == block.out ? b.node("Add", name + ".add", {x, y}) : y;
}

// To a multiple of 8, the nearest that is not less than nine tenths.
std::int64_t rounded(double channels) {
  const auto near = std::max<std::int64_t>(8, static_cast<std::int64_t>(channels + 4) / 8 * 8);
  return static_cast<double>(near) < 0.9 * channels ? near + 8 : near;
}

}  // namespace

Model mobilenet_v2(core::Key key, const MobileNetOptions& options) {
  if (options.classes < 1 || options.channels < 1 || !(options.width >= 0.05) ||
      options.width > 8) {
    core::fail_argument("net.mobilenet_v2",
                        "expected classes and channels >= 1 and a width in [0.05, 8], got {}, {} "
                        "and {}",
                        options.classes, options.channels, options.width);
  }
  struct Stage {
    std::int64_t widening, channels, blocks, stride;
  };
  constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                              {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  GraphBuilder b("mobilenet_v2", key);
  std::string x = b.input("image", {-1, options.channels, -1, -1});
  b.constant("zero", torch::zeros({}));
  b.constant("six", torch::full({}, 6.0));
  std::int64_t in = rounded(32 * options.width);
  x = unit(b, "features.0", x,
           {.in = options.channels,
            .out = in,
            .kernel = 3,
            .stride = options.small_images ? 1 : 2,
            .padding = 1});
  int index = 1;
  for (const Stage& stage : stages) {
    const std::int64_t out = rounded(static_cast<double>(stage.channels) * options.width);
    const bool halves = stage.stride == 2 && !(options.small_images && stage.channels <= 24);
    for (std::int64_t i = 0; i < stage.blocks; ++i) {
      x = inverted_residual(b, fmt::format("features.{}", index++), x,
                            {.in = in,
                             .out = out,
                             .stride = i == 0 && halves ? 2 : 1,
                             .widening = stage.widening,
                             .linear = options.linear});
      in = out;
    }
  }
  const std::int64_t last = rounded(1280 * std::max(1.0, options.width));
  x = unit(b, fmt::format("features.{}", index), x, {.in = in, .out = last});
  x = b.node("Flatten", "flat", {b.node("GlobalAveragePool", "mean", {x})});
  x = b.linear("classifier.1", x, last, options.classes);
  return b.finish({{.name = x, .ranked = true, .shape = {-1, options.classes}}});
}

std::int64_t inverted_residual_multiply_adds(std::int64_t h, std::int64_t w, std::int64_t in,
                                             std::int64_t out, std::int64_t widening) {
  return h * w * widening * in * (in + 9 + out);
}

}  // namespace venturi::net
