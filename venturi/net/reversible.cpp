#include "venturi/net/reversible.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"
#include "venturi/net/builder.hpp"
#include "venturi/net/rewrite.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;
using Tensors = std::vector<Tensor>;

Tensor through(const Executor& executor, const Tensor& x, bool gradients) {
  return executor.run({x}, {.hooks = {}, .gradients = gradients})[0];
}

Tensors trained(const Executor& executor) {
  Tensors out;
  for (const auto& [name, value] : executor.weights()) {
    if (value.is_floating_point()) out.push_back(value);
  }
  return out;
}

// Gradients of sum(seed * y) for `x` first, then `weights`; undefined where there is none.
Tensors gradients_of(const Tensor& y, const Tensor& x, const Tensors& weights, const Tensor& seed) {
  Tensors leaves = {x};
  Tensors out(1 + weights.size());
  std::vector<std::size_t> place = {0};
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!weights[i].requires_grad()) continue;
    leaves.push_back(weights[i]);
    place.push_back(i + 1);
  }
  const Tensors found = torch::autograd::grad({y}, leaves, {seed}, /*retain_graph=*/false,
                                              /*create_graph=*/false, /*allow_unused=*/true);
  for (std::size_t k = 0; k < found.size(); ++k) out[place[k]] = found[k];
  return out;
}

}  // namespace

// The whole chain as one step of autograd. Its inputs: the chain, x, then all weights.
struct ReversibleFunction : torch::autograd::Function<ReversibleFunction> {
  static Tensor forward(torch::autograd::AutogradContext* context, std::int64_t chain,
                        const Tensor& x, at::TensorList /*weights*/) {
    context->saved_data["chain"] = chain;
    const Tensor y = of(chain).run_plain(x, false);
    context->save_for_backward({y});
    return y;
  }
  static Tensors backward(torch::autograd::AutogradContext* context, const Tensors& above);

 private:
  static const ReversibleChain& of(std::int64_t chain) {
    return *reinterpret_cast<const ReversibleChain*>(chain);
  }
};

Tensors ReversibleFunction::backward(torch::autograd::AutogradContext* context,
                                     const Tensors& above) {
  const auto& blocks = of(context->saved_data["chain"].toInt()).blocks_;
  const auto halves = context->get_saved_variables()[0].chunk(2, 1);
  Tensor y1 = halves[0], y2 = halves[1];
  const auto seeds = above[0].chunk(2, 1);
  Tensor d1 = seeds[0], d2 = seeds[1];
  std::vector<Tensors> of_weights;  // from the last block's g back to the first's f
  for (std::size_t i = blocks.size(); i-- > 0;) {
    const auto& block = blocks[i];
    // y2 = x2 + G(y1)
    const Tensor in_g = y1.detach().requires_grad_(true);
    const Tensor g = through(block.g, in_g, true);
    const Tensors from_g = gradients_of(g, in_g, block.g_weights, d2);
    d1 = d1 + from_g[0];
    y2 = y2 - g.detach();  // x2
    // y1 = x1 + F(x2)
    const Tensor in_f = y2.detach().requires_grad_(true);
    const Tensor f = through(block.f, in_f, true);
    const Tensors from_f = gradients_of(f, in_f, block.f_weights, d1);
    d2 = d2 + from_f[0];
    y1 = y1 - f.detach();  // x1
    of_weights.emplace_back(from_g.begin() + 1, from_g.end());
    of_weights.emplace_back(from_f.begin() + 1, from_f.end());
  }
  Tensors out = {Tensor(), torch::cat({d1, d2}, 1)};
  for (auto part = of_weights.rbegin(); part != of_weights.rend(); ++part) {
    out.insert(out.end(), part->begin(), part->end());
  }
  return out;
}

ReversibleChain::ReversibleChain(const std::vector<ReversiblePair>& blocks,
                                 const ExecutorOptions& options) {
  if (blocks.empty()) core::fail_argument("net.ReversibleChain", "expected at least one block");
  for (const ReversiblePair& pair : blocks) {
    Block block{Executor(pair.f, options), Executor(pair.g, options), {}, {}};
    block.f_weights = trained(block.f);
    block.g_weights = trained(block.g);
    blocks_.push_back(std::move(block));
  }
}

Tensors ReversibleChain::weights() const {
  Tensors out;
  for (const Block& block : blocks_) {
    out.insert(out.end(), block.f_weights.begin(), block.f_weights.end());
    out.insert(out.end(), block.g_weights.begin(), block.g_weights.end());
  }
  return out;
}

Tensor ReversibleChain::run_plain(const Tensor& x, bool gradients) const {
  const auto halves = x.chunk(2, 1);
  Tensor x1 = halves[0], x2 = halves[1];
  for (const Block& block : blocks_) {
    x1 = x1 + through(block.f, x2, gradients);
    x2 = x2 + through(block.g, x1, gradients);
  }
  return torch::cat({x1, x2}, 1);
}

Tensor ReversibleChain::run(const Tensor& x, bool recompute) const {
  if (x.dim() < 2 || x.size(1) < 2 || x.size(1) % 2 != 0) {
    core::fail_data("net.ReversibleChain", "expected n*channels*..., an even number, got {}",
                    shape_text(x.sizes().vec()));
  }
  if (!recompute) return run_plain(x, true);
  const Tensors all = weights();
  return ReversibleFunction::apply(reinterpret_cast<std::int64_t>(this), x, at::TensorList(all));
}

Model reversible_graph(const std::vector<ReversiblePair>& blocks, const Port& input) {
  constexpr std::string_view where = "net.reversible_graph";
  if (blocks.empty() || input.shape.size() < 2 || input.shape[1] < 2 || input.shape[1] % 2 != 0) {
    core::fail_argument(where,
                        "expected a block at least and n*channels*..., an even number, got {} "
                        "and {}",
                        blocks.size(), shape_text(input.shape));
  }
  GraphBuilder b("reversible", core::Key(1), blocks[0].f.graph.opset);
  b.input(input.name, input.shape, input.type);
  std::string half[2];
  for (const std::int64_t k : {0, 1}) {
    const std::string name = fmt::format("half{}", k);
    const std::int64_t middle = input.shape[1] / 2;
    half[k] =
        b.node("Slice", name,
               {input.name, b.integers(name + ".begin", {k * middle}),
                b.integers(name + ".end", {(k + 1) * middle}), b.integers(name + ".axis", {1})});
  }
  // Identities stand where the modules will.
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::string name = fmt::format("blocks.{}.", i);
    half[0] = b.node("Add", name + "y1", {half[0], b.node("Identity", name + "f", {half[1]})});
    half[1] = b.node("Add", name + "y2", {half[1], b.node("Identity", name + "g", {half[0]})});
  }
  const std::string y =
      b.node("Concat", "y", {half[0], half[1]}, integer_attributes({}, {{"axis", 1}}));
  Model out = b.finish({{.name = y, .type = input.type, .ranked = true, .shape = input.shape}});
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    insert_module(out, fmt::format("blocks.{}.f", i), blocks[i].f);
    insert_module(out, fmt::format("blocks.{}.g", i), blocks[i].g);
  }
  return out;
}

Model inverted_bottleneck(core::Key key, std::int64_t channels, std::int64_t widening,
                          std::size_t dimensions) {
  const std::int64_t wide = channels * widening;
  GraphBuilder b("inverted_bottleneck", key);
  std::vector<std::int64_t> shape(dimensions + 2, -1);
  shape[1] = channels;
  std::string x = b.input("x", shape);
  b.constant("zero", torch::zeros({}));
  b.constant("six", torch::full({}, 6.0));
  const auto normal = [&](const std::string& name, const std::string& y, std::int64_t count) {
    return b.node("InstanceNormalization", name,
                  {y, b.parameter(name + ".weight", torch::ones({count})),
                   b.parameter(name + ".bias", torch::zeros({count}))});
  };
  x = b.convolution("widen", x, {.in = channels, .out = wide, .dimensions = dimensions});
  x = b.node("Clip", "relu1", {normal("norm1", x, wide), "zero", "six"});
  x = b.convolution("depthwise", x,
                    {.in = wide,
                     .out = wide,
                     .kernel = 3,
                     .padding = 1,
                     .groups = wide,
                     .dimensions = dimensions});
  x = b.node("Clip", "relu2", {normal("norm2", x, wide), "zero", "six"});
  x = b.convolution("narrow", x, {.in = wide, .out = channels, .dimensions = dimensions});
  x = normal("norm3", x, channels);
  return b.finish({{.name = x, .ranked = true, .shape = shape}});
}

}  // namespace venturi::net
