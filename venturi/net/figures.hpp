// venturi/net/figures.hpp
//
// What the recipes mobilenet-v2 and ghostnetv2 hold: two networks of the same cost that differ in
// one thing are trained from several keys and compared on test data; and the exact claims beside.
#pragma once

#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/data/dataset.hpp"
#include "venturi/net/fit.hpp"

namespace venturi::net {

struct ComparisonOptions {
  int seeds = 5;
  int train_rows = 0;  // samples trained on, tested on; 0: all
  int test_rows = 0;
  double width = 0.25;
  bool small_images = true;
  FitOptions fit;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("seeds", self.seeds, "trainings of each network", core::between(2, 1000));
    visit("train_rows", self.train_rows, "samples trained on; 0: all", core::at_least(0));
    visit("test_rows", self.test_rows, "samples tested on; 0: all", core::at_least(0));
    visit("width", self.width, "channels, by those of the paper", core::between(0.05, 8));
    visit("small_images", self.small_images, "less halving, for 28 or 32 pixels");
    FitOptions::fields(self.fit, visit);
  }
};

// Linear bottlenecks against ReLU6 after the narrow convolutions too: mean accuracies, their gain
// in points and in standard errors of its mean over the seeds, and the largest difference between
// counted multiply-adds and the formula over all blocks of stride 1. Errors as of fit().
std::vector<core::Figure> mobilenet_figures(const ComparisonOptions& options,
                                            const data::DataPair& pair, core::Key key,
                                            const tensor::Device& device, core::Monitor& monitor);

// Decoupled attention against plain ghost modules, these so much wider that they take as many
// multiply-adds (the width out of steps of 1/200 that comes closest): accuracies and gain as above,
// the ratio of multiply-adds, and the largest difference of the attention's two convolutions from
// one dense 5*5, by the largest value.
std::vector<core::Figure> ghostnet_figures(const ComparisonOptions& options,
                                           const data::DataPair& pair, core::Key key,
                                           const tensor::Device& device, core::Monitor& monitor);

}  // namespace venturi::net
