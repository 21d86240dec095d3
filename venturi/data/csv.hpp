// venturi/data/csv.hpp
//
// Text tables: comma, semicolon, tab, bar or blanks between cells, with or without a header line.
// Quotes as in RFC 4180; CRLF, blank lines and a UTF-8 byte order mark are passed over.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "venturi/data/dataset.hpp"

namespace venturi::data {

enum class Missing { kRefuse, kDrop, kMean };

struct CsvOptions {
  std::vector<std::string> targets;  // columns to predict; none: inputs only
  std::vector<std::string> onehot;   // columns whose values each become a column of 0 and 1
  std::vector<std::string> ignore;   // columns to leave out
  // What a missing value does: an error, its row goes, or (inputs that are numbers only) it becomes
  // the mean of its column.
  Missing missing = Missing::kRefuse;
  Task task = Task::kNone;     // kNone: look at the target
  std::optional<bool> header;  // nothing: a first line without any number is one
  int skip = 0;                // lines before the table
};

struct CsvTable {
  std::vector<std::string> names;  // without a header line "1", "2", ...
  std::vector<std::string> cells;  // rows*columns, row-major, as written, quotes undone
  std::vector<std::size_t> lines;  // where each row begins, from 1

  std::size_t rows() const { return lines.size(); }
  std::size_t columns() const { return names.size(); }
  const std::string& cell(std::size_t row, std::size_t column) const {
    return cells[row * columns() + column];
  }
};

// DataError naming the line for rows of unequal length, a quote without end, or no rows at all.
// O(bytes) time and memory.
CsvTable parse_csv(std::string_view text, const CsvOptions& options = {});

// The number in a cell (blanks around it allowed), or nothing.
std::optional<double> parse_cell(std::string_view cell);
// "", "NA", "N/A", "NaN", "nan", "null", "NULL", "?".
bool is_missing(std::string_view cell);

// Inputs in the order of their columns. A target is classes if it is text, or whole numbers of at
// most 20 values that occur twice or more on average; classes are sorted (numbers by value).
// InvalidArgument for a column that does not exist, naming those that do; DataError naming line and
// column for text among numbers, for missing values and for numbers that a float cannot hold.
Dataset dataset_from_csv(const CsvTable& table, std::string_view name, const CsvOptions& options);

}  // namespace venturi::data
