#include "venturi/data/safetensors.hpp"

#include "tests/testing.hpp"

namespace venturi::data {
namespace {

// safetensors 0.6, Python: save({'b': np.array([[1, 2], [3, 4]], '<i2'),
//                               'a': np.array([.5, -1], '<f4')}, metadata={'k': 'v'})
constexpr const char* kGolden =
    "88000000000000007b225f5f6d657461646174615f5f223a7b226b223a2276227d2c2261223a7b2264747970"
    "65223a22463332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b302c385d7d2c22"
    "62223a7b226474797065223a22493136222c227368617065223a5b322c325d2c22646174615f6f6666736574"
    "73223a5b382c31365d7d7d200000003f000080bf0100020003000400";

std::vector<std::byte> file_of(std::string_view header, std::string_view data) {
  std::string out(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(header.size() >> (8 * i));
  out += header;
  out += data;
  const auto bytes = std::as_bytes(std::span(out));
  return {bytes.begin(), bytes.end()};
}

std::vector<float> floats(const TensorView& tensor) {
  std::vector<float> out(tensor.bytes.size() / element_bytes(tensor.element));
  to_floats(tensor.copy(), 1.0F, out);
  return out;
}

TEST(Safetensors, GoldenFile) {
  const Safetensors file(testing::from_hex(kGolden));
  EXPECT_EQ(file.names().size(), 2U);
  EXPECT_EQ(file["b"].shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(file["b"].element, Element::kI16);
  EXPECT_EQ(floats(file["b"]), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(floats(file["a"]), (std::vector<float>{.5F, -1}));
  EXPECT_EQ(file.metadata().at("k"), "v");
  EXPECT_TRUE(file.contains("a"));
  EXPECT_ERROR(file["c"], core::InvalidArgument, "no tensor 'c' among 2");
}

TEST(Safetensors, RoundTripOfEveryElement) {
  const auto bytes = testing::from_hex("0102030405060708");
  std::vector<std::pair<std::string, TensorView>> tensors;
  for (const Element e : {Element::kF64, Element::kF32, Element::kF16, Element::kBF16,
                          Element::kI64, Element::kI32, Element::kI16, Element::kI8, Element::kU8,
                          Element::kU16, Element::kU32, Element::kU64, Element::kBool}) {
    const auto n = static_cast<std::int64_t>(8 / element_bytes(e));
    tensors.emplace_back(std::string(element_name(e)), TensorView{e, {n, 1}, bytes});
  }
  tensors.emplace_back("empty", TensorView{Element::kF32, {0, 5}, {}});
  tensors.emplace_back("scalar", TensorView{Element::kF64, {}, bytes});
  const testing::TempFolder folder;
  write_safetensors(folder / "t.safetensors", tensors, {{"format", "pt"}});
  const Safetensors file = Safetensors::open(folder / "t.safetensors");
  EXPECT_EQ(file.names().size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(file[name].element, tensor.element);
    EXPECT_EQ(file[name].shape, tensor.shape);
    EXPECT_TRUE(std::ranges::equal(file[name].bytes, tensor.bytes)) << name;
  }
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_TRUE(Safetensors(encode_safetensors({})).names().empty());
}

TEST(Safetensors, Refusals) {
  const auto refused = [](std::string_view header, const char* part) {
    EXPECT_ERROR(Safetensors(file_of(header, "12345678")), core::DataError, part);
  };
  const Safetensors good(
      file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} )", "12345678"));
  EXPECT_EQ(good["a"].bytes.size(), 8U);
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", "expected the bytes");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}})", "expected the bytes");
  refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", "cut short");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "expected 4 bytes");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "leave gaps");
  refused(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
          R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
          "overlap");
  refused(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
          R"("a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})",
          "given twice");
  refused(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}})",
          "expected the bytes");
  refused(R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,8]}})", "a size");
  refused(R"({"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}})", "a size of -8");
  refused(R"({"a":{"dtype":"U8","shape":[8.0],"data_offsets":[0,8]}})", "a size of 8.0");
  refused(R"({"a":{"dtype":"U8","shape":8,"data_offsets":[0,8]}})", "lists of sizes");
  refused(R"({"a":{"dtype":"F8","shape":[8],"data_offsets":[0,8]}})", "elements \"F8\"");
  refused(R"({"a":{"dtype":8,"shape":[8],"data_offsets":[0,8]}})", "elements 8");
  refused(R"({"a":{"dtype":"U8","shape":[8]}})", "expected dtype, shape and data_offsets");
  refused(R"({"a":[]})", "expected dtype");
  refused(R"({"__metadata__":{"a":1}})", "not a text");
  refused(R"({"__metadata__":[]})", "object of texts");
  refused("[]", "not a JSON object");
  refused("{", "not a JSON object");
  refused(std::string(100000, '['), "deeper");
  EXPECT_ERROR(Safetensors(testing::from_hex("ffffffffffffffff7b7d")), core::DataError,
               "a header of 18446744073709551615 bytes");
  EXPECT_ERROR(Safetensors(testing::from_hex("03000000000000007b7d")), core::DataError,
               "cut short");
  EXPECT_ERROR(Safetensors({}), core::DataError, "cut short");
  const auto bytes = testing::from_hex("01");
  const TensorView one{Element::kU8, {1}, bytes};
  EXPECT_ERROR(encode_safetensors({{"a", one}, {"a", one}}), core::InvalidArgument, "twice");
  EXPECT_ERROR(encode_safetensors({{"a", {Element::kU8, {2}, bytes}}}), core::InvalidArgument,
               "got 1");
}

TEST(Safetensors, SharedNetwork) {
  REQUIRE_SHARED_DATA(folder, "resnet_cifar10");
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().string().find(".safetensors") == std::string::npos) continue;
    const Safetensors file = Safetensors::open(entry.path());
    EXPECT_EQ(file["conv1.weight"].shape, (std::vector<std::int64_t>{16, 3, 3, 3}));
    ++seen;
  }
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace venturi::data
