// What every reader owes to bytes that it cannot trust: a result or a DataError, never a crash, for
// a file cut short anywhere and for every single bit turned over. Run it under the asan preset.
#include <functional>

#include "tests/testing.hpp"
#include "venturi/data/idx.hpp"
#include "venturi/data/npy.hpp"

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

}  // namespace
}  // namespace venturi::data
