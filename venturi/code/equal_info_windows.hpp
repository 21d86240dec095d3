// venturi/code/equal_info_windows.hpp
//
// Text to tokens of b bits that each decode by themselves: windows of equal information. A window
// starts with all 2^b code words and the model's context empty. While R > 1 code words are left,
// the last stands for "the window ends here" and the R - 1 others are shared among the bytes by
// their masses, floor by floor of the cumulative ones; the next byte's share is what is left. The
// window ends at a byte without a share, or at R = 1. So every code word is used, a window holds as
// many bytes as carry about b bits, and tokens depend on nothing before them, which is what lets a
// model learn over them where the bits of one long arithmetic code look like noise. The model: byte
// frequencies under 2, 1 and 0 bytes of context, blended (each order gives the one below t / (n +
// t) of its mass, t its distinct followers), counted once and then frozen, in whole numbers. Cost
// O(256) a byte. Source: B. Lester et al., "Training LLMs over neurally compressed text", arXiv
// 2404.03626, section 3.3 (windows; there a transformer and padding; the share of the end is our
// own); I. Witten, T. Bell, "The zero-frequency problem", IEEE Trans. IT 1991 (method C).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

// A law over bytes of whole masses that sum to 2^16, none 0.
using ByteMasses = std::array<std::uint32_t, 256>;

class FrozenByteModel {
 public:
  explicit FrozenByteModel(core::Bytes training);
  // After the last `count` <= 2 bytes, `before` holding them with the latest in its low byte.
  ByteMasses masses(unsigned before, int count) const;

 private:
  struct Context {
    std::array<std::uint32_t, 256> counts{};
    std::uint32_t total = 0;
    std::uint32_t distinct = 0;
  };
  std::vector<Context> contexts_;   // none, then 256 of one byte, then those of two
  std::vector<std::uint32_t> two_;  // place of a context of two bytes, 0: never seen
};

// `bits` 9 to 24 a window. InvalidArgument outside; the tokens are below 2^bits.
std::vector<std::uint32_t> encode_windows(core::Bytes data, const FrozenByteModel& model, int bits);
// DataError for a token of 2^bits or more, or one that says that a window has no bytes.
std::vector<std::byte> decode_windows(std::span<const std::uint32_t> tokens,
                                      const FrozenByteModel& model, int bits);

}  // namespace venturi::code
