// The standard's own node tests: a folder a test, in it model.onnx with one node and
// test_data_set_<i>/input_<j>.pb, output_<j>.pb. The PyPI package onnx ships them as
// onnx/backend/test/data/node; Debian's python3-onnx makes them with
// `backend-test-tools generate-data -o FOLDER` (then FOLDER/node).
#include <onnx/onnx_pb.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "tests/testing.hpp"
#include "venturi/net/onnx_values.hpp"
#include "venturi/net/operators.hpp"

namespace venturi::net {
namespace {

namespace fs = std::filesystem;
using tensor::Tensor;

struct Exclusion {
  const char* part;  // of the test's name
  const char* reason;
};
constexpr Exclusion kExclusions[] = {
    {"FLOAT8", "8-bit floats"},
    {"e4m3fn", "8-bit floats"},
    {"e5m2", "8-bit floats"},
    {"FLOAT4", "4-bit floats"},
    {"float4", "4-bit floats"},
    {"INT4", "4-bit integers"},
    {"int4", "4-bit integers"},
    {"_STRING", "tensors of text"},
    {"STRING_", "tensors of text"},
    {"equal_string", "tensors of text"},
    {"identity_opt", "optional values"},
    {"identity_sequence", "sequences of tensors"},
    {"training_dropout", "random, by the reference's own generator"},
    {"BFLOAT16", "the files hold bfloat16 as uint16"},
    {"bitwise_not_3d", "uint16, which is int64 here and has no top bit to flip"},
    {"qlinearmatmul_2D_int8", "expects -236 to wrap around where the standard says saturation"},
    {"qlinearmatmul_3D_int8", "expects -236 to wrap around where the standard says saturation"},
    {"averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True",
     "counts cells beyond the padding; onnx's later reference does not, nor do we"},
};

// An exclusion's reason, or null. A dropout with ratio 0 draws nothing.
const char* excluded(const std::string& name) {
  if (name.find("training_dropout_zero_ratio") != std::string::npos) return nullptr;
  for (const Exclusion& one : kExclusions) {
    if (name.find(one.part) != std::string::npos) return one.reason;
  }
  return nullptr;
}

template <class Proto>
Proto read_proto(const fs::path& path) {
  const auto bytes = core::read_file(path);
  Proto out;
  if (!out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    core::fail_data("onnx_node_test", "cannot parse '{}'", path.string());
  }
  return out;
}

// Empty where the two agree as the standard's runner has it: |a - e| <= 1e-7 + 1e-3 |e|.
std::string difference(const Tensor& actual, const Tensor& expected) {
  if (!actual.defined()) return "no result";
  if (actual.scalar_type() != expected.scalar_type()) {
    return fmt::format("type {} instead of {}", torch::toString(actual.scalar_type()),
                       torch::toString(expected.scalar_type()));
  }
  if (actual.sizes() != expected.sizes()) {
    return fmt::format("shape {} instead of {}", fmt::join(actual.sizes(), "*"),
                       fmt::join(expected.sizes(), "*"));
  }
  const Tensor a = actual.to(torch::kFloat64);
  const Tensor e = expected.to(torch::kFloat64);
  if (torch::allclose(a, e, /*rtol=*/1e-3, /*atol=*/1e-7, /*equal_nan=*/true)) return {};
  return fmt::format("values differ by up to {}", (a - e).abs().max().item<double>());
}

// One data set of one test: empty, or what is wrong.
std::string run_set(const onnx::ModelProto& model, const Operator& op, const fs::path& folder) {
  const onnx::GraphProto& graph = model.graph();
  const onnx::NodeProto& node = graph.node(0);
  std::map<std::string, Tensor> values;
  for (const auto& constant : graph.initializer()) {
    values[constant.name()] = tensor_from_proto(constant, {});
  }
  for (int i = 0; i < graph.input_size(); ++i) {
    const auto path = folder / fmt::format("input_{}.pb", i);
    values[graph.input(i).name()] = tensor_from_proto(read_proto<onnx::TensorProto>(path), {});
  }
  std::vector<Tensor> inputs;
  for (const std::string& name : node.input()) {
    inputs.push_back(name.empty() ? Tensor{} : values.at(name));
  }
  int opset = 1;
  for (const auto& set : model.opset_import()) {
    if (set.domain().empty()) opset = static_cast<int>(set.version());
  }
  const Attributes attributes = attributes_from_proto(node);
  const auto out =
      op.run({attributes, inputs, opset, static_cast<std::size_t>(node.output_size())});
  for (int i = 0; i < node.output_size(); ++i)
    values[node.output(i)] = out[static_cast<std::size_t>(i)];
  for (int i = 0; i < graph.output_size(); ++i) {
    const auto path = folder / fmt::format("output_{}.pb", i);
    const Tensor expected = tensor_from_proto(read_proto<onnx::TensorProto>(path), {});
    const std::string wrong = difference(values.at(graph.output(i).name()), expected);
    if (!wrong.empty()) return fmt::format("output {}: {}", i, wrong);
  }
  return {};
}

std::string run_test(const onnx::ModelProto& model, const Operator& op, const fs::path& folder) {
  try {
    std::string wrong = "no data sets";
    for (int i = 0; fs::exists(folder / fmt::format("test_data_set_{}", i)); ++i) {
      wrong = run_set(model, op, folder / fmt::format("test_data_set_{}", i));
      if (!wrong.empty()) break;
    }
    return wrong;
  } catch (const std::exception& error) {
    return error.what();
  }
}

TEST(OnnxNodes, StandardTestsAgree) {
  const char* place = std::getenv("VENTURI_ONNX_TESTS");
  if (place == nullptr) {
    GTEST_SKIP() << "needs the standard's node tests: set VENTURI_ONNX_TESTS to the folder "
                    "onnx/backend/test/data/node of the PyPI package onnx";
  }
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(place)) {
    if (fs::exists(entry.path() / "model.onnx")) names.insert(entry.path().filename().string());
  }
  ASSERT_FALSE(names.empty()) << "no tests in " << place;
  int passed = 0, tried = 0, unsupported = 0, left_out = 0, graphs = 0;
  std::set<std::string> missing;
  for (const std::string& name : names) {
    const fs::path folder = fs::path(place) / name;
    const auto model = read_proto<onnx::ModelProto>(folder / "model.onnx");
    if (model.graph().node_size() != 1) {
      ++graphs;
      continue;
    }
    const onnx::NodeProto& node = model.graph().node(0);
    const Operator* op = node.domain().empty() ? find_operator(node.op_type()) : nullptr;
    if (op == nullptr) {
      ++unsupported;
      missing.insert(node.op_type());
    } else if (excluded(name) != nullptr) {
      ++left_out;
    } else {
      ++tried;
      const std::string wrong = run_test(model, *op, folder);
      if (wrong.empty()) ++passed;
      EXPECT_TRUE(wrong.empty()) << name << ": " << wrong;
    }
  }
  fmt::print(
      "{} of {} passed, {} not supported ({}); left out with a reason: {}; of several "
      "nodes: {}\n",
      passed, tried, unsupported, fmt::join(missing, " "), left_out, graphs);
}

}  // namespace
}  // namespace venturi::net
