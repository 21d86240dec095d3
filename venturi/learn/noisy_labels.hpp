// venturi/learn/noisy_labels.hpp
//
// Training under wrong labels with compressed features. The network's last features h (n*C) are cut
// before the linear layer: nested keeps the first k channels, P(k) ~ exp(-(k/kept)^2); dropout
// drops each with probability `drop`. At use dropout keeps all; nested keeps the k with the best
// accuracy on validation rows whose labels are as wrong as those of training. Co-teaching then goes
// on from two such networks: each takes the part 1 - rate of a batch with the least loss and hands
// it to the other, batch normalisation held as it is. Network: 3*3 convolution, three residual
// blocks (two 3*3 convolutions with batch normalisation each; the second and third halve the image
// and double the channels; 1*1 shortcuts), mean over the image. Stochastic gradients with
// Nesterov's momentum .9, weight decay 5e-4, rate along half a cosine. Test labels are right. Cost:
// epochs * rows passes. Sources: Chen, Shen, Hu, Suykens, "Compressing features for learning with
// noisy labels", TNNLS 2022; Han et al., "Co-teaching", NeurIPS 2018; Rippel, Gelbart, Adams, ICML
// 2014 (nested dropout).
#pragma once

#include <string>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/data/dataset.hpp"
#include "venturi/tensor/tensor.hpp"

namespace venturi::learn {

struct NoisyLabelOptions {
  std::string kind = "symmetric";
  std::vector<double> rates = {0.2, 0.5, 0.8};
  std::int64_t channels = 32;
  int epochs = 12;
  int together_epochs = 5;
  int batch = 256;
  double learning_rate = 0.1;
  double together_rate = 0.001;
  double kept = 10;
  double drop = 0.3;
  int seeds = 3;
  int train_rows = 0;
  int test_rows = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("kind", self.kind, "of the wrong labels, label_noise.hpp",
          core::one_of({"symmetric", "asymmetric"}));
    visit("rates", self.rates, "parts of the labels that are turned over", core::between(0, 1));
    visit("channels", self.channels, "of the first convolution", core::between(1, 1024));
    visit("epochs", self.epochs, "of each network", core::between(1, 10000));
    visit("together_epochs", self.together_epochs, "of co-teaching", core::between(1, 10000));
    visit("batch", self.batch, "images a step", core::between(2, 8192));
    visit("learning_rate", self.learning_rate, "of the first step", core::above(0));
    visit("together_rate", self.together_rate, "of the first step of co-teaching", core::above(0));
    visit("kept", self.kept, "width of the law of nested's channels", core::above(0));
    visit("drop", self.drop, "part of the channels that dropout drops", core::between(0, 0.99));
    visit("seeds", self.seeds, "trainings of each", core::between(1, 1000));
    visit("train_rows", self.train_rows, "images trained on; 0: all", core::at_least(0));
    visit("test_rows", self.test_rows, "images tested on; 0: all", core::at_least(0));
  }
};

// Rows of the k = n - floor(rate n) least losses (n).
tensor::Tensor least_losses(const tensor::Tensor& losses, double rate);

// For each rate, test accuracies (mean and deviation over seeds) of plain cross-entropy ("ce"),
// "dropout", "nested", "dropout + co-teaching" and "nested + co-teaching", the k that nested kept;
// and "rate ...: nested + co-teaching less ce" and "least step of the order" (ce < better of
// dropout and nested < nested + co-teaching) in points. InvalidArgument for data that are no images
// with labels and a test part; DataError where a loss is not finite; Interrupted.
std::vector<core::Figure> noisy_label_figures(const NoisyLabelOptions& options,
                                              const data::DataPair& pair, core::Key key,
                                              const tensor::Device& device, core::Monitor& monitor);

}  // namespace venturi::learn
