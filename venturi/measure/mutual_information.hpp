// venturi/measure/mutual_information.hpp
//
// The front of the estimators of continuous variables: by name, in bits, with an interval, on
// request a permutation p-value, and warnings about data that a method is not for.
//
// Shapes: x n*dx, y n*dy, z n*dz. Scale, chosen and never silent: "none"; "standard" (each column
// to mean 0, deviation 1); "rank" (each column to normal scores, which keeps the information).
//
// Interval: the rows are split into m = 10 parts (fewer if a part would have less than 20 rows, 4k
// or twice the columns), at random and 4 times over, or for a series once into stretches. With s^2
// the mean variance of the estimates of parts, the standard error is sqrt(s^2/m), since the
// variance falls as 1/n (Holmes, Nemenman, PRE 100 022404, 2019); the interval is
// bits -+ 1.96 standard errors. It tells the spread of the estimate, NOT its bias, which can be
// larger (kNN in many dimensions). A bootstrap's repeated rows would break nearest neighbours.
//
// p-value: (1 + #{surrogates >= estimate}) / (1 + permutations), surrogates with the rows of y
// shuffled, or for a series shifted circularly.
//
// Cost: the method's (1 + about 0.4 + permutations) times; see the table. Deterministic for a key,
// whatever the threads. Errors: InvalidArgument for shapes, options; DataError for data that the
// method cannot take (NaN, singular covariance, labels that are not whole numbers).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/members.hpp"
#include "venturi/core/options.hpp"
#include "venturi/core/views.hpp"
#include "venturi/measure/estimate.hpp"

namespace venturi::measure {

struct MiOptions {
  std::string method = "ksg1";
  int k = 3;
  std::string scale = "none";
  bool series = false;
  int permutations = 0;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("method", self.method, "estimator of mutual information; others ignore it");
    visit("k", self.k, "nearest neighbours used", core::at_least(1));
    visit("scale", self.scale, "transform of each column first",
          core::one_of({"none", "standard", "rank"}));
    visit("series", self.series, "rows follow in time: stretches and shifts, not shuffles");
    visit("permutations", self.permutations, "surrogates behind the p-value, 0 for none",
          core::between(0, 100000));
  }
};

struct Measured {
  Estimate estimate;
  std::optional<double> p_value;
  core::Json json() const;  // the estimate's, and "p_value" if there is one
};

// Estimate in nats of paired rows.
using MiMethod = double (*)(const core::MatrixView& x, const core::MatrixView& y, int k);
std::span<const core::Member<MiMethod>> mi_methods();

// I(X;Y). With method "ross", x is one column of whole numbers, which `scale` leaves alone.
Measured mutual_information(const core::MatrixView& x, const core::MatrixView& y,
                            const MiOptions& options, core::Key key);

// I(X;Y|Z) by Frenzel and Pompe. No p-value: shuffling breaks the tie to z too (InvalidArgument).
Measured conditional_mutual_information(const core::MatrixView& x, const core::MatrixView& y,
                                        const core::MatrixView& z, const MiOptions& options,
                                        core::Key key);

// I(Y_t; X_{t-1} .. X_{t-lags} | Y_{t-1} .. Y_{t-lags}), x and y two series of n rows, one row a
// time step. Always as a series; surrogates shift x against y.
Measured transfer_entropy(const core::MatrixView& x, const core::MatrixView& y, int lags,
                          MiOptions options, core::Key key);

// sum_g H(X_g) - H(X_1..X_m), m >= 2 groups of columns. No p-value.
Measured total_correlation(std::span<const core::MatrixView> groups, const MiOptions& options,
                           core::Key key);

// h(X) in bits by nearest neighbours; may be negative. No p-value. Scale must be "none", since h
// changes with it.
Measured differential_entropy(const core::MatrixView& x, const MiOptions& options, core::Key key);

}  // namespace venturi::measure
