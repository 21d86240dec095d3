#include "venturi/net/resnet.hpp"

#include "venturi/core/error.hpp"
#include "venturi/net/builder.hpp"

namespace venturi::net {
namespace {

// Every second pixel, and (out - in) / 2 channels of zeros on either side.
std::string option_a(GraphBuilder& b, const std::string& name, const std::string& x,
                     std::int64_t in, std::int64_t out) {
  const std::int64_t sides = (out - in) / 2;
  const std::string every_second = b.node(
      "Slice", name + ".slice",
      {x, b.integers(name + ".starts", {0, 0}), b.integers(name + ".ends", {1 << 30, 1 << 30}),
       b.integers(name + ".axes", {2, 3}), b.integers(name + ".steps", {2, 2})});
  return b.node("Pad", name + ".pad",
                {every_second, b.integers(name + ".pads", {0, sides, 0, 0, 0, sides, 0, 0})});
}

std::string block(GraphBuilder& b, const std::string& name, const std::string& x, std::int64_t in,
                  std::int64_t out) {
  const std::int64_t stride = in == out ? 1 : 2;
  std::string y = b.convolution(
      name + ".conv1", x, {.in = in, .out = out, .kernel = 3, .stride = stride, .padding = 1});
  y = b.node("Relu", name + ".relu1", {b.batch_norm(name + ".bn1", y, out)});
  y = b.convolution(name + ".conv2", y, {.in = out, .out = out, .kernel = 3, .padding = 1});
  y = b.batch_norm(name + ".bn2", y, out);
  const std::string around = in == out ? x : option_a(b, name + ".shortcut", x, in, out);
  return b.node("Relu", name + ".relu2", {b.node("Add", name + ".add", {y, around})});
}

}  // namespace

Model cifar_resnet(int depth, core::Key key, std::int64_t classes,
                   const std::vector<std::int64_t>& image) {
  if (depth < 8 || depth > 1202 || depth % 6 != 2 || classes < 1 || image.size() != 3) {
    core::fail_argument("net.cifar_resnet",
                        "expected a depth of 8, 14, 20, ... 1202, classes >= 1 and images of three "
                        "axes, got {}, {} and {}",
                        depth, classes, shape_text(image));
  }
  GraphBuilder b(fmt::format("resnet{}", depth), key);
  std::string x = b.input("image", {-1, image[0], image[1], image[2]});
  x = b.convolution("conv1", x, {.in = image[0], .out = 16, .kernel = 3, .padding = 1});
  x = b.node("Relu", "relu1", {b.batch_norm("bn1", x, 16)});
  std::int64_t in = 16;
  for (int stage = 0; stage < 3; ++stage) {
    const std::int64_t out = 16 << stage;
    for (int i = 0; i < (depth - 2) / 6; ++i) {
      x = block(b, fmt::format("layer{}.{}", stage + 1, i), x, in, out);
      in = out;
    }
  }
  x = b.node("GlobalAveragePool", "mean", {x});
  x = b.node("Flatten", "flat", {x});
  x = b.linear("linear", x, 64, classes);
  return b.finish({{.name = x, .ranked = true, .shape = {-1, classes}}});
}

}  // namespace venturi::net
