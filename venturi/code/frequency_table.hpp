// venturi/code/frequency_table.hpp
//
// A law over integers as a coder needs it: whole masses that sum to 2^k. Symbols are the contiguous
// int32 values first .. first + size - 1; every other int32 is an escape, which costs the escape
// slot plus its distance from the range in raw bits. Every symbol and the escape have mass >= 1, so
// every int32 can be coded and no slot is certain (every mass <= 2^k - 1).
//
// Floating point is used only to build a table. A decoder takes the table from the file.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

class FrequencyTable {
 public:
  static constexpr int kMaxPrecision = 16;

  // Masses from probabilities or weights, by largest remainders, bit for bit on any machine with
  // IEEE double (no fused operations). `masses` holds size weights; the escape is slot `size`.
  // Let M = 2^precision, and let all slots be free. Repeat
  //   T = the sum of the free weights, added in slot order; q_i = (w_i / T) * M of each free slot;
  //   each free slot with q_i < 1 (or with T = 0) gets mass 1, leaves the free ones, and takes 1
  //   off M
  // until none leaves. Then each free slot gets floor(q_i), and what is left of M goes, one each,
  // to the free slots of largest q_i - floor(q_i), of equal ones to the lower slot first. size >=
  // 1, size + 1 <= 2^precision, 1 <= precision <= 16, first + size - 1 within int32; weights
  // finite, >= 0, with a finite positive sum: else InvalidArgument. Cost O(size log size + size *
  // rounds).
  static FrequencyTable from_masses(std::int32_t first, std::span<const double> masses,
                                    double escape_mass, int precision = kMaxPrecision);

  // The table of least cost for these counts: minimises sum_i counts[i] * -log2(mass_i / 2^k) over
  // all tables with masses >= 1 (greedy exchange: the cost is convex in each mass). The escape
  // counts 0, so its mass is 1. Ranges and errors as above; all counts 0: InvalidArgument.
  static FrequencyTable from_counts(std::int32_t first, std::span<const std::uint64_t> counts,
                                    int precision = kMaxPrecision);

  // Bytes, for a file: about log2(mass) + 2 bits a symbol. docs/formats.md has the layout.
  void serialize(std::vector<std::byte>& out) const;
  // Reads one table at `offset` and moves `offset` behind it. Throws DataError, naming the offset,
  // on anything that serialize() does not write; takes no memory that the bytes do not account for.
  static FrequencyTable deserialize(core::Bytes bytes, std::size_t& offset);

  std::int32_t first() const { return first_; }
  std::int32_t last() const { return first_ + static_cast<std::int32_t>(size()) - 1; }
  // Symbols, not counting the escape slot.
  std::size_t size() const { return cumulative_.size() - 2; }
  int precision() const { return precision_; }
  // Mass of a slot; the escape's is slot size().
  std::uint32_t mass(std::size_t slot) const { return cumulative_[slot + 1] - cumulative_[slot]; }
  // Sum of the masses of the slots below.
  std::uint32_t cumulative(std::size_t slot) const { return cumulative_[slot]; }
  std::uint32_t largest_mass() const;
  // The slot of a symbol: size() for those outside the range.
  std::size_t slot_of(std::int32_t symbol) const {
    const auto offset = static_cast<std::uint32_t>(symbol) - static_cast<std::uint32_t>(first_);
    return offset < size() ? offset : size();
  }
  // The slot s with cumulative(s) <= value < cumulative(s + 1), for value < 2^precision.
  std::size_t slot_at(std::uint32_t value) const {
    std::size_t slot = coarse_[value >> coarse_shift_];
    while (cumulative_[slot + 1] <= value) ++slot;
    return slot;
  }

  // What the coder pays for `symbol`, in bits: precision - log2(mass), and for an escape the slot's
  // cost plus 1 bit for its side plus the 2 floor(log2(d + 1)) + 1 bits of exp-Golomb for its
  // distance d >= 0 from the nearest value outside the range.
  double cost_bits(std::int32_t symbol) const;

  friend bool operator==(const FrequencyTable& a, const FrequencyTable& b) {
    return a.first_ == b.first_ && a.precision_ == b.precision_ && a.cumulative_ == b.cumulative_;
  }

 private:
  FrequencyTable(std::int32_t first, int precision, std::span<const std::uint32_t> masses);

  std::int32_t first_;
  int precision_;
  int coarse_shift_;
  std::vector<std::uint32_t> cumulative_;  // size() + 2 values, from 0 to 2^precision
  std::vector<std::uint16_t> coarse_;      // the slot at the start of each of up to 1024 steps
};

}  // namespace venturi::code
