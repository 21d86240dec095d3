// venturi/code/circuit_codec.hpp
//
// Rows of small whole numbers to bytes under a hidden Chow-Liu tree, and back, by all threads. The
// tree's depth-first order is the order of coding, so each p(x_v | what came before) follows from
// messages along the tree: one down and one up an edge, O(E + d M) a row for all d conditionals
// together, E the masses of transitions that are not 0, nothing a variable that grows with d. (The
// source's orders over general circuits cost O(log d) passes of the circuit.) 512 rows at a time
// make a stream, coded in blocks of 256: all of variable order[0], then all of order[1], ... The
// bytes: the size of each stream but the last (a varint), then the streams.
//
// Exactness. The model is held as whole masses: transitions of 2^16 a row, leaves of 2^20 a column.
// Messages are whole numbers below 2^29, shifted down (rounded down) or up as one block, so that
// the largest has 29 bits. Matrix products are sums of at most 256 terms below 2^45, hence whole
// numbers below 2^53: they are done in double, where each partial sum is exact in any order, with
// or without fused multiply-add. All else is 64-bit unsigned arithmetic. So the bytes do not depend
// on the machine, its instructions, the compiler or the threads. An observation or a subtree that
// the masses hold impossible under each state still possible is passed over.
//
// Coding: with w the belief in z_v, C the cumulative leaf masses, S(x) = sum_z w(z) C(x, z), at
// most 2^57, t the bits by which S(levels) passes 2^32, and R = floor(2^56 / ((S(levels) >> t) +
// 1)),
//   c(x) = x + ((((S(x) >> t) R) >> 24) (2^24 - levels) >> 32), c(levels) = 2^24,
// so each level has a mass of at least 1 of 2^24, through range_coder.hpp.
// Source: A. Liu, S. Mandt, G. Van den Broeck, ICLR 2022.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "venturi/code/circuit.hpp"
#include "venturi/code/sparse_rows.hpp"

namespace venturi::code {

class HiddenTreeCoder {
 public:
  // The model rounded to masses (largest remainders first; ties to the lower index).
  explicit HiddenTreeCoder(const HiddenTree& model);
  // serialize()'s bytes; DataError for any others, sizes checked before memory is taken.
  static HiddenTreeCoder deserialize(core::Bytes bytes, std::string_view source_name);
  std::vector<std::byte> serialize() const;

  // InvalidArgument unless x is n*d below `levels`.
  std::vector<std::byte> encode(const LevelView& x) const;
  // The `rows` rows of encode(); the caller bounds `rows`. DataError for bytes that end early or
  // are left over, but up to 8 too few or too many may pass: put the stream under a checksum.
  LevelMatrix decode(core::Bytes bytes, core::Index rows) const;

  int variables() const { return tree_.size(); }
  int levels() const { return levels_; }

 private:
  class Beliefs;
  HiddenTreeCoder() = default;
  void make_lists();
  std::vector<std::byte> encode_stream(const LevelView& x) const;
  // Into rows first .. first + count - 1 of x.
  void decode_stream(core::Bytes bytes, core::Index first, core::Index count, LevelMatrix& x) const;

  VariableTree tree_;
  int states_ = 0;
  int levels_ = 0;
  std::vector<core::Matrix> transition_;                // masses of 2^16 a row
  std::vector<std::vector<std::uint32_t>> cumulative_;  // of v: (levels + 1) * M
  std::vector<std::vector<int>> children_;
  std::vector<SparseRows<double>> up_;    // transition_ without its zeros
  std::vector<SparseRows<double>> down_;  // its transpose
};

}  // namespace venturi::code
