#include "venturi/net/reversible_unet.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"
#include "venturi/net/builder.hpp"
#include "venturi/net/memory.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;
using Tensors = std::vector<Tensor>;

constexpr std::int64_t kWidening = 2;

// The model's floating-point weights as leaves of this type.
Model typed(Model model, torch::ScalarType type) {
  for (auto& [name, value] : model.weights) {
    if (value.is_floating_point()) value = value.to(type).clone().requires_grad_(true);
  }
  for (auto* ports : {&model.graph.inputs, &model.graph.outputs}) {
    for (Port& port : *ports) port.type = type;
  }
  for (Node& node : model.graph.nodes) {  // the bounds of clipping
    const Tensor value = node.op == "Constant" ? node.attributes.tensor("value") : Tensor();
    if (value.defined() && value.is_floating_point()) node.attributes.set("value", value.to(type));
  }
  return model;
}

// One convolution of three dimensions, or one that doubles the sides.
Model convolution_model(core::Key key, Convolution shape, bool doubles) {
  GraphBuilder b("convolution", key);
  shape.dimensions = 3;
  const std::string x = b.input("x", {-1, shape.in, -1, -1, -1});
  std::string y;
  if (doubles) {
    y = b.node("ConvTranspose", "y",
               {x, b.weight("y.weight", {shape.in, shape.out, 2, 2, 2}, shape.in)},
               integer_attributes({{"kernel_shape", {2, 2, 2}}, {"strides", {2, 2, 2}}}));
  } else {
    y = b.convolution("y", x, shape);
  }
  return b.finish({{.name = y, .ranked = true, .shape = {-1, shape.out, -1, -1, -1}}});
}

ReversibleChain chain_of(core::Key key, std::int64_t channels, int depth, torch::ScalarType type) {
  std::vector<ReversiblePair> blocks;
  for (int i = 0; i < depth; ++i) {
    const core::Key own = key.split(static_cast<std::uint64_t>(i));
    const auto half = [&](const char* name) {
      return typed(inverted_bottleneck(own.split(name), channels / 2, kWidening, 3), type);
    };
    blocks.push_back({half("f"), half("g")});
  }
  return ReversibleChain(blocks);
}

// Largest difference between the gradients of two passes, by the largest gradient.
double gradient_difference(core::Key key, torch::ScalarType type) {
  const ReversibleUnet net(key.split("net"), {.channels = 8, .levels = 2, .depth = 3}, type);
  auto generator = tensor::make_generator(key.split("x"), torch::kCPU);
  const Tensor x = torch::empty({1, 1, 8, 8, 8}, type).normal_(0, 1, generator);
  std::vector<Tensors> found;
  for (const bool recompute : {false, true}) {
    Tensor input = x.clone().requires_grad_(true);
    Tensors leaves = net.weights();
    leaves.push_back(input);
    found.push_back(torch::autograd::grad({net.run(input, recompute).square().sum()}, leaves));
  }
  double worst = 0;
  double largest = 0;
  for (std::size_t i = 0; i < found[0].size(); ++i) {
    worst = std::max(worst, (found[0][i] - found[1][i]).abs().max().item<double>());
    largest = std::max(largest, found[0][i].abs().max().item<double>());
  }
  return worst / largest;
}

struct Memory {
  double held;  // MiB between the passes
  double peak;  // MiB at most, gradients of weights apart
};

// Of one chain, its input apart.
Memory memory_of(core::Key key, int depth, bool recompute, std::int64_t side) {
  constexpr double kMiB = 1 << 20;
  const ReversibleChain chain = chain_of(key, 8, depth, torch::kFloat32);
  const Tensor x = torch::ones({1, 8, side, side, side}).requires_grad_(true);
  std::int64_t of_weights = 0;
  for (const Tensor& weight : chain.weights()) {
    of_weights += static_cast<std::int64_t>(weight.nbytes());
  }
  const MemoryMeter meter;
  const Tensor y = chain.run(x, recompute).sum();
  const double held = static_cast<double>(meter.bytes()) / kMiB;
  y.backward();
  return {held, static_cast<double>(meter.peak_bytes() - of_weights) / kMiB};
}

}  // namespace

ReversibleUnet::ReversibleUnet(core::Key key, const Shape& s, torch::ScalarType type)
    : levels_(s.levels) {
  if (s.in < 1 || s.out < 1 || s.channels < 2 || s.channels % 2 != 0 || s.levels < 1 ||
      s.levels > 8 || s.depth < 1) {
    core::fail_argument("net.ReversibleUnet",
                        "expected an even number of channels, 1 to 8 levels and a depth >= 1, got "
                        "{}, {} and {}",
                        s.channels, s.levels, s.depth);
  }
  const auto add = [&](const std::string& name, const Convolution& shape, bool doubles = false) {
    plain_.emplace_back(typed(convolution_model(key.split(name), shape, doubles), type));
  };
  const auto at = [&](int level) { return s.channels << level; };
  add("stem", {.in = s.in, .out = s.channels, .kernel = 3, .padding = 1});
  for (int l = 0; l + 1 < s.levels; ++l) {
    add(fmt::format("halve{}", l), {.in = at(l), .out = at(l + 1), .kernel = 2, .stride = 2});
  }
  for (int l = s.levels - 1; l > 0; --l) {
    add(fmt::format("double{}", l), {.in = at(l), .out = at(l - 1)}, true);
  }
  add("head", {.in = s.channels, .out = s.out});
  for (int i = 0; i < 2 * s.levels - 1; ++i) {
    const int level = i < s.levels ? i : 2 * s.levels - 2 - i;
    chains_.push_back(chain_of(key.split(static_cast<std::uint64_t>(i)), at(level), s.depth, type));
  }
}

Tensor ReversibleUnet::run(const Tensor& input, bool recompute) const {
  const auto plain = [&](std::size_t i, const Tensor& x) {
    return plain_[i].run({x}, {.hooks = {}, .gradients = true})[0];
  };
  const auto levels = static_cast<std::size_t>(levels_);
  Tensor x = plain(0, input);
  Tensors came_down;
  for (std::size_t l = 0; l < levels; ++l) {
    x = chains_[l].run(x, recompute);
    came_down.push_back(x);
    if (l + 1 < levels) x = plain(1 + l, x);
  }
  for (std::size_t u = 0; u + 1 < levels; ++u) {
    x = plain(levels + u, x) + came_down[levels - 2 - u];
    x = chains_[levels + u].run(x, recompute);
  }
  return plain(plain_.size() - 1, x);
}

Tensors ReversibleUnet::weights() const {
  Tensors out;
  for (const Executor& executor : plain_) {
    for (const auto& [name, value] : executor.weights()) out.push_back(value);
  }
  for (const ReversibleChain& chain : chains_) {
    const Tensors more = chain.weights();
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

std::vector<core::Figure> reversible_figures(core::Key key, bool quick) {
  const std::int64_t side = quick ? 16 : 32;
  const auto memory = [&](int depth, bool recompute) {
    return memory_of(key.split("memory"), depth, recompute, side);
  };
  const Memory shallow = memory(2, true);
  const Memory deep = memory(16, true);
  const Memory stored_shallow = memory(2, false);
  const Memory stored_deep = memory(16, false);
  return {{"gradients, double", gradient_difference(key, torch::kFloat64), "of the largest"},
          {"gradients, float32", gradient_difference(key, torch::kFloat32), "of the largest"},
          {"held between passes, 16 blocks over 2", deep.held / shallow.held, ""},
          {"peak, 16 blocks over 2", deep.peak / shallow.peak, ""},
          {"peak with stored activations, 16 blocks over 2", stored_deep.peak / stored_shallow.peak,
           ""},
          {"peak, 16 blocks", deep.peak, "MiB"},
          {"peak with stored activations, 16 blocks", stored_deep.peak, "MiB"}};
}

}  // namespace venturi::net
