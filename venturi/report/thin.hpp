// venturi/report/thin.hpp
//
// Which of very many points a drawing needs.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace venturi::report {

struct Pixel {
  double x = 0, y = 0;
};

// For a line: indices, ascending, of at most about `most` of its points (most >= 8). Of every
// stretch of neighbours the first, the last, and the two of extreme y stay, so that no peak is
// lost. O(n).
std::vector<std::size_t> thin_line(std::span<const Pixel> points, std::size_t most);

// For a cloud: indices, ascending, of about `most` of its points. Points that are alone in their
// neighbourhood stay, of the others an even share, so that dense places still look dense. O(n).
std::vector<std::size_t> thin_cloud(std::span<const Pixel> points, std::size_t most);

}  // namespace venturi::report
