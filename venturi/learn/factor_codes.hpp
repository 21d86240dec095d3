// venturi/learn/factor_codes.hpp
//
// Autoencoders of drawn images whose factors are known, by four objectives on one network, and how
// well single latents stand for single factors (measure/disentanglement.hpp). Images: a soft square
// on 12*12 pixels, place along (8) and down (8), side (3), brightness (3): all 576 of them. Encoder
// and decoder are perceptrons; pixels are Bernoulli, nats summed over pixels.
//   vae      -log p(x|z) + beta KL(q(z|x) || N(0, I))
//   tcvae    -log p(x|z) + information + beta total correlation + dimensions, the three parts of
//            that KL (kl_parts of mixture_terms.hpp)
//   infovae  -log p(x|z) + lambda MMD^2(q(z), N(0, I)): InfoVAE with alpha = 1
//   qlae     each z_c goes to the nearest of `values` learned scalars of its own, gradients passing
//            straight through; squared distances pull both together; weights decay by `decay`
// Sources: Higgins et al., ICLR 2017 (vae with beta); Chen, Li, Grosse, Duvenaud, NeurIPS 2018;
// Zhao, Song, Ermon, AAAI 2019; Hsu, Dorrell, Whittington, Wu, Finn, NeurIPS 2023.
#pragma once

#include <string>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/learn/perceptron.hpp"

namespace venturi::learn {

struct FactorOptions {
  std::vector<std::int64_t> hidden = {256, 256};
  std::int64_t size = 6;
  std::int64_t values = 8;
  int steps = 5000;
  int batch = 128;
  double learning_rate = 1e-3;
  std::vector<double> betas = {1, 3, 6};
  double lambda = 500;
  double decay = 0.1;
  int seeds = 3;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("hidden", self.hidden, "units of encoder and decoder", core::between(1, 65536));
    visit("size", self.size, "latents", core::between(2, 64));
    visit("values", self.values, "scalars of each latent (qlae)", core::between(2, 256));
    visit("steps", self.steps, "of training", core::between(1, 1e8));
    visit("batch", self.batch, "images a step", core::between(2, 576));
    visit("learning_rate", self.learning_rate, "of Adam, falling to 0 over a half cosine",
          core::above(0));
    visit("betas", self.betas, "of vae and tcvae, rising", core::at_least(0));
    visit("lambda", self.lambda, "weight of the MMD (infovae)", core::at_least(0));
    visit("decay", self.decay, "of weights (qlae)", core::at_least(0));
    visit("seeds", self.seeds, "trainings of each", core::between(1, 1000));
  }
};

// All 576 images (n*144, in [0, 1]) and their factors (n*4, whole numbers).
struct FactorImages {
  tensor::Tensor x;
  core::Matrix factors;
};
FactorImages factor_images();

// z (n*size) to the nearest of each column's values (size*values), with the gradient of z itself.
tensor::Tensor latent_quantized(const tensor::Tensor& z, const tensor::Tensor& values);

// Logits of pixels x (n*pixels), each from z and the pixels before it alone: one hidden layer whose
// units see the first pixels only, as many as their own degree, and reach later pixels only.
// Source: Germain, Gregor, Murray, Larochelle, "MADE", ICML 2015.
class MaskedDecoder {
 public:
  MaskedDecoder(std::int64_t size, std::int64_t units, std::int64_t pixels, core::Key key,
                const tensor::Device& device);
  tensor::Tensor forward(const tensor::Tensor& z, const tensor::Tensor& x) const;
  void step(double learning_rate) { adam_->step(learning_rate); }

 private:
  net::Parameters parameters_;
  std::size_t in_, in_bias_, code_, out_, out_bias_, code_out_;
  tensor::Tensor in_mask_, out_mask_;
  std::unique_ptr<Adam> adam_;
};

// Recipe beta-tcvae-mig: the metric on planted codes (measure/figures) is beside it. tcvae at each
// beta, means over seeds: total correlation and MIG; largest rise of the correlation from one beta
// to the next; "parts less the KL" of one draw, largest.
std::vector<core::Figure> tcvae_figures(const FactorOptions& options, core::Key key,
                                        const tensor::Device& device, core::Monitor& monitor);
// Recipe infovae: an autoregressive decoder (MaskedDecoder) and a plain one, each trained by the
// vae's bound and by infovae: I(X;Z) of all images (at most log 576 = 6.36 nats), MMD^2 of z from
// N(0, I), nats lost.
std::vector<core::Figure> infovae_figures(const FactorOptions& options, core::Key key,
                                          const tensor::Device& device, core::Monitor& monitor);
// Recipe qlae-infomec: InfoM, InfoE, InfoC and nats lost of vae at the first beta and at the last,
// tcvae at the last, and qlae; and qlae's less the best of the others.
std::vector<core::Figure> qlae_figures(const FactorOptions& options, core::Key key,
                                       const tensor::Device& device, core::Monitor& monitor);

}  // namespace venturi::learn
