// venturi/report/reference_lines.hpp
//
// Dashed lines across a plot. Their labels stand in the margins, so that they never cover data:
// right of the plot for horizontal lines, above it for vertical ones.
#pragma once

#include <string>
#include <vector>

#include "venturi/report/drawing.hpp"
#include "venturi/report/plot.hpp"
#include "venturi/report/scale.hpp"

namespace venturi::report {

class ReferenceLines {
 public:
  // Lines outside the scales are not shown. The scales' pixel ends need not be known yet; `width`
  // is that of the whole drawing.
  ReferenceLines(const std::vector<ReferenceLine>& lines, const Scale& x, const Scale& y,
                 double width);

  // Pixels that the labels need beside and above the plot.
  double room_right() const { return room_right_; }
  double room_above() const { return kRowHeight * rows_; }

  // With the final scales.
  void draw(Canvas& canvas, const Frame& frame, const Scale& x, const Scale& y) const;

 private:
  static constexpr double kRowHeight = 16;

  struct Beside {
    double at = 0;
    std::vector<std::string> parts;  // wrapped; empty without a label
  };
  struct Above {
    double at = 0;
    std::string label;
    int row = 0;             // 0 next to the plot
    bool leftwards = false;  // the label stands left of its line, for want of room
  };
  void assign_rows(const Scale& x, double width);
  void draw_beside(Canvas& canvas, const Frame& frame, const Scale& y) const;

  std::vector<Beside> beside_;  // from the highest value down
  std::vector<Above> above_;    // from left to right
  double room_right_ = 0;
  int rows_ = 0;
};

}  // namespace venturi::report
