#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "venturi/core/error.hpp"
#include "venturi/report/colours.hpp"
#include "venturi/report/drawing.hpp"
#include "venturi/report/plot.hpp"
#include "venturi/report/scale.hpp"
#include "venturi/report/text.hpp"

namespace venturi::report {
namespace {

constexpr std::size_t kMostCells = 160;  // a side; beyond, neighbours are averaged
constexpr double kNumberSize = 11;

// The cells as drawn: the map's own, or means of blocks of neighbours.
struct Cells {
  std::size_t rows = 0, columns = 0;
  std::size_t row_block = 1, column_block = 1;
  std::vector<double> values;  // rows*columns; NaN = nothing drawable inside
  std::size_t without_value = 0;
};

Cells make_cells(const HeatMap& map) {
  const std::size_t r = map.rows.size();
  const std::size_t c = map.columns.size();
  Cells out;
  out.row_block = (r + kMostCells - 1) / std::max<std::size_t>(kMostCells, 1);
  out.column_block = (c + kMostCells - 1) / std::max<std::size_t>(kMostCells, 1);
  if (r == 0 || c == 0) return out;
  out.rows = (r + out.row_block - 1) / out.row_block;
  out.columns = (c + out.column_block - 1) / out.column_block;
  std::vector<double> sums(out.rows * out.columns, 0);
  std::vector<double> counts(sums.size(), 0);
  for (std::size_t i = 0; i < r; ++i) {
    for (std::size_t j = 0; j < c; ++j) {
      const double value = map.values[i * c + j];
      if (!drawable(value, map.scale.log)) {
        ++out.without_value;
        continue;
      }
      const std::size_t cell = i / out.row_block * out.columns + j / out.column_block;
      counts[cell] += 1;
      sums[cell] += (value - sums[cell]) / counts[cell];  // running mean: never overflows
    }
  }
  out.values = std::move(sums);
  for (std::size_t k = 0; k < out.values.size(); ++k) {
    if (counts[k] == 0) out.values[k] = std::numeric_limits<double>::quiet_NaN();
  }
  return out;
}

class HeatMapPen {
 public:
  HeatMapPen(const HeatMap& map, Size size)
      : map_(map), width_(size.width), height_(size.height), cells_(make_cells(map)) {}

  std::string document(Form form) {
    set_scale();
    double top = canvas_.heading(map_.title, map_.note, width_ - 2 * kPad);
    if (!map_.row_label.empty()) {
      canvas_.text(kPad, top + 10, shorten(map_.row_label, kLabelSize, width_ / 2),
                   "class=\"vt-label\"");
    }
    if (!map_.scale.label.empty()) {
      canvas_.text(width_ - kPad, top + 10, shorten(map_.scale.label, kLabelSize, width_ / 2 - 40),
                   "class=\"vt-label\" text-anchor=\"end\"");
    }
    if (!map_.row_label.empty() || !map_.scale.label.empty()) top += 22;
    set_frame(top);
    draw_cells();
    draw_names();
    draw_scale();
    double y = bottom_ + names_height_;
    if (!map_.column_label.empty()) {
      canvas_.text((left_ + right_) / 2, y + 15,
                   shorten(map_.column_label, kLabelSize, width_ - 40),
                   "class=\"vt-label\" text-anchor=\"middle\"");
      y += 20;
    }
    y = canvas_.small_print(small_print(), y + 6, width_ - 2 * kPad);
    return canvas_.document(map_.title, width_, std::max(height_, y + kPad - 6), form,
                            form == Form::kFile ? colour_style(map_.diverging) : "");
  }

 private:
  void set_scale() {
    Extent extent;
    for (const double value : cells_.values) {
      if (drawable(value, map_.scale.log)) extent.add(value);
    }
    scale_ = make_scale(map_.scale, extent);
    // Colours need no air at the ends: the data's own extremes are the scale's.
    if (!extent.empty() && extent.low < extent.high) {
      if (!map_.scale.min && extent.low < scale_.high) scale_.low = extent.low;
      if (!map_.scale.max && extent.high > scale_.low) scale_.high = extent.high;
    }
    if (map_.diverging) {
      const double reach = std::max(std::abs(scale_.low), std::abs(scale_.high));
      scale_.low = -reach;
      scale_.high = reach;
    }
  }

  void set_frame(double top) {
    top_ = top;
    double names = 0;
    for (const auto& name : map_.rows) {
      names = std::max(names, text_width(name, kTickSize));
      if (names > width_ * 0.25) break;
    }
    left_ = kPad + std::min(names, width_ * 0.25) + 8;
    ticks_ = make_ticks(scale_, 5);
    double labels = 0;
    for (const auto& tick : ticks_) labels = std::max(labels, text_width(tick.label, kTickSize));
    right_ = width_ - kPad - labels - 8 - 12 - 20;
    cell_width_ = (right_ - left_) / std::max<double>(1, static_cast<double>(cells_.columns));
    double widest = 0;
    for (const auto& name : map_.columns) widest = std::max(widest, text_width(name, kTickSize));
    slanted_ = widest + 6 > cell_width_ && cells_.column_block == 1 && cells_.columns > 1;
    names_height_ = slanted_ ? std::min(widest, 110.0) * 0.72 + 14 : 20;
    bottom_ =
        std::max(top_ + 140, height_ - kPad - names_height_ - (map_.column_label.empty() ? 0 : 20));
    cell_height_ = (bottom_ - top_) / std::max<double>(1, static_cast<double>(cells_.rows));
  }

  double position(double value) const {
    Scale unit = scale_;
    unit.from = 0;
    unit.to = 1;
    return std::clamp(unit(value), 0.0, 1.0);
  }
  // The numbers' format: as few digits as tell the values apart, or "" where they do not fit.
  std::string number_form() const {
    if (cell_height_ < 15) return "";
    for (const char* form : {"{:.3g}", "{:.2g}"}) {
      double widest = 0;
      for (const double value : cells_.values) {
        if (drawable(value, map_.scale.log)) {
          widest =
              std::max(widest, text_width(fmt::format(fmt::runtime(form), value), kNumberSize));
        }
      }
      if (widest + 6 <= cell_width_) return form;
    }
    return "";
  }

  void draw_cells() {
    const double gap = std::min(cell_width_, cell_height_) >= 12 ? 1 : 0;
    // Cells that touch would show seams where their edges are smoothed.
    canvas_.raw(gap > 0 ? "<g>\n" : "<g shape-rendering=\"crispEdges\">\n");
    const bool averaged = cells_.row_block * cells_.column_block > 1;
    const std::string form = averaged ? "" : number_form();
    for (std::size_t i = 0; i < cells_.rows; ++i) {
      for (std::size_t j = 0; j < cells_.columns; ++j) {
        const double value = cells_.values[i * cells_.columns + j];
        const double x = left_ + cell_width_ * static_cast<double>(j);
        const double y = top_ + cell_height_ * static_cast<double>(i);
        const bool has_value = drawable(value, map_.scale.log);
        const double t = has_value ? position(value) : 0;
        canvas_.raw(fmt::format(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\" {}>{}</rect>\n",
            px(x + gap / 2), px(y + gap / 2), px(cell_width_ - gap), px(cell_height_ - gap),
            gap > 0 ? 2 : 0,
            has_value ? "class=\"vt-value " + cell_class(t, map_.diverging) + "\""
                      : std::string("class=\"vt-none\""),
            averaged ? "" : tip(i, j, value)));
        if (!has_value || form.empty()) continue;
        canvas_.text(
            x + cell_width_ / 2, y + cell_height_ / 2 + 4, fmt::format(fmt::runtime(form), value),
            fmt::format("class=\"vt-cell {}\" text-anchor=\"middle\" pointer-events=\"none\"",
                        cell_text_class(t, map_.diverging)));
      }
    }
    canvas_.raw("</g>\n");
  }

  std::string tip(std::size_t i, std::size_t j, double value) const {
    return "<title>" + escape(map_.rows[i] + " / " + map_.columns[j] + ": " + number_text(value)) +
           "</title>";
  }

  // Every name that has room: with narrow cells every second, third ... of them.
  void draw_names() {
    const auto stride = [](double cell, double needed) {
      return static_cast<std::size_t>(std::max(1.0, std::ceil(needed / std::max(cell, 1e-3))));
    };
    const std::size_t down = stride(cell_height_, kTickSize + 2);
    for (std::size_t i = 0; i < cells_.rows; i += down) {
      const std::string name = shorten(map_.rows[i * cells_.row_block], kTickSize, width_ * 0.25);
      canvas_.text(left_ - 8, top_ + cell_height_ * (static_cast<double>(i) + 0.5) + 4, name,
                   "class=\"vt-tick\" text-anchor=\"end\"");
    }
    const std::size_t across = stride(cell_width_, slanted_ ? kTickSize + 4 : 60);
    const std::size_t step = slanted_ || cells_.column_block > 1 ? across : 1;
    for (std::size_t j = 0; j < cells_.columns; j += step) {
      const double x = left_ + cell_width_ * (static_cast<double>(j) + 0.5);
      const std::string& full = map_.columns[j * cells_.column_block];
      if (slanted_) {
        canvas_.text(
            x + 3, bottom_ + 14, shorten(full, kTickSize, 110),
            fmt::format("class=\"vt-tick\" text-anchor=\"end\" transform=\"rotate(-45 {} {})\"",
                        px(x + 3), px(bottom_ + 14)));
      } else {
        canvas_.text(x, bottom_ + 17, shorten(full, kTickSize, std::max(cell_width_, 56.0)),
                     "class=\"vt-tick\" text-anchor=\"middle\"");
      }
    }
  }

  void draw_scale() {
    if (cells_.values.empty()) return;
    const double x = right_ + 20;
    canvas_.raw("<g shape-rendering=\"crispEdges\">\n");
    const double step = (bottom_ - top_) / kColourLevels;
    for (int k = 0; k < kColourLevels; ++k) {
      const double t = (k + 0.5) / kColourLevels;
      // Half a pixel of overlap, or the seams show.
      canvas_.rect(x, bottom_ - step * (k + 1), 12, step + (k > 0 ? 0.5 : 0),
                   "class=\"" + cell_class(t, map_.diverging) + "\"");
    }
    canvas_.raw("</g>\n");
    for (const auto& tick : ticks_) {
      if (tick.label.empty()) continue;
      const double y = bottom_ - position(tick.at) * (bottom_ - top_);
      canvas_.line(x + 12, y, x + 15, y, "vt-axis");
      canvas_.text(x + 19, y + 4, tick.label, "class=\"vt-tick\"");
    }
  }

  std::string small_print() const {
    std::string text;
    if (cells_.values.empty()) text = "No data.";
    if (cells_.without_value > 0) {
      text += fmt::format("{} cell{} without a {}value left empty.",
                          count_text(cells_.without_value), cells_.without_value == 1 ? "" : "s",
                          map_.scale.log ? "positive finite " : "finite ");
    }
    if (cells_.row_block * cells_.column_block > 1) {
      text += fmt::format("{}{} x {} cells drawn as means over {} x {} neighbours.",
                          text.empty() ? "" : " ", count_text(map_.rows.size()),
                          count_text(map_.columns.size()), cells_.row_block, cells_.column_block);
    }
    return text;
  }

  const HeatMap& map_;
  double width_, height_;
  Cells cells_;
  Scale scale_;
  std::vector<Tick> ticks_;
  Canvas canvas_;
  double left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
  double cell_width_ = 0, cell_height_ = 0, names_height_ = 0;
  bool slanted_ = false;
};

}  // namespace

void check_heat_map(const HeatMap& map, Size size, std::string_view where) {
  check_size(size, where);
  check_axis(map.scale, where);
  const std::size_t r = map.rows.size();
  const std::size_t c = map.columns.size();
  if (map.values.size() != r * c) {
    core::fail_argument(where, "expected values (r*c = {}*{}), got {}", r, c, map.values.size());
  }
  if (map.diverging && map.scale.log) {
    core::fail_argument(where, "expected a linear scale for a diverging heat map, got a log one");
  }
}

std::string draw(const HeatMap& map, Size size, Form form) {
  check_heat_map(map, size, "report.to_svg");
  return HeatMapPen(map, size).document(form);
}

std::string to_svg(const HeatMap& map, Size size) { return draw(map, size, Form::kFile); }

}  // namespace venturi::report
