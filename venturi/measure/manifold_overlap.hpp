// venturi/measure/manifold_overlap.hpp
//
// Precision and recall of generated samples. The manifold of a set is the union of balls around its
// points, each as wide as the (Euclidean) distance to the k-th nearest other point of the set:
//   precision  part of the generated points within the manifold of the real ones (are they real?)
//   recall     part of the real points within the manifold of the generated ones (are all reached?)
//   realism(g) max over real points r of radius_r / |g - r|, among the half of the points with the
//              smallest radii (wide balls come from outliers); >= 1 where g lies within one of them
// Distances are exact, balls closed. k decides: precision and recall rise with it, to 1; compare at
// one k and one n only. Features should be standardised or come from one network.
// Shapes: real n*d, generated m*d. Range: [0, 1], realism [0, infinity] (infinite on a real point).
// Cost: O((n^2 + m^2 + n m) d), parallel, the same for any number of threads. Errors:
// InvalidArgument for different columns, k outside 1 .. min(n, m) - 1; DataError as NearestLists.
// Source: Kynkaanniemi, Karras, Laine, Lehtinen, Aila, NeurIPS 2019, equations 1 to 3.
#pragma once

#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::measure {

struct ManifoldOverlap {
  double precision = 0, recall = 0;
  std::vector<double> realism;  // of each generated point
};
ManifoldOverlap manifold_overlap(const core::MatrixView& real, const core::MatrixView& generated,
                                 int k);

}  // namespace venturi::measure
