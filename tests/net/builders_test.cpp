// Networks built here against slow, obvious versions of themselves.
#include <cmath>

#include "tests/net/models.hpp"
#include "venturi/net/architectures.hpp"
#include "venturi/net/cost.hpp"
#include "venturi/net/ghostnet.hpp"
#include "venturi/net/mobilenet.hpp"
#include "venturi/net/network.hpp"
#include "venturi/net/rewrite.hpp"
#include "venturi/net/transformer.hpp"
#include "venturi/net/vae.hpp"
#include "venturi/net/weights.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

std::int64_t trained(const Model& m) {
  std::int64_t out = 0;
  for (const auto& [name, value] : m.weights) {
    if (!name.ends_with("running_mean") && !name.ends_with("running_var")) out += value.numel();
  }
  return out;
}

Tensor random_tokens(std::int64_t n, std::int64_t t, std::int64_t vocabulary) {
  auto generator = tensor::make_generator(core::Key(5), torch::kCPU);
  return torch::empty({n, t}, torch::kInt64).random_(0, vocabulary, generator);
}

// The oracle: position by position, head by head, in double.
Tensor plain_transformer(const Model& m, const TransformerOptions& o, const Tensor& tokens) {
  const auto w = [&](const std::string& name) {
    return m.weights.find(name)->second.to(torch::kFloat64);
  };
  const auto linear = [&](const std::string& name, const Tensor& x) {
    const Tensor y = torch::mv(w(name + ".weight"), x);
    return o.rms ? y : y + w(name + ".bias");
  };
  const auto norm = [&](const std::string& name, const Tensor& x) {
    if (o.rms) return x / (x.square().mean() + 1e-5).sqrt() * w(name + ".weight");
    const Tensor centred = x - x.mean();
    return centred / (centred.square().mean() + 1e-5).sqrt() * w(name + ".weight") +
           w(name + ".bias");
  };
  const std::int64_t d = o.width / o.heads;
  const std::int64_t group = o.key_heads > 0 ? o.heads / o.key_heads : 1;
  const auto turned = [&](const Tensor& head, std::int64_t t) {
    if (!o.rotary) return head;
    Tensor out = head.clone();
    for (std::int64_t i = 0; i < d / 2; ++i) {
      const double angle = static_cast<double>(t) *
                           std::pow(10000.0, static_cast<double>(-2 * i) / static_cast<double>(d));
      const double a = head[2 * i].item<double>(), b = head[2 * i + 1].item<double>();
      out[2 * i] = a * std::cos(angle) - b * std::sin(angle);
      out[2 * i + 1] = a * std::sin(angle) + b * std::cos(angle);
    }
    return out;
  };
  const std::int64_t length = tokens.size(0);
  std::vector<Tensor> x;
  for (std::int64_t t = 0; t < length; ++t) {
    x.push_back(w("tok_embeddings.weight")[tokens[t].item<std::int64_t>()]);
    if (!o.rotary) x.back() = x.back() + w("positions.weight")[t];
  }
  for (std::int64_t l = 0; l < o.layers; ++l) {
    const std::string p = fmt::format("layers.{}.", l);
    std::vector<Tensor> q, k, v, y;
    for (std::int64_t t = 0; t < length; ++t) {
      const Tensor z = norm(p + "attention_norm", x[t]);
      q.push_back(linear(p + "attention.wq", z));
      k.push_back(linear(p + "attention.wk", z));
      v.push_back(linear(p + "attention.wv", z));
    }
    for (std::int64_t t = 0; t < length; ++t) {
      std::vector<Tensor> heads;
      for (std::int64_t h = 0; h < o.heads; ++h) {
        const Tensor query = turned(q[t].narrow(0, h * d, d), t);
        const std::int64_t seen = o.decoder ? t + 1 : length;
        Tensor scores = torch::empty({seen}, torch::kFloat64);
        for (std::int64_t s = 0; s < seen; ++s) {
          scores[s] = torch::dot(query, turned(k[s].narrow(0, h / group * d, d), s)) /
                      std::sqrt(static_cast<double>(d));
        }
        const Tensor share = scores.softmax(0);
        Tensor mixed = torch::zeros({d}, torch::kFloat64);
        for (std::int64_t s = 0; s < seen; ++s) {
          mixed += share[s] * v[s].narrow(0, h / group * d, d);
        }
        heads.push_back(mixed);
      }
      y.push_back(linear(p + "attention.wo", torch::cat(heads)));
    }
    for (std::int64_t t = 0; t < length; ++t) {
      x[t] = x[t] + y[t];
      const Tensor z = norm(p + "ffn_norm", x[t]);
      Tensor inner = linear(p + "feed_forward.w1", z);
      inner = o.gated ? inner * torch::sigmoid(inner) * linear(p + "feed_forward.w3", z)
                      : 0.5 * inner * (1 + torch::erf(inner / std::sqrt(2.0)));
      x[t] = x[t] + linear(p + "feed_forward.w2", inner);
    }
  }
  for (Tensor& row : x) row = norm("norm", row);
  const Tensor all = torch::stack(x);
  if (o.decoder) return torch::matmul(all, w("tok_embeddings.weight").t());
  return torch::mv(w("logits.weight"), all.mean(0)) + w("logits.bias");
}

// Float32 over three layers of sums of some 30 products: 1e-4 of the largest is some hundred
// roundings.
void expect_close(const Tensor& got, const Tensor& expected, double part = 1e-4) {
  ASSERT_EQ(got.sizes(), expected.sizes());
  const double most = expected.abs().max().item<double>();
  EXPECT_LE((got.to(torch::kFloat64) - expected).abs().max().item<double>(), part * most);
}

TEST(Transformer, EqualsThePlainOne) {
  for (const bool decoder : {false, true}) {
    for (const bool llama : {false, true}) {
      const TransformerOptions o{.vocabulary = 11,
                                 .width = 24,
                                 .layers = 3,
                                 .heads = 6,
                                 .key_heads = llama ? 2 : 0,
                                 .hidden = 20,
                                 .context = 9,
                                 .decoder = decoder,
                                 .rms = llama,
                                 .rotary = llama,
                                 .gated = llama,
                                 .classes = 3};
      Model m = transformer(core::Key(3), o);
      for (auto& [name, value] : m.weights) {  // norms and biases that do something
        if (value.dim() == 1) value = value + 0.3 * numbers(value.sizes().vec(), name.size());
      }
      const Tensor tokens = random_tokens(2, 7, o.vocabulary);
      const Tensor y = Executor(m).run({tokens})[0];
      for (std::int64_t i = 0; i < 2; ++i) expect_close(y[i], plain_transformer(m, o, tokens[i]));
    }
  }
}

TEST(Transformer, ADecoderSeesNoLaterToken) {
  const Executor executor(open_model("llama-260k"));
  Tensor tokens = random_tokens(1, 12, 512);
  const Tensor before = executor.run({tokens})[0];
  tokens[0][8] = (tokens[0][8] + 1) % 512;
  const Tensor after = executor.run({tokens})[0];
  // The same numbers in the same order: the first eight rows keep every bit.
  EXPECT_TRUE(torch::equal(before.narrow(1, 0, 8), after.narrow(1, 0, 8)));
  EXPECT_FALSE(torch::equal(before.narrow(1, 8, 4), after.narrow(1, 8, 4)));
}

TEST(Transformer, SizesThatDoNotFitAreNamed) {
  EXPECT_ERROR(transformer(core::Key(1), {.width = 30, .heads = 4}), core::InvalidArgument,
               "got width 30, heads 4");
  EXPECT_ERROR(transformer(core::Key(1), {.layers = 0}), core::InvalidArgument, "got 0");
}

// A trained checkpoint of Llama's form: what it continues "Once upon a time" with has far less than
// the 9 bits a token of a guess; a wrong rotation, grouping or order of names would not.
TEST(Transformer, ATrainedLlamaPredictsItsOwnText) {
  REQUIRE_SHARED_DATA(folder, "stories260k");
  const Executor executor(
      open_model("llama-260k:" + (folder / "stories260K.safetensors").string()));
  std::vector<std::int64_t> tokens = {1};  // begin of text
  double bits = 0;
  for (int i = 0; i < 60; ++i) {
    const Tensor logits = executor.run({torch::tensor(tokens).unsqueeze(0)})[0][0][i];
    const std::int64_t next = logits.argmax().item<std::int64_t>();
    bits -= logits.log_softmax(0)[next].item<double>() / std::log(2.0);
    tokens.push_back(next);
  }
  EXPECT_LT(bits / 60, 2);
  std::string text;
  const auto file = core::read_file(folder / "tok512.bin");
  std::vector<std::string> words;  // (score f32, length i32, bytes) after a head of 4 bytes
  for (std::size_t at = 4; at + 8 <= file.size();) {
    std::int32_t length = 0;
    std::memcpy(&length, file.data() + at + 4, 4);
    words.emplace_back(reinterpret_cast<const char*>(file.data() + at + 8), length);
    at += 8 + static_cast<std::size_t>(length);
  }
  for (std::size_t i = 1; i < tokens.size(); ++i) text += words.at(tokens[i]);
  EXPECT_NE(text.find("Once upon a time"), std::string::npos) << text;
}

TEST(MobileNet, WidthAndFormulaOfMultiplyAdds) {
  // torchvision's count at width 0.5.
  EXPECT_EQ(trained(mobilenet_v2(core::Key(1), {.width = 0.5})), 1968680);
  const Model m = mobilenet_v2(core::Key(1), {.width = 1, .classes = 10, .small_images = true});
  const Costs costs = measure_costs(Executor(m), {torch::zeros({1, 3, 32, 32})});
  std::map<std::string, std::int64_t> blocks;
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const NodeCost& node : costs.nodes) {
    const auto conv = node.name.find(".conv.");
    if (conv == std::string::npos) continue;
    blocks[node.name.substr(0, conv)] += node.multiply_adds;
    if (node.op == "Conv") shapes[node.name.substr(0, conv)] = node.shape;
  }
  EXPECT_EQ(blocks.size(), 17U);
  // Blocks 3 (24 to 24 at 32*32), 5 (32 to 32 at 16*16) and 17 (160 to 320 at 4*4) have stride 1.
  EXPECT_EQ(blocks["features.3"], inverted_residual_multiply_adds(32, 32, 24, 24, 6));
  EXPECT_EQ(blocks["features.5"], inverted_residual_multiply_adds(16, 16, 32, 32, 6));
  EXPECT_EQ(blocks["features.17"], inverted_residual_multiply_adds(4, 4, 160, 320, 6));
  EXPECT_EQ(shapes["features.17"], (std::vector<std::int64_t>{1, 320, 4, 4}));
  EXPECT_ERROR(mobilenet_v2(core::Key(1), {.width = 0}), core::InvalidArgument, "a width in");
}

TEST(GhostNet, ShapesAndCosts) {
  const Model m = ghostnet_v2(core::Key(1));
  const Costs costs = measure_costs(Executor(m), {torch::zeros({1, 3, 224, 224})});
  // The paper's table 4: 6.1 M parameters, 167 M multiply-adds.
  EXPECT_NEAR(static_cast<double>(trained(m)), 6.1e6, 0.1e6);
  EXPECT_NEAR(static_cast<double>(costs.multiply_adds), 167e6, 4e6);
  const Model plain = ghostnet_v2(core::Key(1), {.attention = false});
  const Costs less = measure_costs(Executor(plain), {torch::zeros({1, 3, 224, 224})});
  // GhostNet's own: 5.2 M and 141 M (arXiv:1911.11907, table 7).
  EXPECT_NEAR(static_cast<double>(trained(plain)), 5.2e6, 0.1e6);
  EXPECT_NEAR(static_cast<double>(less.multiply_adds), 141e6, 4e6);
  const Model small =
      ghostnet_v2(core::Key(1), {.width = 0.3, .classes = 7, .channels = 1, .small_images = true});
  EXPECT_EQ(Executor(small).run({torch::zeros({2, 1, 28, 28})})[0].sizes().vec(),
            (std::vector<std::int64_t>{2, 7}));
}

// Rows then columns are one depthwise convolution with the outer product of both kernels; here
// every pixel's sum is written out.
TEST(GhostNet, DecoupledAttentionEqualsItsDenseForm) {
  GraphBuilder b("mix", core::Key(4));
  const std::string y = decoupled_mixing(b, "mix", b.input("x", {-1, 3, -1, -1}), 3);
  const Model m = b.finish({{.name = y, .shape = {}}});
  const Tensor x = numbers({1, 3, 6, 7}, 9);
  const Tensor row = m.weights.at("mix.row.weight"), column = m.weights.at("mix.column.weight");
  Tensor expected = torch::zeros({1, 3, 6, 7}, torch::kFloat64);
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 6; ++i) {
      for (int j = 0; j < 7; ++j) {
        double sum = 0;
        for (int a = 0; a < 5; ++a) {
          for (int e = 0; e < 5; ++e) {
            const int p = i + a - 2, q = j + e - 2;
            if (p < 0 || p >= 6 || q < 0 || q >= 7) continue;
            sum += column[c][0][a][0].item<double>() * row[c][0][0][e].item<double>() *
                   x[0][c][p][q].item<double>();
          }
        }
        expected[0][c][i][j] = sum;
      }
    }
  }
  expect_close(Executor(m).run({x})[0], expected, 1e-5);
}

TEST(Vae, EncoderAndDecoderFitTogether) {
  const VaePair pair = vae(core::Key(1), {.channels = 3, .height = 32, .width = 20, .code = 5});
  const auto out = Executor(pair.encoder).run({numbers({2, 3, 32, 20}, 1)});
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].sizes(), (std::vector<std::int64_t>{2, 5}));
  EXPECT_EQ(out[1].sizes(), (std::vector<std::int64_t>{2, 5}));
  EXPECT_FALSE(torch::equal(out[0], out[1]));
  EXPECT_EQ(Executor(pair.decoder).run({out[0]})[0].sizes(),
            (std::vector<std::int64_t>{2, 3, 32, 20}));
  EXPECT_ERROR(vae(core::Key(1), {.height = 30}), core::InvalidArgument, "multiples of 4");
}

TEST(Network, ItsGraphComputesTheSame) {
  Parameters parameters;
  std::vector<Layer> layers = {{.type = "conv2d", .out = 4, .kernel = 3, .padding = 1, .stride = 2},
                               {.type = "elu"},
                               {.type = "max_pool2d", .kernel = 3, .padding = 1},
                               {.type = "flatten"},
                               {.type = "dropout", .p = 0.5},
                               {.type = "linear", .out = 6},
                               {.type = "tanh"},
                               {.type = "linear", .out = 2}};
  const Network network("body", layers, {2, 11, 9}, parameters);
  parameters.allocate(core::Key(2), torch::kCPU);
  GraphBuilder b("graph", core::Key(1));
  const std::string y = network.append_to(b, parameters, b.input("x", {-1, 2, 11, 9}));
  const Model m = b.finish({{.name = y, .shape = {}}});
  EXPECT_TRUE(m.weights.contains("body.5.weight"));
  const Tensor x = numbers({3, 2, 11, 9}, 8);
  EXPECT_TRUE(torch::equal(Executor(m).run({x})[0], network.forward(parameters, x, {})));
}

// Every architecture by name runs on the smallest input it takes.
TEST(Architectures, AllRun) {
  for (const auto& member : architectures()) {
    if (member.name == "cifar-resnet110" || member.name == "ghostnet-v2") continue;  // long, above
    const Executor executor(open_model(std::string(member.name)));
    const Port& port = executor.graph().inputs[0];
    std::vector<std::int64_t> shape = port.shape;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (shape[d] < 0) shape[d] = d == 0 ? 2 : 32;
    }
    const Tensor y = executor.run({torch::zeros(shape, port.type)})[0];
    EXPECT_EQ(y.size(0), 2) << member.name;
    EXPECT_TRUE(torch::isfinite(y).all().item<bool>()) << member.name;
  }
}

}  // namespace
}  // namespace venturi::net
