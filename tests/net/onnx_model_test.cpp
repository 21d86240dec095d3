#include "venturi/net/onnx_model.hpp"

#include <onnx/onnx_pb.h>

#include "tests/net/models.hpp"
#include "venturi/core/key.hpp"
#include "venturi/net/operators.hpp"
#include "venturi/net/resnet.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

core::Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// A written model as protobuf, to be spoilt.
onnx::ModelProto proto_of(const Model& model) {
  const testing::TempFolder folder;
  write_onnx(model, folder / "m.onnx");
  onnx::ModelProto out;
  out.ParseFromString(core::read_text(folder / "m.onnx"));
  return out;
}

Model decoded(const onnx::ModelProto& proto) {
  return decode_onnx(bytes_of(proto.SerializeAsString()), "test");
}

TEST(OnnxModel, WhatIsWrittenReadsBackTheSame) {
  const testing::TempFolder folder;
  for (const bool external : {false, true}) {
    const Model m = cifar_resnet(8, core::Key(1));
    write_onnx(m, folder / "m.onnx", {.external = external});
    EXPECT_EQ(std::filesystem::exists(folder / "m.onnx.data"), external);
    const Model back = read_onnx(folder / "m.onnx");
    EXPECT_EQ(back.graph.opset, m.graph.opset);
    EXPECT_EQ(back.graph.inputs[0].shape, m.graph.inputs[0].shape);
    for (const auto& [name, value] : m.weights) {
      const auto found = back.weights.find(name);
      ASSERT_NE(found, back.weights.end()) << name;
      EXPECT_TRUE(torch::equal(found->second, value)) << name;
    }
    const Tensor x = numbers({2, 3, 32, 32}, 30);
    EXPECT_TRUE(torch::equal(Executor(back).run({x})[0], Executor(m).run({x})[0]));
  }
}

TEST(OnnxModel, ExternalDataOutsideTheFolderIsRefused) {
  const testing::TempFolder folder;
  write_onnx(cifar_resnet(8, core::Key(1)), folder / "m.onnx", {.external = true});
  const auto bytes = core::read_file(folder / "m.onnx");
  EXPECT_ERROR(decode_onnx(bytes, "test"), core::DataError, "is not inside the model's folder");
  std::filesystem::resize_file(folder / "m.onnx.data", 1000);
  EXPECT_ERROR(read_onnx(folder / "m.onnx"), core::DataError, "which has 1000");
}

TEST(OnnxModel, UnsupportedOperatorsAreNamedWithTheirOrigin) {
  auto proto = proto_of(two_layers());
  auto* node = proto.mutable_graph()->mutable_node(1);
  node->set_op_type("If");
  node->set_doc_string("\n  train.py(12): forward\nmore");
  EXPECT_ERROR(decoded(proto), core::DataError,
               "unsupported operators: If (node 1 'relu', from train.py(12): forward)");
  node->set_op_type("Relu");
  node->set_domain("com.example");
  EXPECT_ERROR(decoded(proto), core::DataError, "com.example::Relu (node 1 'relu'");
}

TEST(OnnxModel, HostileModelsAreDataErrors) {
  const auto proto = proto_of(two_layers());
  const auto error = [&](auto&& change) {
    auto copy = proto;
    change(copy);
    return testing::error_text<core::DataError>([&] { decoded(copy); });
  };
  const auto holds = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  using Proto = onnx::ModelProto;
  holds(error([](Proto& p) { p.clear_graph(); }), "no graph in it");
  holds(error([](Proto& p) { p.mutable_opset_import(0)->set_version(9); }),
        "expected an operator set of 11 to 21, got 9");
  holds(error([](Proto& p) { p.mutable_opset_import(0)->set_version(22); }), "got 22");
  holds(error([](Proto& p) { p.mutable_graph()->mutable_initializer()->RemoveLast(); }),
        "no weight is named as these");
  holds(error([](Proto& p) { *p.mutable_graph()->add_initializer() = p.graph().initializer(0); }),
        "there are two of it");
  holds(error([](Proto& p) { p.mutable_graph()->mutable_node(0)->set_input(0, "b"); }),
        "a cycle goes through");
  holds(error([](Proto& p) { p.mutable_graph()->mutable_initializer(0)->set_dims(0, 1LL << 40); }),
        "a.weight");
  holds(error([](Proto& p) { p.mutable_graph()->mutable_initializer(0)->set_dims(0, -5); }),
        "a.weight");
  holds(error([](Proto& p) { p.mutable_graph()->mutable_input(0)->clear_type(); }),
        "input 'x' is not a tensor");
  holds(error([](Proto& p) {
          p.mutable_graph()
              ->mutable_input(0)
              ->mutable_type()
              ->mutable_tensor_type()
              ->mutable_shape()
              ->mutable_dim(0)
              ->set_dim_value(-3);
        }),
        "a dimension of -3");
  holds(error([](Proto& p) { p.mutable_graph()->clear_output(); }), "no outputs");
  holds(error([](Proto& p) { p.mutable_graph()->add_sparse_initializer(); }),
        "sparse initializers");
  holds(error([](Proto& p) { p.add_functions()->set_name("f"); }), "functions of the model's own");
}

// Every truncation, and bits turned all over: a model or a DataError, nothing else.
TEST(OnnxModel, DamagedFilesAreModelsOrDataErrors) {
  const std::string whole = proto_of(two_layers()).SerializeAsString();
  int refused = 0;
  const auto attempt = [&](const std::string& bytes) {
    try {
      const Model m = decode_onnx(bytes_of(bytes), "test");
      Executor(m).run({torch::ones({2, 4})});
    } catch (const core::DataError&) {
      ++refused;
    } catch (const core::InvalidArgument&) {  // of another number of inputs
      ++refused;
    }
  };
  for (std::size_t n = 0; n < whole.size(); ++n) attempt(whole.substr(0, n));
  EXPECT_GT(refused, static_cast<int>(whole.size() * 9 / 10));
  core::Random random(core::Key(7));
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = whole;
    for (int flips = 0; flips < 1 + i % 3; ++flips) {
      bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
    }
    attempt(bytes);
  }
}

TEST(OnnxModel, NoFileAndNoModelAreNamed) {
  const testing::TempFolder folder;
  EXPECT_ERROR(read_onnx(folder / "none.onnx"), core::DataError, "none.onnx");
  core::write_file(folder / "text.onnx", "hello, this is no model");
  EXPECT_ERROR(read_onnx(folder / "text.onnx"), core::DataError, "text.onnx");
}

// docs/onnx.md is made from the table of operators: what follows its last heading is this text.
TEST(OnnxModel, TheDocumentHoldsTheTableOfOperators) {
  std::string table = "| operator | inputs |\n|---|---|\n";
  for (const Operator& op : operators()) {
    table += fmt::format("| {} | {} |\n", op.name,
                         op.most_inputs < 0 ? fmt::format("{} or more", op.least_inputs)
                         : op.least_inputs == op.most_inputs
                             ? fmt::format("{}", op.least_inputs)
                             : fmt::format("{} to {}", op.least_inputs, op.most_inputs));
  }
  const std::string page = core::read_text(VENTURI_SOURCE_DIR "/docs/onnx.md");
  EXPECT_TRUE(page.ends_with("\n\n" + table)) << "the page must end in:\n" << table;
}

}  // namespace
}  // namespace venturi::net
