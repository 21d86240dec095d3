// Damaged model files by the ten thousand: a model, or a DataError, and never anything else. The
// number of files is that of VENTURI_DAMAGED_FILES, if it is set.
#include <onnx/onnx_pb.h>

#include <cstdlib>

#include "tests/net/models.hpp"
#include "venturi/core/key.hpp"
#include "venturi/net/fuse.hpp"
#include "venturi/net/ghostnet.hpp"
#include "venturi/net/onnx_model.hpp"
#include "venturi/net/quantise.hpp"
#include "venturi/net/rewrite.hpp"
#include "venturi/net/transformer.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

struct Seed {
  std::string bytes;
  std::vector<std::int64_t> shape;
  torch::ScalarType type;
};

Seed seed(const Model& model, std::vector<std::int64_t> shape,
          torch::ScalarType type = torch::kFloat32) {
  const testing::TempFolder folder;
  write_onnx(model, folder / "m.onnx");
  return {core::read_text(folder / "m.onnx"), std::move(shape), type};
}

std::vector<Seed> seeds() {
  std::vector<Seed> out = {seed(two_layers(), {2, 4}), seed(small_residual(), {2, 4, 6, 6})};
  Model quantised = small_residual();
  quantise_weights(quantised);
  quantise_edges(quantised, {{"add", {-3, 3}}});
  out.push_back(seed(quantised, {2, 4, 6, 6}));
  out.push_back(seed(transformer(core::Key(1), {.vocabulary = 5,
                                                .width = 8,
                                                .layers = 1,
                                                .heads = 2,
                                                .key_heads = 1,
                                                .hidden = 6,
                                                .context = 6,
                                                .decoder = true,
                                                .rms = true,
                                                .rotary = true,
                                                .gated = true}),
                     {2, 4}, torch::kInt64));
  GraphBuilder b("mixed", core::Key(2));
  std::string x = b.input("x", {-1, 2, 6, 6});
  x = b.node("MaxPool", "pool", {x},
             integer_attributes({{"kernel_shape", {2, 2}}, {"strides", {2, 2}}}));
  x = b.node("Resize", "resize",
             {x, "", b.constant("scales", torch::tensor({1.0F, 1.0F, 2.0F, 2.0F}))});
  x = b.node("Pad", "pad", {x, b.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1})});
  x = b.node("Slice", "slice",
             {x, b.integers("starts", {1}), b.integers("ends", {5}), b.integers("axes", {2}),
              b.integers("steps", {1})});
  x = b.node("Reshape", "reshape", {x, b.integers("shape", {-1, 8})});
  x = b.node("Softmax", "softmax", {x});
  out.push_back(seed(b.finish({{.name = x, .shape = {}}}), {2, 2, 6, 6}));
  return out;
}

// Bytes turned, cut out, doubled, or numbers made large, in some places.
std::string damaged(std::string bytes, core::Random& random) {
  for (std::uint64_t times = 1 + random.below(4); times > 0 && !bytes.empty(); --times) {
    const std::size_t at = random.below(bytes.size());
    const std::size_t length = std::min<std::size_t>(1 + random.below(16), bytes.size() - at);
    switch (random.below(6)) {
      case 0:
        bytes[at] ^= static_cast<char>(1 << random.below(8));
        break;
      case 1:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, bytes.substr(random.below(bytes.size()), length));
        break;
      case 4:
        bytes.replace(at, length, std::string(length, random.below(2) == 0 ? '\xff' : '\x00'));
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

// The same on the message's level: names exchanged, attributes and dimensions changed.
std::string edited(const std::string& bytes, core::Random& random) {
  onnx::ModelProto proto;
  proto.ParseFromString(bytes);
  auto& graph = *proto.mutable_graph();
  const auto some = [&](int size) {
    return static_cast<int>(random.below(static_cast<std::uint64_t>(std::max(size, 1))));
  };
  const auto number = [&]() -> std::int64_t {
    constexpr std::int64_t kOdd[] = {0, -1, 1LL << 31, 1LL << 62, -(1LL << 62), 3};
    return random.below(2) == 0 ? kOdd[random.below(6)]
                                : static_cast<std::int64_t>(random.below(9));
  };
  for (std::uint64_t times = 1 + random.below(3); times > 0; --times) {
    auto& node = *graph.mutable_node(some(graph.node_size()));
    const auto& other = graph.node(some(graph.node_size()));
    switch (random.below(8)) {
      case 0:
        if (node.input_size() > 0 && other.output_size() > 0) {
          node.set_input(some(node.input_size()), other.output(0));
        }
        break;
      case 1:
        if (graph.initializer_size() > 0) {
          auto& weight = *graph.mutable_initializer(some(graph.initializer_size()));
          if (weight.dims_size() > 0) weight.set_dims(some(weight.dims_size()), number());
        }
        break;
      case 2:
        if (node.attribute_size() > 0) {
          auto& attribute = *node.mutable_attribute(some(node.attribute_size()));
          if (attribute.ints_size() > 0) {
            attribute.set_ints(some(attribute.ints_size()), number());
          } else {
            attribute.set_i(number());
          }
        }
        break;
      case 3:
        node.set_op_type(other.op_type());
        break;
      case 4:
        if (node.input_size() > 0) node.mutable_input()->RemoveLast();
        break;
      case 5:
        node.add_input(other.input_size() > 0 ? other.input(some(other.input_size())) : "");
        break;
      case 6:
        if (graph.initializer_size() > 0) {
          auto& weight = *graph.mutable_initializer(some(graph.initializer_size()));
          weight.set_data_type(some(24));
        }
        break;
      default:
        if (node.attribute_size() > 0) {
          *graph.mutable_node(some(graph.node_size()))->add_attribute() =
              node.attribute(some(node.attribute_size()));
        }
    }
  }
  return proto.SerializeAsString();
}

TEST(OnnxModel, SlowDamagedFilesByTheThousand) {
  const char* asked = std::getenv("VENTURI_DAMAGED_FILES");
  const int files = asked == nullptr ? 20000 : std::atoi(asked);
  const auto all = seeds();
  core::Random random(core::Key(asked == nullptr ? 1 : static_cast<std::uint64_t>(files)));
  int read = 0, ran = 0, refused = 0;
  for (int i = 0; i < files; ++i) {
    const Seed& from = all[random.below(all.size())];
    const std::string bytes =
        random.below(2) == 0 ? damaged(from.bytes, random) : edited(from.bytes, random);
    try {
      Model m = decode_onnx(std::as_bytes(std::span(bytes)), "damaged");
      ++read;
      fuse_activations(m);
      merge_convolutions(m);
      dequantise(m);
      const Tensor x = torch::ones(from.shape, from.type);
      Executor(m).run({x});
      ++ran;
    } catch (const core::DataError&) {
      ++refused;
    } catch (const core::InvalidArgument&) {  // of another number of inputs
      ++refused;
    } catch (const std::exception& error) {
      ADD_FAILURE() << "file " << i << ": " << error.what();
    }
  }
  fmt::print("{} files: {} read, {} of them ran, {} refused\n", files, read, ran, refused);
  EXPECT_GT(read, files / 10);
  EXPECT_GT(refused, files / 10);
}

}  // namespace
}  // namespace venturi::net
