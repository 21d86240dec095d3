#include "venturi/code/tensor_file.hpp"

#include <cmath>
#include <cstring>
#include <sstream>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/threads.hpp"

namespace venturi::code {
namespace {

using data::Array;
using data::Element;

Array normal(std::vector<std::int64_t> shape, Element element, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  std::int64_t n = 1;
  for (const auto edge : shape) n *= edge;
  Array out{element, std::move(shape), {}};
  for (std::int64_t i = 0; i < n; ++i) {
    const auto value = static_cast<float>(random.normal());
    const double wide = value;
    const std::uint16_t half =
        element == Element::kF16 ? data::to_f16(value) : data::to_bf16(value);
    const std::int64_t whole = std::llround(100 * value);
    const void* from = &value;
    if (element == Element::kF64) from = &wide;
    if (element == Element::kF16 || element == Element::kBF16) from = &half;
    if (data::is_integer(element)) from = &whole;
    const auto* bytes = static_cast<const std::byte*>(from);
    out.bytes.insert(out.bytes.end(), bytes, bytes + data::element_bytes(element));
  }
  return out;
}

std::vector<NamedTensor> some_tensors() {
  return {{"a.weight", normal({30, 4, 3, 3}, Element::kF32, 1)},
          {"a.bias", normal({30}, Element::kF32, 2)},
          {"half", normal({50, 20}, Element::kF16, 3)},
          {"brain", normal({50, 20}, Element::kBF16, 4)},
          {"wide", normal({40, 5}, Element::kF64, 5)},
          {"ids", normal({70}, Element::kI64, 6)},
          {"bytes", normal({7, 3}, Element::kU8, 7)},
          {"none", normal({0, 5}, Element::kF32, 8)},
          {"scalar", normal({}, Element::kF32, 9)}};
}

bool equal(const Array& a, const Array& b) {
  return a.element == b.element && a.shape == b.shape && a.bytes == b.bytes;
}

std::vector<double> doubles(const Array& a) {
  std::vector<double> out(a.count());
  data::to_doubles(a, out);
  return out;
}

TEST(TensorFile, ExactUnlessAskedOtherwise) {
  const testing::TempFolder folder;
  auto tensors = some_tensors();
  // NaN with a payload, infinities and the smallest numbers come back too.
  const std::uint32_t odd[] = {0x7fc12345U, 0xff800000U, 0x00000001U, 0x80000000U};
  std::memcpy(tensors[0].second.bytes.data(), odd, sizeof odd);
  write_tensors(folder / "x.vt", tensors, {}, {{"note", "here"}});
  const TensorFile back = read_tensors(RecordReader(folder / "x.vt"));
  EXPECT_EQ(back.header["note"], "here");
  ASSERT_EQ(back.tensors.size(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_EQ(back.tensors[i].first, tensors[i].first);
    EXPECT_TRUE(equal(back.tensors[i].second, tensors[i].second)) << tensors[i].first;
  }
}

TEST(TensorFile, ErrorsKeepWithinTheLimit) {
  const testing::TempFolder folder;
  const auto tensors = some_tensors();
  const double e = 0.01;
  const auto told = write_tensors(folder / "x.vt", tensors, {.max_error = e});
  const TensorFile back = read_tensors(RecordReader(folder / "x.vt"));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Array& from = tensors[i].second;
    const auto x = doubles(from);
    const auto y = doubles(back.tensors[i].second);
    // Half a unit in the last place of a narrow element, of |x| below 8.
    const double narrow = from.element == Element::kBF16  ? 8.0 / 512
                          : from.element == Element::kF16 ? 8.0 / 4096
                                                          : 1e-6;
    double sum = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      EXPECT_LE(std::abs(x[k] - y[k]), e + narrow) << tensors[i].first;
      sum += (x[k] - y[k]) * (x[k] - y[k]);
    }
    if (!x.empty()) {
      EXPECT_NEAR(told[i].squared_error, sum / double(x.size()), 1e-12);
    }
    if (data::is_integer(from.element)) {
      EXPECT_TRUE(equal(from, back.tensors[i].second));
    }
  }
}

// Rows of very different scales: each gets its own step.
TEST(TensorFile, StepsFollowTheRows) {
  const testing::TempFolder folder;
  Array a = normal({8, 500}, Element::kF32, 11);
  auto* values = reinterpret_cast<float*>(a.bytes.data());
  for (int r = 0; r < 8; ++r) {
    for (int c = 0; c < 500; ++c) values[500 * r + c] *= r == 3 ? 0.0F : std::exp2(float(-3 * r));
  }
  write_tensors(folder / "x.vt", {{"a", a}}, {.step = 0.5});
  const auto y = doubles(read_tensors(RecordReader(folder / "x.vt")).tensors[0].second);
  for (int r = 0; r < 8; ++r) {
    double square = 0;
    for (int c = 0; c < 500; ++c) square += std::pow(values[500 * r + c], 2);
    const double scale = std::sqrt(square / 500);
    for (int c = 0; c < 500; ++c) {
      EXPECT_LE(std::abs(y[500 * r + c] - values[500 * r + c]), 0.25 * scale * (1 + 1e-5)) << r;
    }
  }
}

TEST(TensorFile, TilesKeepToTheirBits) {
  const testing::TempFolder folder;
  const auto told = write_tensors(
      folder / "x.vt",
      {{"w", normal({64, 64}, Element::kF32, 12)}, {"b", normal({64}, Element::kF32, 13)}},
      {.bits = 3});
  EXPECT_EQ(told[0].way, "tiles");
  EXPECT_LE(8.0 * double(told[0].coded_bytes), 3.0 * 64 * 64);
  // 2^-6 is the least squared error of a normal variable at 3 bits; scalar codes lose 1.53 dB.
  EXPECT_LT(told[0].squared_error, 2 * std::exp2(-6));
  EXPECT_EQ(told[1].way, "planes");
}

// More than one piece, the same bytes for one thread and two.
TEST(TensorFile, PiecesSideBySide) {
  const testing::TempFolder folder;
  const std::vector<NamedTensor> tensors = {{"big", normal({3, 1 << 21}, Element::kF32, 14)}};
  core::set_threads(1);
  write_tensors(folder / "one.vt", tensors, {.max_error = .05});
  core::set_threads(2);
  write_tensors(folder / "two.vt", tensors, {.max_error = .05});
  core::set_threads(0);
  EXPECT_EQ(core::read_file(folder / "one.vt"), core::read_file(folder / "two.vt"));
  EXPECT_EQ(RecordReader(folder / "one.vt").size(), 2U);
  EXPECT_EQ(read_tensors(RecordReader(folder / "one.vt")).tensors[0].second.count(),
            std::size_t{3} << 21);
}

TEST(TensorFile, WrongArguments) {
  const testing::TempFolder folder;
  const auto one = std::vector<NamedTensor>{{"a", normal({4, 4}, Element::kF32, 15)}};
  EXPECT_ERROR(write_tensors(folder / "x", one, {.max_error = 1, .step = 1}), core::InvalidArgument,
               "several");
  EXPECT_ERROR(write_tensors(folder / "x", {one[0], one[0]}, {}), core::InvalidArgument,
               "two arrays");
  EXPECT_ERROR(write_tensors(folder / "x", one, {.max_error = -1}), core::InvalidArgument,
               "max_error");
  auto bad = one;
  bad[0].second.bytes.pop_back();
  EXPECT_ERROR(write_tensors(folder / "x", bad, {}), core::InvalidArgument, "shape");
  bad = one;
  const float nan = NAN;
  std::memcpy(bad[0].second.bytes.data(), &nan, 4);
  EXPECT_ERROR(write_tensors(folder / "x", bad, {.max_error = 1}), core::InvalidArgument,
               "'a' holds");
  EXPECT_FALSE(std::filesystem::exists(folder / "x"));
}

TEST(TensorFile, HostileHeadersAndFiles) {
  const testing::TempFolder folder;
  const auto refuse = [&](const core::Json& tensors, const std::string& kind, const char* text) {
    RecordWriter writer(folder / "x.vt",
                        {.codec = "static", .header = {{"kind", kind}, {"tensors", tensors}}});
    writer.add(std::vector<std::byte>(40, std::byte{1}));
    writer.finish();
    EXPECT_ERROR(read_tensors(RecordReader(folder / "x.vt")), core::DataError, text);
  };
  const auto entry = [](std::vector<std::int64_t> shape, const char* element, const char* way) {
    return core::Json::array(
        {{{"name", "a"}, {"element", element}, {"shape", shape}, {"way", way}}});
  };
  refuse(core::Json::array(), "tensors", "left over");
  refuse(entry({2}, "f32", "planes"), "other", "no file of tensors");
  refuse(3, "tensors", "no file of tensors");
  refuse(core::Json::array({1}), "tensors", "names no arrays");
  refuse(entry({2}, "f31", "planes"), "tensors", "no element");
  refuse(entry({2}, "f32", "plans"), "tensors", "no way");
  refuse(entry({-2}, "f32", "planes"), "tensors", "cannot be");
  refuse(entry({1LL << 40, 1LL << 40}, "f32", "planes"), "tensors", "cannot be");
  refuse(entry({2}, "i64", "quantized"), "tensors", "cannot be");
  refuse(entry({1LL << 40}, "f32", "planes"), "tensors", "pieces");
  refuse(entry({2, 1LL << 30}, "f32", "tiles"), "tensors", "too long");
  for (const char* way : {"bytes", "planes", "quantized", "channels", "tiles"}) {
    refuse(entry({2, 2}, "f32", way), "tensors", "");
  }

  write_tensors(folder / "y.vt", some_tensors(), {.step = .1});
  const auto good = core::read_file(folder / "y.vt");
  const auto read = [](core::Bytes bytes) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return read_tensors(RecordReader(std::make_unique<std::istringstream>(text), "z.vt"));
  };
  EXPECT_EQ(read(good).tensors.size(), some_tensors().size());
  for (std::size_t cut = 0; cut < good.size(); cut += 7) {
    EXPECT_THROW(read(core::Bytes(good).first(cut)), core::DataError);
  }
  for (std::size_t bit = 0; bit < 8 * good.size(); bit += 61) {
    auto bad = good;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_THROW(read(bad), core::DataError) << bit;
  }
}

}  // namespace
}  // namespace venturi::code
