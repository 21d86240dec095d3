// venturi/compress/gaussian_grid.hpp
//
// Grids of n points for standard normal vectors of p dimensions, of least mean squared error: fixed
// points of Lloyd's iteration.
//   p = 1  exactly: cells between neighbours, each point the mean of its cell (unique, as the
//          normal density is log-concave)
//   p = 2  by a quadrature of 400*400 points of equal weight per cell of the plane; from the best
//          of several starts
// `error` is per dimension. HIGGS: a matrix's rows in groups, each divided by its root mean square
// s, rotated (hadamard.hpp) and rounded to the nearest point; the file keeps s as float16, the grid
// once, and an index for every p weights.
// Sources: Max, IRE Trans. IT 6 (1960); Pages, Printems, "Optimal quadratic quantization for
// numerics: the Gaussian case", 2003; Malinovskii et al., "HIGGS", NAACL 2025, arXiv:2411.17525.
#pragma once

#include <vector>

#include "venturi/compress/coded_matrix.hpp"

namespace venturi::compress {

struct GaussianGrid {
  int dimensions = 1;
  std::vector<double> points;  // n*p, rising for p = 1
  double error = 0;            // E|x - q(x)|^2 / p
};

// p 1 or 2, n 2 to 1024 (InvalidArgument). p = 1: O(n) an iteration, milliseconds. p = 2: some
// seconds for n = 256. The same grid every time.
GaussianGrid gaussian_grid(int points, int dimensions);

// w (rows*columns). group: columns that share a scale, at most the columns; grids of p = 2 need an
// even number of columns. signs: names the rotation.
CodedMatrix higgs(std::span<const float> w, std::int64_t rows, const GaussianGrid& grid,
                  std::int64_t group, std::uint32_t signs);

}  // namespace venturi::compress
