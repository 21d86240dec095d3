// What is known of a model before data come, and the files of its weights.
#include "venturi/net/shapes.hpp"

#include <onnx/onnx_pb.h>

#include "tests/net/models.hpp"
#include "venturi/net/architectures.hpp"
#include "venturi/net/cost.hpp"
#include "venturi/net/memory.hpp"
#include "venturi/net/onnx_model.hpp"
#include "venturi/net/resnet.hpp"
#include "venturi/net/transformer.hpp"
#include "venturi/net/weights.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;
using Sizes = std::vector<std::int64_t>;

const Port& port(const std::vector<Port>& ports, const std::string& name) {
  for (const Port& one : ports) {
    if (one.name == name) return one;
  }
  throw std::runtime_error("no port " + name);
}

TEST(Shapes, SamplesAndWhatDependsOnValuesAreOpen) {
  GraphBuilder b("shapes", core::Key(1));
  const std::string x = b.input("x", {-1, 3, -1});
  const std::string flat = b.node("Flatten", "flat", {x});
  const std::string sizes = b.node("Shape", "sizes", {x});
  const std::string where = b.node("NonZero", "where", {flat});
  const Executor executor(b.finish(
      {{.name = flat, .shape = {}}, {.name = sizes, .shape = {}}, {.name = where, .shape = {}}}));
  const auto edges = infer_shapes(executor, {{"x", {-1, 3, 5}}});
  EXPECT_EQ(port(edges, "x").shape, (Sizes{-1, 3, 5}));
  EXPECT_EQ(port(edges, "flat").shape, (Sizes{-1, 15}));
  EXPECT_EQ(port(edges, "sizes").shape, (Sizes{3}));
  EXPECT_EQ(port(edges, "sizes").type, torch::kInt64);
  EXPECT_EQ(port(edges, "where").shape, (Sizes{2, -1}));
  EXPECT_ERROR(infer_shapes(executor), core::InvalidArgument,
               "input 'x' leaves its shape [1, 3, ?] open: say --shape x=");
  EXPECT_ERROR(infer_shapes(executor, {{"y", {1}}}), core::InvalidArgument,
               "no input 'y'; the model has x");
}

// A weight that does not fit is found before any data.
TEST(Shapes, WhatDoesNotFitIsNamedAhead) {
  Model m = two_layers();
  m.weights["b.weight"] = torch::zeros({3, 6});
  EXPECT_ERROR(infer_shapes(Executor(m)), core::DataError, "'b' (Gemm, node 2)");
}

TEST(Shapes, GoIntoOnnxFiles) {
  const testing::TempFolder folder;
  const Model m = cifar_resnet(8, core::Key(1));
  write_onnx(m, folder / "m.onnx", {.edges = infer_shapes(Executor(m))});
  onnx::ModelProto proto;
  ASSERT_TRUE(proto.ParseFromString(core::read_text(folder / "m.onnx")));
  std::map<std::string, Sizes> written;
  for (const auto& info : proto.graph().value_info()) {
    for (const auto& size : info.type().tensor_type().shape().dim()) {
      written[info.name()].push_back(size.has_dim_value() ? size.dim_value() : -1);
    }
  }
  EXPECT_EQ(written["layer2.0.relu1"], (Sizes{-1, 32, 16, 16}));
  EXPECT_FALSE(written.contains("image"));
  EXPECT_FALSE(written.contains("linear"));  // an output, said there
  EXPECT_NO_THROW(read_onnx(folder / "m.onnx"));
}

TEST(WeightFiles, BothKindsReadBackTheSame) {
  const testing::TempFolder folder;
  const Model m = small_residual();
  for (const char* name : {"w.vt", "w.safetensors"}) {
    const auto bytes = write_weights(m, folder / name);
    EXPECT_EQ(bytes, std::filesystem::file_size(folder / name));
    Model other = small_residual();
    for (auto& [key, value] : other.weights) value = torch::zeros_like(value);
    read_weights(other, folder / name);
    for (const auto& [key, value] : m.weights) {
      EXPECT_TRUE(torch::equal(other.weights.at(key), value)) << key;
    }
    Model wrong = two_layers();
    EXPECT_ERROR(read_weights(wrong, folder / name), core::DataError, "names do not match");
  }
  EXPECT_ERROR(write_weights(m, folder / "w.bin"), core::InvalidArgument, "expected FILE.vt");
  core::write_file(folder / "bad.vt", "no such file");
  Model other = small_residual();
  EXPECT_ERROR(read_weights(other, folder / "bad.vt"), core::DataError, "bad.vt");
}

// A file of a few bytes that names more memory than any machine has.
TEST(OnnxModel, WeightsLargerThanMemoryAreRefused) {
  const testing::TempFolder folder;
  write_onnx(two_layers(), folder / "m.onnx");
  onnx::ModelProto proto;
  ASSERT_TRUE(proto.ParseFromString(core::read_text(folder / "m.onnx")));
  auto* weight = proto.mutable_graph()->mutable_initializer(0);
  weight->clear_raw_data();
  weight->set_dims(0, std::int64_t{1} << 38);
  weight->set_dims(1, 4);
  weight->set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = weight->add_external_data();
  entry->set_key("location");
  entry->set_value("m.data");
  core::write_file(folder / "m.data", "");
  std::filesystem::resize_file(folder / "m.data", std::uintmax_t{1} << 42);  // all hole
  core::write_file(folder / "m.onnx", proto.SerializeAsString());
  EXPECT_ERROR(read_onnx(folder / "m.onnx"), core::DataError, "its weights take 4096.0 GiB");
}

TEST(Memory, MeterCountsWhatIsHeld) {
  const Tensor before = torch::empty({1000});
  const MemoryMeter meter;
  Tensor a = torch::empty({1 << 16});
  {
    const Tensor b = torch::empty({1 << 15});
    EXPECT_EQ(meter.bytes(), 4 * ((1 << 16) + (1 << 15)));
  }
  EXPECT_EQ(meter.bytes(), 4 << 16);
  a.reset();
  EXPECT_EQ(meter.bytes(), 0);
  EXPECT_EQ(meter.peak_bytes(), 4 * ((1 << 16) + (1 << 15)));
}

// The cost model's peak against what a run takes, at most a fifth apart.
TEST(Memory, PeakIsWhatTheCostModelSays) {
  struct Case {
    const char* name;
    Sizes shape;  // of one sample
  };
  const Case networks[] = {{"cifar-resnet20", {3, 32, 32}}, {"mobilenet-v2", {3, 96, 96}},
                           {"ghostnet-v2", {3, 64, 64}},    {"small-cnn", {1, 28, 28}},
                           {"transformer-encoder", {64}},   {"mlp", {1, 28, 28}}};
  for (const auto& [name, shape] : networks) {
    const Executor executor(open_model(name));
    const auto type = executor.graph().inputs[0].type;
    for (const std::int64_t batch : {1, 4, 16, 64}) {
      Sizes all = {batch};
      all.insert(all.end(), shape.begin(), shape.end());
      const Costs costs = measure_costs(executor, {torch::zeros(all, type)});
      const MemoryMeter meter;
      {
        const Tensor x = torch::zeros(all, type);
        executor.run({x});
      }
      const double ratio =
          static_cast<double>(meter.peak_bytes()) / static_cast<double>(costs.peak_bytes);
      fmt::print("{}, batch {}: predicted {} bytes, peak {}, ratio {:.3f}\n", name, batch,
                 costs.peak_bytes, meter.peak_bytes(), ratio);
      EXPECT_LE(ratio, 1.2) << name << ", batch " << batch;
      EXPECT_GE(ratio, 1 / 1.2) << name << ", batch " << batch;
    }
  }
}

}  // namespace
}  // namespace venturi::net
