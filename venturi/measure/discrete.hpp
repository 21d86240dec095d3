// venturi/measure/discrete.hpp
//
// Entropy, information, conditional information and total correlation of discrete variables, from
// samples, in bits. Each is a sum of entropies, every one estimated by the same method of
// count_methods() (count_entropy.hpp):
//   I(X;Y)     H(X) + H(Y) - H(X,Y)
//   I(X;Y|Z)   H(X,Z) + H(Y,Z) - H(X,Y,Z) - H(Z)
//   TC         sum_c H(X_c) - H(X_1..X_m)
// K of a joint variable, where the method asks for one, is the product of its parts' values seen;
// `kinds` gives that of X to entropy(). Not clipped: corrected information may be below 0.
// The interval is a percentile bootstrap around the estimate: quantiles of (resampled - estimate of
// the sample) are subtracted, so that its own bias does not shift it. Cost O(n) a resample.
// Errors: InvalidArgument for n = 0, different lengths, an unknown method.
#pragma once

#include <cstdint>
#include <span>

#include "venturi/core/key.hpp"
#include "venturi/core/options.hpp"
#include "venturi/measure/estimate.hpp"

namespace venturi::measure {

struct DiscreteOptions {
  std::string method = "miller-madow";
  int resamples = 200;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("method", self.method, "estimator of each entropy");
    visit("resamples", self.resamples, "of the bootstrap interval", core::between(10, 100000));
  }
};

// H(X); x: n labels of any value. kinds: the values possible, 0 for those seen.
Estimate entropy(std::span<const std::int32_t> x, core::Key key,
                 const DiscreteOptions& options = {}, double kinds = 0);

// I(X;Y); x and y: n labels each.
Estimate mutual_information(std::span<const std::int32_t> x, std::span<const std::int32_t> y,
                            core::Key key, const DiscreteOptions& options = {});

// I(X;Y|Z); n labels each. Several variables as one: joint_labels().
Estimate conditional_mutual_information(std::span<const std::int32_t> x,
                                        std::span<const std::int32_t> y,
                                        std::span<const std::int32_t> z, core::Key key,
                                        const DiscreteOptions& options = {});

// Total correlation of the columns of a row-major n*columns array, columns >= 2.
Estimate total_correlation(std::span<const std::int32_t> rows, std::size_t columns, core::Key key,
                           const DiscreteOptions& options = {});

// Rows of a row-major n*columns array as single labels: equal rows, equal labels (0, 1, ... in
// order of first appearance). O(n columns).
std::vector<std::int32_t> joint_labels(std::span<const std::int32_t> rows, std::size_t columns);

// H of the empirical law of the labels, in bits, without correction.
double plug_in_entropy_bits(std::span<const std::int32_t> x);

}  // namespace venturi::measure
