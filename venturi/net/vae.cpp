#include "venturi/net/vae.hpp"

#include "venturi/core/error.hpp"
#include "venturi/net/builder.hpp"

namespace venturi::net {
namespace {

// Doubles height and width: a kernel of 4 at strides of 2.
std::string doubled(GraphBuilder& b, const std::string& name, const std::string& x, std::int64_t in,
                    std::int64_t out) {
  return b.node(
      "ConvTranspose", name,
      {x, b.weight(name + ".weight", {in, out, 4, 4}, in * 4),
       b.parameter(name + ".bias", torch::zeros({out}))},
      integer_attributes({{"kernel_shape", {4, 4}}, {"strides", {2, 2}}, {"pads", {1, 1, 1, 1}}}));
}

}  // namespace

VaePair vae(core::Key key, const VaeOptions& o) {
  for (const std::int64_t size : {o.channels, o.height, o.width, o.units, o.code}) {
    if (size < 1 || size > (1 << 20) || o.height % 4 != 0 || o.width % 4 != 0) {
      core::fail_argument("net.vae",
                          "expected sizes in [1, 2^20], height and width multiples of 4, got {} "
                          "channels of {}*{}, {} units, {} of code",
                          o.channels, o.height, o.width, o.units, o.code);
    }
  }
  const std::int64_t deep = 2 * o.units;
  const std::int64_t h = o.height / 4;
  const std::int64_t w = o.width / 4;
  const std::int64_t flat = deep * h * w;
  GraphBuilder e("vae_encoder", key.split("encoder"));
  std::string x = e.input("image", {-1, o.channels, o.height, o.width});
  const Convolution first{
      .in = o.channels, .out = o.units, .kernel = 4, .stride = 2, .padding = 1, .bias = true};
  x = e.node("Relu", "relu1", {e.convolution("conv1", x, first)});
  const Convolution second{
      .in = o.units, .out = deep, .kernel = 4, .stride = 2, .padding = 1, .bias = true};
  x = e.node("Relu", "relu2", {e.convolution("conv2", x, second)});
  x = e.node("Flatten", "flat", {x});
  const std::string mean = e.linear("mean", x, flat, o.code);
  const std::string spread = e.linear("log_variance", x, flat, o.code);

  GraphBuilder d("vae_decoder", key.split("decoder"));
  std::string y = d.linear("linear", d.input("z", {-1, o.code}), o.code, flat);
  y = d.node("Relu", "relu1", {y});
  y = d.node("Reshape", "planes", {y, d.integers("planes.shape", {-1, deep, h, w})});
  y = d.node("Relu", "relu2", {doubled(d, "conv1", y, deep, o.units)});
  y = doubled(d, "pixels", y, o.units, o.channels);
  return {e.finish({{.name = mean, .ranked = true, .shape = {-1, o.code}},
                    {.name = spread, .ranked = true, .shape = {-1, o.code}}}),
          d.finish({{.name = y, .ranked = true, .shape = {-1, o.channels, o.height, o.width}}})};
}

}  // namespace venturi::net
