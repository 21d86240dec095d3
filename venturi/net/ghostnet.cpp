#include "venturi/net/ghostnet.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"

namespace venturi::net {
namespace {

constexpr std::int64_t kAcross = 5;  // of the attention's convolutions

// A depthwise convolution of height*width, as large an output as input.
std::string depthwise(GraphBuilder& b, const std::string& name, const std::string& x,
                      std::int64_t channels, std::int64_t height, std::int64_t width) {
  return b.node("Conv", name,
                {x, b.weight(name + ".weight", {channels, 1, height, width}, height * width)},
                integer_attributes({{"kernel_shape", {height, width}},
                                    {"pads", {height / 2, width / 2, height / 2, width / 2}}},
                                   {{"group", channels}}));
}

struct Module {
  std::int64_t in, out;
  bool relu = true;
  bool attention = false;
};

// Half of the channels by a 1*1 convolution, half from those.
std::string ghost(GraphBuilder& b, const std::string& name, const std::string& x,
                  const Module& module) {
  const std::int64_t half = (module.out + 1) / 2;
  const auto activated = [&](const std::string& y, const char* what) {
    return module.relu ? b.node("Relu", name + what, {y}) : y;
  };
  std::string first = b.convolution(name + ".primary", x, {.in = module.in, .out = half});
  first = activated(b.batch_norm(name + ".primary_norm", first, half), ".primary_relu");
  std::string cheap = depthwise(b, name + ".cheap", first, half, 3, 3);
  cheap = activated(b.batch_norm(name + ".cheap_norm", cheap, half), ".cheap_relu");
  std::string y =
      b.node("Concat", name + ".both", {first, cheap}, integer_attributes({}, {{"axis", 1}}));
  if (2 * half != module.out) {
    y = b.node("Slice", name + ".used",
               {y, b.integers(name + ".begin", {0}), b.integers(name + ".end", {module.out}),
                b.integers(name + ".axis", {1})});
  }
  if (!module.attention) return y;
  std::string gate = b.node("AveragePool", name + ".pool", {x},
                            integer_attributes({{"kernel_shape", {2, 2}}, {"strides", {2, 2}}}));
  gate = b.convolution(name + ".gate", gate, {.in = module.in, .out = module.out});
  gate = b.batch_norm(name + ".gate_norm", gate, module.out);
  gate = depthwise(b, name + ".row", gate, module.out, 1, kAcross);
  gate = b.batch_norm(name + ".row_norm", gate, module.out);
  gate = depthwise(b, name + ".column", gate, module.out, kAcross, 1);
  gate = b.node("Sigmoid", name + ".open", {b.batch_norm(name + ".column_norm", gate, module.out)});
  Attributes nearest = integer_attributes({}, {});
  nearest.set("mode", std::string("nearest"));
  nearest.set("coordinate_transformation_mode", std::string("asymmetric"));
  nearest.set("nearest_mode", std::string("floor"));
  // To the module's own size, whatever the image's.
  const std::string sizes = b.node("Shape", name + ".sizes", {y});
  gate = b.node("Resize", name + ".enlarged", {gate, "", "", sizes}, std::move(nearest));
  return b.node("Mul", name + ".gated", {y, gate});
}

std::string squeeze_excite(GraphBuilder& b, const std::string& name, const std::string& x,
                           std::int64_t channels) {
  const std::int64_t less = std::max<std::int64_t>(4, (channels / 4 + 2) / 4 * 4);
  std::string y = b.node("GlobalAveragePool", name + ".mean", {x});
  y = b.convolution(name + ".reduce", y, {.in = channels, .out = less, .bias = true});
  y = b.node("Relu", name + ".relu", {y});
  y = b.convolution(name + ".expand", y, {.in = less, .out = channels, .bias = true});
  Attributes gate;
  gate.set("alpha", 1.0 / 6);
  return b.node("Mul", name + ".scaled", {x, b.node("HardSigmoid", name + ".gate", {y}, gate)});
}

struct Bottleneck {
  std::int64_t in, hidden, out, kernel, stride;
  bool excite, attention;
};

std::string halved(GraphBuilder& b, const std::string& name, const std::string& x,
                   std::int64_t channels, const Bottleneck& block) {
  const std::string y = b.convolution(name, x,
                                      {.in = channels,
                                       .out = channels,
                                       .kernel = block.kernel,
                                       .stride = block.stride,
                                       .padding = block.kernel / 2,
                                       .groups = channels});
  return b.batch_norm(name + "_norm", y, channels);
}

std::string bottleneck(GraphBuilder& b, const std::string& name, const std::string& x,
                       const Bottleneck& block) {
  std::string y = ghost(b, name + ".ghost1", x,
                        {.in = block.in, .out = block.hidden, .attention = block.attention});
  if (block.stride > 1) y = halved(b, name + ".halved", y, block.hidden, block);
  if (block.excite) y = squeeze_excite(b, name + ".excite", y, block.hidden);
  y = ghost(b, name + ".ghost2", y, {.in = block.hidden, .out = block.out, .relu = false});
  std::string around = x;
  if (block.in != block.out || block.stride > 1) {
    around = halved(b, name + ".around", x, block.in, block);
    around = b.convolution(name + ".widen", around, {.in = block.in, .out = block.out});
    around = b.batch_norm(name + ".widen_norm", around, block.out);
  }
  return b.node("Add", name + ".add", {y, around});
}

std::int64_t rounded(double channels) {
  const auto near = std::max<std::int64_t>(4, static_cast<std::int64_t>(channels + 2) / 4 * 4);
  return static_cast<double>(near) < 0.9 * channels ? near + 4 : near;
}

struct Row {
  std::int64_t kernel, hidden, out, stride;
  bool excite;
};
constexpr Row kRows[] = {{3, 16, 16, 1, false},   {3, 48, 24, 2, false},  {3, 72, 24, 1, false},
                         {5, 72, 40, 2, true},    {5, 120, 40, 1, true},  {3, 240, 80, 2, false},
                         {3, 200, 80, 1, false},  {3, 184, 80, 1, false}, {3, 184, 80, 1, false},
                         {3, 480, 112, 1, true},  {3, 672, 112, 1, true}, {5, 672, 160, 2, true},
                         {5, 960, 160, 1, false}, {5, 960, 160, 1, true}, {5, 960, 160, 1, false},
                         {5, 960, 160, 1, true}};

}  // namespace

Model ghostnet_v2(core::Key key, const GhostNetOptions& o) {
  if (o.classes < 1 || o.channels < 1 || !(o.width >= 0.05) || o.width > 8) {
    core::fail_argument("net.ghostnet_v2",
                        "expected classes and channels >= 1 and a width in [0.05, 8], got {}, {} "
                        "and {}",
                        o.classes, o.channels, o.width);
  }
  GraphBuilder b("ghostnet_v2", key);
  const auto scaled = [&](std::int64_t n) { return rounded(static_cast<double>(n) * o.width); };
  std::string x = b.input("image", {-1, o.channels, -1, -1});
  std::int64_t in = scaled(16);
  x = b.convolution(
      "stem", x,
      {.in = o.channels, .out = in, .kernel = 3, .stride = o.small_images ? 1 : 2, .padding = 1});
  x = b.node("Relu", "stem_relu", {b.batch_norm("stem_norm", x, in)});
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    const Row& row = kRows[i];
    const Bottleneck block{.in = in,
                           .hidden = scaled(row.hidden),
                           .out = scaled(row.out),
                           .kernel = row.kernel,
                           .stride = o.small_images && i == 1 ? 1 : row.stride,
                           .excite = row.excite,
                           .attention = o.attention && i > 1};
    x = bottleneck(b, fmt::format("blocks.{}", i), x, block);
    in = block.out;
  }
  const std::int64_t wide = scaled(960);
  x = b.convolution("last", x, {.in = in, .out = wide});
  x = b.node("Relu", "last_relu", {b.batch_norm("last_norm", x, wide)});
  x = b.node("GlobalAveragePool", "mean", {x});
  x = b.convolution("head", x, {.in = wide, .out = 1280, .bias = true});
  x = b.node("Flatten", "flat", {b.node("Relu", "head_relu", {x})});
  x = b.linear("classifier", x, 1280, o.classes);
  return b.finish({{.name = x, .ranked = true, .shape = {-1, o.classes}}});
}

std::string decoupled_mixing(GraphBuilder& b, const std::string& name, const std::string& x,
                             std::int64_t channels) {
  return depthwise(b, name + ".column", depthwise(b, name + ".row", x, channels, 1, kAcross),
                   channels, kAcross, 1);
}

}  // namespace venturi::net
