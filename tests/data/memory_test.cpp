// How much memory a forged size takes before it is found out.
#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>

#include "tests/data/gzip.hpp"
#include "tests/testing.hpp"
#include "venturi/data/idx.hpp"
#include "venturi/data/inflate.hpp"
#include "venturi/data/npy.hpp"

namespace {
std::atomic<std::size_t> largest_request{0};
}  // namespace

#if defined(__GNUC__) && !defined(__clang__)
// Under AddressSanitizer GCC takes malloc's memory below for that of another operator new.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

// Replaced for this whole program: the same memory, with the largest request written down.
void* operator new(std::size_t size) {
  std::size_t known = largest_request;
  while (size > known && !largest_request.compare_exchange_weak(known, size)) {
  }
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace venturi::data {
namespace {

constexpr std::size_t kContent = std::size_t{1} << 21;

std::size_t largest_during(const std::function<void()>& act) {
  largest_request = 0;
  act();
  return largest_request;
}

TEST(Memory, ARequestIsSeen) {
  EXPECT_GE(largest_during([] { std::vector<std::byte> bytes(5000); }), 5000U);
}

TEST(Memory, ForgedSizeInGzippedIdx) {
  // 1,900,000,000 bytes that 2 MiB of deflate could hold, but do not.
  auto raw = testing::from_hex("00000801 713fb300");
  raw.resize(raw.size() + kContent);
  const auto file = gzip(raw, 0);
  const std::size_t taken = largest_during(
      [&] { EXPECT_ERROR(decode_idx(file), core::DataError, "inside the compressed data"); });
  EXPECT_LE(taken, 2 * kContent);
}

TEST(Memory, ForgedSizeInNpz) {
  auto file = encode_npz({{"x", Array{Element::kU8, {1 << 21}, std::vector<std::byte>(kContent)}}});
  // Its one member now says that it is deflated, from 1.9 GB.
  const std::size_t central = file.size() - 22 - 46 - 5;
  ASSERT_EQ(file[central], std::byte{0x50});
  file[central + 10] = std::byte{8};
  file[central + 27] = std::byte{0x70};
  const std::size_t taken =
      largest_during([&] { EXPECT_ERROR(decode_npz(file), core::DataError, "decode_npz"); });
  EXPECT_LE(taken, 2 * kContent);
}

TEST(Memory, PiecesJoinToTheWhole) {
  std::vector<std::byte> raw(5'000'001);
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<std::byte>(i * i >> 7);
  const auto file = gzip(raw, 0);
  Inflater inflater(file, Wrapping::kGzip, "test");
  EXPECT_EQ(inflater.read_bytes(0), std::vector<std::byte>());
  std::vector<std::byte> out = inflater.read_bytes(7);
  const auto rest = inflater.read_bytes(raw.size() - 7);
  out.insert(out.end(), rest.begin(), rest.end());
  EXPECT_EQ(out, raw);
  inflater.finish();
}

}  // namespace
}  // namespace venturi::data
