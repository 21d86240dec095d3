#include "venturi/data/pack.hpp"

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/data/inflate.hpp"
#include "venturi/data/xz.hpp"

namespace venturi::data {
namespace {

// Empty, one byte, runs, noise.
std::vector<std::vector<std::byte>> inputs() {
  std::vector<std::vector<std::byte>> out(4);
  out[1] = {std::byte{7}};
  out[2].assign(100000, std::byte{3});
  core::Random random(core::Key(1));
  for (int i = 0; i < 70000; ++i) out[3].push_back(std::byte(random.below(256)));
  return out;
}

TEST(Pack, OurReadersTakeItBack) {
  for (const auto& bytes : inputs()) {
    const auto packed = pack_gzip(bytes);
    Inflater inflater(packed, Wrapping::kGzip, "test");
    EXPECT_EQ(inflater.read_bytes(bytes.size()), bytes);
    inflater.finish();
    EXPECT_EQ(unpack_xz(pack_xz(bytes)), bytes);
  }
}

TEST(Pack, RunsShrinkAndNoiseDoesNot) {
  const auto bytes = inputs();
  EXPECT_LT(pack_gzip(bytes[2]).size(), 300u);  // deflate's factor of 1032 allows 97
  EXPECT_LT(pack_xz(bytes[2]).size(), 300u);
  EXPECT_GT(pack_gzip(bytes[3]).size(), bytes[3].size());
  EXPECT_GT(pack_xz(bytes[3]).size(), bytes[3].size());
}

}  // namespace
}  // namespace venturi::data
