// venturi/learn/bound_figures.hpp
//
// What is claimed of bounds (bounds.hpp), measured: recipes smile and wdm.
#pragma once

#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/learn/neural_bound.hpp"

namespace venturi::learn {

struct StaircaseOptions {
  CriticOptions critic;
  int columns = 20;
  int batch = 64;
  int steps = 4000;
  int models = 4;
  int images = 10000;
  int image_steps = 2000;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    CriticOptions::fields(self.critic, visit);
    visit("columns", self.columns, "of x and of y", core::between(1, 1000));
    visit("batch", self.batch, "fresh pairs a step", core::between(4, 4096));
    visit("steps", self.steps, "on each stair", core::between(10, 1000000));
    visit("models", self.models, "critics side by side", core::between(1, 1000));
    visit("images", self.images, "images of the consistency tests", core::between(200, 60000));
    visit("image_steps", self.image_steps, "of training in each", core::between(10, 1000000));
  }
};

// Staircase: x and y normal in pairs of columns, 2, 4, 6, 8 and 10 nats, a critic that goes on
// learning from stair to stair. Of each bound B and stair S, over the second half of the stair's
// steps: "B at S nats, mean", "B at S nats, variance" (nats, nats^2; variance over steps, mean over
// the models), and "smile over mine, variance at S nats". Source: Song, Ermon, ICLR 2020,
// section 6.1.
//
// Consistency, on images (rows of pixels in [0, 1], side*side columns): Y_t shows the topmost t
// rows of X and 0 below. Of each bound B, on images held out: "B, rows 0" (nats, truly 0), "B, less
// at more rows" (how often of the steps from 0 to 7, 14, 21, 28 rows the bound falls by more than
// .05 nats), "B, processed over plain" (I([X, X]; [Y_14, Y_11]) / I(X; Y_14), truly 1) and "B, two
// over one" (two independent images together, truly 2). Section 6.2 there.
std::vector<core::Figure> smile_figures(const StaircaseOptions& options,
                                        const core::MatrixF& images, core::Key key,
                                        const tensor::Device& device, core::Monitor& monitor);

struct SymbolOptions {
  CriticOptions critic;
  int symbols = 9;
  int values = 16;
  int columns = 8;
  double noise = 0.3;
  int batch = 64;
  int steps = 5000;
  int models = 3;
  int probe_rows = 4000;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    CriticOptions::fields(self.critic, visit);
    visit("symbols", self.symbols, "independent symbols that x and y share", core::between(1, 100));
    visit("values", self.values, "of each, equally likely", core::between(2, 256));
    visit("columns", self.columns, "that show a symbol", core::between(1, 256));
    visit("noise", self.noise, "deviation in each column of each view", core::at_least(0));
    visit("batch", self.batch, "fresh pairs a step", core::between(4, 4096));
    visit("steps", self.steps, "of training", core::between(10, 1000000));
    visit("models", self.models, "critics side by side", core::between(1, 1000));
    visit("probe_rows", self.probe_rows, "rows that a linear probe learns from, and is held to",
          core::between(100, 100000));
  }
};

// x and y show the same `symbols` symbols through noise of their own, each value of a symbol as a
// point of `columns` columns drawn once. Of B in infonce, wdm: how many of the symbols a linear
// probe (least squares on one-hot values) reads off g(x): "B, mean of symbols" and "B, worst
// symbol", in %, means over the models; "wdm less infonce, worst symbol" in points. Source: Ozair
// et al., NeurIPS 2019, section 5 (claim; their SpatialMNIST shows digits in place of symbols).
std::vector<core::Figure> wdm_figures(const SymbolOptions& options, core::Key key,
                                      const tensor::Device& device, core::Monitor& monitor);

}  // namespace venturi::learn
