// Edges in few bits: the grid, files and ONNX that run with it, one budget with the weights.
#include "venturi/compress/activations.hpp"

#include "tests/testing.hpp"
#include "venturi/compress/compress.hpp"
#include "venturi/compress/recover.hpp"
#include "venturi/net/builder.hpp"
#include "venturi/net/onnx_model.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

Tensor normals(std::vector<std::int64_t> shape, std::uint64_t seed) {
  auto generator = tensor::make_generator(core::Key(seed), torch::kCPU);
  return torch::empty(shape).normal_(0, 1, generator);
}

// A residual block, so that an edge lives beyond its next reader: 3*8*8 images to 5 classes.
net::Model network() {
  net::GraphBuilder b("small", core::Key(1));
  std::string x = b.input("x", {-1, 3, 8, 8});
  x = b.node("Relu", "ra", {b.convolution("a", x, {.in = 3, .out = 8, .kernel = 3, .padding = 1})});
  std::string y = b.convolution("b", x, {.in = 8, .out = 8, .kernel = 3, .padding = 1});
  x = b.node("Relu", "rb", {b.node("Add", "add", {x, y})});
  x = b.convolution("c", x, {.in = 8, .out = 8, .kernel = 3, .stride = 2, .padding = 1});
  x = b.node("LeakyRelu", "rc", {x});  // below 0 as well
  x = b.node("Flatten", "flat", {b.node("GlobalAveragePool", "mean", {x})});
  return b.finish({{.name = b.linear("d", x, 8, 5), .ranked = true, .shape = {-1, 5}}});
}

const Subject& subject() {
  static const Subject one(network(), normals({96, 3, 8, 8}, 3), core::Key(5));
  return one;
}

TEST(Activations, TheEdgesThatMatricesRead) {
  const auto menus = activation_menus(subject(), {.bits = {4, 8, 32, 8}, .samples = 64});
  ASSERT_EQ(menus.size(), 3);
  EXPECT_EQ(menus[0].edge, "ra");
  EXPECT_EQ(menus[1].edge, "rb");
  EXPECT_EQ(menus[2].edge, "flat");
  EXPECT_EQ(menus[0].elements, 8 * 8 * 8);
  EXPECT_EQ(menus[2].elements, 8);
  // "ra" lives until the addition has read it.
  EXPECT_EQ(subject().model().graph.nodes[menus[0].end].op, "Add");
  for (const ActivationMenu& menu : menus) {
    ASSERT_EQ(menu.entries.size(), 3);
    EXPECT_EQ(menu.entries[0].bits, 32 * menu.elements);
    EXPECT_EQ(menu.entries[0].nats, 0);
    EXPECT_LT(menu.entries[1].nats, menu.entries[2].nats);
    EXPECT_LT(menu.entries[1].nats, 1e-3);
  }
}

// What the nodes do is the grid of the header.
TEST(Activations, NodesRoundToTheGrid) {
  for (const int bits : {8, 5, 3}) {
    for (const bool token : {false, true}) {
      Quantiser q{.edge = "rc", .bits = bits, .token = token, .map = true, .axes = 4};
      q.low = -1;
      q.high = 3;
      net::Model changed = subject().model();
      quantise(changed, std::span(&q, 1));
      Tensor before, after;
      net::RunOptions run;
      run.hooks = {
          net::observe("rc/before", [&](const std::string&, const Tensor& v) { before = v; }),
          net::observe("rc", [&](const std::string&, const Tensor& v) { after = v; })};
      net::Executor(changed).run({subject().inputs()}, run);
      const double n = std::exp2(bits) - 1;
      Tensor low = torch::tensor(-1.0), step = torch::tensor(4 / n);
      if (token) {
        const Tensor flat = before.flatten(1);
        low = std::get<0>(flat.min(1)).clamp_max(0).reshape({-1, 1, 1, 1});
        step = (std::get<0>(flat.max(1)).clamp_min(0).reshape({-1, 1, 1, 1}) - low) / n;
      }
      const Tensor zero = token ? low / step : (low / step).round();
      const Tensor expected = (((before / step) - zero).round().clamp(0, n) + zero) * step;
      // float16 steps move the clamped ends; a value between two levels may go either way.
      const Tensor off = (after - expected).abs() / step;
      EXPECT_LT(off.gt(.15).to(torch::kFloat32).mean().item<double>(), .01) << bits << token;
      const auto levels = std::get<0>(torch::_unique(after[0].contiguous())).numel();
      EXPECT_LE(levels, static_cast<std::int64_t>(n) + 1);
      EXPECT_GT(levels, 2);
    }
  }
}

TEST(Activations, TheFileAndOnnxRunWithThem) {
  for (const char* ranges : {"static", "token"}) {
    Compressor work(subject(), {.methods = "rate",
                                .probe_samples = 32,
                                .activations = "total",
                                .ranges = ranges,
                                .activation_bits = {4, 6, 8}});
    const Compressed c = work.run(2400, core::Key(1));
    EXPECT_LE(c.file_bytes + c.activation_bytes, 2400);
    std::int64_t bits = 0;
    for (const EdgeChoice& edge : c.edges) {
      EXPECT_LE(edge.bits, 8);
      bits += edge.elements * edge.bits;
    }
    EXPECT_GE(8 * c.activation_bytes, bits);
    const CompressedModel back = from_container(to_container(c.model), "file");
    const Tensor y = subject().outputs_of(c.model.model());
    EXPECT_TRUE(torch::equal(y, subject().outputs_of(back.model())));
    EXPECT_GT(divergence_bits(subject().outputs(), y), 0);
    const testing::TempFolder folder;
    net::write_onnx(to_onnx(c.model).model, folder / "a.onnx");
    const net::Model onnx = net::read_onnx(folder / "a.onnx");
    EXPECT_LT((subject().outputs_of(onnx) - y).abs().max().item<double>(), 1e-3);
  }
}

TEST(Activations, ThePeakIsWhatLivesAtOneTime) {
  const auto menus = activation_menus(subject(), {.bits = {4, 8}, .samples = 32});
  const ActivationChoices choices(menus, true);
  // At the Relu after the addition "ra" is gone; at "rb" alone 8*8*8, at no time both.
  EXPECT_EQ(choices.elements(), 512);
  ASSERT_EQ(choices.parts().size(), 1);
  const auto& path = choices.parts()[0].choices;
  EXPECT_EQ(path.front().bits, 512 * 8);
  EXPECT_EQ(path.back().bits, 512 * 4);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::vector<std::size_t> one = {i};
    const auto entries = choices.entries_of(one);
    EXPECT_EQ(choices.bits_of(entries), path[i].bits);
    if (i > 0) {
      EXPECT_LT(path[i].bits, path[i - 1].bits);
    }
  }
  // Of two equal maxima both must fall before the peak does.
  EXPECT_EQ(path.size(), 2);
}

TEST(Activations, RecoveryTrainsThroughThem) {
  Compressor work(
      subject(),
      {.methods = "rate", .probe_samples = 32, .activations = "total", .activation_bits = {4}});
  Compressed c = work.run(1400, core::Key(1));
  const double before = subject().measure(c.model.model());
  recover(subject(), subject().inputs(), c.file_bytes,
          {.epochs = 6, .batch = 16, .learning_rate = 5e-4}, core::Key(2), c.model);
  EXPECT_LT(subject().measure(c.model.model()), before);
  EXPECT_LE(static_cast<std::int64_t>(file_bytes(c.model)), c.file_bytes);
}

TEST(Activations, BadInputIsNamed) {
  EXPECT_ERROR(activation_menus(subject(), {.bits = {1}}), core::InvalidArgument, "got 1");
  EXPECT_ERROR(activation_menus(subject(), {.bits = {}}), core::InvalidArgument, "got none");
  net::Model old = network();
  old.graph.opset = 11;
  const Quantiser q{.edge = "ra", .high = 1};
  EXPECT_ERROR(quantise(old, std::span(&q, 1)), core::InvalidArgument, "operator set 13");
}

}  // namespace
}  // namespace venturi::compress
