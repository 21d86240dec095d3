#include "venturi/core/table.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"

namespace venturi::core {
namespace {

// Display width: counts code points, not bytes (the project's texts have no wide characters).
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

void Table::add_row(std::vector<Json> cells) {
  if (cells.size() != columns_.size()) {
    fail_argument("core.Table", "expected a row of {} cells, got {}", columns_.size(),
                  cells.size());
  }
  rows_.push_back(std::move(cells));
}

std::string Table::cell_text(std::size_t row, std::size_t column) const {
  const Json& value = cell(row, column);
  const std::string& form = columns_[column].form;
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer() && form.empty()) return value.dump();
  if (value.is_number()) {
    return fmt::format(fmt::runtime(form.empty() ? std::string_view("{:.6g}") : form),
                       value.get<double>());
  }
  return value.dump();
}

std::string Table::text() const {
  std::vector<std::size_t> widths(columns_.size());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    widths[c] = width(columns_[c].title);
    for (std::size_t r = 0; r < rows(); ++r)
      widths[c] = std::max(widths[c], width(cell_text(r, c)));
  }
  std::string out;
  const auto put = [&](std::size_t c, const std::string& cell_value, bool right) {
    const std::string pad(widths[c] - width(cell_value), ' ');
    out += right ? pad + cell_value : cell_value + (c + 1 < columns_.size() ? pad : "");
    out += c + 1 < columns_.size() ? "  " : "\n";
  };
  const auto numeric = [&](std::size_t c) {
    return std::any_of(rows_.begin(), rows_.end(),
                       [&](const auto& row) { return row[c].is_number(); });
  };
  for (std::size_t c = 0; c < columns_.size(); ++c) put(c, columns_[c].title, numeric(c));
  for (std::size_t c = 0; c < columns_.size(); ++c) put(c, std::string(widths[c], '-'), false);
  for (std::size_t r = 0; r < rows(); ++r) {
    for (std::size_t c = 0; c < columns_.size(); ++c) put(c, cell_text(r, c), numeric(c));
  }
  return out;
}

std::string Table::markdown() const {
  std::string out = "|";
  for (const auto& column : columns_) out += " " + column.title + " |";
  out += "\n|";
  for (std::size_t c = 0; c < columns_.size(); ++c) out += "---|";
  out += "\n";
  for (std::size_t r = 0; r < rows(); ++r) {
    out += "|";
    for (std::size_t c = 0; c < columns_.size(); ++c) out += " " + cell_text(r, c) + " |";
    out += "\n";
  }
  return out;
}

Json Table::json() const {
  Json out = Json::array();
  for (const auto& row : rows_) {
    Json object = Json::object();
    for (std::size_t c = 0; c < columns_.size(); ++c) object[columns_[c].key] = row[c];
    out.push_back(std::move(object));
  }
  return out;
}

}  // namespace venturi::core
