#include "venturi/report/legend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "venturi/report/text.hpp"

namespace venturi::report {
namespace {

constexpr std::size_t kMostEntries = 40;
constexpr double kRow = 20;
constexpr double kSample = 28;  // from an entry's left to its name

}  // namespace

bool draws_line(const Series& s) { return s.style != Style::kPoints; }
bool draws_marks(const Series& s) { return s.style != Style::kLine; }

std::string series_class(std::size_t s) { return fmt::format("vt-c{}", s % 8); }

// The dash of the second, third ... round of eight colours.
std::string dash(std::size_t s) {
  constexpr std::array<const char*, 3> kDashes = {"", " stroke-dasharray=\"7 4\"",
                                                  " stroke-dasharray=\"2 4\""};
  return kDashes[s / 8 % 3];
}

// A mark around (x, y) of about radius r, one of eight shapes.
std::string mark(std::size_t s, Pixel at, double r) {
  const auto path = [&](std::initializer_list<std::array<double, 2>> corners) {
    std::string d;
    for (const auto& corner : corners) {
      d += (d.empty() ? "M" : "L") + px(at.x + r * corner[0]) + " " + px(at.y + r * corner[1]);
    }
    return "<path class=\"vt-mark\" d=\"" + d + "Z\"/>";
  };
  switch (s % 8) {
    case 1:
      return path({{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}});
    case 2:
      return path({{0, -1.2}, {1.1, .8}, {-1.1, .8}});
    case 3:
      return path({{0, -1.3}, {1.3, 0}, {0, 1.3}, {-1.3, 0}});
    case 4:
      return path({{0, 1.2}, {1.1, -.8}, {-1.1, -.8}});
    case 5:
      return path({{-.4, -1.2},
                   {.4, -1.2},
                   {.4, -.4},
                   {1.2, -.4},
                   {1.2, .4},
                   {.4, .4},
                   {.4, 1.2},
                   {-.4, 1.2},
                   {-.4, .4},
                   {-1.2, .4},
                   {-1.2, -.4},
                   {-.4, -.4}});
    case 6:
      return path({{0, -1.2}, {1.14, -.37}, {.7, .97}, {-.7, .97}, {-1.14, -.37}});
    case 7:
      return path({{-1.2, -.6},
                   {-.6, -1.2},
                   {0, -.6},
                   {.6, -1.2},
                   {1.2, -.6},
                   {.6, 0},
                   {1.2, .6},
                   {.6, 1.2},
                   {0, .6},
                   {-.6, 1.2},
                   {-1.2, .6},
                   {-.6, 0}});
    default:
      return fmt::format("<circle class=\"vt-mark\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>", px(at.x),
                         px(at.y), px(r));
  }
}

std::string Legend::name(std::size_t s) const {
  if (s == kMostEntries) return fmt::format("and {} more", count_text(series_.size() - s));
  const std::string& own = series_[s].name;
  return shorten(own.empty() ? fmt::format("series {}", s + 1) : own, kLabelSize,
                 width_ - 2 * kPad - kSample);
}

std::vector<Legend::Entry> Legend::lay_out() const {
  std::vector<Entry> entries;
  if (series_.empty() || (series_.size() == 1 && series_[0].name.empty())) return entries;
  double x = kPad;
  int row = 0;
  for (std::size_t s = 0; s < std::min(series_.size(), kMostEntries + 1); ++s) {
    Entry entry{x, row, name(s)};
    const double width = kSample + text_width(entry.name, kLabelSize);
    if (x > kPad && x + width > width_ - kPad) {
      x = entry.x = kPad;
      entry.row = ++row;
    }
    x += width + 18;
    entries.push_back(std::move(entry));
  }
  return entries;
}

double Legend::height() const {
  const auto entries = lay_out();
  return entries.empty() ? 0 : kRow * (entries.back().row + 1) + 2;
}

double Legend::draw(Canvas& canvas, double top) const {
  const auto entries = lay_out();
  for (std::size_t s = 0; s < entries.size(); ++s) {
    const Entry& entry = entries[s];
    const double y = top + 12 + kRow * entry.row;
    if (s < kMostEntries) {
      canvas.raw("<g class=\"vt-legend " + series_class(s) + "\">");
      if (draws_line(series_[s])) {
        canvas.raw(fmt::format("<path class=\"vt-line\"{} d=\"M{} {}h20\"/>", dash(s),
                               px(entry.x + 1), px(y)));
      }
      if (draws_marks(series_[s])) canvas.raw(mark(s, {entry.x + 11, y}, 4));
      canvas.raw("</g>\n");
    }
    canvas.text(entry.x + kSample, y + 4, entry.name, "class=\"vt-key\"");
  }
  return top + height();
}

}  // namespace venturi::report
