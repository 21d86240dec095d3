// venturi/net/plane.hpp
//
// The information plane of a trained network: how much each edge T = t(X) tells of the input and of
// the label. A deterministic edge of real numbers tells everything, so noise is part of the
// question: T + N(0, v I), v = noise^2 times the sum of the variances of the edge's units, so that
// edges of few and of many units are blurred alike against how far their samples lie apart.
//   rate   I(X; T+N), between the two bounds of measure::noisy_rate_bounds_nats
//   label  I(Y; T+N) = rate - sum_y p(y) rate of the samples with label y, each from the same
//   bound:
//          an estimate, no bound, since bounds are subtracted
// Both saturate: rate <= log2 n, label <= H(Y). Figures compare at one n and one noise only.
// Rows are turned into as many columns as they span, which keeps every distance: O(n^2 d) once,
// then O(n^3) an edge.
// Sources: Tishby, Zaslavsky, ITW 2015, arXiv:1503.02406; Saxe et al., ICLR 2018; Kolchinsky,
// Tracey, Entropy 19(7) 361 (2017).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/net/executor.hpp"

namespace venturi::net {

struct PlanePoint {
  std::string edge;
  std::int64_t units = 0;  // elements of a sample
  double rate_low = 0, rate_high = 0;
  double label_low = 0, label_high = 0;  // from the lower bounds, from the upper ones
};

struct PlaneOptions {
  std::string edges;    // pattern; "": what non-linearities write, and the outputs
  double noise = 0.25;  // deviation of the noise by the root of the summed variance
  std::int64_t batch = 256;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("edges", self.edges, "edges by name ('*', '?'); empty: activations and outputs");
    visit("noise", self.noise, "deviation of the noise, by the root of the edge's summed variance",
          core::above(0));
    visit("batch", self.batch, "samples run at a time", core::at_least(1));
  }
};

// x: n samples for the one input of the graph; labels: n. Points in the order of the graph.
// InvalidArgument where nothing fits the pattern, where n < 2 or n > 2^14, or for a graph of
// several inputs; DataError where an edge is not finite, or has not one row a sample.
std::vector<PlanePoint> information_plane(const Executor& executor, const tensor::Tensor& x,
                                          std::span<const std::int32_t> labels,
                                          const PlaneOptions& options,
                                          core::Monitor& monitor = core::silent());

}  // namespace venturi::net
