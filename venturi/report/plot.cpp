// Over 400 lines: one pen, whose parts share its scales and its frame.
#include "venturi/report/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/report/drawing.hpp"
#include "venturi/report/legend.hpp"
#include "venturi/report/reference_lines.hpp"
#include "venturi/report/scale.hpp"
#include "venturi/report/text.hpp"
#include "venturi/report/thin.hpp"

namespace venturi::report {
namespace {

constexpr std::size_t kMostLinePoints = 2000;  // a series
constexpr std::size_t kMostMarks = 4000;       // a series
constexpr std::size_t kMostTips = 400;         // a series; beyond, marks are too small to aim at
constexpr double kHitRadius = 9;
constexpr double kFoot = 12;  // below everything

// What could not be drawn as it is.
struct LeftOut {
  std::size_t not_finite = 0, not_positive = 0, outside = 0, thinned_from = 0, thinned_to = 0;
};

// One series' points that have a place, with their places.
struct Placed {
  std::vector<std::size_t> index;  // into the series, ascending
  std::vector<Pixel> at;
};

// Draws one plot; the parts follow each other from top to bottom.
class PlotPen {
 public:
  PlotPen(const Plot& plot, Size size)
      : plot_(plot), width_(size.width), height_(size.height), legend_(plot.series, size.width) {}

  std::string document(Form form) {
    set_scales();
    const ReferenceLines lines(plot_.lines, x_, y_, width_);
    const double head = canvas_.heading(plot_.title, plot_.note, width_ - 2 * kPad);
    set_frame(head, lines);
    draw_axes(frame_.top - 12 - lines.room_above());
    lines.draw(canvas_, frame_, x_, y_);
    for (std::size_t s = 0; s < plot_.series.size(); ++s) draw_series(s);
    draw_motion();
    double y = legend_.draw(canvas_, frame_.bottom + x_axis_height());
    y = canvas_.small_print(small_print(), y, width_ - 2 * kPad);
    return canvas_.document(plot_.title, width_, std::max<double>(height_, y + kFoot), form);
  }

 private:
  void set_scales() {
    Extent x_data;
    Extent y_data;
    const auto add = [](Extent& extent, double value, bool log) {
      if (drawable(value, log)) extent.add(value);
    };
    for (const auto& s : plot_.series) {
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        if (!drawable(s.x[i], plot_.x.log) || !drawable(s.y[i], plot_.y.log)) continue;
        x_data.add(s.x[i]);
        y_data.add(s.y[i]);
        if (s.y_low.empty()) continue;
        add(y_data, s.y_low[i], plot_.y.log);
        add(y_data, s.y_high[i], plot_.y.log);
      }
    }
    for (const auto& line : plot_.lines) {
      add(line.horizontal ? y_data : x_data, line.at, line.horizontal ? plot_.y.log : plot_.x.log);
    }
    x_ = make_scale(plot_.x, x_data);
    y_ = make_scale(plot_.y, y_data);
  }

  // Room for tick labels on the left, labels of reference lines on the right and above.
  void set_frame(double head, const ReferenceLines& lines) {
    frame_.width = width_;
    frame_.top = head + (plot_.y.label.empty() ? 4 : 24) + lines.room_above();
    const double foot = x_axis_height() + legend_.height() + kFoot;
    frame_.bottom = std::max(frame_.top + 140, height_ - foot);
    y_.from = frame_.bottom;
    y_.to = frame_.top;
    y_ticks_ = make_ticks(y_, static_cast<int>((frame_.bottom - frame_.top) / 42));
    double left = 0;
    for (const auto& tick : y_ticks_) left = std::max(left, text_width(tick.label, kTickSize));
    frame_.left = kPad + left + 8;
    frame_.right = width_ - kPad - std::max(lines.room_right(), 8.0);
    x_.from = frame_.left;
    x_.to = frame_.right;
    x_ticks_ = make_ticks(x_, static_cast<int>((frame_.right - frame_.left) / 70));
  }

  double x_axis_height() const { return plot_.x.label.empty() ? 26 : 46; }

  void draw_axes(double label_y) {
    for (const auto& tick : y_ticks_) {
      const double y = y_(tick.at);
      canvas_.line(frame_.left, y, frame_.right, y, tick.label.empty() ? "vt-minor" : "vt-grid");
      if (tick.label.empty()) continue;
      canvas_.text(frame_.left - 8, y + 4, tick.label, "class=\"vt-tick\" text-anchor=\"end\"");
    }
    double free_from = 0;
    for (const auto& tick : x_ticks_) {
      const double x = x_(tick.at);
      canvas_.line(x, frame_.top, x, frame_.bottom, tick.label.empty() ? "vt-minor" : "vt-grid");
      const double half = text_width(tick.label, kTickSize) / 2;
      if (tick.label.empty() || x - half < free_from) continue;
      free_from = x + half + 6;
      canvas_.text(x, frame_.bottom + 17, tick.label, "class=\"vt-tick\" text-anchor=\"middle\"");
    }
    canvas_.line(frame_.left, frame_.bottom, frame_.right, frame_.bottom, "vt-axis");
    const double room = width_ - 2 * kPad;
    if (!plot_.y.label.empty()) {
      canvas_.text(kPad, label_y, shorten(plot_.y.label, kLabelSize, room), "class=\"vt-label\"");
    }
    if (!plot_.x.label.empty()) {
      canvas_.text((frame_.left + frame_.right) / 2, frame_.bottom + 37,
                   shorten(plot_.x.label, kLabelSize, room),
                   "class=\"vt-label\" text-anchor=\"middle\"");
    }
  }

  // The points of a series that have a place; counts the others.
  Placed place(const Series& s) {
    Placed out;
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (!drawable(s.x[i], false) || !drawable(s.y[i], false)) {
        ++left_out_.not_finite;
      } else if (!drawable(s.x[i], x_.log) || !drawable(s.y[i], y_.log)) {
        ++left_out_.not_positive;
      } else {
        out.index.push_back(i);
        out.at.push_back({x_(s.x[i]), y_(s.y[i])});
      }
    }
    return out;
  }

  void draw_series(std::size_t s) {
    const Series& series = plot_.series[s];
    const Placed placed = place(series);
    for (const std::size_t i : placed.index) {
      left_out_.outside += !x_.holds(series.x[i]) || !y_.holds(series.y[i]);
    }
    canvas_.raw(fmt::format("<g class=\"{}\">\n", series_class(s)));
    const bool line = draws_line(series);
    // A single point has no line to be seen on.
    const bool marks = draws_marks(series) || placed.index.size() == 1;
    clip_begin();
    if (!series.y_low.empty() && draws_marks(series)) {
      draw_whiskers(series, placed);
    } else if (!series.y_low.empty()) {
      draw_band(series, placed);
    }
    if (line) draw_line(s, series, placed);
    clip_end();
    if (marks) draw_marks_of(s, placed);
    canvas_.raw("</g>\n");
  }

  // A nested drawing clips to its box without an id that other plots of the page might share.
  void clip_begin() {
    canvas_.raw(
        fmt::format("<svg x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" "
                    "viewBox=\"{0} {1} {2} {3}\">\n",
                    px(frame_.left - 2), px(frame_.top - 2), px(frame_.right - frame_.left + 4),
                    px(frame_.bottom - frame_.top + 4)));
  }
  void clip_end() { canvas_.raw("</svg>\n"); }

  // Far outside the frame a coordinate says no more than a little outside, and overflows nothing.
  Pixel bounded(Pixel at) const {
    return {std::clamp(at.x, -1e6, 1e6), std::clamp(at.y, -1e6, 1e6)};
  }

  void draw_line(std::size_t s, const Series& series, const Placed& placed) {
    std::vector<std::size_t> kept = thin_line(placed.at, kMostLinePoints);
    note_thinning(placed.index.size(), kept.size());
    std::string d;
    std::size_t next = 0;  // the index that would follow without a gap
    std::size_t before = 0;
    for (const std::size_t k : kept) {
      // A gap stands wherever a point between this one and the last drawn one has no place.
      const bool gap = d.empty() || placed.index[k] - next != k - before;
      const Pixel at = bounded(placed.at[k]);
      if (gap && !d.empty()) d += "h0";
      d += (gap ? "M" : "L") + px(at.x) + " " + px(at.y);
      next = placed.index[k] + 1;
      before = k + 1;
    }
    if (!d.empty()) {
      canvas_.raw(fmt::format("<path class=\"vt-line\"{} d=\"{}h0\"/>\n", dash(s), d));
    }
    if (!draws_marks(series) && placed.index.size() <= kMostTips) {
      for (std::size_t k = 0; k < placed.index.size(); ++k) {
        if (!inside(placed.at[k])) continue;
        canvas_.raw("<g class=\"vt-over\">" + tip(series, placed.index[k]) + hit(placed.at[k]) +
                    "</g>\n");
      }
    }
  }

  bool inside(Pixel at) const {
    return at.x >= frame_.left - 0.5 && at.x <= frame_.right + 0.5 && at.y >= frame_.top - 0.5 &&
           at.y <= frame_.bottom + 0.5;
  }

  // The places of y_low and y_high, where both have one.
  std::optional<std::pair<double, double>> ends_of(const Series& series, std::size_t i) const {
    if (!drawable(series.y_low[i], y_.log) || !drawable(series.y_high[i], y_.log)) return {};
    return std::pair(bounded({0, y_(series.y_low[i])}).y, bounded({0, y_(series.y_high[i])}).y);
  }

  // A band under a line, broken where the line is.
  void draw_band(const Series& series, const Placed& placed) {
    std::string d;
    std::string back;  // the lower edge of the part begun, from right to left
    std::size_t next = 0;
    std::size_t before = 0;
    const auto close = [&] {
      if (!back.empty()) d += back + "Z";
      back.clear();
    };
    for (const std::size_t k : thin_line(placed.at, kMostLinePoints)) {
      const std::size_t i = placed.index[k];
      const auto ends = ends_of(series, i);
      if (!ends || i - next != k - before) close();
      next = i + 1;
      before = k + 1;
      if (!ends) continue;
      const std::string x = px(bounded(placed.at[k]).x);
      d += fmt::format("{}{} {}", back.empty() ? "M" : "L", x, px(ends->second));
      back.insert(0, fmt::format("L{} {}", x, px(ends->first)));
    }
    close();
    if (!d.empty()) canvas_.raw("<path class=\"vt-band\" d=\"" + d + "\"/>\n");
  }

  // Whiskers under marks.
  void draw_whiskers(const Series& series, const Placed& placed) {
    std::string d;
    for (const std::size_t k : thin_cloud(placed.at, kMostMarks)) {
      const auto ends = ends_of(series, placed.index[k]);
      if (!ends) continue;
      const double x = bounded(placed.at[k]).x;
      const std::string low = px(ends->first);
      const std::string high = px(ends->second);
      d += fmt::format("M{0} {1}V{2}M{3} {1}h7M{3} {2}h7", px(x), low, high, px(x - 3.5));
    }
    if (!d.empty()) canvas_.raw("<path class=\"vt-whisker\" d=\"" + d + "\"/>\n");
  }

  void draw_marks_of(std::size_t s, const Placed& placed) {
    const Series& series = plot_.series[s];
    std::vector<std::size_t> kept = thin_cloud(placed.at, kMostMarks);
    if (!draws_line(series)) note_thinning(placed.index.size(), kept.size());
    const std::size_t n = kept.size();
    const double radius = n <= 60 ? 4 : n <= kMostTips ? 3 : 1.6;
    if (n > kMostTips) canvas_.raw("<g class=\"vt-cloud\">\n");
    for (const std::size_t k : kept) {
      const Pixel at = placed.at[k];
      if (!inside(at)) continue;
      // Beyond some hundreds only tips that somebody wrote are worth their bytes.
      if (n <= kMostTips || !series.tips.empty()) {
        canvas_.raw("<g class=\"vt-over\">" + tip(series, placed.index[k]) +
                    (n <= kMostTips ? hit(at) : "") + mark(s, at, radius) + "</g>\n");
      } else {
        canvas_.raw(mark(s, at, radius) + "\n");
      }
    }
    if (n > kMostTips) canvas_.raw("</g>\n");
  }

  // A mark that runs along each series of as many points as there are frames, and their names.
  void draw_motion() {
    const std::size_t count = plot_.frames.size();
    if (count < 2) return;
    const std::string time =
        fmt::format("dur=\"{}s\" repeatCount=\"indefinite\"",
                    px(std::clamp(0.4 * static_cast<double>(count), 3.0, 20.0)));
    for (std::size_t s = 0; s < plot_.series.size(); ++s) {
      const Series& series = plot_.series[s];
      if (series.x.size() != count) continue;
      std::string xs, ys;
      Pixel last{-1e6, -1e6};  // out of sight until there is a place
      for (std::size_t i = 0; i < count; ++i) {
        if (drawable(series.x[i], x_.log) && drawable(series.y[i], y_.log)) {
          const Pixel at{x_(series.x[i]), y_(series.y[i])};
          last = inside(at) ? at : Pixel{-1e6, -1e6};
        }
        xs += (i == 0 ? "" : ";") + px(last.x);
        ys += (i == 0 ? "" : ";") + px(last.y);
      }
      canvas_.raw(fmt::format(
          "<g class=\"{0}\"><circle class=\"vt-mark vt-moving\" cx=\"{1}\" cy=\"{2}\" r=\"6\">"
          "<animate attributeName=\"cx\" values=\"{3}\" {5}/>"
          "<animate attributeName=\"cy\" values=\"{4}\" {5}/></circle></g>\n",
          series_class(s), px(last.x), px(last.y), xs, ys, time));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const double from = static_cast<double>(i) / static_cast<double>(count);
      const double to = static_cast<double>(i + 1) / static_cast<double>(count);
      const bool first = i == 0, last = i + 1 == count;
      canvas_.raw(
          fmt::format("<g opacity=\"{}\"><animate attributeName=\"opacity\" calcMode=\"discrete\" "
                      "values=\"{}{}\" keyTimes=\"{}{}\" {}/>\n",
                      last ? 1 : 0, first ? "1" : "0;1", last ? "" : ";0",
                      first ? "0" : fmt::format("0;{:.6f}", from),
                      last ? "" : fmt::format(";{:.6f}", to), time));
      canvas_.text(frame_.right, frame_.top - 6, plot_.frames[i],
                   "class=\"vt-label\" text-anchor=\"end\"");
      canvas_.raw("</g>\n");
    }
  }

  static std::string hit(Pixel at) {
    return fmt::format("<circle class=\"vt-hit\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>", px(at.x),
                       px(at.y), px(kHitRadius));
  }

  std::string tip(const Series& series, std::size_t i) const {
    if (!series.tips.empty()) return "<title>" + escape(series.tips[i]) + "</title>";
    const auto part = [](const std::string& label, double value) {
      return (label.empty() ? "" : label + ": ") + number_text(value);
    };
    std::string text = series.name.empty() ? "" : series.name + "\n";
    text += part(plot_.x.label, series.x[i]) + "\n" + part(plot_.y.label, series.y[i]);
    if (!series.y_low.empty()) {
      text += " (" + number_text(series.y_low[i]) + " to " + number_text(series.y_high[i]) + ")";
    }
    return "<title>" + escape(text) + "</title>";
  }

  void note_thinning(std::size_t from, std::size_t to) {
    if (to == from) return;
    left_out_.thinned_from += from;
    left_out_.thinned_to += to;
  }

  // What was left out and why, as sentences.
  std::string small_print() const {
    std::string text;
    const auto say = [&](std::size_t n, std::string_view what) {
      if (n == 0) return;
      text += fmt::format("{}{} point{} {}.", text.empty() ? "" : " ", count_text(n),
                          n == 1 ? "" : "s", what);
    };
    const bool any = std::any_of(plot_.series.begin(), plot_.series.end(),
                                 [](const Series& s) { return !s.x.empty(); });
    if (!any) text = "No data.";
    say(left_out_.not_finite, "without a finite value not drawn");
    say(left_out_.not_positive, "at or below zero not drawn on a logarithmic axis");
    say(left_out_.outside, "outside the axes");
    if (left_out_.thinned_from > 0) {
      say(left_out_.thinned_from,
          fmt::format("thinned to {} for drawing", count_text(left_out_.thinned_to)));
    }
    return text;
  }

  const Plot& plot_;
  double width_, height_;
  Scale x_, y_;
  Frame frame_;
  std::vector<Tick> x_ticks_, y_ticks_;
  LeftOut left_out_;
  Legend legend_;
  Canvas canvas_;
};

}  // namespace

void check_plot(const Plot& plot, Size size, std::string_view where) {
  check_size(size, where);
  check_axis(plot.x, where);
  check_axis(plot.y, where);
  if (plot.frames.size() > kMostFrames) {
    core::fail_argument(where, "expected at most {} frames, got {}", kMostFrames,
                        plot.frames.size());
  }
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    const Series& series = plot.series[s];
    const std::size_t n = series.x.size();
    const auto expect = [&](const char* field, std::size_t found, bool may_be_empty) {
      if (found == n || (may_be_empty && found == 0)) return;
      core::fail_argument(where, "expected series[{}].{} (n = {}), got {}", s, field, n, found);
    };
    expect("y", series.y.size(), false);
    expect("y_low", series.y_low.size(), true);
    expect("y_high", series.y_high.size(), true);
    expect("tips", series.tips.size(), true);
    if (series.y_low.empty() != series.y_high.empty()) {
      core::fail_argument(where, "expected y_low and y_high of series[{}] together, got one", s);
    }
  }
}

std::string draw(const Plot& plot, Size size, Form form) {
  check_plot(plot, size, "report.to_svg");
  return PlotPen(plot, size).document(form);
}

std::string to_svg(const Plot& plot, Size size) { return draw(plot, size, Form::kFile); }

}  // namespace venturi::report
