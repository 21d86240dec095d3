// venturi/report/plot.hpp
//
// Plots as plain data, and their drawing as one SVG document: no script, no font, no network. The
// same text is inlined in a report page and kept as a file for a README: it carries its own styles
// (light and, on a screen that asks for it, dark) and its own background.
//
// What cannot be drawn is left out and counted in the note below the plot: points that are not
// finite, points at or below zero on a logarithmic axis. More points than a plot can show are
// thinned (lines keep the extremes of every stretch, clouds their density and outliers), and the
// note says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "venturi/core/json.hpp"

namespace venturi::report {

struct Axis {
  std::string label;          // with its unit: "bits per image"
  bool log = false;           // logarithmic; values at or below 0 are left out
  std::optional<double> min;  // fixed ends; without them the data's, with some air (linear axes
  std::optional<double> max;  // that begin near zero begin at zero)
};

enum class Style { kLine, kPoints, kLinePoints };

struct Series {
  std::string name;                   // in the legend; a plot of one unnamed series has none
  std::vector<double> x;              // n
  std::vector<double> y;              // n
  std::vector<double> y_low, y_high;  // n each, or both empty: a band (kLine) or whiskers
  Style style = Style::kLine;
  std::vector<std::string> tips;  // n or empty: shown over a point; without them "name: x, y"
};

// A dashed line across the plot, its label in the margin. Labels of vertical lines take up to six
// rows; one that finds no room in them is left out.
struct ReferenceLine {
  bool horizontal = true;
  double at = 0;  // in the data's unit
  std::string label;
};

struct Plot {
  std::string title;
  std::string note;  // one sentence below the title: what to see here
  Axis x, y;
  std::vector<Series> series;
  std::vector<ReferenceLine> lines;
  // Names of moments ("epoch 3"), at most kMostFrames: a mark then runs along each series of as
  // many points, by SVG's own animation, and the moment's name is shown. Where nothing moves (on
  // paper), the marks stand at the last.
  std::vector<std::string> frames;
};
inline constexpr std::size_t kMostFrames = 1000;

// A matrix as coloured cells, its numbers written in the cells where they fit.
struct HeatMap {
  std::string title;
  std::string note;
  std::string row_label, column_label;  // what the rows and columns are
  std::vector<std::string> rows;        // r names
  std::vector<std::string> columns;     // c names
  std::vector<double> values;           // r*c, row-major; not finite = "no value", drawn empty
  Axis scale;                           // of the colours
  bool diverging = false;               // two hues that meet at zero (linear scales only)
};

// In CSS pixels. A plot grows in height when its legend or notes need the room.
struct Size {
  int width = 640;
  int height = 400;
};

// The drawing as one well-formed SVG document. InvalidArgument if lengths differ (x, y, y_low,
// y_high, tips; names and values of a heat map), or if the size is outside 240..4096. O(points).
std::string to_svg(const Plot& plot, Size size = {});
std::string to_svg(const HeatMap& map, Size size = {});

// As records keep them: {"title","note","x":{"label","log","min","max"},"y":{...},
// "series":[{"name","style":"line|points|line+points","x":[],"y":[],"y_low":[],"y_high":[],
// "tips":[]}],"lines":[{"horizontal","at","label"}],"frames":[]}; a heat map has "rows", "columns"
// and "values":[[...],...]. Numbers that are not finite are null. What is empty or preset is left
// out.
core::Json to_json(const Plot& plot);
core::Json to_json(const HeatMap& map);
// The way back. DataError naming the field ("plot.series[2].y[7]: ...") on anything else, unknown
// keys too.
Plot plot_from_json(const core::Json& json);
HeatMap heat_map_from_json(const core::Json& json);

}  // namespace venturi::report
