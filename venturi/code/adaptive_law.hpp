// venturi/code/adaptive_law.hpp
//
// A law over the symbols 0 .. n - 1 that learns by counting while it codes, through the range
// coder. Every symbol begins with weight 1 and gains 32 each time it comes; once the sum T passes
// 2^20, all weights are halved, rounded up: a window of some 2^14 to 2^15 symbols. With W(s) the
// sum of the weights below s, symbol s has the interval c(s) .. c(s + 1) of 2^24,
//   c(s) = floor(W(s) 2^24 / T).
// Weights are kept in a Fenwick tree: O(log n) a symbol, and O(n) for each halving. Whole numbers
// only, so the same on any machine. For bytes running_bytes.hpp is faster. Source: P. Fenwick, "A
// new data structure for cumulative frequency tables", Software: Practice and Experience 24, 1994.
#pragma once

#include <cstdint>
#include <vector>

#include "venturi/code/range_coder.hpp"

namespace venturi::code {

class AdaptiveLaw {
 public:
  // 1 <= symbols <= 2^16, else InvalidArgument.
  explicit AdaptiveLaw(int symbols);

  // One symbol, then its weight grows. InvalidArgument unless 0 <= symbol < n.
  void encode(int symbol, RangeEncoder& out);
  // DataError from the decoder, nothing else, for bytes that no encoder wrote.
  int decode(RangeDecoder& in);
  // What `symbol` would cost now, in bits.
  double cost_bits(int symbol) const;

 private:
  std::uint32_t sum_below(int symbol) const;
  std::uint32_t cumulative(std::uint32_t sum) const;
  void learn(int symbol);
  void halve();
  void add(int symbol, std::uint32_t weight);

  int symbols_;
  int highest_;  // power of 2 that is at most symbols_
  std::uint32_t total_ = 0;
  std::vector<std::uint32_t> tree_;  // at i: the sum of the weights i - (i & -i) .. i - 1
};

}  // namespace venturi::code
