// venturi/couple/sliced.hpp
//
// Transport on the line, where sorting is optimal, and over many lines.
//   W_p^p(a, b) = integral_0^1 |F_a^-1(t) - F_b^-1(t)|^p dt,  p >= 1.
//   sliced: the mean over directions theta on the sphere of W_p^p of the projections; its error is
//   sampling only, the standard error over directions is returned.
// Sources: Santambrogio, "Optimal Transport for Applied Mathematicians" (2015), chapter 2;
// Bonneel et al., J. Math. Imaging Vis. 51 (2015).
#pragma once

#include "venturi/couple/sinkhorn.hpp"
#include "venturi/couple/transport.hpp"

namespace venturi::couple {

// Points x (n) of masses a and y (m) of masses b. O((n + m) log (n + m)); flows are at most n + m
// - 1.
struct LineMeasure {
  VectorView points;
  VectorView masses;
};
struct LineTransport {
  std::vector<Flow> flows;
  double cost = 0;  // W_p^p
};
LineTransport line_transport(const LineMeasure& x, const LineMeasure& y, double power = 2);

struct SlicedOptions {
  double power = 2;
  int directions = 128;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("power", self.power, "p of W_p^p", core::between(1, 16));
    visit("directions", self.directions, "random lines", core::at_least(1));
  }
};

struct SlicedTransport {
  double cost = 0;            // mean of W_p^p
  double standard_error = 0;  // of the mean, over directions; 0 for one direction
  double largest = 0;         // the largest of them: a lower bound of max-sliced W_p^p
};

// x n*d and y m*d. O(directions (n d + n log n)); parallel over directions, the same for any number
// of threads.
SlicedTransport sliced_transport(const WeightedPoints& x, const WeightedPoints& y, core::Key key,
                                 const SlicedOptions& options = {});

// Sliced within each condition and averaged by how often the condition occurs in x: labels hold one
// class a point, 0 .. classes-1. A class of x that y lacks is a DataError.
struct LabelledPoints {
  MatrixView points;            // n*d
  std::span<const int> labels;  // n
};
SlicedTransport conditional_sliced_transport(const LabelledPoints& x, const LabelledPoints& y,
                                             core::Key key, const SlicedOptions& options = {});

}  // namespace venturi::couple
