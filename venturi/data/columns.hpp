// venturi/data/columns.hpp
//
// Named columns of numbers in float64, for rooms that measure rather than learn:
//   x.npy            n or n*d; of more axes, a row per entry of the first
//   table.csv        all its columns
//   table.csv#a,b    those, in that order; %2C stands for a comma in a name
// A column of text becomes the places of its values in their sorted order, and is marked: these
// are names, not amounts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::data {

struct Columns {
  core::Matrix values;             // n*d
  std::vector<std::string> names;  // d; of an array "x" or "x[0]", "x[1]", ... after the file
  std::vector<bool> text;          // d

  // One column by itself.
  Columns column(core::Index c) const;
};

// DataError naming the file if it is missing or broken, for missing values its line and column too;
// InvalidArgument for a column that does not exist, naming those that do.
Columns read_columns(std::string_view place);

}  // namespace venturi::data
