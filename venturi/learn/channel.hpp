// venturi/learn/channel.hpp
//
// The throat of a model: what of the encoder's output passes, and how many nats it takes. A channel
// maps encoder outputs e (n*inputs) to a signal z (n*size) and a rate per sample. With copies of a
// model (net::Parameters) every tensor has their axis first.
//   none           z = e
//   gaussian       z ~ N(mu, diag s^2), both of e; rate KL to the prior
//   gaussian-full  z ~ N(mu, L L'), L lower triangular, both of e; rate KL to the prior
//   additive       z = e + N(0, s^2), one learned s; rate KL to the prior
//   quantized      z = integers; rate the length that the coder pays
//   nested         z = the first k channels of e, P(k) ~ exp(-(k/kept)^2), the rest 0; at use all
//   dropout        z = e, each channel dropped with probability `drop`; at use all
// Priors: standard N(0, I); learned mean and scales; hierarchical: the first half of z under
// N(0, I), the rest under N(W z_first + b, diag s^2), all learned.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "venturi/core/members.hpp"
#include "venturi/core/options.hpp"
#include "venturi/learn/logistic_mixture.hpp"

namespace venturi::learn {

struct ChannelOptions {
  std::string kind = "quantized";
  std::int64_t size = 8;
  std::string prior = "learned";
  std::int64_t components = 8;
  double kept = 10;
  double drop = 0.3;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("channel", self.kind, "what carries the bits",
          core::one_of(
              {"none", "gaussian", "gaussian-full", "additive", "quantized", "nested", "dropout"}));
    visit("size", self.size, "dimensions of z", core::between(1, 4096));
    visit("prior", self.prior,
          "marginal of a channel with Gaussian noise: fixed N(0, 1); its mean and scale learned; "
          "or the second half of z given the first",
          core::one_of({"standard", "learned", "hierarchical"}));
    visit("components", self.components,
          "logistics per dimension in the density of a quantized "
          "channel",
          core::between(1, 64));
    visit("kept", self.kept, "width of the law of the channels that `nested` keeps",
          core::above(0));
    visit("drop", self.drop, "part of the channels that `dropout` drops", core::between(0, 0.99));
  }
};

// How a signal is made.
struct Throat {
  enum class Mode {
    kNoisy,  // training: a sample (Gaussian noise, masks), soft rounding and noise (quantized)
    kHard,   // use: the mean, rounded (quantized), all channels (nested, dropout)
  };
  Mode mode = Mode::kHard;
  // Quantized: how sharp the soft rounding is whose slope the gradients take; 0: none (identity).
  double sharpness = 0;
};

struct Signal {
  tensor::Tensor z;          // n*size
  tensor::Tensor rate_nats;  // n; zero for a channel without a rate
  // Of diagonal Gaussian noise around `mean` (n*size): n*size, or 1*size where all samples have the
  // same; undefined for the other channels.
  tensor::Tensor mean, log_scale;
};

class Channel {
 public:
  virtual ~Channel() = default;
  // Elements of e that make one sample's z.
  virtual std::int64_t inputs() const = 0;
  virtual Signal transmit(const net::Parameters& parameters, const tensor::Tensor& e,
                          const Throat& throat, torch::Generator& generator) const = 0;
  // The density of the integers that this channel sends, or null if it sends none.
  virtual const LogisticMixture* density() const { return nullptr; }
};

using ChannelMaker = std::unique_ptr<Channel> (*)(const ChannelOptions&, net::Parameters&);

// The members that `venturi list` shows.
std::span<const core::Member<ChannelMaker>> channels();
std::unique_ptr<Channel> make_channel(const ChannelOptions& options, net::Parameters& parameters);

// KL(N(mean, diag(exp(2 log_scale))) || N(prior_mean, diag(exp(2 prior_log_scale)))) summed over
// the last dimension, in nats; closed form.
tensor::Tensor gaussian_kl_nats(const tensor::Tensor& mean, const tensor::Tensor& log_scale,
                                const tensor::Tensor& prior_mean,
                                const tensor::Tensor& prior_log_scale);

}  // namespace venturi::learn
