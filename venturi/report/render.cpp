#include "venturi/report/render.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"
#include "venturi/core/record.hpp"
#include "venturi/report/fields.hpp"
#include "venturi/report/text.hpp"

namespace venturi::report {
namespace {

using core::Json;

// A number's format: text, one replacement field, text. Only what formats a double and cannot ask
// for megabytes of padding: an optional sign, width and precision of two digits, one of e f g %.
bool good_form(std::string_view form) {
  if (form.empty()) return true;
  const std::size_t open = form.find('{');
  const std::size_t close = form.find('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
      form.find('{', open + 1) != std::string_view::npos ||
      form.find('}', close + 1) != std::string_view::npos || form.size() > 64) {
    return false;
  }
  std::string_view spec = form.substr(open + 1, close - open - 1);
  if (spec.empty()) return true;
  const auto take = [&](auto accept, std::size_t most) {
    std::size_t n = 0;
    while (n < spec.size() && n < most && accept(spec[n])) ++n;
    spec.remove_prefix(n);
    return n;
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (take([](char c) { return c == ':'; }, 1) != 1) return false;
  take([](char c) { return c == '+' || c == ' '; }, 1);
  take(digit, 2);
  if (take([](char c) { return c == '.'; }, 1) == 1 && take(digit, 2) == 0) return false;
  take([](char c) { return c == 'e' || c == 'f' || c == 'g'; }, 1);
  return spec.empty();
}

struct TitledTable {
  std::string title;
  core::Table table;
};

Json cell_from(const Field& field) {
  if (field.value().is_structured()) field.fail("a number, a text, a truth value or null");
  return field.value();
}

TitledTable titled_table(const Field& field) {
  field.expect_keys({"title", "columns", "rows"});
  std::vector<core::Table::Column> columns;
  std::vector<std::string> keys;
  if (const auto listed = field.find("columns")) {
    for (const auto& column : listed->elements()) {
      column.expect_keys({"key", "title", "form"});
      const std::string key = column.text("key");
      const std::string form = column.text("form");
      if (!good_form(form)) column.find("form")->fail("a form such as \"{:.2f}\"");
      const auto title = column.find("title");
      columns.push_back({key, title ? title->text() : key, form});
      keys.push_back(key);
    }
  }
  core::Table table(std::move(columns));
  if (const auto rows = field.find("rows")) {
    for (const auto& row : rows->elements()) {
      std::vector<Json> cells(keys.size());
      if (row.value().is_array()) {
        const auto elements = row.elements();
        if (elements.size() != keys.size()) row.fail(fmt::format("{} cells", keys.size()));
        for (std::size_t c = 0; c < keys.size(); ++c) cells[c] = cell_from(elements[c]);
      } else {
        for (std::size_t c = 0; c < keys.size(); ++c) {
          if (const auto cell = row.find(keys[c])) cells[c] = cell_from(*cell);
        }
      }
      table.add_row(std::move(cells));
    }
  }
  return {field.text("title"), std::move(table)};
}

// Calls draw(element) for each element of results[key].
template <class Draw>
void for_each(const Field& results, std::string_view key, Draw&& draw) {
  const auto list = results.find(key);
  if (!list) return;
  for (const auto& element : list->elements()) draw(element);
}

constexpr std::string_view kDrawn[] = {"notes", "tables", "plots", "heat_maps"};

bool drawn(const std::string& key) {
  return std::find(std::begin(kDrawn), std::end(kDrawn), key) != std::end(kDrawn);
}

// The single numbers and texts among the results.
void add_scalars(const Field& results, Page& page) {
  core::Table table({{"name", "result", ""}, {"value", "value", ""}});
  for (const auto& item : results.value().items()) {
    if (drawn(item.key()) || item.value().is_structured()) continue;
    table.add_row({item.key(), item.value()});
  }
  if (table.rows() > 0) page.add_table(table);
}

// "seed 1 · 12.3 s · 2026-11-23T06:01:02Z", of what the record says.
std::string origin_line(const Json& record) {
  std::vector<std::string> parts;
  const auto seed = record.find("seed");
  if (seed != record.end() && seed->is_number()) parts.push_back("seed " + seed->dump());
  const auto seconds = record.find("seconds");
  if (seconds != record.end() && seconds->is_number()) {
    parts.push_back(number_text(seconds->get<double>()) + " s");
  }
  const auto time = record.find("time");
  if (time != record.end() && time->is_string()) parts.push_back(time->get<std::string>());
  return fmt::format("{}", fmt::join(parts, " \xC2\xB7 "));
}

// The record without what already stands above as a drawing.
Json without_drawings(const Json& record) {
  Json out = record;
  const auto results = out.find("results");
  if (results == out.end() || !results->is_object()) return out;
  for (const auto& key : kDrawn) {
    const auto at = results->find(std::string(key));
    if (at != results->end()) *at = fmt::format("{}, shown above", at->size());
  }
  return out;
}

void add_record(const Field& record, Page& page) {
  if (!record.value().is_object()) record.fail("an object");
  if (!nested_at_most(record.value(), kDeepest)) {
    core::fail_data("report", "{}: nested deeper than {}", record.path(), kDeepest);
  }
  const std::string command = record.text("command");
  page.add_heading(command.empty() ? record.path() : command);
  const std::string origin = origin_line(record.value());
  if (!origin.empty()) page.add_remark(origin);
  if (const auto results = record.find("results")) {
    for_each(*results, "notes", [&](const Field& note) { page.add_text(note.text()); });
    for_each(*results, "tables", [&](const Field& one) {
      const TitledTable table = titled_table(one);
      page.add_table(table.table, table.title);
    });
    for_each(*results, "plots", [&](const Field& one) { page.add_plot(plot_from(one)); });
    for_each(*results, "heat_maps",
             [&](const Field& one) { page.add_heat_map(heat_map_from(one)); });
    add_scalars(*results, page);
  }
  page.add_json("Run record", without_drawings(record.value()));
}

}  // namespace

Json to_json(const core::Table& table, std::string_view title) {
  Json out = Json::object();
  if (!title.empty()) out["title"] = title;
  out["columns"] = Json::array();
  for (const auto& column : table.columns()) {
    Json one = Json::object();
    one["key"] = column.key;
    one["title"] = column.title;
    if (!column.form.empty()) one["form"] = column.form;
    out["columns"].push_back(std::move(one));
  }
  out["rows"] = table.json();
  return out;
}

core::Table table_from_json(const Json& json) { return titled_table(Field(json, "table")).table; }

Page render_records(const std::vector<Json>& records, std::string_view title) {
  Page page{std::string(title)};
  if (records.empty()) page.add_text("No records.");
  for (std::size_t i = 0; i < records.size(); ++i) {
    add_record(Field(records[i], fmt::format("record {}", i + 1)), page);
  }
  if (records.empty()) return page;
  const Json& last = records.back();
  Json facts = Json::object();
  for (const char* key : {"machine", "versions"}) {
    const auto at = last.find(key);
    if (at != last.end() && at->is_object()) facts.update(*at);
  }
  const auto time = last.find("time");
  const bool dated = time != last.end() && time->is_string();
  page.set_origin(dated ? time->get<std::string>() : core::timestamp_utc(), std::move(facts));
  return page;
}

}  // namespace venturi::report
