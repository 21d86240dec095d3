// venturi/learn/hedged_embedding.hpp
//
// Embeddings that say how sure they are: an image is z ~ N(m(x), diag s(x)^2), and two images show
// the same thing with probability
//   p(match | x1, x2) = mean over K*K pairs of draws of sigmoid(-a |z1 - z2| + b),   a > 0 learned.
// Training lowers -log p of matching and of other pairs + beta [KL(z1) + KL(z2)] to N(0, I). A
// point embedding is the same without noise and KL. Uncertainty of one image: 1 - p(match | x, x).
// Data: pairs of MNIST digits side by side (100 classes), each digit hidden under a black square
// with probability 1/2 in training. Source: Oh, Murphy, Pan, Roth, Schroff, Gallagher, "Modeling
// uncertainty with hedged instance embedding", ICLR 2019 (arXiv 1810.00319); its data are N-digit
// MNIST.
#pragma once

#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/learn/perceptron.hpp"

namespace venturi::learn {

struct HedgedOptions {
  std::vector<std::int64_t> channels = {16, 32};
  std::int64_t dense = 128;
  std::int64_t size = 3;
  int draws = 8;
  double beta = 1e-4;
  int steps = 10000;
  int batch = 128;
  double learning_rate = 1e-3;
  int probes = 2000;
  int seeds = 3;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("channels", self.channels, "of the convolutions", core::between(1, 4096));
    visit("dense", self.dense, "units of the dense layer", core::between(1, 65536));
    visit("size", self.size, "dimensions of z", core::between(1, 1024));
    visit("draws", self.draws, "of each z", core::between(1, 64));
    visit("beta", self.beta, "weight of the KL", core::at_least(0));
    visit("steps", self.steps, "of training", core::between(1, 1e8));
    visit("batch", self.batch, "pairs a step", core::between(2, 8192));
    visit("learning_rate", self.learning_rate, "of Adam, falling to 0 over a half cosine",
          core::above(0));
    visit("probes", self.probes, "test images looked up among as many clean ones, and test pairs",
          core::between(100, 100000));
    visit("seeds", self.seeds, "trainings of each", core::between(1, 1000));
  }
};

// sigmoid(-a d + b) averaged over pairs of draws. z1, z2: draws*n*size; n probabilities.
// log_a, b: scalars.
tensor::Tensor match_probability(const tensor::Tensor& z1, const tensor::Tensor& z2,
                                 const tensor::Tensor& log_a, const tensor::Tensor& b);

// Mean precision over the ranks of the matches (sorted by falling score, ties in their order).
double average_precision(const std::vector<double>& scores, const std::vector<bool>& matches);

// Means over seeds of "hedged" and "point", on clean and on occluded test images: average precision
// of pairs, half of them matches; part of probes whose nearest image (greatest probability) among
// clean ones is of the same class. Of hedged: mean uncertainty, clean and occluded, and the AUROC
// of the uncertainty of a probe, half of them occluded, for a wrong nearest image (1/2: says
// nothing). InvalidArgument for data that are no 28*28 digits; Interrupted.
std::vector<core::Figure> hedged_figures(const HedgedOptions& options, const data::DataPair& digits,
                                         core::Key key, const tensor::Device& device,
                                         core::Monitor& monitor);

}  // namespace venturi::learn
