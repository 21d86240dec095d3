// venturi/compress/coded_matrix.hpp
//
// A matrix of weights (rows = outputs, columns = inputs, row-major) as the file keeps it: whole
// numbers, what they stand for, and perhaps a few exact values beside them. Ways:
//   steps    w = level * step * 2^((row_step[r] + column_step[c / column_group]) / 2): uniform
//   steps
//            that differ by half octaves a row and a column; fine steps and a good coder
//   scaled   w = level * scale[r][c / group]: a float16 scale a row, or a group of a row, or (group
//            0) one for all
//   table    w = table[level] * scale: a table of float16 for all or for each row; tuples of
//   `tuple`
//            numbers of a row share a level
//   rotated  table, in the basis of a randomized Hadamard transform (hadamard.hpp) of each `group`
//            of a row
//   product  the product of two such matrices
//   exact    float32
// Sparse values (of any way but product and exact) are put over the rest: float16 at given places.
//
// bytes() is what the file holds, so its size is the rate: levels through levels.hpp, scales and
// tables as float16, half octaves through levels.hpp, places as gaps.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::compress {

enum class Way : std::uint8_t { steps, scaled, table, rotated, product, exact };
std::string_view name_of(Way way);

struct CodedMatrix {
  Way way = Way::exact;
  std::int64_t rows = 0, columns = 0;
  std::vector<std::int32_t> levels;  // rows * (columns / tuple)
  bool plain = false;                // levels without a model: as tools that pack bits do

  float step = 0;                                     // steps
  std::vector<std::int32_t> row_steps, column_steps;  // rows; columns / column_group
  std::int64_t column_group = 1;                      // divides columns

  std::int64_t group = 0;     // scaled, table, rotated: columns of one scale; 0: all of the matrix
  std::vector<float> scales;  // rows * ceil(columns / group); 1 if group is 0
  std::vector<float> table;   // n * tuple, or rows * n of a table a row (tuple 1)
  bool row_tables = false;
  std::int64_t tuple = 1;   // divides columns
  std::uint32_t signs = 0;  // rotated: names the random signs

  std::vector<std::int64_t> places;  // rising, below rows * columns
  std::vector<float> values;         // at these

  std::vector<CodedMatrix> factors;  // product: left (rows*k), right (k*columns)
  std::vector<float> exact;
};

// Rounds scales, tables and values of `matrix` to what the file keeps, so that weights() before
// writing and after reading agree.
void round_to_file(CodedMatrix& matrix);

// The weights (rows*columns). The same on any machine but for `product`, whose sums are in double.
std::vector<float> weights(const CodedMatrix& matrix);

// InvalidArgument where sizes do not agree or values are not finite.
std::vector<std::byte> encode(const CodedMatrix& matrix);
// A matrix of rows*columns, which the caller bounds. DataError, naming `where`, on bytes that
// encode() does not write; more than 2^16 weights a byte are refused, before
// memory is taken.
CodedMatrix decode_matrix(core::Bytes bytes, std::int64_t rows, std::int64_t columns,
                          std::string_view where);

}  // namespace venturi::compress
