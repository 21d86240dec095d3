// venturi/learn/disentangled_bottleneck.hpp
//
// DisenIB: two encoders of one image, T for the label and S for everything else,
//   max I(T;Y) + I(X;S,Y) - I(S;T):
// without a beta, T is pressed towards the label alone, since the image can be restored from S and
// the label while S tells nothing of T. As losses: cross-entropy of a linear decoder of t; squared
// error of the image restored from (s, y), a mean over pixels; I(S;T) by a critic that learns
// beside; and a wall that keeps means within +-3. t = m_T(x) + N(0, I), s = m_S(x) + N(0, .01 I).
//
// The critic scores pairs of the joint law -1 and pairs of the product of the laws +1 (least
// squares, slopes bounded by spectral normalisation), and the encoders raise the score of the joint
// ones in turns. It sees means with a tenth of T's noise, else what T keeps within a class drowns.
// In the product means stand for the centres of what lies near them (`gather`; in the authors'
// code, not in the paper's algorithm): without it S alone gives way, and T is not compressed at
// all.
//
// Pixels are taken to [-1, 1] as in that code: its FGSM of .1 moves a pixel by a twentieth of its
// range. Beside it a vib of the same network (own scales, KL to N(0, I)). Measured alike for both,
// in nats, on test rows: I(X;T) of their mixture at drawn t (kl_parts_nats), Kolchinsky's bound on
// it, and the authors' figure at the means; all at most log n. Source: Pan, Niu, Zhang, Zhang,
// "Disentangled information bottleneck", AAAI 2021 (arXiv 2012.07372), and the settings of the
// authors' released code, which takes 200,000 steps of 64 rows with 10 draws of the noise each.
#pragma once

#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/learn/perceptron.hpp"

namespace venturi::learn {

struct DisenIbOptions {
  std::vector<std::int64_t> hidden = {1024, 1024};
  std::int64_t size = 16;
  int steps = 20000;
  int vib_steps = 10000;
  int batch = 128;
  double learning_rate = 3e-4;
  int samples = 1;
  double restore = 10;
  double apart = 5;
  double apart_after = 0.5;
  int s_turns = 1;
  double gather = 1;
  double critic_noise = 0.1;
  int critic_steps = 1;
  double critic_rate = 1e-4;
  double wall = 10;
  double vib_beta = 0.01;
  int train_rows = 0;
  int test_rows = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("hidden", self.hidden, "units of the encoders and of what restores the image",
          core::between(1, 65536));
    visit("size", self.size, "dimensions of S and of T", core::between(1, 1024));
    visit("steps", self.steps, "of training", core::between(1, 1e8));
    visit("vib_steps", self.vib_steps, "of the vib beside it; 0: none", core::at_least(0));
    visit("batch", self.batch, "rows a step", core::between(2, 8192));
    visit("learning_rate", self.learning_rate, "of Adam, falling to 0 over a half cosine",
          core::above(0));
    visit("samples", self.samples, "draws of the noise for each row", core::between(1, 1000));
    visit("restore", self.restore, "weight of the restored image", core::at_least(0));
    visit("apart", self.apart, "weight of the critic's score", core::at_least(0));
    visit("apart_after", self.apart_after,
          "part of the steps before that weight counts: classes that are not apart by then are "
          "gathered into one",
          core::between(0, 1));
    visit("s_turns", self.s_turns, "steps in which S gives way for each in which T does",
          core::at_least(0));
    visit("gather", self.gather,
          "mean |difference| of means, over the noise, within which the product of the laws has "
          "their centre; 0: none",
          core::at_least(0));
    visit("critic_noise", self.critic_noise, "on the means that the critic sees",
          core::at_least(0));
    visit("critic_steps", self.critic_steps, "of the critic for each step", core::between(1, 100));
    visit("critic_rate", self.critic_rate, "its learning rate at the start", core::above(0));
    visit("wall", self.wall, "weight of means beyond +-3", core::at_least(0));
    visit("vib_beta", self.vib_beta, "weight of the vib's KL", core::at_least(0));
    visit("train_rows", self.train_rows, "learned from; 0: all", core::at_least(0));
    visit("test_rows", self.test_rows, "tested on; 0: all", core::at_least(0));
  }
};

// Of each of "DisenIB" and "vib", on test rows, features in [0, 1]: accuracy of the mean; "I(X;T)",
// "I(X;T) at most", "I(X;T) at the means" and "I(T;Y) at least" in nats; accuracy of all rows under
// FGSM of .1, .2 and .3 of a range of 2, on the cross-entropy, and on the label's logit alone (as
// the authors' code attacks, which counts only what was right before). Of DisenIB the critic's
// score and the restored images' error too. InvalidArgument for data without classes or without a
// test part; Interrupted.
std::vector<core::Figure> disen_ib_figures(const DisenIbOptions& options,
                                           const data::DataPair& pair, core::Key key,
                                           const tensor::Device& device, core::Monitor& monitor);

}  // namespace venturi::learn
