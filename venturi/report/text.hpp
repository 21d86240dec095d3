// venturi/report/text.hpp
//
// Text as drawings and pages need it: escaped, measured without a font at hand, wrapped, shortened;
// and numbers as people read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace venturi::report {

// For XML and HTML, as content and inside quoted attributes. Bytes that are not UTF-8 and
// characters that XML forbids become U+FFFD, so that any input gives a well-formed document.
// O(bytes).
std::string escape(std::string_view text);

// About how wide a text is in a common sans-serif face, in the unit of `font_size`; within some 10
// % for Latin texts, and never much too small.
double text_width(std::string_view text, double font_size);

// The text cut to `width`, with an ellipsis where something is missing.
std::string shorten(std::string_view text, double font_size, double width);

// Lines of at most `width` broken at spaces; words too long for a line are cut, and so is what does
// not fit into `max_lines`, with an ellipsis. No text gives no line.
std::vector<std::string> wrap(std::string_view text, double font_size, double width, int max_lines);

// Six significant digits at most: "0.0123", "12345.6", "1.2e-07", "no value" if not finite.
std::string number_text(double value);

// "1,234,567"
std::string count_text(std::size_t n);

}  // namespace venturi::report
