#include "venturi/data/columns.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "venturi/core/error.hpp"
#include "venturi/core/members.hpp"
#include "venturi/data/csv.hpp"
#include "venturi/data/decode_file.hpp"
#include "venturi/data/little_endian.hpp"
#include "venturi/data/npy.hpp"
#include "venturi/data/query.hpp"

namespace venturi::data {
namespace {

using core::Index;

constexpr std::string_view kWhere = "data.read_columns";

Columns from_array(const std::filesystem::path& path) {
  const Array array = read_npy(path);
  if (array.shape.empty() || array.count() == 0) {
    core::fail_data(kWhere, "'{}': expected samples, got an array of shape [{}]", path.string(),
                    fmt::join(array.shape, ", "));
  }
  Columns out;
  out.values.resize(array.shape[0], static_cast<Index>(array.count()) / array.shape[0]);
  to_doubles(array, {out.values.data(), array.count()});
  const std::string stem = path.stem().string();
  const Index d = out.values.cols();
  for (Index c = 0; c < d; ++c) out.names.push_back(d == 1 ? stem : fmt::format("{}[{}]", stem, c));
  out.text.assign(d, false);
  return out;
}

std::size_t find_column(const CsvTable& table, const std::string& name) {
  const auto found = std::ranges::find(table.names, name);
  if (found == table.names.end()) {
    core::fail_argument(kWhere, "unknown column '{}'{}; known: {}", name,
                        core::did_you_mean(name, table.names), fmt::join(table.names, ", "));
  }
  if (std::find(found + 1, table.names.end(), name) != table.names.end()) {
    core::fail_data(kWhere, "two columns are named '{}'", name);
  }
  return static_cast<std::size_t>(found - table.names.begin());
}

// One column; whether it is text.
bool fill(const CsvTable& table, std::size_t column, core::Matrix& values, Index c) {
  bool text = false;
  std::vector<std::string> kinds;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& cell = table.cell(row, column);
    if (is_missing(cell)) {
      core::fail_data(kWhere, "line {}, column '{}': a missing value ('{}')", table.lines[row],
                      table.names[column], cell);
    }
    const std::optional<double> number = parse_cell(cell);
    text = text || !number;
    values(static_cast<Index>(row), c) = number.value_or(0);
    kinds.push_back(cell);
  }
  if (!text) return false;
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto place = std::ranges::lower_bound(kinds, table.cell(row, column));
    values(static_cast<Index>(row), c) = static_cast<double>(place - kinds.begin());
  }
  return true;
}

Columns from_text(std::string_view text, std::string_view fragment) {
  const CsvTable table = parse_csv(text);
  std::vector<std::string> wanted = table.names;
  if (!fragment.empty()) {
    wanted = Query("columns=" + std::string(fragment), {"columns"}, kWhere).list("columns");
  }
  Columns out{.values = core::Matrix(table.rows(), wanted.size()), .names = wanted};
  for (std::size_t c = 0; c < wanted.size(); ++c) {
    const std::size_t column = fragment.empty() ? c : find_column(table, wanted[c]);
    out.text.push_back(fill(table, column, out.values, static_cast<Index>(c)));
  }
  return out;
}

}  // namespace

Columns Columns::column(Index c) const {
  return {.values = values.col(c), .names = {names.at(c)}, .text = {text.at(c)}};
}

Columns read_columns(std::string_view place) {
  const auto [file, fragment] = split_at(place, '#');
  const std::filesystem::path path(file);
  if (path.extension() == ".npy") {
    if (!fragment.empty()) {
      core::fail_argument(kWhere, "an array has no column names, got '#{}'", fragment);
    }
    return from_array(path);
  }
  return decode_file(
      path, [wanted = fragment](core::Bytes bytes) { return from_text(as_text(bytes), wanted); });
}

}  // namespace venturi::data
