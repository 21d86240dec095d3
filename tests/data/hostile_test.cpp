// What every reader owes to bytes that it cannot trust: a result or a DataError, never a crash, for
// a file cut short anywhere and for every single bit turned over. Run it under the asan preset.
#include <functional>

#include "tests/testing.hpp"
#include "venturi/data/csv.hpp"
#include "venturi/data/idx.hpp"
#include "venturi/data/image.hpp"
#include "venturi/data/little_endian.hpp"
#include "venturi/data/npy.hpp"
#include "venturi/data/safetensors.hpp"
#include "venturi/data/xz.hpp"

namespace venturi::data {
namespace {

struct Case {
  const char* name;
  std::vector<std::byte> file;  // a good one
  std::function<void(core::Bytes)> decode;
};

Array numbers() { return {Element::kI16, {2, 3}, testing::from_hex("000001000200030004000500")}; }

std::vector<Case> cases() {
  std::vector<Case> out;
  out.push_back({"idx", testing::from_hex("00000802 00000002 00000003 000102030405"),
                 [](core::Bytes b) { decode_idx(b); }});
  // Python: gzip.compress(bytes.fromhex("000008020000000200000003000102030405"), 9, mtime=0)
  out.push_back(
      {"idx.gz",
       testing::from_hex("1f8b08000000000002036360e06062606000616606462666165600262c235412000000"),
       [](core::Bytes b) { decode_idx(b); }});
  out.push_back({"npy", encode_npy(numbers()), [](core::Bytes b) { decode_npy(b); }});
  out.push_back({"npz", encode_npz({{"x", numbers()}, {"y", numbers()}}),
                 [](core::Bytes b) { decode_npz(b); }});
  const Array array = numbers();
  out.push_back({"safetensors",
                 encode_safetensors({{"a", {array.element, array.shape, array.bytes}},
                                     {"b", {Element::kU8, {12}, array.bytes}}},
                                    {{"k", "v"}}),
                 [](core::Bytes b) {
                   Safetensors({b.begin(), b.end()});
                 }});
  Image image{6, 9, 3, {}};
  for (int i = 0; i < 6 * 9 * 3; ++i) image.pixels.push_back(static_cast<std::uint8_t>(7 * i));
  out.push_back({"png", encode_png(image), [](core::Bytes b) { decode_image(b); }});
  out.push_back({"jpeg", encode_jpeg(image, 60), [](core::Bytes b) { decode_image(b); }});
  // Python: lzma.compress(b"a,b\n1,2\n")
  out.push_back(
      {"xz",
       testing::from_hex("fd377a585a000004e6d6b4460200210116000000742fe5a3010007612c620a312c320a00b"
                         "e9cbd49b5122afe00012008bb19d9bb1fb6f37d010000000004595a"),
       [](core::Bytes b) { unpack_xz(b); }});
  return out;
}

// 1 if the bytes were taken, 0 for a DataError; anything else fails the test.
int taken(const Case& c, const std::vector<std::byte>& file) {
  try {
    c.decode(file);
    return 1;
  } catch (const core::DataError&) {
    return 0;
  } catch (const std::exception& error) {
    ADD_FAILURE() << c.name << ": " << error.what();
    return 0;
  }
}

TEST(Hostile, GoodFilesAreTaken) {
  for (const Case& c : cases()) EXPECT_EQ(taken(c, c.file), 1) << c.name;
}

TEST(Hostile, CutShortAnywhere) {
  for (const Case& c : cases()) {
    for (std::size_t length = 0; length < c.file.size(); ++length) {
      EXPECT_EQ(taken(c, {c.file.begin(), c.file.begin() + static_cast<std::ptrdiff_t>(length)}), 0)
          << c.name << " at " << length;
    }
  }
}

TEST(Hostile, EveryBitTurned) {
  for (const Case& c : cases()) {
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < 8 * c.file.size(); ++bit) {
      auto file = c.file;
      file[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      refused += 1 - taken(c, file);
    }
    EXPECT_GT(refused, 0U) << c.name;
  }
}

TEST(Hostile, EveryByteFull) {
  for (const Case& c : cases()) {
    for (std::size_t at = 0; at + 4 <= c.file.size(); ++at) {
      auto file = c.file;
      for (std::size_t i = 0; i < 4; ++i) file[at + i] = std::byte{0xFF};
      taken(c, file);
    }
  }
}

// Text has no wrong bytes, so most changes are taken; none may crash.
TEST(Hostile, Csv) {
  const std::string good = "a,\"b \"\"c\",y\r\n1,2.5,x\n\n-3,NA,z\n";
  const CsvOptions options{.targets = {"y"}, .missing = Missing::kDrop};
  const Case csv{"csv", {}, [&](core::Bytes b) {
                   // A header may change, and then the target is not there.
                   const CsvTable table = parse_csv(as_text(b), options);
                   if (table.names.back() == "y" && table.names.front() != "y") {
                     dataset_from_csv(table, "t", options).check("test");
                   }
                 }};
  const auto bytes = std::as_bytes(std::span(good));
  for (std::size_t length = 0; length < good.size(); ++length) {
    taken(csv, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)});
  }
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::vector<std::byte> file(bytes.begin(), bytes.end());
    file[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    taken(csv, file);
  }
}

TEST(Hostile, XzBombStopsAtItsLimit) {
  const auto xz = cases().back();
  EXPECT_EQ(unpack_xz(xz.file, 8).size(), 8U);
  EXPECT_ERROR(unpack_xz(xz.file, 7), core::DataError, "more than 7 bytes");
}

}  // namespace
}  // namespace venturi::data
