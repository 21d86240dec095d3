// venturi/measure/mutual_information.hpp
//
// The front of the estimators: by name, in bits, with an interval, on request a permutation
// p-value, and warnings about data that a method is not for.
//
// Shapes: x n*dx, y n*dy, z n*dz. Scale, chosen and never silent: "none"; "standard" (each column
// to mean 0, deviation 1); "rank" (each column to normal scores, which keeps the information).
//
// Interval: the rows are split into m = 10 parts (fewer if a part would have less than 20 rows, 4k
// or twice the columns), at random and 4 times over, or for a series once into stretches of n/m
// (or `block`) rows. With s^2 the mean variance of the estimates of parts, the standard error is
// sqrt(s^2/m), since the variance falls as 1/n (Holmes, Nemenman, PRE 100 022404, 2019); the
// interval is bits -+ z standard errors, z = 1.96 for the level .95. It tells the spread of the
// estimate, NOT its bias, which can be larger (kNN in many dimensions). A bootstrap's repeated rows
// would break nearest neighbours.
//
// Method "auto" (auto_information.hpp) brings its own standard error, has its choice in the
// estimate's `details`, and is tested by surrogates of KSG1 and the Gaussian copula's information
// together; k, bins and scale do not matter to it. A series, whose rows are not independent, is
// measured by ksg1 in its place.
//
// p-value: (1 + #{surrogates >= estimate}) / (1 + permutations), surrogates with the rows of y
// shuffled, or for a series shifted circularly (with `block`: its blocks shuffled).
//
// Cost: the method's (1 + about 0.4 + permutations) times; see the tables of methods.hpp.
// Deterministic for a key, whatever the threads. Errors: InvalidArgument for shapes, options;
// DataError for data that the method cannot take (NaN, singular covariance, labels that are not
// whole numbers). Memory is added up before it is taken, and refused past the limit
// (InvalidArgument, stating it).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/options.hpp"
#include "venturi/core/views.hpp"
#include "venturi/measure/estimate.hpp"
#include "venturi/measure/methods.hpp"

namespace venturi::measure {

struct MiOptions {
  std::string method = "default";
  int k = 3;
  int components = 4;
  int bins = 0;
  std::string width = "default";
  std::string scale = "none";
  bool series = false;
  int permutations = 0;
  double interval = 0.95;
  int block = 0;
  int memory = 8192;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(
        "method", self.method,
        "estimator by name; default: auto for information (command, Python), else the first of its "
        "quantity's");
    visit("k", self.k, "nearest neighbours used", core::at_least(1));
    visit("components", self.components, "principal components that pca-... keeps of a side",
          core::between(1, 1000));
    visit("bins", self.bins, "bins of a column, for methods that bin; 0: the cube root of n",
          core::between(0, 1 << 20));
    visit("width", self.width,
          "of kernels: the median distance of two rows, or Silverman's rule; default: silverman "
          "for densities, else median",
          core::one_of({"default", "median", "silverman"}));
    visit("scale", self.scale, "transform of each column first",
          core::one_of({"none", "standard", "rank"}));
    visit("series", self.series, "rows follow in time: stretches and shifts, not shuffles");
    visit("permutations", self.permutations, "surrogates behind the p-value, 0 for none",
          core::between(0, 100000));
    visit("interval", self.interval, "level of the interval", core::between(0.5, 0.9999));
    visit("block", self.block, "rows of a block of a series, 0: tenths for the interval, shifts",
          core::at_least(0));
    visit("memory", self.memory, "MiB that a method may take", core::at_least(1));
  }
};

struct Measured {
  Estimate estimate;
  std::optional<double> p_value;
  core::Json json() const;  // the estimate's, and "p_value" if there is one
};

// I(X;Y) by one of mi_methods(), by default ksg1. With method "ross", x is one column of whole
// numbers; labels keep their values whatever the scale.
Measured mutual_information(const core::MatrixView& x, const core::MatrixView& y,
                            const MiOptions& options, core::Key key);

// I(X;Y|Z) by one of conditional_methods(). Surrogates trade partners y between rows of near or
// equal z (LocalSurrogates of spread.hpp; Runge, AISTATS 2018); of a series too, as z is to hold
// the past. A p-value for z of many columns is as coarse as its neighbourhoods.
Measured conditional_mutual_information(const core::MatrixView& x, const core::MatrixView& y,
                                        const core::MatrixView& z, const MiOptions& options,
                                        core::Key key);

// I(Y_t; X_{t-1} .. X_{t-lags} | Y_{t-1} .. Y_{t-lags}), x and y two series of n rows, one row a
// time step; conditional_methods(). Always as a series; surrogates shift x against y.
Measured transfer_entropy(const core::MatrixView& x, const core::MatrixView& y, int lags,
                          MiOptions options, core::Key key);

// Total correlation sum_g H(X_g) - H(X_1..X_m) of m >= 2 groups of columns, or what else
// group_methods() has. Surrogates shuffle (shift) every group but the first, each on its own.
Measured total_correlation(std::span<const core::MatrixView> groups, const MiOptions& options,
                           core::Key key);

// Dependence of x and y by one of dependence_methods(): the estimate is in its `unit`, and tells
// more from less dependent only at one method, width and n.
Measured dependence(const core::MatrixView& x, const core::MatrixView& y, const MiOptions& options,
                    core::Key key);

// What labels x and y tell of labels `target`, in bits (decomposition.hpp), by one of
// decomposition_methods(). No p-values.
struct MeasuredDecomposition {
  Measured redundancy, unique_x, unique_y, synergy;
};
MeasuredDecomposition decomposition(const core::MatrixView& x, const core::MatrixView& y,
                                    const core::MatrixView& target, const MiOptions& options,
                                    core::Key key);

// Entropy by one of entropy_methods(): of a density (h, which may be negative) or of labels. No
// p-value. Scale must be "none", since h changes with it.
Measured entropy(const core::MatrixView& x, const MiOptions& options, core::Key key);

}  // namespace venturi::measure
