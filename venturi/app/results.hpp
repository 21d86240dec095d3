// venturi/app/results.hpp
//
// Results of an experiment as a table, plots and JSON, shared by `train`, `demo` and `reproduce`.
#pragma once

#include <vector>

#include "venturi/app/command.hpp"
#include "venturi/learn/experiment.hpp"
#include "venturi/report/plot.hpp"

namespace venturi::app {

// A way to send the inputs themselves, classified by the reference network.
struct Rival {
  std::string name;  // "JPEG, quality 10, 100 x 100 images in one file"
  double bits = 0;   // per sample, everything in the file counted
  double accuracy = 0;
};

// beta | bits (model) | bits (on disk) | I(Z;Y) >= | accuracy or rmse from the file | without
core::Table experiment_table(const learn::Experiment& experiment);

// "tables", "plots" (rate against what is lost, information plane, training curves) and figures.
core::Json experiment_results(const learn::Experiment& experiment,
                              const std::vector<Rival>& rivals = {});

// The layers' way through the information plane, one plane (points of the same edges) a moment of
// this name.
report::Plot moving_plane(std::string title,
                          const std::vector<std::vector<net::PlanePoint>>& planes,
                          std::vector<std::string> names);

report::Plot rate_plot(const learn::Experiment& experiment, const std::vector<Rival>& rivals);

}  // namespace venturi::app
