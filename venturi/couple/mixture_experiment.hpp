// venturi/couple/mixture_experiment.hpp
//
// A world with a known answer for data_mixture.hpp: the validation law is a mixture of regions,
// each source covers some of them with some label noise, and "performance" is the measured accuracy
// of a k-nearest-neighbour classifier trained on a drawn mixture. Figures for the claim that the
// transport distance predicts unseen mixtures and sizes, and that the selected mixture is near the
// best of all.
#pragma once

#include "venturi/couple/data_mixture.hpp"

namespace venturi::couple {

struct MixtureExperimentOptions {
  int pilot = 150;
  int small_size = 80;
  int large_size = 160;
  int target_size = 240;
  int mixtures = 24;
  int repeats = 12;
  int grid = 10;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("pilot", self.pilot, "points of each source that are seen", core::between(10, 2000));
    visit("small_size", self.small_size, "training points of the first fit", core::at_least(10));
    visit("large_size", self.large_size, "training points of the second fit", core::at_least(10));
    visit("target_size", self.target_size, "training points of the forecast", core::at_least(10));
    visit("mixtures", self.mixtures, "random mixtures fitted, and as many forecast",
          core::between(8, 1000));
    visit("repeats", self.repeats, "trainings averaged for each measured accuracy",
          core::at_least(1));
    visit("grid", self.grid, "parts of each weight in the exhaustive search", core::between(2, 50));
  }
};

struct MixtureFigures {
  double correlation_same_size = 0;  // predicted and measured, unseen mixtures at large_size
  double correlation_target = 0;     // unseen mixtures at target_size
  double error_target = 0;           // mean absolute, accuracy
  double spread_target = 0;  // mean absolute deviation of the measured ones: the naive error
  Vector selected;
  double selected_accuracy = 0;
  double best_accuracy = 0;  // of all mixtures of the grid, measured
  double even_accuracy = 0;  // of even weights
};

MixtureFigures mixture_experiment(core::Key key, const MixtureExperimentOptions& options = {});

}  // namespace venturi::couple
