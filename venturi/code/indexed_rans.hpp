// venturi/code/indexed_rans.hpp
//
// The coder of learned codecs: every symbol names its own table, out of a fixed set (64 Gaussians
// of log-spaced scales, say). Eight rANS states of 32 bits, moved in words of 16, tables of 12
// bits; symbol i belongs to state i mod 8. Decoding looks each symbol up in one step, in integers
// only. Size: within .1 % + 32 bytes of the tables' cost. Source: Balle, Minnen, Singh, Hwang,
// Johnston, ICLR 2018 (a scale for each latent); D. Minnen, J. Balle, G. Toderici, NeurIPS 2018; F.
// Giesen, arXiv 1402.3392 (interleaved rANS).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "venturi/code/frequency_table.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

// A law of y = 2^shift * z + r: z by the table, r in [0, 2^shift) in `shift` plain bits.
struct ShiftedTable {
  FrequencyTable table;  // precision 12, at most 255 symbols
  int shift = 0;         // 0 to 15
};

// Zero-mean Gaussians rounded to whole numbers, one for each scale (its standard deviation, > 0, at
// most 2^18): P(y) = Phi((y + .5) / s) - Phi((y - .5) / s), over the range outside of which less
// than 2^-13 is left; that rest is the escape's. Scales above 16 leave low bits plain until they
// are at most 16, which costs less than .001 bits a symbol, as the law hardly changes within 1/8 of
// its scale. Built with the C library's erfc: build once, store with the model
// (FrequencyTable::serialize), never rebuild where one decodes.
std::vector<ShiftedTable> gaussian_tables(std::span<const double> scales);
// `count` >= 2 scales from `least` to `most`, equally spaced in their logarithm.
std::vector<double> log_spaced_scales(double least = 0.11, double most = 256, int count = 64);

// The tables made ready for coding. At most 7 KiB a table.
class IndexedRans {
 public:
  // 1 to 256 tables. Throws InvalidArgument if one is not as ShiftedTable says.
  explicit IndexedRans(std::vector<ShiftedTable> tables);
  ~IndexedRans();
  IndexedRans(const IndexedRans&) = delete;
  IndexedRans& operator=(const IndexedRans&) = delete;

  // Table index[i] codes symbols[i]; any int32 can be coded. Throws InvalidArgument if the sizes
  // differ or an index names no table. Cost O(n).
  std::vector<std::byte> encode(std::span<const std::int32_t> symbols,
                                std::span<const std::uint8_t> index) const;
  // The symbols of `index.size()` places. Memory taken is proportional to index.size(), which the
  // caller has. Throws DataError, naming the offset, unless all bytes are used and all states
  // return to their start; InvalidArgument if an index names no table.
  std::vector<std::int32_t> decode(core::Bytes bytes, std::span<const std::uint8_t> index) const;
  // What the tables say `symbol` costs, escapes and plain bits included, in bits.
  double cost_bits(std::int32_t symbol, std::uint8_t index) const;

 private:
  struct Ready;
  void put_plain_bits(std::span<const std::int32_t> symbols, std::span<const std::uint8_t> index,
                      std::size_t count, std::vector<std::byte>& out) const;
  // Puts escapes (at these places) and, if there are any, plain bits in, after the words.
  void restore(ByteReader& reader, std::span<const std::uint8_t> index,
               std::span<const std::size_t> escapes, bool plain,
               std::vector<std::int32_t>& out) const;
  std::vector<ShiftedTable> tables_;
  std::unique_ptr<Ready> ready_;
};

}  // namespace venturi::code
