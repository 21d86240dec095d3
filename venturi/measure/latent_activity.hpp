// venturi/measure/latent_activity.hpp
//
// Which latents of a Gaussian encoder q(z|x) = N(mean(x), diag variance(x)) with prior N(0, 1) are
// used. An example leaves a latent unused where its variance is at least `unused_variance` (of the
// prior's 1); by the part of the examples that do,
//   passive   at least 1 - `share` of them: the latent is the prior, whatever the input
//   active    at most `share`
//   mixed     anything between: used by some inputs alone
// Means of passive latents are small, not zero, and functions of the same input as the others', so
// that they raise the total correlation of mean representations while samples drown them in noise:
//   total correlation (normal)   -1/2 log2 det of the correlation matrix, in BITS, for the means
//   and for one sample each, over all latents and over those that are not passive.
// Shapes: mean n*L, variance n*L. Range: total correlations >= 0 (no bias is taken off, about
// L(L-1) / (4 n ln 2) * 2 if independent). Cost: O(n L^2 + L^3). Errors: InvalidArgument for
// shapes, n <= L + 1; DataError for values that are not finite, variances below 0, dependent means.
// Source: Bonheme, Grzes, "Be more active! Understanding the differences between mean and sampled
// representations of variational autoencoders", JMLR 24 (2023); the two thresholds are ours.
#pragma once

#include <string_view>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

enum class Activity { active, passive, mixed };
std::string_view name_of(Activity activity);

struct ActivityOptions {
  double unused_variance = 0.9;
  double share = 0.05;
};
std::vector<Activity> latent_activity(const core::MatrixView& variance,
                                      const ActivityOptions& options = {});

struct RepresentationCorrelation {
  double mean_bits = 0, sampled_bits = 0;            // all latents
  double used_mean_bits = 0, used_sampled_bits = 0;  // those not passive; 0 for fewer than two
};
RepresentationCorrelation representation_correlation(const core::MatrixView& mean,
                                                     const core::MatrixView& variance,
                                                     const std::vector<Activity>& activity,
                                                     core::Key key);

}  // namespace venturi::measure
