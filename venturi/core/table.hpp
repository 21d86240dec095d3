// venturi/core/table.hpp
//
// Small result tables: the same rows as aligned text for people, Markdown for docs, JSON for
// machines.
#pragma once

#include <string>
#include <vector>

#include "venturi/core/json.hpp"

namespace venturi::core {

class Table {
 public:
  struct Column {
    std::string key;    // JSON key: "bits_on_disk"
    std::string title;  // heading: "bits/image (on disk)"
    std::string form;   // fmt format of a number: "{:.2f}"; text cells ignore it
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One JSON value a column (numbers, text, or null for "does not apply"); InvalidArgument
  // otherwise.
  void add_row(std::vector<Json> cells);

  const std::vector<Column>& columns() const { return columns_; }
  std::size_t rows() const { return rows_.size(); }
  // A cell as a person reads it; null is "-".
  std::string cell_text(std::size_t row, std::size_t column) const;
  const Json& cell(std::size_t row, std::size_t column) const { return rows_.at(row).at(column); }

  std::string text() const;
  std::string markdown() const;
  // [{key: value, ...}, ...]
  Json json() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Json>> rows_;
};

}  // namespace venturi::core
