#include "venturi/report/drawing.hpp"

#include <fmt/format.h>

#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/report/text.hpp"

namespace venturi::report {
namespace {

// Plain values, no variables: readers of SVG outside browsers know no var(). The eight hues keep
// apart under the common kinds of colour blindness (after Okabe and Ito, darkened for contrast on
// white, lightened for dark).
constexpr std::string_view kStyle = R"(
.vt{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif}
.vt text{fill:#1f2328}
.vt .vt-paper{fill:#ffffff;stroke:#d9dee3}
.vt .vt-title{font-size:15px;font-weight:600}
.vt .vt-note{font-size:12px;fill:#59636e}
.vt .vt-small{font-size:11px;fill:#59636e}
.vt .vt-tick{font-size:11.5px;fill:#59636e;font-variant-numeric:tabular-nums}
.vt .vt-label{font-size:12px;font-weight:500;fill:#3a434c}
.vt .vt-key{font-size:12px}
.vt .vt-grid{stroke:#e6e9ed;stroke-width:1}
.vt .vt-minor{stroke:#f2f4f6;stroke-width:1}
.vt .vt-axis{stroke:#8b949e;stroke-width:1}
.vt .vt-reference{stroke:#59636e;stroke-width:1.2;stroke-dasharray:5 4;fill:none}
.vt .vt-line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.vt .vt-band{fill:currentColor;fill-opacity:.16;stroke:none}
.vt .vt-whisker{fill:none;stroke:currentColor;stroke-width:1.3}
.vt .vt-mark{fill:currentColor;stroke:#ffffff;stroke-width:1}
.vt .vt-cloud .vt-mark{stroke:none;fill-opacity:.55}
.vt .vt-hit{fill:#000000;fill-opacity:0;stroke:none}
.vt .vt-over:hover .vt-mark{stroke:#1f2328;stroke-width:1.6}
.vt .vt-none{fill:#f2f4f6;stroke:#c5ccd3;stroke-dasharray:2 2}
.vt .vt-cell{font-size:11px;font-variant-numeric:tabular-nums}
.vt .vt-c0{color:#0b6bb8}
.vt .vt-c1{color:#d1510a}
.vt .vt-c2{color:#00875f}
.vt .vt-c3{color:#a8327d}
.vt .vt-c4{color:#a77700}
.vt .vt-c5{color:#3b3f98}
.vt .vt-c6{color:#2a9cc4}
.vt .vt-c7{color:#5b6570}
@media screen and (prefers-color-scheme:dark){
.vt text{fill:#e6edf3}
.vt .vt-paper{fill:#161b22;stroke:#30363d}
.vt .vt-note,.vt .vt-small,.vt .vt-tick{fill:#9aa4af}
.vt .vt-label{fill:#c3ccd5}
.vt .vt-grid{stroke:#272e37}
.vt .vt-minor{stroke:#1d232b}
.vt .vt-axis{stroke:#6e7781}
.vt .vt-reference{stroke:#9aa4af}
.vt .vt-mark{stroke:#161b22}
.vt .vt-over:hover .vt-mark{stroke:#e6edf3}
.vt .vt-none{fill:#1d232b;stroke:#444c56}
.vt .vt-c0{color:#58a6ff}
.vt .vt-c1{color:#ff8a4a}
.vt .vt-c2{color:#3fc79a}
.vt .vt-c3{color:#e384c0}
.vt .vt-c4{color:#e3b341}
.vt .vt-c5{color:#a5a5ff}
.vt .vt-c6{color:#6fd3f2}
.vt .vt-c7{color:#adb6c0}
}
)";

}  // namespace

void check_size(Size size, std::string_view where) {
  for (const int side : {size.width, size.height}) {
    if (side < 240 || side > 4096) {
      core::fail_argument(where, "expected a size in 240..4096, got {}x{}", size.width,
                          size.height);
    }
  }
}

std::string_view drawing_style() { return kStyle; }

std::string px(double value) {
  // Two digits, without the zeros that a hundred thousand points would pay for.
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

void Canvas::rect(double x, double y, double width, double height, std::string_view attributes) {
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {}/>\n", px(x), px(y),
                       px(width), px(height), attributes);
}

void Canvas::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n", px(x1),
                       px(y1), px(x2), px(y2), css_class);
}

void Canvas::text(double x, double y, std::string_view content, std::string_view attributes) {
  body_ += fmt::format("<text x=\"{}\" y=\"{}\" {}>{}</text>\n", px(x), px(y), attributes,
                       escape(content));
}

double Canvas::heading(std::string_view title, std::string_view note, double width) {
  double y = kPad;
  for (const auto& line : wrap(title, kTitleSize * 1.12, width, 3)) {
    text(kPad, y + kTitleSize - 1, line, "class=\"vt-title\"");
    y += kTitleSize + 6;
  }
  for (const auto& line : wrap(note, kNoteSize, width, 6)) {
    text(kPad, y + kNoteSize - 1, line, "class=\"vt-note\"");
    y += kNoteSize + 5;
  }
  return y > kPad ? y + 8 : y;
}

double Canvas::small_print(const std::string& content, double y, double width) {
  for (const auto& line : wrap(content, 11, width, 6)) {
    text(kPad, y + 11, line, "class=\"vt-small\"");
    y += 16;
  }
  return y;
}

std::string Canvas::document(std::string_view title, double width, double height, Form form,
                             std::string_view more_style) const {
  const std::string w = px(std::ceil(width));
  const std::string h = px(std::ceil(height));
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"vt\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"{2}\">\n",
      w, h, escape(title));
  if (form == Form::kFile) out += fmt::format("<style>{}{}</style>\n", kStyle, more_style);
  // In a page the figure around the drawing is its paper.
  if (form == Form::kFile) {
    out += fmt::format(
        "<rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"10\" class=\"vt-paper\"/>\n",
        px(std::ceil(width) - 1), px(std::ceil(height) - 1));
  }
  return out + body_ + "</svg>\n";
}

}  // namespace venturi::report
