// venturi/learn/information_plane.hpp
//
// How much the layers of a small network tell of its input while it learns, by estimators that
// follow the scale of the activations: the claim of recipe adaptive-mi-estimators.
//
// Task: data::twelve_bits(), all 4096 patterns equally likely.
// Network: 12-10-7-5-4-3-2, cross-entropy plus l2 * (sum of squared weights and biases),
// Adam.
// A network without noise has I(X;T) = H(T), 12 bits for any layer that is one to one, so that
// every figure is that of its estimator:
//   EBAB   H of the rows of pooled_adaptive_codes() (bins.hpp), edges from each layer and epoch
//   aKDE   the upper bound of noisy_rate_bounds_nats() (kernel_density.hpp) with noise of
//          `noise` times the layer's largest activation at that epoch, on 1024 of the patterns
// Sources: Chelombiev, Houghton, O'Donnell, "Adaptive Estimators Show Information Compression in
// Deep Neural Networks", ICLR 2019 (estimators, claim; the largest activation as scale of the noise
// is our reading); Shwartz-Ziv, Tishby 2017 (sizes).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/core/views.hpp"

namespace venturi::learn {

struct PlaneOptions {
  int networks = 8;
  int epochs = 1000;
  int snapshots = 14;
  int batch = 1024;
  double learning_rate = 2e-3;
  double l2 = 2e-3;
  std::string activation = "relu";
  int bins = 30;
  double noise = 0.03;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("networks", self.networks, "networks with and as many without L2",
          core::between(3, 1000));
    visit("epochs", self.epochs, "of training", core::between(10, 1e6));
    visit("snapshots", self.snapshots, "epochs that are measured, evenly in the logarithm",
          core::between(3, 1000));
    visit("batch", self.batch, "rows a step", core::between(1, 3276));
    visit("learning_rate", self.learning_rate, "of Adam", core::above(0));
    visit("l2", self.l2, "weight of the sum of squared weights", core::at_least(0));
    visit("activation", self.activation, "of the hidden layers",
          core::one_of({"relu", "tanh", "elu"}));
    visit("bins", self.bins, "of EBAB", core::between(2, 1e6));
    visit("noise", self.noise, "deviation of aKDE's noise, of the largest activation",
          core::between(1e-4, 10));
  }
};

// H of the rows of codes as counted, in bits.
double code_entropy_bits(std::span<const std::int32_t> codes, core::Index columns);

// Each of WITH "with L2", "without L2" and M "EBAB", "aKDE", in bits, of the mean over the hidden
// layers of I(X;T):
//   "WITH, M at its most", "WITH, M at the end"   means over the networks
//   "WITH, M lost"         mean over networks of what it fell by from the epoch at which the
//   others'
//                          mean is greatest to the end (so that the choice of the epoch adds
//                          nothing)
//   "WITH, M lost, in standard errors" of the same
// "M lost with L2 less without, in standard errors" of the difference of the means; "WITH,
// accuracy" on the fifth of the patterns that is held out, in %. And of the last networks' layers
// rounded to 8 levels: "quantized, EBAB less exact" (the largest difference from H(T)) and
// "quantized, aKDE less exact" (of the same, noise a thousandth of a level).
// InvalidArgument for options out of range. Cost: 2 networks * (epochs * steps + 5 layers *
// snapshots * 1024^2).
std::vector<core::Figure> plane_figures(const PlaneOptions& options, core::Key key,
                                        core::Monitor& monitor);

}  // namespace venturi::learn
