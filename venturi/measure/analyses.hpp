// venturi/measure/analyses.hpp
//
// What can be asked of one's own arrays by name beside entropy and information: one table, from
// which the command (`venturi analyse`) and Python make their answers. What each computes stands in
// the header named:
//   mig, sap, infomec        codes, factors         disentanglement.hpp
//   precision-recall         real, generated        manifold_overlap.hpp
//   intrinsic-dimension      x                      inductive_bias.hpp
//   inductive-bias           x, labels              inductive_bias.hpp
//   linear-probe             x, target              probes.hpp
//   softmax-probe            x, labels              probes.hpp
//   variance-explained       x, feature             probes.hpp
//   latent-activity          mean, variance         latent_activity.hpp
//   weight-spectrum          weights                weight_spectrum.hpp
// A reading is an Estimate in bits or a bare number (unit "1"). Intervals: shares by Wilson's from
// the rows that they count, given the other set; what is a function of rows by parts of them
// (spread.hpp), which tells the spread, not the bias; where parts are too small, infinite, with the
// reason as a warning. Numbers that follow from the arrays without chance have no width.
// Errors: InvalidArgument for another number of arrays; DataError and others as the headers say.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/members.hpp"
#include "venturi/core/options.hpp"
#include "venturi/core/views.hpp"
#include "venturi/measure/estimate.hpp"

namespace venturi::measure {

struct AnalysisOptions {
  int k = 0;
  int bins = 20;
  int folds = 5;
  double error = 0.01;
  double interval = 0.95;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("k", self.k, "nearest neighbours; 0: 3 for precision-recall, 5 for intrinsic-dimension",
          core::between(0, 1000));
    visit("bins", self.bins, "of a latent, for mig", core::between(2, 10000));
    visit("folds", self.folds, "parts of the rows that probes are scored on in turn; 1: none kept",
          core::between(1, 1000));
    visit("error", self.error, "to be reached, for inductive-bias", core::between(1e-12, 1));
    visit("interval", self.interval, "level of the interval", core::between(0.5, 0.9999));
  }
};

struct Reading {
  std::string name;
  Estimate estimate;
};

struct Analysis {
  using Call = std::vector<Reading> (*)(std::span<const core::MatrixView> arrays,
                                        const AnalysisOptions& options, core::Key key);
  Call call;
  std::array<std::string_view, 2> arrays;  // their names; the second empty if there is one
};

std::span<const core::Member<Analysis>> analyses();

// By name, after checking the number of arrays and the options.
std::vector<Reading> analyse(std::string_view name, std::span<const core::MatrixView> arrays,
                             const AnalysisOptions& options, core::Key key);

}  // namespace venturi::measure
