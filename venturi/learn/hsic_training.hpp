// venturi/learn/hsic_training.hpp
//
// A network trained without backpropagation: each layer alone lowers
//   nHSIC(Z_l, X) - beta nHSIC(Z_l, Y),   nHSIC(A, B) = tr(K~ L~) (nocco of kernel_terms.hpp),
// its input taken as given. Kernels k(u, v) = exp(-|u - v|^2 / (2 width^2 d)), d the columns; Y
// one-hot. Then the class is read off the last hidden layer in two ways:
//   solved     a last layer with one unit a class was trained by the same rule; which unit stands
//   for
//              which class is the best of all matchings on the training rows
//   formatted  a linear layer is trained by cross-entropy on the fixed activations
// Cost a step: O(layers n^3) for the inverses and the layers' products. Source: Ma, Lewis, Kleijn,
// "The HSIC bottleneck: deep learning without back-propagation", AAAI 2020 (arXiv 1908.01580).
#pragma once

#include <span>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/learn/perceptron.hpp"

namespace venturi::learn {

struct HsicOptions {
  std::vector<std::int64_t> hidden = {256, 256, 256, 256, 256};
  double beta = 50;
  double width = 5;
  int epochs = 5;
  int batch = 256;
  double learning_rate = 1e-3;
  int format_epochs = 5;
  int train_rows = 0;
  int test_rows = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("hidden", self.hidden, "units of each hidden layer", core::between(1, 65536));
    visit("beta", self.beta, "weight of the labels", core::at_least(0));
    visit("width", self.width, "of the kernels, by the root of twice the columns", core::above(0));
    visit("epochs", self.epochs, "of the layers", core::between(1, 10000));
    visit("batch", self.batch, "rows a step", core::between(2, 8192));
    visit("learning_rate", self.learning_rate, "of Adam", core::above(0));
    visit("format_epochs", self.format_epochs, "of the linear layer on top",
          core::between(1, 10000));
    visit("train_rows", self.train_rows, "learned from; 0: all", core::at_least(0));
    visit("test_rows", self.test_rows, "tested on; 0: all", core::at_least(0));
  }
};

// Layers that learn alone, each with ReLU: in the last it breaks the symmetry of the kernel under
// rotations, so that classes come to lie along single units.
class LayerwiseNetwork {
 public:
  LayerwiseNetwork(std::int64_t inputs, std::vector<std::int64_t> widths, core::Key key,
                   const tensor::Device& device);
  // The activations of every layer; no gradient passes from one to the next.
  std::vector<tensor::Tensor> activations(const tensor::Tensor& x) const;
  net::Parameters& parameters() { return parameters_; }

 private:
  net::Parameters parameters_;
  std::vector<net::Network> layers_;
};

// Each layer's loss of a batch (layers); onehot n*classes; n >= 2.
tensor::Tensor layer_losses(std::span<const tensor::Tensor> activations, const tensor::Tensor& x,
                            const tensor::Tensor& onehot, double beta, double width);

// Percent right on test rows, solved and formatted, and formatted on layers as they started
// ("untrained"); the dependence of layers on labels, first and last loss. InvalidArgument for data
// without classes or without a test part; Interrupted.
std::vector<core::Figure> hsic_bottleneck_figures(const HsicOptions& options,
                                                  const data::DataPair& pair, core::Key key,
                                                  const tensor::Device& device,
                                                  core::Monitor& monitor);

}  // namespace venturi::learn
