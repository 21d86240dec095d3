// venturi/code/running_law.hpp
//
// The law of the next chunk of bytes, from the bytes before it alone, in whole numbers: what the
// encoder and the decoder of running_bytes.hpp both compute.
//
// Counts c_s of the bytes so far; those of count 0 share one escape slot, which is the place of the
// least of them, of weight 1 + e with e the escapes so far. Masses of 2^k: round(w_s 2^k / W),
// at least 1, the difference going to the largest; k = 13, or 12 where one would pass 4095.
// Before anything is seen all 256 are alike.
// After each chunk its n bytes are counted. If it cost more than its own histogram would have had
// it cost, by more than n / 4 bits and 2 for each of its symbols, the source has changed: counts
// are first halved until their sum is n or less. Counts are halved when their sum passes 2^16 too.
#pragma once

#include <array>
#include <cstdint>

#include "venturi/core/views.hpp"

namespace venturi::code {

using ByteCounts = std::array<std::uint32_t, 256>;

struct ChunkLaw {
  ByteCounts masses;
  int precision;
  int escape;  // the slot of bytes that were not seen; -1: none
};

class RunningLaw {
 public:
  static constexpr std::size_t kMostChunk = 1024;
  // Bytes under one law: 32 to 1024, about an eighth of those counted.
  std::size_t chunk_size() const;
  ChunkLaw law() const;
  bool seen(std::byte byte) const { return counts_[std::to_integer<std::size_t>(byte)] > 0; }
  // How many of the bytes with these counts have no slot in law().
  std::uint32_t escapes(const ByteCounts& chunk) const;
  // After a chunk of `n` bytes with these counts that was coded under law().
  void learn(const ByteCounts& chunk, std::uint32_t n, const ChunkLaw& law);

 private:
  bool has_changed(const ByteCounts& chunk, std::uint32_t n, const ChunkLaw& law) const;
  void halve();

  ByteCounts counts_{};
  std::uint32_t total_ = 0;
  std::uint32_t escapes_ = 0;
};

}  // namespace venturi::code
