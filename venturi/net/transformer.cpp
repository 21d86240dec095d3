#include "venturi/net/transformer.hpp"

#include <cmath>
#include <limits>

#include "venturi/core/error.hpp"
#include "venturi/net/builder.hpp"

namespace venturi::net {
namespace {

class TransformerBuilder {
 public:
  TransformerBuilder(core::Key key, const TransformerOptions& options)
      : o_(options),
        b_(o_.decoder ? "decoder" : "encoder", key, 20),
        key_heads_(o_.key_heads > 0 ? o_.key_heads : o_.heads),
        head_(o_.width / o_.heads) {}

  Model build() {
    const std::string tokens = b_.input("tokens", {-1, -1}, torch::kInt64);
    const std::string table =
        b_.weight("tok_embeddings.weight", {o_.vocabulary, o_.width}, 2 * o_.width);
    set_shared(tokens);
    std::string x = b_.node("Gather", "embedded", {table, tokens});
    if (!o_.rotary) {
      const std::string positions =
          b_.weight("positions.weight", {o_.context, o_.width}, 2 * o_.width);
      x = b_.node("Add", "placed", {x, first_rows("positions", positions)});
    }
    x = b_.node("Reshape", "rows", {x, b_.integers("rows.shape", {-1, o_.width})});
    for (std::int64_t i = 0; i < o_.layers; ++i) x = layer(fmt::format("layers.{}.", i), x);
    x = norm("norm", x);
    if (o_.decoder) {
      x = b_.node("Gemm", "scores", {x, table}, integer_attributes({}, {{"transB", 1}}));
      x = b_.node("Reshape", "logits", {x, shape_of("logits", {o_.vocabulary})});
      return b_.finish({{.name = x, .ranked = true, .shape = {-1, -1, o_.vocabulary}}});
    }
    x = b_.node("Reshape", "sequence", {x, shape_of("sequence", {o_.width})});
    x = b_.node("ReduceMean", "mean", {x, b_.integers("mean.axes", {1})},
                integer_attributes({}, {{"keepdims", 0}}));
    x = b_.linear("logits", x, o_.width, o_.classes);
    return b_.finish({{.name = x, .ranked = true, .shape = {-1, o_.classes}}});
  }

 private:
  // What all layers share: the sizes n*t as a tensor, the mask, the angles.
  void set_shared(const std::string& tokens) {
    sizes_ = b_.node("Shape", "sizes", {tokens});
    length_ =
        b_.node("Slice", "length", {sizes_, b_.integers("one", {1}), b_.integers("two", {2})});
    zero_ = b_.integers("zero", {0});
    if (o_.decoder) {
      const std::string never =
          b_.constant("never", torch::full({1, 1}, -std::numeric_limits<float>::infinity()));
      const std::string square =
          b_.node("Expand", "square",
                  {never, b_.node("Concat", "square.shape", {length_, length_},
                                  integer_attributes({}, {{"axis", 0}}))});
      mask_ =
          b_.node("Trilu", "mask", {square, b_.constant("later", torch::tensor(std::int64_t{1}))},
                  integer_attributes({}, {{"upper", 1}}));
    }
    if (!o_.rotary) return;
    const auto half = torch::arange(0, head_, 2, torch::kFloat64) / static_cast<double>(head_);
    const auto angles = torch::outer(torch::arange(o_.context, torch::kFloat64),
                                     torch::pow(10000.0, -half));  // positions*pairs
    for (const bool sine : {false, true}) {
      const std::string name = sine ? "sine" : "cosine";
      const auto values = (sine ? angles.sin() : angles.cos()).to(torch::kFloat32);
      // t*1*pairs: the same for every head.
      (sine ? sine_ : cosine_) =
          first_rows(name, b_.constant(name + ".all", values.unsqueeze(1).contiguous()));
    }
  }
  // The first t rows of a table of `context`.
  std::string first_rows(const std::string& name, const std::string& table) {
    return b_.node("Slice", name + ".used", {table, zero_, length_, zero_});
  }
  // n, t, then these sizes.
  std::string shape_of(const std::string& name, const std::vector<std::int64_t>& rest) {
    return b_.node("Concat", name + ".shape", {sizes_, b_.integers(name + ".rest", rest)},
                   integer_attributes({}, {{"axis", 0}}));
  }

  std::string norm(const std::string& name, const std::string& x) {
    const std::string weight = b_.parameter(name + ".weight", torch::ones({o_.width}));
    Attributes attributes;
    attributes.set("epsilon", 1e-5);
    if (!o_.rms) {
      const std::string bias = b_.parameter(name + ".bias", torch::zeros({o_.width}));
      return b_.node("LayerNormalization", name, {x, weight, bias}, std::move(attributes));
    }
    if (epsilon_.empty()) {
      epsilon_ = b_.constant("epsilon", torch::full({1}, 1e-5));
      last_ = b_.integers("last", {-1});
    }
    const std::string square = b_.node("Mul", name + ".square", {x, x});
    const std::string mean = b_.node("ReduceMean", name + ".mean", {square, last_});
    const std::string root =
        b_.node("Sqrt", name + ".root", {b_.node("Add", name + ".shifted", {mean, epsilon_})});
    return b_.node("Mul", name, {b_.node("Div", name + ".unit", {x, root}), weight});
  }

  std::string linear(const std::string& name, const std::string& x, std::int64_t in,
                     std::int64_t out) {
    if (!o_.rms) return b_.linear(name, x, in, out);
    return b_.node("Gemm", name, {x, b_.weight(name + ".weight", {out, in}, in)},
                   integer_attributes({}, {{"transB", 1}}));
  }

  // n*t*heads*d: each pair of a head turned by its position's angle.
  std::string turned(const std::string& name, const std::string& x, std::int64_t heads) {
    if (!o_.rotary) return x;
    const std::string pairs =
        b_.node("Reshape", name + ".pairs", {x, shape_of(name + ".pairs", {heads, head_ / 2, 2})});
    std::string part[2];
    for (const std::int64_t k : {0, 1}) {
      const std::string index =
          b_.constant(fmt::format("{}.index{}", name, k), torch::tensor(k, torch::kInt64));
      part[k] = b_.node("Gather", fmt::format("{}.part{}", name, k), {pairs, index},
                        integer_attributes({}, {{"axis", 4}}));
    }
    const auto product = [&](int k, const std::string& by, const std::string& what) {
      return b_.node("Mul", fmt::format("{}.{}{}", name, what, k), {part[k], by});
    };
    const std::string even =
        b_.node("Sub", name + ".even", {product(0, cosine_, "cos"), product(1, sine_, "sin")});
    const std::string odd =
        b_.node("Add", name + ".odd", {product(0, sine_, "sin"), product(1, cosine_, "cos")});
    std::vector<std::string> both;
    for (const auto& [label, edge] : {std::pair("even", even), std::pair("odd", odd)}) {
      both.push_back(b_.node("Unsqueeze", fmt::format("{}.{}.column", name, label),
                             {edge, b_.integers(fmt::format("{}.{}.axis", name, label), {-1})}));
    }
    const std::string joined =
        b_.node("Concat", name + ".joined", both, integer_attributes({}, {{"axis", -1}}));
    return b_.node("Reshape", name + ".turned",
                   {joined, shape_of(name + ".turned", {heads, head_})});
  }

  // Rows (n*t)*width of x through the projection `name` to n*heads*t*d; of the keys transposed,
  // n*heads*d*t. With grouped queries n*key_heads*group*t*d of queries, n*key_heads*1*... of
  // others.
  std::string heads_of(const std::string& name, const std::string& x, char kind) {
    const std::int64_t heads = kind == 'q' ? o_.heads : key_heads_;
    std::string y = linear(name, x, o_.width, heads * head_);
    const bool grouped = key_heads_ != o_.heads;
    const std::int64_t group = kind == 'q' ? o_.heads / key_heads_ : 1;
    y = b_.node("Reshape", name + ".heads", {y, shape_of(name + ".heads", {heads, head_})});
    if (kind != 'v') y = turned(name, y, heads);
    if (grouped) {
      y = b_.node("Reshape", name + ".groups",
                  {y, shape_of(name + ".groups", {key_heads_, group, head_})});
    }
    std::vector<std::int64_t> order = {0, 2, 1, 3};
    if (grouped) order = {0, 2, 3, 1, 4};
    if (kind == 'k') std::swap(order[order.size() - 1], order[order.size() - 2]);
    return b_.node("Transpose", name + ".moved", {y}, integer_attributes({{"perm", order}}));
  }

  std::string attention(const std::string& name, const std::string& x) {
    const std::string keys = heads_of(name + "wk", x, 'k');
    std::string queries = heads_of(name + "wq", x, 'q');
    if (scale_.empty()) {
      scale_ = b_.constant("scale", torch::full({1}, 1 / std::sqrt(static_cast<double>(head_))));
    }
    queries = b_.node("Mul", name + "scaled", {queries, scale_});
    std::string scores = b_.node("MatMul", name + "scores", {queries, keys});
    if (o_.decoder) scores = b_.node("Add", name + "masked", {scores, mask_});
    const std::string share =
        b_.node("Softmax", name + "share", {scores}, integer_attributes({}, {{"axis", -1}}));
    std::string y = b_.node("MatMul", name + "mixed", {share, heads_of(name + "wv", x, 'v')});
    std::vector<std::int64_t> order = {0, 2, 1, 3};
    if (key_heads_ != o_.heads) order = {0, 3, 1, 2, 4};
    y = b_.node("Transpose", name + "back", {y}, integer_attributes({{"perm", order}}));
    y = b_.node("Reshape", name + "rows", {y, "rows.shape"});
    return linear(name + "wo", y, o_.width, o_.width);
  }

  std::string feed_forward(const std::string& name, const std::string& x) {
    std::string y = linear(name + "w1", x, o_.width, o_.hidden);
    if (o_.gated) {
      const std::string gate =
          b_.node("Mul", name + "silu", {y, b_.node("Sigmoid", name + "sigmoid", {y})});
      y = b_.node("Mul", name + "gated", {gate, linear(name + "w3", x, o_.width, o_.hidden)});
    } else {
      y = b_.node("Gelu", name + "gelu", {y});
    }
    return linear(name + "w2", y, o_.hidden, o_.width);
  }

  std::string layer(const std::string& name, const std::string& x) {
    const std::string y =
        b_.node("Add", name + "attended",
                {x, attention(name + "attention.", norm(name + "attention_norm", x))});
    return b_.node("Add", name + "fed",
                   {y, feed_forward(name + "feed_forward.", norm(name + "ffn_norm", y))});
  }

  const TransformerOptions o_;
  GraphBuilder b_;
  std::int64_t key_heads_, head_;
  std::string sizes_, length_, zero_, mask_, cosine_, sine_, epsilon_, last_, scale_;
};

}  // namespace

Model transformer(core::Key key, const TransformerOptions& o) {
  constexpr std::string_view where = "net.transformer";
  for (const std::int64_t size :
       {o.vocabulary, o.width, o.layers, o.heads, o.hidden, o.context, o.classes}) {
    if (size < 1 || size > (1 << 24)) {
      core::fail_argument(where, "expected sizes in [1, 2^24], got {}", size);
    }
  }
  const std::int64_t key_heads = o.key_heads > 0 ? o.key_heads : o.heads;
  if (o.width % o.heads != 0 || o.heads % key_heads != 0 ||
      (o.rotary && o.width / o.heads % 2 != 0)) {
    core::fail_argument(where,
                        "expected heads that divide the width, key_heads that divide the heads, "
                        "and an even number a head where positions are rotary, got width {}, heads "
                        "{}, key_heads {}",
                        o.width, o.heads, o.key_heads);
  }
  return TransformerBuilder(key, o).build();
}

}  // namespace venturi::net
