// venturi/couple/ib.hpp
//
// The information bottleneck of a joint table p(x,y): soft clusters T of X that keep what X tells
// of Y,
//   minimise L = H(T) - alpha H(T|X) - beta I(T;Y)  over q(t|x), T - X - Y,
// alpha = 1: the information bottleneck I(X;T) - beta I(T;Y); alpha = 0: the deterministic one
// (hard clusters, see clustering.hpp); between: the generalised one. Blahut-Arimoto sweeps of O(|X|
// |T| |Y|). L is not convex, so several ways are gone and the best is kept: annealing from large
// beta down (clusters merge), from small beta up (clusters split where they become unstable), and
// random starts; along a curve each solution is also tried at the other betas. While there are more
// than 24 clusters, pairs whose union costs less than 1e-5 nats are joined: a few dozen clusters
// then stand for a continuum, and sweeps are cheap. Sweeps carry momentum, which saves most of the
// waiting near transitions. Betas are in bits per bit. Results repeat for a key; with other numbers
// of threads they agree to about 1e-12 (the matrix products are the BLAS's). Sources: Tishby,
// Pereira, Bialek, Allerton 1999; Strouse, Schwab, Neural Computation 29 (2017); Rose, Proc. IEEE
// 86 (1998) for annealing and its transitions.
#pragma once

#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/rate_point.hpp"
#include "venturi/couple/table.hpp"

namespace venturi::couple {

struct IbOptions {
  double alpha = 1;
  int clusters = 0;
  int restarts = 0;
  int split_limit = 8;
  double tolerance = 1e-9;
  int sweep_limit = 1000;
  double time_limit_s = 60;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("alpha", self.alpha, "1: information bottleneck; 0: deterministic; between: generalised",
          core::between(0, 1));
    visit("clusters", self.clusters, "most clusters; 0: one a value of X", core::at_least(0));
    visit("restarts", self.restarts, "random starts at each beta, beside the annealed ones",
          core::at_least(0));
    visit("split_limit", self.split_limit,
          "clusters up to which the annealing from below is followed; 0: not at all",
          core::at_least(0));
    visit("tolerance", self.tolerance, "fall of L in a sweep, in bits, to stop at", core::above(0));
    visit("sweep_limit", self.sweep_limit, "most sweeps at one beta and start", core::at_least(1));
    visit("time_limit_s", self.time_limit_s, "seconds for the whole call", core::above(0));
  }
};

struct IbPoint {
  double beta = 0;
  double rate_bits = 0;       // I(X;T)
  double relevance_bits = 0;  // I(T;Y)
  double entropy_bits = 0;    // H(T)
  double objective_bits = 0;  // L
  int clusters = 0;           // that carry mass and differ
  int sweeps = 0;             // of the start that won
  bool converged = false;     // false: a limit was hit before L stood still
};

struct IbSolution {
  IbPoint point;
  Matrix encoder;  // given_rows * t: q(t|x); rows of zero mass hold q(t)
  Vector mass;     // t: q(t)
  Matrix decoder;  // t * given_columns: q(y|t)
};

// beta >= 0, finite. InvalidArgument otherwise.
IbSolution solve_ib(const Joint& joint, double beta, core::Key key, const IbOptions& options = {});

// One point for each beta, in the order given; betas need not be sorted. If the time limit is hit
// the points not finished say converged = false.
std::vector<IbPoint> ib_curve(const Joint& joint, const std::vector<double>& betas, core::Key key,
                              const IbOptions& options = {},
                              core::Monitor& monitor = core::silent());

// `count` betas spaced evenly in log from `low` to `high`, 0 < low < high.
std::vector<double> log_spaced(double low, double high, int count);

// The beta at which one cluster stops being stable: 1 / s^2, s the second singular value of
// p(x,y) / sqrt(p(x) p(y)) (the maximal correlation). Infinite if X and Y are independent.
double first_critical_beta(const Joint& joint);

struct CriticalOptions {
  double beta_limit = 100;
  int count_limit = 8;
  double step = 1.05;
  double time_limit_s = 60;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("beta_limit", self.beta_limit, "beta to stop at", core::above(0));
    visit("count_limit", self.count_limit, "transitions to stop after", core::at_least(1));
    visit("step", self.step, "factor between betas on the way", core::between(1.001, 2));
    visit("time_limit_s", self.time_limit_s,
          "seconds after which the transitions found are returned", core::above(0));
  }
};

struct Transition {
  double beta = 0;          // relative error 1e-6
  int clusters_before = 0;  // stable just below it
};

struct Transitions {
  std::vector<Transition> found;
  double reached_beta = 0;  // how far the solution was followed
  bool time_out = false;    // the time limit ended the walk there
};

// The betas at which, following the solution from one cluster upwards, some cluster becomes
// unstable and splits. Transitions that jump (a better solution elsewhere, before this one is
// unstable) are not seen. `alpha` and limits of sweeps as in IbOptions.
Transitions critical_betas(const Joint& joint, const CriticalOptions& options = {});

// Rate I(X;T) against the relevance lost, I(X;Y) - I(T;Y), both in bits.
core::RatePoint rate_point(const IbPoint& point, const Joint& joint);

}  // namespace venturi::couple
