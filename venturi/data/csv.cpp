#include "venturi/data/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "venturi/core/error.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.parse_csv";
constexpr std::string_view kBlanks = " \t\r";
constexpr char kAnyBlanks = ' ';     // as a delimiter: any run of blanks
constexpr std::size_t kSample = 20;  // records by which the delimiter is chosen

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Reads record by record; a record may span lines inside quotes.
class Records {
 public:
  Records(std::string_view text, char delimiter, std::size_t line)
      : text_(text), delimiter_(delimiter), line_(line) {}

  std::size_t line() const { return record_line_; }

  // False at the end of the text. Blank lines are passed over.
  bool next(std::vector<std::string>& cells) {
    skip_blank_lines();
    if (text_.empty()) return false;
    cells.clear();
    record_line_ = line_;
    while (true) {
      if (delimiter_ == kAnyBlanks) skip_blanks();
      cells.push_back(next_cell());
      if (delimiter_ == kAnyBlanks) skip_blanks();
      if (end_of_line()) return true;
      if (delimiter_ != kAnyBlanks) text_.remove_prefix(1);
    }
  }

 private:
  void skip_blank_lines() {
    while (!text_.empty()) {
      const std::size_t end = std::min(text_.find('\n'), text_.size());
      // A line of tabs alone is a row of missing values, not a blank line.
      const auto blanks = delimiter_ == '\t' ? kBlanks.substr(2) : kBlanks;
      if (text_.substr(0, end).find_first_not_of(blanks) != std::string_view::npos) return;
      text_.remove_prefix(std::min(end + 1, text_.size()));
      ++line_;
    }
  }
  void skip_blanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(kBlanks), text_.size()));
  }
  bool at_delimiter() const {
    return delimiter_ == kAnyBlanks ? text_[0] == ' ' || text_[0] == '\t' : text_[0] == delimiter_;
  }
  // Takes the end of the line, if here it is.
  bool end_of_line() {
    if (text_.empty()) return true;
    const std::size_t length = text_.starts_with("\r\n") ? 2 : text_[0] == '\n' ? 1 : 0;
    text_.remove_prefix(length);
    line_ += length > 0 ? 1 : 0;
    return length > 0;
  }
  std::string next_cell() {
    if (text_.starts_with('"')) return quoted_cell();
    const char stops[] = {delimiter_, '\n', delimiter_ == kAnyBlanks ? '\t' : '\n', '\0'};
    const auto cell = text_.substr(0, text_.find_first_of(stops));
    text_.remove_prefix(cell.size());
    // The carriage return belongs to the end of the line.
    const bool at_end = text_.empty() || text_[0] == '\n';
    return std::string(at_end && cell.ends_with('\r') ? cell.substr(0, cell.size() - 1) : cell);
  }
  std::string quoted_cell() {
    std::string out;
    const std::size_t begin = line_;
    text_.remove_prefix(1);
    while (true) {
      const std::size_t end = text_.find('"');
      if (end == std::string_view::npos) {
        core::fail_data(kWhere, "line {}: a quote without end", begin);
      }
      out += text_.substr(0, end);
      line_ += static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + end, '\n'));
      text_.remove_prefix(end + 1);
      if (!text_.starts_with('"')) break;
      out += '"';
      text_.remove_prefix(1);
    }
    if (!text_.empty() && !at_delimiter() && text_[0] != '\n' && !text_.starts_with("\r\n") &&
        text_ != "\r") {
      core::fail_data(kWhere, "line {}: text behind a closing quote", line_);
    }
    if (text_ == "\r") text_ = {};
    return out;
  }

  std::string_view text_;
  char delimiter_;
  std::size_t line_;
  std::size_t record_line_ = 0;
};

// How many cells the first records have, if all have as many; else 0.
std::size_t common_width(std::string_view text, char delimiter) {
  Records records(text, delimiter, 1);
  std::vector<std::string> cells;
  std::size_t width = 0;
  try {
    for (std::size_t i = 0; i < kSample && records.next(cells); ++i) {
      if (i > 0 && cells.size() != width) return 0;
      width = cells.size();
    }
  } catch (const core::DataError&) {
    return 0;
  }
  return width;
}

// The first delimiter that gives every record as many cells, more than one; failing that, the one
// that the first record holds most of, so that the error names the record that is odd.
char find_delimiter(std::string_view text) {
  constexpr std::array kDelimiters = {',', ';', '\t', '|', kAnyBlanks};
  for (const char delimiter : kDelimiters) {
    if (common_width(text, delimiter) > 1) return delimiter;
  }
  if (common_width(text, ',') == 1) return ',';
  const std::size_t start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const auto line = text.substr(start, text.find('\n', start) - start);
  return *std::ranges::max_element(kDelimiters, {},
                                   [&](char c) { return std::ranges::count(line, c); });
}

bool is_header(const std::vector<std::string>& cells) {
  return std::ranges::none_of(cells, [](const auto& c) { return parse_cell(c).has_value(); });
}

}  // namespace

std::optional<double> parse_cell(std::string_view cell) {
  cell = trim(cell);
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
  return value;
}

bool is_missing(std::string_view cell) {
  constexpr std::array<std::string_view, 8> kMissing = {"",    "NA",   "N/A",  "NaN",
                                                        "nan", "null", "NULL", "?"};
  return std::ranges::find(kMissing, trim(cell)) != kMissing.end();
}

CsvTable parse_csv(std::string_view text, const CsvOptions& options) {
  std::size_t line = 1;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (int i = 0; i < options.skip && !text.empty(); ++i, ++line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  Records records(text, find_delimiter(text), line);
  CsvTable out;
  std::vector<std::string> cells;
  while (records.next(cells)) {
    if (out.names.empty()) {
      const bool header = options.header.value_or(is_header(cells));
      for (std::size_t i = 0; i < cells.size(); ++i) {
        out.names.push_back(header ? std::string(trim(cells[i])) : std::to_string(i + 1));
      }
      if (header) continue;
    }
    if (cells.size() != out.columns()) {
      core::fail_data(kWhere, "line {}: expected {} cells, got {}", records.line(), out.columns(),
                      cells.size());
    }
    out.lines.push_back(records.line());
    for (std::string& cell : cells) out.cells.push_back(std::move(cell));
  }
  if (out.rows() == 0) core::fail_data(kWhere, "expected rows, got none");
  return out;
}

}  // namespace venturi::data
