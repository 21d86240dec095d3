// venturi/net/plane.hpp
//
// The information plane of a trained network: how much each edge T = t(X) tells of the input and of
// the label. A deterministic edge of real numbers tells everything, so what is asked is part of the
// estimator:
//   kde   T + N(0, v I), v = noise^2 times the sum of the variances of the edge's units, so that
//         edges of few and of many units are blurred alike against how far their samples lie apart.
//         rate = I(X; T+N), between the two bounds of measure::noisy_rate_bounds_nats(); label =
//         rate - sum_y p(y) rate of the samples with label y, each from the same bound: an
//         estimate, no bound, since bounds are subtracted. Rate <= log2 n, label <= H(Y)
//   pca   the same noise; I(X; T+N) by weighted nearest neighbours of the leading principal
//         components of both (measure/principal.hpp), I(Y; T+N) by Ross's of T's (ksg.hpp)
//   bins  T in bins of equal width a unit, counted: rate = H(bins of T), label = I(Y; bins of T),
//         without correction
//   ebab  the same in entropy-based adaptive bins of the whole edge (measure/bins.hpp)
// Figures compare at one estimator, one n and one noise only. For kde rows are turned into as many
// columns as they span, which keeps every distance: O(n^2 d) once, then O(n^3) an edge. pca: O(n
// d^2 + d^3 + n^2); bins: O(n d log n).
// Sources: Tishby, Zaslavsky, ITW 2015, arXiv:1503.02406; Saxe et al., ICLR 2018; Kolchinsky,
// Tracey, Entropy 19(7) 361 (2017); Butakov et al., ICLR 2024 (pca); Shwartz-Ziv, Tishby 2017
// (bins); Chelombiev et al., ICLR 2019 (ebab).
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
  std::int64_t units = 0;                // elements of a sample
  double rate_low = 0, rate_high = 0;    // bits; the same but for kde
  double label_low = 0, label_high = 0;  // kde: from the lower bounds, from the upper ones
};

struct PlaneOptions {
  std::string edges;  // pattern; "": what non-linearities write, and the outputs
  std::string estimator = "kde";
  double noise = 0.25;  // deviation of the noise by the root of the summed variance
  int bins = 30;
  int components = 4;
  int k = 5;
  std::int64_t batch = 256;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("edges", self.edges, "edges by name ('*', '?'); empty: activations and outputs");
    visit(
        "estimator", self.estimator,
        "bounds from kernel densities; principal components and nearest neighbours; bins of equal "
        "width; adaptive bins",
        core::one_of({"kde", "pca", "bins", "ebab"}));
    visit("noise", self.noise, "deviation of the noise, by the root of the edge's summed variance",
          core::above(0));
    visit("bins", self.bins, "of bins and ebab", core::between(2, 1e6));
    visit("components", self.components, "of pca, of the input and of an edge, at most",
          core::between(1, 64));
    visit("k", self.k, "nearest neighbours of pca", core::between(1, 100));
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
