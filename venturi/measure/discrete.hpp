// venturi/measure/discrete.hpp
//
// Entropy and mutual information of discrete variables, from samples.
//   plug-in       H = -sum_k p_k log2 p_k with p_k = n_k / n; biased down by about (K - 1) / (2n)
//   nats Miller-Madow  H + (K - 1) / (2 n ln 2), K the number of values seen (Miller 1955) I(X;Y) =
//   H(X) + H(Y) - H(X,Y), each term corrected alike
// The interval is a percentile bootstrap around the estimate: quantiles of (resampled - estimate of
// the sample) are subtracted, so that its own bias does not shift it. Cost O(n) a resample.
#pragma once

#include <cstdint>
#include <span>

#include "venturi/core/key.hpp"
#include "venturi/core/options.hpp"
#include "venturi/measure/estimate.hpp"

namespace venturi::measure {

struct DiscreteOptions {
  std::string correction = "miller-madow";
  int resamples = 200;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("correction", self.correction, "of the plug-in estimate's bias",
          core::one_of({"none", "miller-madow"}));
    visit("resamples", self.resamples, "of the bootstrap interval", core::between(10, 100000));
  }
};

// H(X) in bits; x: n labels of any value. InvalidArgument for n = 0.
Estimate entropy(std::span<const std::int32_t> x, core::Key key,
                 const DiscreteOptions& options = {});

// I(X;Y) in bits; x and y: n labels each. InvalidArgument for n = 0 or different lengths.
Estimate mutual_information(std::span<const std::int32_t> x, std::span<const std::int32_t> y,
                            core::Key key, const DiscreteOptions& options = {});

// Rows of a row-major n*columns array as single labels: equal rows, equal labels (0, 1, ... in
// order of first appearance). O(n columns).
std::vector<std::int32_t> joint_labels(std::span<const std::int32_t> rows, std::size_t columns);

// H of the empirical law of the labels, in bits, without correction.
double plug_in_entropy_bits(std::span<const std::int32_t> x);

}  // namespace venturi::measure
