// venturi/report/legend.hpp
//
// How a series looks (colour, marker, dash) and the legend that says so, below the plot.
#pragma once

#include <string>
#include <vector>

#include "venturi/report/drawing.hpp"
#include "venturi/report/plot.hpp"
#include "venturi/report/thin.hpp"

namespace venturi::report {

bool draws_line(const Series& series);
bool draws_marks(const Series& series);

// The class with the colour of series number s: eight colours in turn.
std::string series_class(std::size_t s);
// The dash of its line, as an attribute: another for each round of eight.
std::string dash(std::size_t s);
// Its marker around a place, about `radius` in size: eight shapes in turn.
std::string mark(std::size_t s, Pixel at, double radius);

// Entries in rows, as many in a row as fit; at most 40, the rest is counted.
class Legend {
 public:
  Legend(const std::vector<Series>& series, double width) : series_(series), width_(width) {}

  // 0 where there is nothing to tell apart.
  double height() const;
  // Draws it from y = `top` down; returns the y below it.
  double draw(Canvas& canvas, double top) const;

 private:
  struct Entry {
    double x = 0;
    int row = 0;
    std::string name;
  };
  std::vector<Entry> lay_out() const;
  std::string name(std::size_t s) const;

  const std::vector<Series>& series_;
  double width_;
};

}  // namespace venturi::report
