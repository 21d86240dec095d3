#include "venturi/data/npy.hpp"

#include <cmath>
#include <limits>

#include "tests/testing.hpp"
#include "venturi/data/load.hpp"

namespace venturi::data {
namespace {

// NumPy 2.4: np.lib.format.write_array(f, (np.arange(6).reshape(2, 3) / 4).astype('<f4'))
constexpr const char* kFloats =
    "934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a20"
    "46616c73652c20277368617065273a2028322c2033292c207d20202020202020202020202020202020202020"
    "2020202020202020202020202020202020202020202020202020202020202020202020202020200a00000000"
    "0000803e0000003f0000403f0000803f0000a03f";

// write_array(f, np.asfortranarray(np.arange(6).reshape(2, 3).astype('>i2')), version=(2, 0))
constexpr const char* kFortran =
    "934e554d50590200740000007b276465736372273a20273e6932272c2027666f727472616e5f6f7264657227"
    "3a20547275652c20277368617065273a2028322c2033292c207d202020202020202020202020202020202020"
    "2020202020202020202020202020202020202020202020202020202020202020202020202020200a00000003"
    "0001000400020005";

// np.savez_compressed(f, x=np.array([[.5, 1], [2, -3]], '<f8'), y=np.array([1, 0], '<i8'))
constexpr const char* kDeflated =
    "504b03042d000000080000002100bbba987affffffffffffffff05001400782e6e707901001000a000000000"
    "00000055000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a1aea3a09e965f5452"
    "9498179f5f94920a12774bcc294e058a17672416a402f91a463a0a469a3a0ab50a64032e063078600fa13f40"
    "69060708c5710000504b03042d00000008000000210071fb39abffffffffffffffff05001400792e6e707901"
    "001000900000000000000048000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1"
    "aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a9a3a0ab50a14002e4606"
    "540000504b01022d032d000000080000002100bbba987a55000000a000000005000000000000000000000080"
    "0100000000782e6e7079504b01022d032d00000008000000210071fb39ab4800000090000000050000000000"
    "00000000000080018c000000792e6e7079504b05060000000002000200660000000b0100000000";

// np.savez(f, x=np.array([7], 'u1'))
constexpr const char* kStored =
    "504b03042d0000000000000021004e17c529ffffffffffffffff05001400782e6e7079010010008100000000"
    "0000008100000000000000934e554d5059010076007b276465736372273a20277c7531272c2027666f727472"
    "616e5f6f72646572273a2046616c73652c20277368617065273a2028312c292c207d20202020202020202020"
    "2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020"
    "2020202020200a07504b01022d032d0000000000000021004e17c52981000000810000000500000000000000"
    "00000000800100000000782e6e7079504b0506000000000100010033000000b80000000000";

// A file of version 1 around any header and body.
std::vector<std::byte> npy(std::string header, std::string_view body) {
  header += '\n';
  std::string file = "\x93NUMPY\x01";
  file += '\0';
  file += static_cast<char>(header.size());
  file += '\0';
  file += header;
  file += body;
  const auto bytes = std::as_bytes(std::span(file));
  return {bytes.begin(), bytes.end()};
}

std::vector<float> floats(const Array& array) {
  std::vector<float> out(array.count());
  to_floats(array, 1.0F, out);
  return out;
}

TEST(Npy, GoldenFiles) {
  const Array c = decode_npy(testing::from_hex(kFloats));
  EXPECT_EQ(c.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(floats(c), (std::vector<float>{0, .25F, .5F, .75F, 1, 1.25F}));
  EXPECT_EQ(encode_npy(c), testing::from_hex(kFloats));
  const Array f = decode_npy(testing::from_hex(kFortran));
  EXPECT_EQ(f.element, Element::kI16);
  EXPECT_EQ(to_integers(f, "test"), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Npy, EveryElementAndByteOrder) {
  struct Case {
    const char* descr;
    std::string bytes;  // one element, big-endian
    double value;
  };
  using std::string_literals::operator""s;
  const Case cases[] = {
      {"b1", "\x01"s, 1},
      {"u1", "\xFF"s, 255},
      {"i1", "\xFF"s, -1},
      {"u2", "\xFF\xFE"s, 65534},
      {"i2", "\xFF\xFE"s, -2},
      {"f2", "\xC1\x00"s, -2.5},
      {"u4", "\x80\0\0\0"s, 0x1p31},
      {"i4", "\x80\0\0\0"s, -0x1p31},
      {"f4", "\x40\x20\0\0"s, 2.5},
      {"u8", "\x40\0\0\0\0\0\0\0"s, 0x1p62},
      {"i8", "\x80\0\0\0\0\0\0\0"s, -0x1p63},
      {"f8", "\xC0\x04\0\0\0\0\0\0"s, -2.5},
  };
  for (const Case& c : cases) {
    for (const char order : {'>', '<', '=', '|'}) {
      std::string body = c.bytes;
      if (order != '>') std::reverse(body.begin(), body.end());
      const Array array = decode_npy(npy(
          fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': (1,)}}", order, c.descr),
          body));
      EXPECT_EQ(floats(array)[0], static_cast<float>(c.value)) << order << c.descr;
      if (c.value == std::nearbyint(c.value)) {
        EXPECT_EQ(static_cast<double>(to_integers(array, "test")[0]), c.value) << c.descr;
      }
      const Array again = decode_npy(encode_npy(array));
      EXPECT_EQ(again.element, array.element);
      EXPECT_EQ(again.bytes, array.bytes);
    }
  }
}

TEST(Npy, FortranOrderOfThreeAxes) {
  // np.arange(24).reshape(2, 3, 4) in Fortran order: the element (i, j, k) at i + 2 j + 6 k.
  std::string body(24, '\0');
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 4; ++k) {
        body[i + 2 * j + 6 * k] = static_cast<char>(12 * i + 4 * j + k);
      }
    }
  }
  const Array array =
      decode_npy(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }", body));
  for (int i = 0; i < 24; ++i) EXPECT_EQ(static_cast<int>(array.bytes[i]), i);
}

TEST(Npy, Refusals) {
  const auto header = [](const char* descr, const char* order, const char* shape) {
    return npy(
        fmt::format("{{'descr': {}, 'fortran_order': {}, 'shape': {}}}", descr, order, shape),
        "12345678");
  };
  const auto refused = [](const std::vector<std::byte>& file, const char* part) {
    EXPECT_ERROR(decode_npy(file), core::DataError, part);
  };
  decode_npy(header("'<i8'", "False", "(1,)"));
  decode_npy(header("'<i8'", "False", "()"));
  refused(header("'<c8'", "False", "(1,)"), "elements '<c8' are not read");
  refused(header("'|O'", "False", "(1,)"), "elements '|O' are not read");
  refused(header("'<U2'", "False", "(1,)"), "not read");
  refused(header("''", "False", "(1,)"), "not read");
  refused(header("[('a', '<i8')]", "False", "(1,)"), "structures");
  refused(header("'<i8'", "Maybe", "(1,)"), "True or False");
  refused(header("'<i8'", "False", "(2,)"), "expected the bytes of a shape [2] of i64, got 8");
  refused(header("'<i8'", "False", "(-1,)"), "a shape");
  refused(header("'<i8'", "False", "(99999999999999999999,)"), "a shape");
  refused(header("'<i8'", "False", "(4294967296, 4294967296, 4294967296)"), "expected the bytes");
  refused(header("'<i8'", "True", "(0, 4294967296, 4294967296)"), "expected the bytes");
  refused(npy("{'descr': '<i8', 'shape': (1,)}", "12345678"), "fortran_order");
  refused(npy("{'descr': '<i8', 'descr': '<i8'}", "12345678"), "once");
  refused(npy("__import__('os')", ""), "'{'");
  refused({}, "cut short");
  auto wrong = testing::from_hex(kFloats);
  wrong[1] = std::byte{'M'};
  refused(wrong, "expected an NPY file");
  EXPECT_ERROR(encode_npy({Element::kBF16, {1}, std::vector<std::byte>(2)}), core::InvalidArgument,
               "no elements of bf16");
  EXPECT_ERROR(encode_npy({Element::kU8, {3}, std::vector<std::byte>(2)}), core::InvalidArgument,
               "a shape [3], got 2");
}

TEST(Npz, GoldenFiles) {
  const NamedArrays deflated = decode_npz(testing::from_hex(kDeflated));
  ASSERT_EQ(deflated.size(), 2U);
  EXPECT_EQ(deflated[0].first, "x");
  EXPECT_EQ(floats(deflated[0].second), (std::vector<float>{.5F, 1, 2, -3}));
  EXPECT_EQ(to_integers(deflated[1].second, "test"), (std::vector<std::int64_t>{1, 0}));
  const NamedArrays stored = decode_npz(testing::from_hex(kStored));
  EXPECT_EQ(to_integers(stored.at(0).second, "test"), (std::vector<std::int64_t>{7}));
}

TEST(Npz, RoundTrip) {
  const NamedArrays arrays = decode_npz(testing::from_hex(kDeflated));
  const auto file = encode_npz(arrays);
  const NamedArrays again = decode_npz(file);
  ASSERT_EQ(again.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again[i].first, arrays[i].first);
    EXPECT_EQ(again[i].second.shape, arrays[i].second.shape);
    EXPECT_EQ(again[i].second.bytes, arrays[i].second.bytes);
  }
  EXPECT_EQ(encode_npz(again), file);
  EXPECT_TRUE(decode_npz(encode_npz({})).empty());
}

// Where the bytes of `mark` begin for the n-th time.
std::size_t find_mark(const std::vector<std::byte>& file, std::string_view mark, int n) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  std::size_t at = text.find(mark);
  while (n-- > 0) at = text.find(mark, at + 1);
  return at;
}

TEST(Npz, ForgedDirectories) {
  const auto good = testing::from_hex(kDeflated);
  const std::size_t first = find_mark(good, "PK\x01\x02", 0);
  const std::size_t second = find_mark(good, "PK\x01\x02", 1);
  const auto forged = [&](std::size_t at, const std::vector<int>& bytes, const char* part) {
    auto file = good;
    for (const int b : bytes) file.at(at++) = static_cast<std::byte>(b);
    EXPECT_ERROR(decode_npz(file), core::DataError, part);
  };
  forged(first + 16, {1, 2, 3, 4}, "'x.npy' has a wrong checksum");
  forged(first + 24, {0, 0, 0, 0x7F}, "'x.npy' cannot hold");
  forged(first + 24, {1, 0, 0, 0}, "goes on past the size");
  forged(first + 20, {0xFF, 0xFF, 0, 0}, "no place of its own");
  forged(first + 20, {0xFF, 0xFF, 0xFF, 0xFF}, "zip64");
  forged(first + 8, {1, 0}, "encrypted");
  forged(first + 10, {12, 0}, "method 0 (stored) or 8 (deflated), got 12");
  forged(second + 42, {0, 0, 0, 0}, "no place of its own");  // both members in one place
  forged(second + 46, {'x'}, "occurs twice");
  forged(first, {0}, "the directory is broken");
}

TEST(Npz, DataSets) {
  const testing::TempFolder folder;
  const auto file = (folder / "d.npz").string();
  core::write_file(file, testing::from_hex(kDeflated));
  DataPair pair = load(file);
  EXPECT_EQ(pair.train.task, Task::kClasses);
  EXPECT_EQ(pair.train.labels, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(pair.train.classes, 2);
  EXPECT_EQ(pair.train.name, "d.npz");
  pair = load("npz:" + file + "#task=regression");
  EXPECT_EQ(pair.train.task, Task::kRegression);
  EXPECT_EQ(pair.train.y(0, 0), 1.0F);
  EXPECT_ERROR(load(file + "#task=sorting"), core::InvalidArgument,
               "expected task one of auto, classes");
  EXPECT_ERROR(load(file + "#target=y"), core::InvalidArgument, "known: task");

  // A training and a test part; images of u8.
  const Array images{Element::kU8, {2, 1, 2}, testing::from_hex("00ff3300")};
  const Array labels{Element::kI8, {2}, testing::from_hex("0002")};
  write_npz(file,
            {{"x_train", images}, {"y_train", labels}, {"x_test", images}, {"y_test", labels}});
  pair = load(file);
  EXPECT_EQ(pair.train.shape, (std::vector<std::int64_t>{1, 1, 2}));
  EXPECT_EQ(pair.train.x(0, 1), 1.0F);
  ASSERT_TRUE(pair.test.has_value());
  EXPECT_EQ(pair.test->classes, 3);

  write_npz(file, {{"x_train", images}, {"y_train", labels}, {"x_test", images}});
  EXPECT_ERROR(load(file), core::DataError, "a test part");
  write_npz(file, {{"x", images}, {"y", {Element::kI8, {2}, testing::from_hex("00ff")}}});
  EXPECT_ERROR(load(file), core::DataError, "got -1 in row 1");
  write_npz(file, {{"x", images}, {"y", {Element::kI8, {1}, testing::from_hex("00")}}});
  EXPECT_ERROR(load(file), core::DataError, "got 1");
  write_npz(file, {{"z", images}});
  EXPECT_ERROR(load(file), core::DataError, "got z (in");
  write_npz(file, {{"x", {Element::kF32, {1, 1}, testing::from_hex("0000c07f")}}});
  EXPECT_ERROR(load(file), core::DataError, "row 0, column 0");

  write_npy(folder / "d.npy", images);
  pair = load((folder / "d.npy").string());
  EXPECT_EQ(pair.train.task, Task::kNone);
  EXPECT_EQ(pair.train.x(1, 0), 0.2F);
}

TEST(Array, HalvesRoundTripAndRound) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float f = from_f16(half);
    const float b = from_bf16(half);
    if (std::isnan(f)) {
      EXPECT_TRUE(std::isnan(from_f16(to_f16(f))));
    } else {
      ASSERT_EQ(to_f16(f), half);
    }
    if (std::isnan(b)) {
      EXPECT_TRUE(std::isnan(from_bf16(to_bf16(b))));
    } else {
      ASSERT_EQ(to_bf16(b), half);
    }
  }
  EXPECT_EQ(from_f16(0x3C00), 1.0F);
  EXPECT_EQ(from_f16(0x0001), 0x1p-24F);
  EXPECT_EQ(from_f16(0x7BFF), 65504.0F);
  EXPECT_EQ(to_f16(65519.0F), 0x7BFF);
  EXPECT_EQ(to_f16(65520.0F), 0x7C00);
  EXPECT_EQ(to_f16(1.0F + 0x1p-11F), 0x3C00);                 // a tie, to even
  EXPECT_EQ(to_f16(1.0F + 0x3p-11F), 0x3C02);                 // a tie, to even
  EXPECT_EQ(to_f16(0x1p-25F), 0x0000);                        // a tie, to zero
  EXPECT_EQ(to_f16(-0x1.8p-25F), 0x8001);                     // past the tie
  EXPECT_EQ(to_f16(std::nextafter(0x1p-14F, 0.0F)), 0x0400);  // into the normal numbers
  EXPECT_EQ(to_bf16(1.0F + 0x1p-8F), 0x3F80);
  EXPECT_EQ(to_bf16(std::numeric_limits<float>::max()), 0x7F80);
}

TEST(Array, WholeNumbersOnly) {
  Array array{Element::kF32, {1}, testing::from_hex("0000003f")};
  EXPECT_ERROR(to_integers(array, "test"), core::DataError, "got 0.5");
  array.bytes = testing::from_hex("0000c07f");
  EXPECT_ERROR(to_integers(array, "test"), core::DataError, "got nan");
  array = {Element::kU64, {1}, testing::from_hex("ffffffffffffffff")};
  EXPECT_ERROR(to_integers(array, "test"), core::DataError, "whole numbers");
}

}  // namespace
}  // namespace venturi::data
