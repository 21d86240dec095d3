#include "venturi/data/image.hpp"

#include <cmath>

#include "tests/testing.hpp"

namespace venturi::data {
namespace {

using Pixels = std::vector<std::uint8_t>;

// Pillow 12: Image.fromarray(np.arange(18, dtype='u1').reshape(2, 3, 3) * 14).save(f, 'PNG')
constexpr const char* kRgb =
    "89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d0000001849444154789c63"
    "64e093d1d2d2d2d2d262aceb990561010020ca03c9c90f88ab0000000049454e44ae426082";

// A palette of red, green, blue in 2 bits; indices [[0, 1], [2, 1]].
constexpr const char* kPalette =
    "89504e470d0a1a0a0000000d49484452000000020000000202030000000fd8e5b700000009504c5445ff0000"
    "00ff000000ff2d4acd8a0000000c49444154789c63106098000000c400a1165cba960000000049454e44ae42"
    "6082";

// np.array([[0, 257 * 7, 65535]], 'u2')
constexpr const char* kSixteen =
    "89504e470d0a1a0a0000000d49484452000000030000000110000000006e1b972b0000000f49444154789c63"
    "60606067ffff1f000335020d203aafaf0000000049454e44ae426082";

// RGBA: (10, 20, 30, 0), (1, 2, 3, 128).
constexpr const char* kAlpha =
    "89504e470d0a1a0a0000000d4948445200000002000000010806000000f4227f8a0000001149444154789c63"
    "e01291636064626e0000022900c35ec55f5e0000000049454e44ae426082";

// g = (np.add.outer(np.arange(8), np.arange(8)) * 16).astype('u1'), JPEG of quality 90
constexpr const char* kGrey =
    "ffd8ffe000104a46494600010100000100010000ffdb00430003020203020203030303040303040508050504"
    "04050a070706080c0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f1718161418121415"
    "14ffc0000b080008000801011100ffc4001f0000010501010101010100000000000000000102030405060708"
    "090a0bffc400b5100002010303020403050504040000017d0102030004110512213141061351610722711432"
    "8191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a43444546474849"
    "4a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3"
    "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9ea"
    "f1f2f3f4f5f6f7f8f9faffda0008010100003f00e53f66dfd9b7fe3d7fd17d3f86bfffd9";

// np.stack([g, g.T // 2, 255 - g], -1), JPEG of quality 75, progressive
constexpr const char* kProgressive =
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b"
    "0b0c1912130f141d1a1f1e1d1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e3334"
    "32ffdb0043010909090c0b0c180d0d1832211c21323232323232323232323232323232323232323232323232"
    "3232323232323232323232323232323232323232323232323232ffc200110800080008030122000211010311"
    "01ffc4001500010100000000000000000000000000000005ffc4001501010100000000000000000000000000"
    "000305ffda000c03010002100310000001900e97ffc4001510010100000000000000000000000000000300ff"
    "da000801010001050222bfffc40017110003010000000000000000000000000000020312ffda000801030101"
    "3f01949727ffc4001811000203000000000000000000000000000004031331ffda0008010201013f0171b96d"
    "d3ffc40014100100000000000000000000000000000000ffda0008010100063f027fffc40016100003000000"
    "0000000000000000000000002131ffda0008010100013f219a3fffda000c03010002000300000010f3ffc400"
    "161100030000000000000000000000000000001121ffda0008010301013f10510fffc4001511010100000000"
    "000000000000000000000011ffda0008010201013f10a07fffc4001410010000000000000000000000000000"
    "0000ffda0008010100013f1067ffd9";

TEST(Image, PngGolden) {
  const Image rgb = decode_image(testing::from_hex(kRgb));
  EXPECT_EQ(rgb.height, 2);
  EXPECT_EQ(rgb.width, 3);
  EXPECT_EQ(rgb.channels, 3);
  for (int i = 0; i < 18; ++i) EXPECT_EQ(static_cast<int>(rgb.pixels[i]), 14 * i);
  EXPECT_EQ(decode_image(testing::from_hex(kPalette)).pixels,
            (Pixels{255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 255, 0}));
  const Image sixteen = decode_image(testing::from_hex(kSixteen));
  EXPECT_EQ(sixteen.channels, 1);
  EXPECT_EQ(sixteen.pixels, (Pixels{0, 7, 255}));
  EXPECT_EQ(decode_image(testing::from_hex(kAlpha)).pixels, (Pixels{10, 20, 30, 1, 2, 3}));
}

// What Pillow decodes these to.
TEST(Image, JpegGolden) {
  const Image grey = decode_image(testing::from_hex(kGrey));
  EXPECT_EQ(grey.channels, 1);
  EXPECT_EQ(grey.pixels, (Pixels{0,   15,  32,  48,  64,  80,  96,  112, 16,  31,  48,  63,  80,
                                 95,  112, 128, 32,  48,  64,  80,  96,  112, 129, 144, 47,  63,
                                 80,  95,  112, 127, 144, 159, 65,  80,  97,  112, 129, 144, 161,
                                 176, 80,  95,  112, 127, 144, 159, 176, 192, 96,  112, 128, 144,
                                 160, 176, 193, 208, 112, 127, 144, 160, 176, 192, 208, 224}));
  const Image rgb = decode_image(testing::from_hex(kProgressive));
  EXPECT_EQ(rgb.channels, 3);
  EXPECT_EQ(Pixels(rgb.pixels.begin(), rgb.pixels.begin() + 24),
            (Pixels{10, 3,  231, 20, 9,  227, 38,  17, 218, 54,  25, 201,
                    71, 31, 182, 86, 40, 165, 102, 49, 153, 111, 56, 149}));
}

// A smooth picture with an edge.
Image picture(int height, int width, int channels) {
  Image out{height, width, channels, {}};
  for (int i = 0; i < height; ++i) {
    for (int j = 0; j < width; ++j) {
      for (int c = 0; c < channels; ++c) {
        const double wave = 60 * std::sin(0.21 * i + 0.13 * j + c) + (j > width / 2 ? 150 : 100);
        out.pixels.push_back(static_cast<std::uint8_t>(wave));
      }
    }
  }
  return out;
}

double mean_square_error(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    sum += (a.pixels[i] - b.pixels[i]) * (a.pixels[i] - b.pixels[i]);
  }
  return sum / static_cast<double>(a.pixels.size());
}

TEST(Image, PngRoundTripIsExact) {
  for (const int channels : {1, 3}) {
    for (const auto& [h, w] : {std::pair{1, 1}, {7, 13}, {64, 33}}) {
      const Image image = picture(h, w, channels);
      const Image again = decode_image(encode_png(image));
      EXPECT_EQ(again.height, h);
      EXPECT_EQ(again.width, w);
      EXPECT_EQ(again.channels, channels);
      EXPECT_EQ(again.pixels, image.pixels);
    }
  }
}

TEST(Image, JpegQualityTradesBytesForError) {
  for (const int channels : {1, 3}) {
    const Image image = picture(48, 37, channels);
    std::size_t bytes = 0;
    double error = 1e9;
    for (const int quality : {1, 25, 75, 100}) {
      const auto file = encode_jpeg(image, quality);
      const Image again = decode_image(file);
      ASSERT_EQ(again.pixels.size(), image.pixels.size());
      EXPECT_GT(file.size(), bytes);
      EXPECT_LT(mean_square_error(image, again), error);
      bytes = file.size();
      error = mean_square_error(image, again);
    }
    // Grey at quality 100 is off by rounding alone; colours are halved.
    if (channels == 1) {
      EXPECT_LT(error, 0.5);
    }
  }
}

TEST(Image, SizesAreCheckedBeforeMemory) {
  const auto png = encode_png(picture(20, 30, 1));
  EXPECT_ERROR(decode_image(png, {.most_edge = 25}), core::DataError, "PNG");
  EXPECT_ERROR(decode_image(png, {.most_pixels = 599}), core::DataError, "20*30");
  EXPECT_EQ(decode_image(png, {.most_pixels = 600}).pixels.size(), 600U);
  auto jpeg = encode_jpeg(picture(20, 30, 3), 50);
  EXPECT_ERROR(decode_image(jpeg, {.most_pixels = 599}), core::DataError, "20*30");
  // The frame header (FF C0, length, precision, height, width) forged to 65,535*65,535.
  for (std::size_t i = 0; i + 8 < jpeg.size(); ++i) {
    if (jpeg[i] != std::byte{0xFF} || jpeg[i + 1] != std::byte{0xC0}) continue;
    for (std::size_t k = 5; k < 9; ++k) jpeg[i + k] = std::byte{0xFF};
    break;
  }
  EXPECT_ERROR(decode_image(jpeg), core::DataError, "JPEG");
}

TEST(Image, WrongInput) {
  EXPECT_ERROR(decode_image({}), core::DataError, "expected a PNG or JPEG");
  EXPECT_ERROR(decode_image(testing::from_hex("47494638")), core::DataError, "expected a PNG");
  EXPECT_ERROR(encode_jpeg(picture(2, 2, 1), 0), core::InvalidArgument, "[1, 100], got 0");
  EXPECT_ERROR(encode_jpeg({2, 2, 2, Pixels(8)}, 50), core::InvalidArgument, "channels 1 or 3");
  EXPECT_ERROR(encode_jpeg({1, 70000, 1, Pixels(70000)}, 50), core::InvalidArgument, "65500");
  EXPECT_ERROR(encode_png({2, 2, 1, Pixels(5)}), core::InvalidArgument, "got 5 for 2*2*1");
  EXPECT_ERROR(encode_png({0, 2, 1, {}}), core::InvalidArgument, "edges 1 to");
}

TEST(Image, SharedPhotographs) {
  REQUIRE_SHARED_DATA(path, "kodak/01.png");
  const Image image = read_image(path);
  EXPECT_EQ(image.height, 512);
  EXPECT_EQ(image.width, 768);
  EXPECT_EQ(image.channels, 3);
  const double error = mean_square_error(image, decode_image(encode_jpeg(image, 75)));
  EXPECT_GT(10 * std::log10(255 * 255 / error), 28);  // decibels
}

}  // namespace
}  // namespace venturi::data
