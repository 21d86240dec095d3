// venturi/compress/levels.hpp
//
// The coder of quantized weights: a matrix of small whole numbers, column by column, bit by bit
// through code/range_coder.hpp under adaptive probabilities. What weights have to offer is that
// magnitudes near each other are alike, so each number's context is the magnitude to be expected,
//   e = (3 mean of its row so far + 3 mean of the column around + 2 mean of four neighbours) / 8,
// in half octaves. A number is coded as: is it 0; its sign; is it more than 1, 2, ... 14 (each
// under the context); what is left by exp-Golomb. Probabilities start as those of a geometric law
// of mean e, so that small matrices pay little for learning. Whole-number arithmetic: the same on
// any machine.
//
// The same model prices a number before it is chosen (rate_rounding.hpp): what rounding weighs is
// what the file pays. Cost O(1) a number, some 50 ns.
// Sources: Wiedemann et al., "DeepCABAC", IEEE JSTSP 14 (2020), section III, for the binarization;
// the expected magnitude as context is ours.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "venturi/code/range_coder.hpp"
#include "venturi/core/views.hpp"

namespace venturi::compress {

// The adaptive model; walks a matrix column by column, each from its first row.
class LevelModel {
 public:
  // start: the magnitude expected before anything is seen, in half octaves above 1/64, 0 to 23.
  LevelModel(std::int64_t rows, int start);

  // What number `level` would cost at the next place, in bits.
  double bits(std::int32_t level) const;
  // Goes on to the place after, having seen `level` here.
  void learn(std::int32_t level);

  void encode(std::int32_t level, code::RangeEncoder& encoder);
  std::int32_t decode(code::RangeDecoder& decoder);

  // The start that suits a mean magnitude.
  static int start_of(double mean_magnitude);

 private:
  static constexpr int kBins = 24;
  static constexpr int kUnary = 14;
  struct Bit {
    std::uint16_t zero = 1 << 15;  // mass of a 0, of 2^16
    std::uint16_t seen = 4;
    void learn(bool bit);
  };
  void find_place();
  void move_on(std::int32_t level);

  std::int64_t rows_, row_ = 0;
  std::vector<std::int32_t> row_mean_;  // 1/256
  std::vector<std::int32_t> before_, before2_;
  std::int32_t column_mean_;
  int bin_ = 0, sign_ = 0;
  std::array<std::array<Bit, kUnary + 1>, kBins> more_;  // [bin][k]: is the magnitude above k
  std::array<Bit, 3> negative_;
};

// levels (rows*columns, row-major) to bytes and back. plain: all values alike, at log2 of their
// number each, no model. InvalidArgument for sizes that do not fit. |level| < 2^30.
std::vector<std::byte> encode_levels(std::span<const std::int32_t> levels, std::int64_t rows,
                                     bool plain = false);
// Throws DataError, naming `where`, on bytes that encode_levels() does not write. rows*columns is
// the caller's to bound; it is refused before memory is taken if it is more than 2^13 for each
// byte, which no number that the model writes falls below.
std::vector<std::int32_t> decode_levels(core::Bytes bytes, std::int64_t rows, std::int64_t columns,
                                        std::string_view where);

}  // namespace venturi::compress
