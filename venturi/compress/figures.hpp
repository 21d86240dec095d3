// venturi/compress/figures.hpp
//
// What the recipes of this room claim, measured on a trained network and two sets of its inputs:
// one to calibrate and choose on, one (with labels) that nothing is chosen on.
#pragma once

#include <string>
#include <vector>

#include "venturi/compress/compress.hpp"
#include "venturi/core/figure.hpp"
#include "venturi/core/options.hpp"

namespace venturi::compress {

// One network held against the trained one on a test set.
struct Held {
  double divergence_bits = 0, agreement = 0, accuracy = 0;
};

// Labelled inputs, and what the trained network says of them.
class TestSet {
 public:
  // labels: n, int64. Networks run on `device`.
  TestSet(const Subject& subject, tensor::Tensor inputs, tensor::Tensor labels,
          const tensor::Device& device = torch::kCPU);
  Held hold(const net::Model& model) const;
  const tensor::Tensor& trained() const { return trained_; }  // n*k
  tensor::Tensor outputs_of(const net::Model& model) const;   // n*k

 private:
  tensor::Tensor inputs_, labels_, trained_;
  tensor::Device device_;
};

struct ComparisonOptions {
  std::vector<double> sizes = {4, 3, 2.5, 2};  // bits a parameter on the disk, falling
  int recover_epochs = 1;                      // of the allocator's smallest
  int allocations = 200;                       // random, that predictions are held against
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("sizes", self.sizes, "bits a parameter on the disk, falling", core::between(0.1, 32));
    visit("recover_epochs", self.recover_epochs, "of training at the smallest size, after rounding",
          core::between(0, 1000));
    visit("allocations", self.allocations, "random ones, that predictions are held against",
          core::between(2, 100000));
  }
};

// At each size: rtn and gptq with levels packed as tools do ("packed") and under the room's coder,
// gptq with one grid a matrix, squeezellm, edkm and higgs under the coder (of gptq also the next
// larger file, which is above the size), and the allocator ("joint", the file written and read
// back). Scales are searched on the weights. Beside them: joint over GPTQ's; joint after training
// on `training` (n samples as the network takes them); how far files are from what the allocator
// counted; how predictions of random allocations correlate with what is measured on the test set,
// beside what the noise of so many images leaves to any prediction.
std::vector<core::Figure> budget_figures(const Subject& subject, const TestSet& test,
                                         const tensor::Tensor& training,
                                         const ComparisonOptions& options, core::Key key,
                                         const tensor::Device& device, core::Monitor& monitor);

// The file at float32's size by each of `times`, as written, before and after `epochs` of training:
// points of accuracy lost, and how many times smaller it is.
std::vector<core::Figure> squeeze_figures(const Subject& subject, const TestSet& test,
                                          const tensor::Tensor& training,
                                          const std::vector<double>& times, int epochs,
                                          core::Key key, const tensor::Device& device,
                                          core::Monitor& monitor);

// Each: what a recipe of this name claims.
std::vector<core::Figure> gptq_figures(const Subject& subject, const TestSet& test);
std::vector<core::Figure> squeezellm_figures(const Subject& subject, const TestSet& test);
std::vector<core::Figure> edkm_figures(const Subject& subject, const TestSet& test);
std::vector<core::Figure> higgs_figures(const Subject& subject, core::Key key, bool quick);
std::vector<core::Figure> augmented_hessian_figures(const Subject& subject, core::Key key,
                                                    bool quick);

}  // namespace venturi::compress
