// From a table of text to numbers, labels and targets.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "venturi/core/error.hpp"
#include "venturi/core/members.hpp"
#include "venturi/data/csv.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.dataset_from_csv";
constexpr std::size_t kMostLevels = 1024;      // values of a one-hot column
constexpr std::size_t kMostClasses = 1 << 16;  // values of a target
constexpr std::size_t kFewValues = 20;         // whole numbers that count as classes

enum class Role { kNumber, kOneHot, kTarget, kIgnored };

class Builder {
 public:
  Builder(const CsvTable& table, const CsvOptions& options)
      : table_(table), options_(options), roles_(table.columns(), Role::kNumber) {
    for (const auto& name : options.ignore) assign(name, Role::kIgnored);
    for (const auto& name : options.onehot) assign(name, Role::kOneHot);
    for (const auto& name : options.targets) targets_.push_back(assign(name, Role::kTarget));
    choose_rows();
  }

  Dataset build(std::string_view name) {
    Dataset out;
    out.name = name;
    add_inputs(out);
    if (targets_.empty()) return out;
    if (is_classes()) {
      add_labels(out);
    } else {
      add_targets(out);
    }
    return out;
  }

 private:
  std::size_t assign(const std::string& name, Role role) {
    const auto found = std::ranges::find(table_.names, name);
    if (found == table_.names.end()) {
      core::fail_argument(kWhere, "unknown column '{}'{}; known: {}", name,
                          core::did_you_mean(name, table_.names), fmt::join(table_.names, ", "));
    }
    if (std::find(found + 1, table_.names.end(), name) != table_.names.end()) {
      core::fail_data(kWhere, "two columns are named '{}'", name);
    }
    const auto column = static_cast<std::size_t>(found - table_.names.begin());
    if (roles_[column] != Role::kNumber) {
      core::fail_argument(kWhere, "the column '{}' is named twice", name);
    }
    roles_[column] = role;
    return column;
  }

  // The rows that stay; missing values that may not be are refused here.
  void choose_rows() {
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      bool whole = true;
      for (std::size_t c = 0; c < table_.columns(); ++c) {
        if (roles_[c] == Role::kIgnored || !is_missing(table_.cell(row, c))) continue;
        whole = false;
        if (options_.missing == Missing::kDrop) break;
        if (options_.missing == Missing::kMean && roles_[c] == Role::kNumber) continue;
        core::fail_data(kWhere, "{}: a missing value ('{}'); {}", place(row, c),
                        table_.cell(row, c),
                        options_.missing == Missing::kMean
                            ? "a mean fills inputs that are numbers, use missing=drop"
                            : "missing=drop or missing=mean says what to do");
      }
      if (whole || options_.missing != Missing::kDrop) rows_.push_back(row);
    }
    if (rows_.empty()) core::fail_data(kWhere, "every row has a missing value");
  }

  std::string place(std::size_t row, std::size_t column) const {
    return fmt::format("line {}, column '{}'", table_.lines[row], table_.names[column]);
  }

  float number(std::size_t row, std::size_t column) const {
    const std::string& cell = table_.cell(row, column);
    const auto value = parse_cell(cell);
    if (!value) {
      core::fail_data(
          kWhere, "{}: expected a number, got '{}'{}", place(row, column), cell.substr(0, 40),
          roles_[column] == Role::kNumber ? "; a column of text needs onehot= or ignore=" : "");
    }
    const auto out = static_cast<float>(*value);
    if (!std::isfinite(out)) {
      core::fail_data(kWhere, "{}: {} does not fit a float", place(row, column), cell);
    }
    return out;
  }

  void add_inputs(Dataset& out) {
    // One list of levels per one-hot column decides the width.
    std::vector<std::vector<std::string>> levels(table_.columns());
    for (std::size_t c = 0; c < table_.columns(); ++c) {
      if (roles_[c] == Role::kNumber) out.feature_names.push_back(table_.names[c]);
      if (roles_[c] != Role::kOneHot) continue;
      levels[c] = distinct_texts(c, kMostLevels);
      for (const auto& level : levels[c]) {
        out.feature_names.push_back(table_.names[c] + "=" + level);
      }
    }
    if (out.feature_names.empty()) core::fail_data(kWhere, "no column is left for the inputs");
    out.shape = {static_cast<std::int64_t>(out.feature_names.size())};
    out.x.setZero(n(), static_cast<core::Index>(out.feature_names.size()));
    core::Index j = 0;
    for (std::size_t c = 0; c < table_.columns(); ++c) {
      if (roles_[c] == Role::kNumber) {
        fill_numbers(c, out.x, j++);
      } else if (roles_[c] == Role::kOneHot) {
        for (core::Index i = 0; i < n(); ++i) {
          const auto level = std::ranges::lower_bound(levels[c], table_.cell(row_of(i), c));
          out.x(i, j + (level - levels[c].begin())) = 1.0F;
        }
        j += static_cast<core::Index>(levels[c].size());
      }
    }
  }

  void fill_numbers(std::size_t column, core::MatrixF& x, core::Index j) const {
    double sum = 0;
    std::vector<core::Index> holes;
    for (core::Index i = 0; i < n(); ++i) {
      if (is_missing(table_.cell(row_of(i), column))) {
        holes.push_back(i);
      } else {
        x(i, j) = number(row_of(i), column);
        sum += static_cast<double>(x(i, j));
      }
    }
    const auto seen = static_cast<double>(n() - static_cast<core::Index>(holes.size()));
    if (seen == 0) core::fail_data(kWhere, "column '{}' has no value", table_.names[column]);
    for (const core::Index i : holes) x(i, j) = static_cast<float>(sum / seen);
  }

  // Sorted.
  std::vector<std::string> distinct_texts(std::size_t column, std::size_t most) const {
    std::set<std::string> seen;
    for (const std::size_t row : rows_) {
      seen.insert(table_.cell(row, column));
      if (seen.size() > most) {
        core::fail_data(kWhere, "column '{}' has more than {} values", table_.names[column], most);
      }
    }
    return {seen.begin(), seen.end()};
  }

  bool is_classes() const {
    if (options_.task != Task::kNone) return options_.task == Task::kClasses;
    if (targets_.size() != 1) return false;
    std::set<double> values;
    for (const std::size_t row : rows_) {
      const auto value = parse_cell(table_.cell(row, targets_[0]));
      if (!value) return true;
      if (*value != std::nearbyint(*value)) return false;
      if (values.size() <= kFewValues) values.insert(*value);
    }
    return values.size() <= kFewValues && 2 * values.size() <= rows_.size();
  }

  void add_labels(Dataset& out) const {
    if (targets_.size() != 1) {
      core::fail_argument(kWhere, "expected one target for classes, got {}", targets_.size());
    }
    const std::size_t column = targets_[0];
    std::vector<std::string> texts = distinct_texts(column, kMostClasses);
    const bool numbers =
        std::ranges::all_of(texts, [](const auto& t) { return parse_cell(t).has_value(); });
    // "1" and "1.0" are one class.
    std::map<double, std::string> by_value;
    if (numbers) {
      for (const auto& text : texts) by_value.emplace(*parse_cell(text), text);
      texts.clear();
      for (const auto& [value, text] : by_value) texts.push_back(text);
    }
    out.task = Task::kClasses;
    out.classes = static_cast<int>(texts.size());
    for (const std::size_t row : rows_) {
      const std::string& cell = table_.cell(row, column);
      const auto label = numbers ? std::distance(by_value.begin(), by_value.find(*parse_cell(cell)))
                                 : std::ranges::lower_bound(texts, cell) - texts.begin();
      out.labels.push_back(static_cast<std::int32_t>(label));
    }
    out.class_names = std::move(texts);
  }

  void add_targets(Dataset& out) const {
    out.task = Task::kRegression;
    out.y.resize(n(), static_cast<core::Index>(targets_.size()));
    for (core::Index i = 0; i < n(); ++i) {
      for (std::size_t t = 0; t < targets_.size(); ++t) {
        out.y(i, static_cast<core::Index>(t)) = number(row_of(i), targets_[t]);
      }
    }
  }

  core::Index n() const { return static_cast<core::Index>(rows_.size()); }
  std::size_t row_of(core::Index i) const { return rows_[static_cast<std::size_t>(i)]; }

  const CsvTable& table_;
  const CsvOptions& options_;
  std::vector<Role> roles_;
  std::vector<std::size_t> targets_;
  std::vector<std::size_t> rows_;
};

}  // namespace

Dataset dataset_from_csv(const CsvTable& table, std::string_view name, const CsvOptions& options) {
  return Builder(table, options).build(name);
}

}  // namespace venturi::data
