#include "venturi/report/reference_lines.hpp"

#include <algorithm>

#include "venturi/report/text.hpp"

namespace venturi::report {
namespace {

constexpr std::size_t kMostRows = 6;
constexpr double kLineHeight = 14;

double height(const std::vector<std::string>& parts) {
  return kLineHeight * static_cast<double>(parts.size());
}

}  // namespace

ReferenceLines::ReferenceLines(const std::vector<ReferenceLine>& lines, const Scale& x,
                               const Scale& y, double width) {
  for (const auto& line : lines) {
    const Scale& scale = line.horizontal ? y : x;
    if (!drawable(line.at, scale.log) || !scale.holds(line.at)) continue;
    if (line.horizontal) {
      beside_.push_back({line.at, wrap(line.label, kTickSize, std::min(112.0, width * 0.22), 3)});
      for (const auto& part : beside_.back().parts) {
        room_right_ = std::max(room_right_, text_width(part, kTickSize) + 8);
      }
    } else {
      above_.push_back({line.at, shorten(line.label, kTickSize, width / 2)});
    }
  }
  std::sort(beside_.begin(), beside_.end(),
            [](const Beside& a, const Beside& b) { return a.at > b.at; });
  std::sort(above_.begin(), above_.end(),
            [](const Above& a, const Above& b) { return a.at < b.at; });
  assign_rows(x, width);
}

// A label is a flag to the right of its line, so rows are given from the right: then no line, on
// its way up to its own flag, crosses the flag of another. Flags without any room left are dropped.
void ReferenceLines::assign_rows(const Scale& x, double width) {
  Scale scale = x;
  scale.from = kPad + 40;
  scale.to = width - kPad - room_right_;
  std::vector<double> free_to(kMostRows, 1e9);
  for (std::size_t i = above_.size(); i-- > 0;) {
    Above& line = above_[i];
    if (line.label.empty()) continue;
    const double at = scale(line.at);
    const double length = text_width(line.label, kTickSize) + 8;
    line.leftwards = at + length > width - kPad;
    const double begin = line.leftwards ? at - length : at;
    const double end = line.leftwards ? at : at + length;
    const auto row =
        std::find_if(free_to.begin(), free_to.end(), [&](double limit) { return end <= limit; });
    if (row == free_to.end()) {
      line.label.clear();
      continue;
    }
    *row = begin - 4;
    line.row = static_cast<int>(row - free_to.begin());
    rows_ = std::max(rows_, line.row + 1);
  }
}

void ReferenceLines::draw(Canvas& canvas, const Frame& frame, const Scale& x,
                          const Scale& y) const {
  for (const auto& line : above_) {
    const double at = x(line.at);
    const double baseline = frame.top - kRowHeight * line.row - 5;
    canvas.line(at, line.label.empty() ? frame.top : baseline - 10, at, frame.bottom,
                "vt-reference");
    if (line.label.empty()) continue;
    canvas.text(at + (line.leftwards ? -5 : 5), baseline, line.label,
                line.leftwards ? "class=\"vt-tick\" text-anchor=\"end\"" : "class=\"vt-tick\"");
  }
  for (const auto& line : beside_) {
    canvas.line(frame.left, y(line.at), frame.right, y(line.at), "vt-reference");
  }
  draw_beside(canvas, frame, y);
}

// Labels that would overlap are pushed apart: down, then back up from the plot's foot.
void ReferenceLines::draw_beside(Canvas& canvas, const Frame& frame, const Scale& y) const {
  std::vector<double> centres;
  double free_from = 0;
  for (const auto& line : beside_) {
    const double half = height(line.parts) / 2;
    centres.push_back(std::max(y(line.at), free_from + half));
    if (!line.parts.empty()) free_from = centres.back() + half;
  }
  double free_to = frame.bottom + 6;
  for (std::size_t i = beside_.size(); i-- > 0;) {
    const double half = height(beside_[i].parts) / 2;
    centres[i] = std::min(centres[i], free_to - half);
    if (!beside_[i].parts.empty()) free_to = centres[i] - half;
  }
  for (std::size_t i = 0; i < beside_.size(); ++i) {
    double baseline = centres[i] - height(beside_[i].parts) / 2 + 11;
    for (const auto& part : beside_[i].parts) {
      canvas.text(frame.right + 8, baseline, part, "class=\"vt-tick\"");
      baseline += kLineHeight;
    }
  }
}

}  // namespace venturi::report
