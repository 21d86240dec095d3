// Over 400 lines: plots and heat maps, read back by the same few helpers.
#include "venturi/report/plot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "tests/report/sample.hpp"
#include "tests/report/xml.hpp"
#include "tests/testing.hpp"
#include "venturi/report/legend.hpp"
#include "venturi/report/text.hpp"
#include "venturi/report/thin.hpp"

namespace venturi::report {
namespace {

using testing::all_text;
using testing::count_class;
using testing::count_name;
using testing::parse_xml;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Plot plot_of(Series series) {
  Plot plot{.title = "t"};
  plot.series = {std::move(series)};
  return plot;
}

// The places "x y" on a path, and how many strokes it has.
struct PathPoints {
  std::size_t points = 0, strokes = 0;
};
PathPoints line_points(const std::vector<testing::Element>& elements) {
  PathPoints out;
  for (const auto& element : elements) {
    if (element.css() != "vt-line" || element.in.back() == "vt-legend vt-c0") continue;
    for (const char c : element.attributes.at("d")) {
      out.points += c == 'M' || c == 'L';
      out.strokes += c == 'M';
    }
  }
  return out;
}

TEST(ReportPlot, OneMarkAPoint) {
  for (const Style style : {Style::kPoints, Style::kLinePoints}) {
    const auto elements = parse_xml(
        to_svg(plot_of({.name = "a", .x = {1, 2, 3, 4}, .y = {4, 3, 7, 1}, .style = style})));
    EXPECT_EQ(count_class(elements, "vt-mark"), 4u);
    EXPECT_EQ(line_points(elements).points, style == Style::kPoints ? 0u : 4u);
  }
  const auto line = parse_xml(to_svg(plot_of({.x = {1, 2, 3}, .y = {4, 3, 7}})));
  EXPECT_EQ(count_class(line, "vt-mark"), 0u);
  EXPECT_EQ(line_points(line).points, 3u);
  EXPECT_EQ(line_points(line).strokes, 1u);
}

// A point on a tick stands on that tick's grid line, on both kinds of axis.
TEST(ReportPlot, PlacesAgreeWithTicks) {
  for (const bool log : {false, true}) {
    Plot plot = plot_of({.x = {1, 10, 100}, .y = {100, 10, 1}, .style = Style::kPoints});
    plot.x.log = plot.y.log = log;
    if (!log) plot.series[0].x = plot.series[0].y = {0, 40, 100};
    std::map<std::string, double> tick_x;
    std::map<std::string, double> tick_y;
    std::vector<std::pair<double, double>> marks;
    for (const auto& element : parse_xml(to_svg(plot))) {
      if (element.css() == "vt-mark")
        marks.emplace_back(element.number("cx"), element.number("cy"));
      if (element.css() != "vt-tick") continue;
      const bool below = element.attributes.at("text-anchor") == "middle";
      (below ? tick_x : tick_y)[element.text] = element.number(below ? "x" : "y") - (below ? 0 : 4);
    }
    ASSERT_EQ(marks.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto label = [](double value) { return std::to_string(static_cast<int>(value)); };
      const std::string x = label(plot.series[0].x[i]);
      const std::string y = label(plot.series[0].y[i]);
      ASSERT_EQ(tick_x.count(x) + tick_y.count(y), 2u) << x << " " << y;
      EXPECT_NEAR(marks[i].first, tick_x.at(x), 0.011);
      EXPECT_NEAR(marks[i].second, tick_y.at(y), 0.011);
    }
  }
}

TEST(ReportPlot, EverySampleIsWellFormedAtEverySize) {
  for (const Plot& plot : {testing::sample_curve(), testing::sample_plane(),
                           testing::sample_training(), testing::sample_cloud(), Plot{}}) {
    for (const Size size : {Size{240, 240}, Size{640, 400}, Size{4096, 4096}, Size{240, 4096}}) {
      EXPECT_GT(parse_xml(to_svg(plot, size)).size(), 5u);
    }
  }
}

TEST(ReportPlot, EightSeriesDifferByShapeAndColourAndMoreByDash) {
  std::set<std::string> shapes;
  std::set<std::string> colours;
  std::set<std::string> looks;
  for (std::size_t s = 0; s < 24; ++s) {
    shapes.insert(mark(s, {0, 0}, 4));
    colours.insert(series_class(s));
    looks.insert(mark(s, {0, 0}, 4) + series_class(s) + dash(s));
  }
  EXPECT_EQ(shapes.size(), 8u);
  EXPECT_EQ(colours.size(), 8u);
  EXPECT_EQ(looks.size(), 24u);
}

TEST(ReportPlot, CountsWhatCannotBeDrawn) {
  const auto elements = parse_xml(to_svg(plot_of({.x = {1, 2, kNan, 4, 5, 6},
                                                  .y = {1, kInfinity, 3, -kInfinity, 2, 1e301},
                                                  .style = Style::kLinePoints})));
  EXPECT_EQ(count_class(elements, "vt-mark"), 2u);
  EXPECT_EQ(line_points(elements).strokes, 2u);  // a gap where points are missing
  EXPECT_NE(all_text(elements).find("4 points without a finite value not drawn."),
            std::string::npos);
}

TEST(ReportPlot, LogAxesLeaveOutWhatIsNotPositive) {
  Plot plot = plot_of({.x = {0, 1, 10, 100}, .y = {1, -2, 3, 0}, .style = Style::kPoints});
  plot.x.log = true;
  plot.y.log = true;
  const auto elements = parse_xml(to_svg(plot));
  EXPECT_EQ(count_class(elements, "vt-mark"), 1u);
  EXPECT_NE(all_text(elements).find("3 points at or below zero not drawn on a logarithmic axis."),
            std::string::npos);

  plot.series[0].x = {-1, -2, -3, 0};
  EXPECT_EQ(count_class(parse_xml(to_svg(plot)), "vt-mark"), 0u);
}

TEST(ReportPlot, FixedAxesCountWhatIsOutside) {
  Plot plot = plot_of({.x = {1, 2, 3}, .y = {0.5, 2, 1e299}, .style = Style::kPoints});
  plot.y = {.min = 0, .max = 1};
  const auto elements = parse_xml(to_svg(plot));
  EXPECT_EQ(count_class(elements, "vt-mark"), 1u);
  EXPECT_NE(all_text(elements).find("2 points outside the axes."), std::string::npos);
}

TEST(ReportPlot, ConstantOneAndNoPoints) {
  const auto two = plot_of({.x = {5, 5}, .y = {0, 0}, .style = Style::kPoints});
  EXPECT_EQ(count_class(parse_xml(to_svg(two)), "vt-mark"), 2u);
  // One point of a line would be invisible without a mark.
  EXPECT_EQ(count_class(parse_xml(to_svg(plot_of({.x = {5}, .y = {7}}))), "vt-mark"), 1u);
  const auto none = parse_xml(to_svg(plot_of({.name = "empty"})));
  EXPECT_EQ(count_class(none, "vt-mark"), 0u);
  EXPECT_NE(all_text(none).find("No data."), std::string::npos);
  EXPECT_NE(all_text(parse_xml(to_svg(Plot{}))).find("No data."), std::string::npos);
}

TEST(ReportPlot, ManyPointsAreThinnedAndItIsSaid) {
  Series line{.name = "l"};
  for (int i = 0; i < 100000; ++i) {
    line.x.push_back(i);
    line.y.push_back(std::sin(i * 0.01));
  }
  line.y[51234] = 40;  // one peak that must survive
  Plot plot = plot_of(line);
  const std::string svg = to_svg(plot);
  EXPECT_LT(svg.size(), 100000u);
  auto elements = parse_xml(svg);
  EXPECT_LE(line_points(elements).points, 2000u);
  EXPECT_EQ(line_points(elements).strokes, 1u);
  EXPECT_NE(all_text(elements).find("100,000 points thinned to "), std::string::npos);
  // The peak is the highest place of the line.
  double top = 1e9;
  std::string d;
  for (const auto& element : elements) {
    if (element.css() == "vt-line" && d.empty()) {
      d = element.attributes.at("d");
    }
  }
  std::size_t near_top = 0;
  for (std::size_t at = d.find(' '); at != std::string::npos; at = d.find(' ', at + 1)) {
    top = std::min(top, std::stod(d.substr(at)));
  }
  for (std::size_t at = d.find(' '); at != std::string::npos; at = d.find(' ', at + 1)) {
    near_top += std::stod(d.substr(at)) < top + 50;
  }
  EXPECT_EQ(near_top, 1u);

  plot.series[0].style = Style::kPoints;
  core::Random random(core::Key(1));
  for (auto& y : plot.series[0].y) y = random.normal();
  elements = parse_xml(to_svg(plot));
  EXPECT_LE(count_class(elements, "vt-mark"), 4000u);
  EXPECT_GT(count_class(elements, "vt-mark"), 1000u);
  EXPECT_NE(all_text(elements).find("100,000 points thinned to "), std::string::npos);
}

TEST(ReportPlot, ThinningKeepsExtremesAndOrder) {
  std::vector<Pixel> points(5000);
  for (int i = 0; i < 5000; ++i)
    points[static_cast<std::size_t>(i)] = {i * 0.1, std::cos(i * 1.7) * i};
  const auto kept = thin_line(points, 100);
  EXPECT_LE(kept.size(), 100u);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
  EXPECT_EQ(kept.front(), 0u);
  EXPECT_EQ(kept.back(), 4999u);
  const auto by_y = [](const Pixel& a, const Pixel& b) { return a.y < b.y; };
  const auto [low, high] = std::minmax_element(points.begin(), points.end(), by_y);
  for (const auto extreme : {low, high}) {
    EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(),
                                   static_cast<std::size_t>(extreme - points.begin())));
  }
  EXPECT_EQ(thin_line(points, 5000).size(), 5000u);
}

TEST(ReportPlot, ThinnedCloudsKeepOutliersAndDensity) {
  core::Random random(core::Key(5));
  std::vector<Pixel> points(30000);
  // Three in four points on the left square, one in four on the right one, and one far away.
  for (auto& point : points) {
    point = {random.uniform() * 100 + (random.uniform() < 0.75 ? 0 : 300), random.uniform() * 100};
  }
  points[20000] = {900, 900};
  const auto kept = thin_cloud(points, 2000);
  EXPECT_NEAR(static_cast<double>(kept.size()), 2000, 100);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
  EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(), std::size_t{20000}));
  const auto left =
      std::count_if(kept.begin(), kept.end(), [&](std::size_t i) { return points[i].x <= 100; });
  // Five standard deviations of a random share.
  EXPECT_NEAR(static_cast<double>(left) / static_cast<double>(kept.size()), 0.75, 0.05);
  EXPECT_EQ(thin_cloud(points, 30000).size(), 30000u);
  // Only outliers: thinned all the same.
  std::vector<Pixel> spread(5000);
  for (std::size_t i = 0; i < spread.size(); ++i) spread[i] = {40.0 * static_cast<double>(i), 0};
  EXPECT_NEAR(static_cast<double>(thin_cloud(spread, 1000).size()), 1000, 5);
}

TEST(ReportPlot, FramesMoveAMarkAlongEachSeries) {
  Plot plot = plot_of({.name = "first", .x = {1, 2, kNan}, .y = {4, 3, 7}});
  plot.series.push_back({.name = "other length", .x = {1, 2}, .y = {3, 4}});
  plot.frames = {"epoch 1", "epoch 2", "<epoch 3>"};
  const auto elements = parse_xml(to_svg(plot));
  EXPECT_EQ(count_class(elements, "vt-mark vt-moving"), 1u);
  std::size_t moves = 0, names = 0;
  for (const auto& element : elements) {
    if (element.name != "animate") continue;
    const std::string& what = element.attributes.at("attributeName");
    const std::string& values = element.attributes.at("values");
    moves += what == "cx" || what == "cy";
    names += what == "opacity";
    if (what != "opacity") {
      EXPECT_EQ(std::count(values.begin(), values.end(), ';'), 2) << values;
      // The third point has no place: the mark stays where it was.
      EXPECT_EQ(values.substr(values.rfind(';')),
                values.substr(values.find(';'), values.rfind(';') - values.find(';')));
    }
  }
  EXPECT_EQ(moves, 2u);
  EXPECT_EQ(names, 3u);
  EXPECT_EQ(to_json(plot_from_json(to_json(plot))), to_json(plot));
  plot.frames.assign(kMostFrames + 1, "x");
  EXPECT_ERROR(to_svg(plot), core::InvalidArgument, "frames");
}

TEST(ReportPlot, WhiskersAndBands) {
  Series series{.name = "s", .x = {1, 2, 3}, .y = {2, 3, 4}};
  series.y_low = {1, kNan, 3};
  series.y_high = {3, 4, 5};
  auto elements = parse_xml(to_svg(plot_of(series)));
  ASSERT_EQ(count_class(elements, "vt-band"), 1u);
  for (const auto& element : elements) {
    if (element.css() != "vt-band") continue;
    const std::string& d = element.attributes.at("d");
    EXPECT_EQ(std::count(d.begin(), d.end(), 'Z'), 2) << "broken where an end is missing";
  }
  series.style = Style::kPoints;
  elements = parse_xml(to_svg(plot_of(series)));
  EXPECT_EQ(count_class(elements, "vt-whisker"), 1u);
  for (const auto& element : elements) {
    if (element.css() != "vt-whisker") continue;
    const std::string& d = element.attributes.at("d");
    EXPECT_EQ(std::count(d.begin(), d.end(), 'V'), 2) << "the one without ends has no whisker";
  }
}

TEST(ReportPlot, HostileNamesStayText) {
  const std::string evil = "</title><script>alert(1)</script>\" onload='x' & \x01\xFF";
  Plot plot{.title = evil, .note = evil, .x = {.label = evil}, .y = {.label = evil}};
  plot.series = {
      {.name = evil, .x = {1, 2}, .y = {1, 2}, .style = Style::kLinePoints, .tips = {evil, evil}},
      {.name = evil, .x = {1}, .y = {1}, .style = Style::kPoints}};
  plot.lines = {{true, 1.5, evil}, {false, 1.5, evil}};
  const auto elements = parse_xml(to_svg(plot));
  EXPECT_EQ(count_name(elements, "script"), 0u);
  for (const auto& element : elements) {
    for (const auto& [name, value] : element.attributes) EXPECT_FALSE(name.starts_with("on"));
  }
}

TEST(ReportPlot, TipsSayTheValues) {
  Plot plot = plot_of({.name = "net", .x = {2}, .y = {91.5}, .style = Style::kPoints});
  plot.x.label = "bits";
  plot.y.label = "accuracy";
  EXPECT_NE(all_text(parse_xml(to_svg(plot))).find("net\nbits: 2\naccuracy: 91.5"),
            std::string::npos);
  plot.series[0].tips = {"mine"};
  EXPECT_NE(all_text(parse_xml(to_svg(plot))).find("\nmine\n"), std::string::npos);
}

TEST(ReportPlot, LongLegendsAreCounted) {
  Plot plot;
  for (int s = 0; s < 100; ++s) {
    plot.series.push_back({.name = fmt::format("series {}", s), .x = {1.0 * s}, .y = {1}});
  }
  const auto elements = parse_xml(to_svg(plot));
  EXPECT_EQ(count_class(elements, "vt-key"), 41u);
  EXPECT_NE(all_text(elements).find("and 60 more"), std::string::npos);
}

TEST(ReportPlot, FlagsOfCrowdedLinesKeepApart) {
  Plot plot = plot_of({.x = {0, 10}, .y = {0, 1}});
  for (int i = 0; i < 6; ++i) plot.lines.push_back({false, 4 + 0.2 * i, fmt::format("flag {}", i)});
  plot.lines.push_back({false, 9.9, "one at the right end"});
  std::map<double, std::vector<double>> rows;
  for (const auto& element : parse_xml(to_svg(plot))) {
    if (element.text.starts_with("flag")) rows[element.number("y")].push_back(element.number("x"));
    if (element.text.starts_with("one")) {
      EXPECT_EQ(element.attributes.at("text-anchor"), "end");
    }
  }
  std::size_t flags = 0;
  for (auto& [y, xs] : rows) {
    std::sort(xs.begin(), xs.end());
    flags += xs.size();
    for (std::size_t i = 1; i < xs.size(); ++i) {
      EXPECT_GT(xs[i] - xs[i - 1], text_width("flag 0", 11.5));
    }
  }
  EXPECT_EQ(flags, 6u);
}

// No text of the legend or the margins begins inside the plot's own area.
TEST(ReportPlot, WordsKeepOffTheData) {
  for (const Plot& plot : {testing::sample_curve(), testing::sample_plane()}) {
    const auto elements = parse_xml(to_svg(plot));
    double left = 0, right = 0, top = 0, bottom = 0;
    for (const auto& element : elements) {
      if (element.name != "svg" || element.css() == "vt") continue;
      left = element.number("x");
      top = element.number("y");
      right = left + element.number("width");
      bottom = top + element.number("height");
    }
    ASSERT_GT(right, left);
    for (const auto& element : elements) {
      if (element.name != "text") continue;
      const double x = element.number("x");
      const double y = element.number("y");
      EXPECT_FALSE(x > left && x < right && y > top && y < bottom) << element.text;
    }
  }
}

TEST(ReportPlot, RefusesWrongLengthsAndSizes) {
  EXPECT_ERROR(to_svg(plot_of({.x = {1, 2}, .y = {1}})), core::InvalidArgument,
               "series[0].y (n = 2), got 1");
  EXPECT_ERROR(to_svg(plot_of({.x = {1}, .y = {1}, .y_low = {1}})), core::InvalidArgument,
               "together");
  EXPECT_ERROR(to_svg(plot_of({.x = {1}, .y = {1}, .y_low = {1, 2}, .y_high = {1, 2}})),
               core::InvalidArgument, "y_low");
  EXPECT_ERROR(to_svg(plot_of({.x = {1}, .y = {1}, .tips = {"a", "b"}})), core::InvalidArgument,
               "tips");
  EXPECT_ERROR(to_svg(Plot{}, {100, 400}), core::InvalidArgument, "240..4096");
  EXPECT_ERROR(to_svg(Plot{}, {400, 1 << 20}), core::InvalidArgument, "240..4096");
}

TEST(ReportPlot, SameDataSameBytes) {
  EXPECT_EQ(to_svg(testing::sample_cloud()), to_svg(testing::sample_cloud()));
}

TEST(ReportHeatMap, OneCellAValue) {
  const auto elements = parse_xml(to_svg(testing::sample_confusion()));
  std::size_t values = 0;
  for (const auto& element : elements) {
    values += element.css().starts_with("vt-value ");
  }
  EXPECT_EQ(values, 99u);
  EXPECT_EQ(count_class(elements, "vt-none"), 1u);
  EXPECT_NE(all_text(elements).find("1 cell without a finite value"), std::string::npos);
  EXPECT_NE(all_text(elements).find("T-shirt / trouser: 1.2"), std::string::npos);
}

TEST(ReportHeatMap, OddMaps) {
  EXPECT_NE(all_text(parse_xml(to_svg(HeatMap{}))).find("No data."), std::string::npos);
  HeatMap one{.rows = {"<a>"}, .columns = {"&"}, .values = {3}};
  EXPECT_GT(parse_xml(to_svg(one)).size(), 5u);
  one.values = {kNan};
  EXPECT_EQ(count_class(parse_xml(to_svg(one)), "vt-none"), 1u);
  one.diverging = true;
  one.values = {0};
  EXPECT_GT(parse_xml(to_svg(one)).size(), 5u);
  one.scale.log = true;
  EXPECT_ERROR(to_svg(one), core::InvalidArgument, "diverging");
  one.values = {1, 2};
  EXPECT_ERROR(to_svg(one), core::InvalidArgument, "r*c = 1*1");
}

TEST(ReportHeatMap, LargeMapsAreAveraged) {
  HeatMap map;
  map.rows.assign(700, "r");
  map.columns.assign(900, "c");
  map.values.assign(700 * 900, 2);
  const auto elements = parse_xml(to_svg(map));
  EXPECT_LE(count_name(elements, "rect"), 160u * 160u + 100);
  EXPECT_NE(all_text(elements).find("700 x 900 cells drawn as means over 5 x 6 neighbours."),
            std::string::npos);
}

}  // namespace
}  // namespace venturi::report
