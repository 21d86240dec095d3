// venturi/report/drawing.hpp
//
// The room's own pen: what plots and heat maps share when they are drawn.
#pragma once

#include <string>
#include <string_view>

#include "venturi/report/network.hpp"
#include "venturi/report/plot.hpp"

namespace venturi::report {

// A file carries its stylesheet; a drawing inside a page finds it in the page.
enum class Form { kFile, kInline };

std::string draw(const Plot& plot, Size size, Form form);
std::string draw(const HeatMap& map, Size size, Form form);
std::string draw(const NetworkPicture& picture, Form form);

// Colours (light, dark, paper) and faces of all drawings.
std::string_view drawing_style();

// InvalidArgument as to_svg says.
void check_size(Size size, std::string_view where);
void check_plot(const Plot& plot, Size size, std::string_view where);
void check_heat_map(const HeatMap& map, Size size, std::string_view where);

inline constexpr double kPad = 20;        // around everything
inline constexpr double kTitleSize = 15;  // font sizes, in CSS pixels as all lengths
inline constexpr double kNoteSize = 12;
inline constexpr double kTickSize = 11.5;
inline constexpr double kLabelSize = 12;

// Where the data go, in pixels.
struct Frame {
  double left = 0, right = 0, top = 0, bottom = 0;
  double width = 0;  // of the whole drawing
};

// A growing list of SVG elements.
class Canvas {
 public:
  void rect(double x, double y, double width, double height, std::string_view attributes);
  void line(double x1, double y1, double x2, double y2, std::string_view css_class);
  // One line of text; `attributes` hold the class and perhaps text-anchor.
  void text(double x, double y, std::string_view content, std::string_view attributes);
  void raw(std::string_view svg) { body_ += svg; }

  // Title and note, wrapped to `width`; returns the y below them.
  double heading(std::string_view title, std::string_view note, double width);
  // Small print from `y` down; returns the y below it.
  double small_print(const std::string& text, double y, double width);

  // The finished document.
  // The stylesheet of a file is drawing_style() and `more_style`.
  std::string document(std::string_view title, double width, double height, Form form,
                       std::string_view more_style = "") const;

 private:
  std::string body_;
};

// A pixel coordinate with as many digits as can be seen.
std::string px(double value);

}  // namespace venturi::report
