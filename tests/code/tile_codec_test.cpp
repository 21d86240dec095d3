#include "venturi/code/tile_codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/testing.hpp"
#include "venturi/code/figures.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

std::vector<float> normals(std::size_t n, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  std::vector<float> out(n);
  for (float& value : out) value = static_cast<float>(random.normal());
  return out;
}

double mean_error(std::span<const float> a, std::span<const float> b) {
  double out = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    out += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
  }
  return out / static_cast<double>(a.size());
}

double bits_of(const std::vector<std::byte>& stream, std::size_t n) {
  return 8.0 * static_cast<double>(stream.size()) / static_cast<double>(n);
}

TEST(TileCodec, ShapesAndSteps) {
  for (const auto& [rows, columns] :
       {std::pair{1U, 1U}, {1U, 9U}, {7U, 3U}, {8U, 8U}, {20U, 33U}, {0U, 5U}}) {
    const auto values = normals(std::size_t{rows} * columns, rows + columns);
    for (const double step : {1.0, .1, .01, .000245}) {
      const Tiles back = decode_tiles(encode_tiles(values, columns, step));
      ASSERT_EQ(back.rows, rows);
      ASSERT_EQ(back.columns, columns);
      ASSERT_EQ(back.values.size(), values.size());
      if (values.size() < 2) continue;
      const auto [least, most] = std::ranges::minmax(values);
      // Rounding to a step, spread by the transform over 8*8, and to the frame.
      const double bound = (.55 * step * 8 + 1.5 / 4095) * (most - least);
      for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_NEAR(back.values[i], values[i], bound);
      }
    }
  }
  const std::vector<float> same(100, 3.5F);
  EXPECT_EQ(decode_tiles(encode_tiles(same, 10, .1)).values, same);
}

// Independent normal values: nothing to predict, so the rate is near that of a uniform quantizer
// with entropy coding, h(X) - log2(step) bits for an error of step^2 / 12.
TEST(TileCodec, IndependentValuesCostTheirEntropy) {
  const auto values = normals(512 * 128, 91);
  const auto [least, most] = std::ranges::minmax(values);
  const double step = .4 / (static_cast<double>(most) - least);
  const auto stream = encode_tiles(values, 128, step);
  const double entropy = .5 * std::log2(2 * M_PI * M_E) - std::log2(.4);
  EXPECT_NEAR(bits_of(stream, values.size()), entropy, .05);
  EXPECT_NEAR(mean_error(values, decode_tiles(stream).values), .4 * .4 / 12, .1 * .4 * .4 / 12);
}

// A smooth surface: prediction and transform leave a small part of what its entropy alone costs.
TEST(TileCodec, SmoothValuesCostLittle) {
  std::vector<float> values(64 * 96);
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < 96; ++j) {
      values[96 * i + j] = static_cast<float>(std::sin(.11 * i) + std::cos(.07 * j + .05 * i));
    }
  }
  const auto stream = encode_tiles(values, 96, .02);
  EXPECT_LT(bits_of(stream, values.size()), 1.2);
  EXPECT_LT(std::sqrt(mean_error(values, decode_tiles(stream).values)), .02 * 4);
}

TEST(TileCodec, Rate) {
  const auto values = normals(64 * 64, 92);
  double before = 1e9;
  for (const double bits : {1.0, 1.7, 2.5, 3.3, 5.0}) {
    const auto stream = encode_tiles_to_rate(values, 64, bits);
    EXPECT_LE(bits_of(stream, values.size()), bits);
    EXPECT_GE(bits_of(stream, values.size()), bits - .1);
    const double error = mean_error(values, decode_tiles(stream).values);
    EXPECT_LT(error, before);
    before = error;
  }
}

TEST(TileCodec, GoldenStream) {
  std::vector<float> values;
  for (int i = 0; i < 30; ++i) values.push_back(static_cast<float>(i * i % 11));
  EXPECT_EQ(to_hex(encode_tiles(values, 6, .1)),
            "050600000000000010419a331f7dbf246d93f3841452f57f2d849f88cc64f698279208aefb6f5160");
}

TEST(TileCodec, BadArgumentsAndStreams) {
  const auto values = normals(60, 93);
  EXPECT_ERROR(encode_tiles(values, 7, .1), core::InvalidArgument, "rows of 7");
  EXPECT_ERROR(encode_tiles(values, 0, .1), core::InvalidArgument, "rows of 0");
  for (const double step : {0.0, -1.0, 2.0, std::nan("")}) {
    EXPECT_ERROR(encode_tiles(values, 6, step), core::InvalidArgument, "step");
  }
  EXPECT_ERROR(encode_tiles(std::vector<float>{1, INFINITY}, 1, .1), core::InvalidArgument,
               "finite");
  EXPECT_ERROR(encode_tiles(std::vector<float>{3e38F, -3e38F}, 1, .1), core::InvalidArgument,
               "finite");
  EXPECT_ERROR(encode_tiles_to_rate(values, 6, 0), core::InvalidArgument, "bits > 0");
  const auto stream = encode_tiles(values, 6, .05);
  const auto good = decode_tiles(stream).values;
  EXPECT_ERROR(decode_tiles(stream, 59), core::DataError, "values in");
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    try {
      EXPECT_NE(decode_tiles(core::Bytes(stream).first(cut)).values, good);
    } catch (const core::DataError&) {
    }
  }
  for (std::size_t bit = 0; bit < 8 * stream.size(); ++bit) {
    auto bad = stream;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    try {
      EXPECT_LE(decode_tiles(bad, 10000).values.size(), 10000U);
    } catch (const core::DataError&) {
    }
  }
  auto longer = stream;
  longer.resize(longer.size() + 9, std::byte{1});
  EXPECT_ERROR(decode_tiles(longer), core::DataError, "left over");
}

std::vector<WeightMatrix> convolutions(const std::filesystem::path& path) {
  const auto file = core::read_file(path);
  std::uint64_t head = 0;
  std::memcpy(&head, file.data(), 8);
  const auto* text = reinterpret_cast<const char*>(file.data()) + 8;
  std::vector<WeightMatrix> out;
  const auto header = core::Json::parse(text, text + head);
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__" || entry["dtype"] != "F32" || entry["shape"].size() < 4) continue;
    const std::uint64_t begin = entry["data_offsets"][0];
    const std::uint64_t end = entry["data_offsets"][1];
    std::vector<float> values((end - begin) / 4);
    std::memcpy(values.data(), file.data() + 8 + head + begin, end - begin);
    out.push_back({values.size() / entry["shape"][0].get<std::uint64_t>(), std::move(values)});
  }
  return out;
}

TEST(Figures, VcllmOnRealWeights) {
  REQUIRE_SHARED_DATA(path, "resnet_cifar10/resnet20.safetensors");
  for (const Figure& figure : vcllm_figures(convolutions(path), false)) {
    RecordProperty(figure.name, fmt::format("{:.4f}", figure.value));
    if (figure.relation == "<=") {
      EXPECT_LE(figure.value, figure.target) << figure.name;
    }
  }
  EXPECT_ERROR(vcllm_figures({}, true), core::InvalidArgument, "none");
}

}  // namespace
}  // namespace venturi::code
