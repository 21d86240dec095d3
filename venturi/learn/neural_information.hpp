// venturi/learn/neural_information.hpp
//
// Mutual information of samples by a trained bound (bounds.hpp). The rows are shuffled and split
// into training, validation and test rows (3 : 1 : 1). The critic of the best validation value is
// kept, the estimate is the mean over blocks of test rows, which neither training nor the choice
// has seen, and its standard error that of the mean of the blocks. Columns are standardised first
// (which leaves information as it is, but not `wdm`).
//
// The interval tells the spread over test rows, NOT how far the bound is from the information: a
// lower bound may lie far below it, and on n rows no lower bound of this kind can show much more
// than log n nats (McAllester, Stratos, AISTATS 2020). What `infonce` can show at most is said.
//
// Many problems of one shape are estimated in one vectorised run (models side by side).
// Deterministic for a key on one machine and one number of threads. Cost O(steps batch^2) a model.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "venturi/core/monitor.hpp"
#include "venturi/learn/neural_bound.hpp"
#include "venturi/measure/estimate.hpp"

namespace venturi::learn {

struct NeuralOptions {
  std::string bound = "smile";  // one of bounds(); this and the level are the caller's to set
  double interval = 0.95;
  CriticOptions critic;
  int batch = 128;
  int steps = 3000;
  int patience = 10;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    CriticOptions::fields(self.critic, visit);
    visit("batch", self.batch, "neural methods: rows a step, each against all others as negatives",
          core::between(2, 16384));
    visit("steps", self.steps, "neural methods: steps of training at most",
          core::between(1, 10000000));
    visit("patience", self.patience,
          "neural methods: looks at the validation rows (one every 100 steps) without a better "
          "value before training stops",
          core::at_least(1));
  }
};

// Of paired rows x n*dx, y n*dy. InvalidArgument for shapes, options, an
// unknown name, fewer training rows than a batch has (n < 5/3 batch) or n < 200, a constant column;
// DataError for NaN and infinity. A critic that diverges is named in a warning: the last good one's
// value is kept, and the interval reaches from 0 to infinity.
measure::Estimate neural_information(const core::MatrixView& x, const core::MatrixView& y,
                                     const NeuralOptions& options, core::Key key,
                                     const tensor::Device& device, core::Monitor& monitor);

struct PairedRows {
  core::Matrix x, y;
};
// The same for many problems of one shape in one run.
std::vector<measure::Estimate> neural_informations(std::span<const PairedRows> problems,
                                                   const NeuralOptions& options, core::Key key,
                                                   const tensor::Device& device,
                                                   core::Monitor& monitor);

}  // namespace venturi::learn
