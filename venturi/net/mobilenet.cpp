#include "venturi/net/mobilenet.hpp"

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

std::string inverted_residual(GraphBuilder& b, const std::string& name, const std::string& x,
                              std::int64_t in, std::int64_t out, std::int64_t stride,
                              std::int64_t widening) {
  const std::int64_t wide = in * widening;
  int part = 0;
  const auto next = [&] { return fmt::format("{}.conv.{}", name, part++); };
  std::string y = x;
  if (widening != 1) y = unit(b, next(), y, {.in = in, .out = wide});
  y = unit(b, next(), y,
           {.in = wide, .out = wide, .kernel = 3, .stride = stride, .padding = 1, .groups = wide});
  y = b.convolution(next(), y, {.in = wide, .out = out});
  y = b.batch_norm(next(), y, out);
  return stride == 1 && in == out ? b.node("Add", name + ".add", {x, y}) : y;
}

}  // namespace

Model mobilenet_v2(core::Key key, std::int64_t classes) {
  if (classes < 1)
    core::fail_argument("net.mobilenet_v2", "expected classes >= 1, got {}", classes);
  struct Stage {
    std::int64_t widening, channels, blocks, stride;
  };
  constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                              {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  GraphBuilder b("mobilenet_v2", key);
  std::string x = b.input("image", {-1, 3, -1, -1});
  b.constant("zero", torch::zeros({}));
  b.constant("six", torch::full({}, 6.0));
  x = unit(b, "features.0", x, {.in = 3, .out = 32, .kernel = 3, .stride = 2, .padding = 1});
  std::int64_t in = 32;
  int index = 1;
  for (const Stage& stage : stages) {
    for (std::int64_t i = 0; i < stage.blocks; ++i) {
      x = inverted_residual(b, fmt::format("features.{}", index++), x, in, stage.channels,
                            i == 0 ? stage.stride : 1, stage.widening);
      in = stage.channels;
    }
  }
  x = unit(b, fmt::format("features.{}", index), x, {.in = in, .out = 1280});
  x = b.node("Flatten", "flat", {b.node("GlobalAveragePool", "mean", {x})});
  x = b.linear("classifier.1", x, 1280, classes);
  return b.finish({{.name = x, .ranked = true, .shape = {-1, classes}}});
}

}  // namespace venturi::net
