#include "venturi/net/onnx_values.hpp"

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <limits>

#include "tests/testing.hpp"

namespace venturi::net {
namespace {

using onnx::AttributeProto;
using onnx::TensorProto;
using tensor::Tensor;

TensorProto proto_of(std::int32_t type, const std::vector<std::int64_t>& dims,
                     const std::string& raw = {}) {
  TensorProto out;
  out.set_name("t");
  out.set_data_type(type);
  for (const std::int64_t size : dims) out.add_dims(size);
  if (!raw.empty()) out.set_raw_data(raw);
  return out;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

Tensor read(const TensorProto& proto) { return tensor_from_proto(proto, {}); }

TEST(OnnxValues, TensorsComeBackAsTheyWere) {
  const Tensor values = torch::tensor({0.0, 1.0, -2.5, 100.0, 3.0, 7.0}).reshape({2, 1, 3});
  for (const auto type :
       {torch::kFloat32, torch::kFloat64, torch::kFloat16, torch::kBFloat16, torch::kInt8,
        torch::kInt16, torch::kInt32, torch::kInt64, torch::kBool}) {
    const Tensor x = values.to(type);
    EXPECT_TRUE(torch::equal(read(to_proto(x, "x")), x)) << torch::toString(type);
    EXPECT_EQ(type_from_onnx(type_to_onnx(type)), type);
    // A view whose memory is not in order.
    EXPECT_TRUE(torch::equal(read(to_proto(x.transpose(0, 2), "x")), x.transpose(0, 2)));
  }
  const Tensor bytes = torch::arange(256).to(torch::kUInt8);
  EXPECT_TRUE(torch::equal(read(to_proto(bytes, "x")), bytes));
  const Tensor none = torch::empty({3, 0, 2});
  EXPECT_EQ(read(to_proto(none, "x")).sizes(), none.sizes());
  EXPECT_EQ(read(to_proto(torch::tensor(4.0), "x")).dim(), 0);
  EXPECT_ERROR(to_proto(torch::zeros({1}, torch::kComplexFloat), "x"), core::InvalidArgument,
               "no ONNX type");
}

TEST(OnnxValues, TypedFieldsAndUnsignedIntegers) {
  TensorProto half = proto_of(TensorProto::FLOAT16, {2});
  half.add_int32_data(0x3C00);  // 1
  half.add_int32_data(0xC000);  // -2
  EXPECT_TRUE(torch::equal(read(half), torch::tensor({1.0, -2.0}).to(torch::kFloat16)));
  TensorProto u16 = proto_of(TensorProto::UINT16, {2});
  u16.add_int32_data(65535);
  u16.add_int32_data(1);
  EXPECT_TRUE(torch::equal(read(u16), torch::tensor({65535, 1}, torch::kInt64)));
  u16.set_int32_data(0, 65536);
  EXPECT_ERROR(read(u16), core::DataError, "65536 does not fit its type uint16");
  TensorProto i8 = proto_of(TensorProto::INT8, {1});
  i8.add_int32_data(-129);
  EXPECT_ERROR(read(i8), core::DataError, "does not fit");
  TensorProto boolean = proto_of(TensorProto::BOOL, {2}, std::string("\x02\x00", 2));
  EXPECT_TRUE(torch::equal(read(boolean), torch::tensor({true, false})));
  const std::uint32_t u32 = 4000000000U;
  EXPECT_EQ(
      read(proto_of(TensorProto::UINT32, {1}, bytes_of<std::uint32_t>({u32}))).item<std::int64_t>(),
      4000000000);
  const auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read(proto_of(TensorProto::UINT64, {1}, bytes_of<std::uint64_t>({largest})))
                .item<std::int64_t>(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_ERROR(read(proto_of(TensorProto::UINT64, {1}, bytes_of<std::uint64_t>({largest + 1}))),
               core::DataError, "uint64");
}

TEST(OnnxValues, SizesThatLieAreRefused) {
  const std::string four(16, 'x');
  EXPECT_ERROR(read(proto_of(TensorProto::FLOAT, {5}, four)), core::DataError,
               "expected 20 raw bytes for dimensions 5, got 16");
  EXPECT_ERROR(read(proto_of(TensorProto::FLOAT, {4})), core::DataError, "expected 4 values");
  EXPECT_ERROR(read(proto_of(TensorProto::FLOAT, {-4}, four)), core::DataError, "negative");
  const std::int64_t big = std::int64_t{1} << 33;
  EXPECT_ERROR(read(proto_of(TensorProto::FLOAT, {big, big}, four)), core::DataError, "2^40");
  EXPECT_ERROR(read(proto_of(TensorProto::FLOAT, {0, big, big})), core::DataError, "2^40");
  EXPECT_ERROR(read(proto_of(TensorProto::FLOAT, {std::int64_t{1} << 39})), core::DataError,
               "values");
  EXPECT_ERROR(read(proto_of(TensorProto::FLOAT, std::vector<std::int64_t>(33, 1), four)),
               core::DataError, "32 dimensions");
  EXPECT_ERROR(read(proto_of(TensorProto::STRING, {1})), core::DataError, "'string'");
  EXPECT_ERROR(read(proto_of(17, {1})), core::DataError, "'float8e4m3fn'");
  EXPECT_ERROR(read(proto_of(-3, {1})), core::DataError, "unknown data type -3");
  EXPECT_ERROR(read(proto_of(999, {1})), core::DataError, "unknown data type 999");
}

TEST(OnnxValues, ExternalDataStaysInTheFolder) {
  const testing::TempFolder scratch;
  const auto folder = scratch / "model";
  std::filesystem::create_directory(folder);
  core::write_file(folder / "data.bin", std::string_view("....\0\0\x80\x3F\0\0\0\x40"
                                                         "end",
                                                         15));
  core::write_file(scratch / "secret.bin", std::string_view("01234567"));
  const auto external = [&](std::vector<std::pair<std::string, std::string>> entries) {
    TensorProto out = proto_of(TensorProto::FLOAT, {2});
    out.set_data_location(TensorProto::EXTERNAL);
    for (const auto& [key, value] : entries) {
      auto& entry = *out.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    }
    return out;
  };
  EXPECT_TRUE(torch::equal(
      tensor_from_proto(external({{"location", "data.bin"}, {"offset", "4"}, {"length", "8"}}),
                        folder),
      torch::tensor({1.0F, 2.0F})));
  const auto refused = [&](std::vector<std::pair<std::string, std::string>> entries,
                           const char* part) {
    EXPECT_ERROR(tensor_from_proto(external(std::move(entries)), folder), core::DataError, part);
  };
  refused({{"location", "data.bin"}, {"offset", "8"}}, "expected 8 bytes at 8");
  refused({{"location", "data.bin"}, {"offset", "99"}}, "expected 8 bytes at 99");
  refused({{"location", "data.bin"}, {"offset", "-1"}}, "expected a number");
  refused({{"location", "data.bin"}, {"offset", "99999999999999999999"}}, "expected a number");
  refused({{"location", "data.bin"}, {"length", "7"}}, "expected 8 external bytes");
  refused({{"location", "../secret.bin"}}, "not inside");
  refused({{"location", (scratch / "secret.bin").string()}}, "not inside");
  refused({{"location", ""}}, "not inside");
  refused({}, "not inside");
  refused({{"location", "missing.bin"}}, "no file");
  refused({{"location", "."}}, "no file");
  std::filesystem::create_symlink(scratch / "secret.bin", folder / "link.bin");
  refused({{"location", "link.bin"}}, "links out");
  EXPECT_ERROR(read(external({{"location", "data.bin"}})), core::DataError, "not inside");
}

TEST(OnnxValues, AttributesComeBackAsTheyWere) {
  Attributes attributes;
  attributes.set("axis", std::int64_t{-1});
  attributes.set("alpha", 0.25);
  attributes.set("mode", std::string("linear"));
  attributes.set("pads", std::vector<std::int64_t>{1, 2});
  attributes.set("none", std::vector<std::int64_t>{});
  attributes.set("scales", std::vector<double>{0.5, 2});
  attributes.set("names", std::vector<std::string>{"Tanh", "Relu"});
  attributes.set("value", torch::tensor({1, 2}));
  onnx::NodeProto node;
  to_proto(attributes, node);
  const Attributes back = attributes_from_proto(node);
  EXPECT_EQ(back.values().size(), attributes.values().size());
  EXPECT_EQ(back.integer("axis", 0), -1);
  EXPECT_EQ(back.real("alpha", 0), 0.25);
  EXPECT_EQ(back.text("mode", ""), "linear");
  EXPECT_EQ(back.integers("pads", {}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(back.has("none"));
  EXPECT_EQ(back.integers("none", {7}), std::vector<std::int64_t>{});
  EXPECT_EQ(back.reals("scales", {}), (std::vector<double>{0.5, 2}));
  EXPECT_EQ(back.texts("names"), (std::vector<std::string>{"Tanh", "Relu"}));
  EXPECT_TRUE(torch::equal(back.tensor("value"), torch::tensor({1, 2})));
  EXPECT_EQ(back.integer("absent", 9), 9);
  EXPECT_FALSE(back.tensor("absent").defined());
  EXPECT_ERROR(back.integer("mode", 0), core::DataError, "expected an integer in attribute 'mode'");
}

TEST(OnnxValues, AttributesThatAreNotOursAreNamed) {
  onnx::NodeProto node;
  AttributeProto& body = *node.add_attribute();
  body.set_name("then_branch");
  body.set_type(AttributeProto::GRAPH);
  EXPECT_ERROR(attributes_from_proto(node), core::DataError, "'then_branch': kind GRAPH");
  body.set_type(AttributeProto::INT);
  *node.add_attribute() = body;
  EXPECT_ERROR(attributes_from_proto(node), core::DataError, "'then_branch' is there twice");
  node.mutable_attribute()->RemoveLast();
  body.set_ref_attr_name("outer");
  EXPECT_ERROR(attributes_from_proto(node), core::DataError, "refers");
}

}  // namespace
}  // namespace venturi::net
