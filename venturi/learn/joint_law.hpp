// venturi/learn/joint_law.hpp
//
// The law of all dimensions of z together, counted: training steers each dimension's density apart
// from the others, and their dependence (total correlation, some 0.3 to 1.2 bits for ten classes in
// three dimensions) would be paid for nothing.
//
//   bits(z) = -log2 P(cell of z)                     for the cells of two training rows or more
//           = -log2 P(outside) + sum_c -log2 P_c(z_c)  otherwise
// P as in an integer table of 2^16 parts made from the counts, P(outside) from the rows that are
// outside (about the Good-Turing estimate: most of them are cells seen once). At most 4095 cells,
// the most frequent; of equal counts the lexicographically smaller. Source: own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "venturi/code/frequency_table.hpp"

namespace venturi::learn {

class JointLaw {
 public:
  // rows: n*size integers, row-major; apart_bits: n, sum_c -log2 P_c(z_c) of each. None if it would
  // not save bits on these rows (of many dimensions hardly two are equal). O(n size log n).
  static std::optional<JointLaw> fit(std::span<const std::int32_t> rows, std::size_t size,
                                     std::span<const double> apart_bits);

  std::size_t size() const { return size_; }
  std::size_t cells() const { return law_.size() - 1; }
  std::span<const std::int32_t> cell(std::size_t index) const {
    return std::span(values_).subspan(index * size_, size_);
  }
  // Index of a row's cell, cells() for a row outside.
  std::size_t index_of(std::span<const std::int32_t> row) const;
  // Symbols 0 .. cells(), the last for what is outside.
  const code::FrequencyTable& law() const { return law_; }

  // bits(z) of each of n rows; apart_bits as above.
  std::vector<double> bits(std::span<const std::int32_t> rows,
                           std::span<const double> apart_bits) const;

  // A varint with the number of cells, their values as zigzag varints, the table.
  std::vector<std::byte> serialize() const;
  // DataError on anything that serialize() does not write.
  static JointLaw deserialize(core::Bytes bytes, std::size_t size);

 private:
  JointLaw(std::vector<std::int32_t> values, std::size_t size, code::FrequencyTable law);

  std::size_t size_;
  std::vector<std::int32_t> values_;  // cells()*size
  code::FrequencyTable law_;
  std::map<std::vector<std::int32_t>, std::size_t> index_;
};

// Mean bits a row of fit(), of these rows themselves; of apart_bits where it gives none.
double mean_bits_as_filed(std::span<const std::int32_t> rows, std::size_t size,
                          std::span<const double> apart_bits);

}  // namespace venturi::learn
