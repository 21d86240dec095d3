#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/report/drawing.hpp"
#include "venturi/report/fields.hpp"
#include "venturi/report/plot.hpp"

namespace venturi::report {
namespace {

using core::Json;

constexpr std::pair<Style, const char*> kStyles[] = {
    {Style::kLine, "line"}, {Style::kPoints, "points"}, {Style::kLinePoints, "line+points"}};

Json number_json(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json numbers_json(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double value : values) out.push_back(number_json(value));
  return out;
}

Json axis_json(const Axis& axis) {
  Json out = Json::object();
  if (!axis.label.empty()) out["label"] = axis.label;
  if (axis.log) out["log"] = true;
  if (axis.min) out["min"] = *axis.min;
  if (axis.max) out["max"] = *axis.max;
  return out;
}

Axis axis_from(const Field& field) {
  field.expect_keys({"label", "log", "min", "max"});
  Axis axis{.label = field.text("label"), .log = field.boolean("log", false)};
  if (const auto min = field.find("min")) axis.min = min->number();
  if (const auto max = field.find("max")) axis.max = max->number();
  return axis;
}

Json series_json(const Series& series) {
  Json out = Json::object();
  out["name"] = series.name;
  for (const auto& [style, name] : kStyles) {
    if (style == series.style) out["style"] = name;
  }
  out["x"] = numbers_json(series.x);
  out["y"] = numbers_json(series.y);
  if (!series.y_low.empty()) out["y_low"] = numbers_json(series.y_low);
  if (!series.y_high.empty()) out["y_high"] = numbers_json(series.y_high);
  if (!series.tips.empty()) out["tips"] = series.tips;
  return out;
}

Series series_from(const Field& field) {
  field.expect_keys({"name", "style", "x", "y", "y_low", "y_high", "tips"});
  Series series{.name = field.text("name")};
  if (const auto style = field.find("style")) {
    const std::string text = style->text();
    bool known = false;
    for (const auto& [value, name] : kStyles) {
      if (text != name) continue;
      series.style = value;
      known = true;
    }
    if (!known) style->fail("line, points or line+points");
  }
  const auto column = [&](const char* key, std::vector<double>& values) {
    if (const auto found = field.find(key)) values = found->numbers();
  };
  column("x", series.x);
  column("y", series.y);
  column("y_low", series.y_low);
  column("y_high", series.y_high);
  if (const auto tips = field.find("tips")) series.tips = tips->texts();
  return series;
}

ReferenceLine line_from(const Field& field) {
  field.expect_keys({"horizontal", "at", "label"});
  const auto at = field.find("at");
  if (!at) field.fail("a field 'at'");
  return {field.boolean("horizontal", true), at->number(), field.text("label")};
}

// What is wrong with the whole is the record's fault here, not the caller's.
template <class Check>
void check_as_data(Check&& check) {
  try {
    check();
  } catch (const core::InvalidArgument& error) {
    throw core::DataError(error.what());
  }
}

}  // namespace

Json to_json(const Plot& plot) {
  Json out = Json::object();
  out["title"] = plot.title;
  if (!plot.note.empty()) out["note"] = plot.note;
  out["x"] = axis_json(plot.x);
  out["y"] = axis_json(plot.y);
  out["series"] = Json::array();
  for (const auto& series : plot.series) out["series"].push_back(series_json(series));
  if (!plot.lines.empty()) out["lines"] = Json::array();
  for (const auto& line : plot.lines) {
    Json item = Json::object();
    item["horizontal"] = line.horizontal;
    item["at"] = line.at;
    if (!line.label.empty()) item["label"] = line.label;
    out["lines"].push_back(std::move(item));
  }
  if (!plot.frames.empty()) out["frames"] = plot.frames;
  return out;
}

Json to_json(const HeatMap& map) {
  Json out = Json::object();
  out["title"] = map.title;
  if (!map.note.empty()) out["note"] = map.note;
  if (!map.row_label.empty()) out["row_label"] = map.row_label;
  if (!map.column_label.empty()) out["column_label"] = map.column_label;
  out["rows"] = map.rows;
  out["columns"] = map.columns;
  out["values"] = Json::array();
  const std::size_t c = map.columns.size();
  for (std::size_t i = 0; i < map.rows.size(); ++i) {
    Json row = Json::array();
    for (std::size_t j = 0; j < c; ++j) row.push_back(number_json(map.values.at(i * c + j)));
    out["values"].push_back(std::move(row));
  }
  out["scale"] = axis_json(map.scale);
  if (map.diverging) out["diverging"] = true;
  return out;
}

Plot plot_from(const Field& field) {
  field.expect_keys({"title", "note", "x", "y", "series", "lines", "frames"});
  Plot plot{.title = field.text("title"), .note = field.text("note")};
  if (const auto x = field.find("x")) plot.x = axis_from(*x);
  if (const auto y = field.find("y")) plot.y = axis_from(*y);
  if (const auto series = field.find("series")) {
    for (const auto& one : series->elements()) plot.series.push_back(series_from(one));
  }
  if (const auto lines = field.find("lines")) {
    for (const auto& one : lines->elements()) plot.lines.push_back(line_from(one));
  }
  if (const auto frames = field.find("frames")) plot.frames = frames->texts();
  check_as_data([&] { check_plot(plot, {}, field.path()); });
  return plot;
}

HeatMap heat_map_from(const Field& field) {
  field.expect_keys({"title", "note", "row_label", "column_label", "rows", "columns", "values",
                     "scale", "diverging"});
  HeatMap map{.title = field.text("title"),
              .note = field.text("note"),
              .row_label = field.text("row_label"),
              .column_label = field.text("column_label")};
  if (const auto rows = field.find("rows")) map.rows = rows->texts();
  if (const auto columns = field.find("columns")) map.columns = columns->texts();
  if (const auto values = field.find("values")) {
    for (const auto& row : values->elements()) {
      const auto numbers = row.numbers();
      if (numbers.size() != map.columns.size()) {
        row.fail(fmt::format("{} numbers, one a column", map.columns.size()));
      }
      map.values.insert(map.values.end(), numbers.begin(), numbers.end());
    }
  }
  if (const auto scale = field.find("scale")) map.scale = axis_from(*scale);
  map.diverging = field.boolean("diverging", false);
  check_as_data([&] { check_heat_map(map, {}, field.path()); });
  return map;
}

Plot plot_from_json(const Json& json) { return plot_from(Field(json, "plot")); }
HeatMap heat_map_from_json(const Json& json) { return heat_map_from(Field(json, "heat_map")); }

}  // namespace venturi::report
