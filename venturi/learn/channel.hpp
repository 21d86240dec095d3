// venturi/learn/channel.hpp
//
// The throat of a model: what of the encoder's output passes, and how many nats it takes. A channel
// maps encoder outputs e (n*inputs) to a signal z (n*size) and a rate per sample.
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

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("channel", self.kind, "what carries the bits",
          core::one_of({"none", "gaussian", "quantized"}));
    visit("size", self.size, "dimensions of z", core::between(1, 4096));
    visit("prior", self.prior,
          "marginal of a gaussian channel: fixed N(0, 1), or its mean and "
          "scale learned",
          core::one_of({"standard", "learned"}));
    visit("components", self.components,
          "logistics per dimension in the density of a quantized "
          "channel",
          core::between(1, 64));
  }
};

// How a signal is made.
struct Throat {
  enum class Mode {
    kNoisy,  // training: a sample (gaussian), soft rounding and uniform noise (quantized)
    kHard,   // use: the mean (gaussian), rounded (quantized)
  };
  Mode mode = Mode::kHard;
  // Quantized: how sharp the soft rounding is whose slope the gradients take; 0: none (identity).
  double sharpness = 0;
};

struct Signal {
  tensor::Tensor z;          // n*size
  tensor::Tensor rate_nats;  // n; zero for a channel without a rate
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

// none, gaussian, quantized: the members that `venturi list` shows.
std::span<const core::Member<ChannelMaker>> channels();
std::unique_ptr<Channel> make_channel(const ChannelOptions& options, net::Parameters& parameters);

// KL(N(mean, diag(exp(2 log_scale))) || N(prior_mean, diag(exp(2 prior_log_scale)))) summed over
// the last dimension, in nats; closed form.
tensor::Tensor gaussian_kl_nats(const tensor::Tensor& mean, const tensor::Tensor& log_scale,
                                const tensor::Tensor& prior_mean,
                                const tensor::Tensor& prior_log_scale);

}  // namespace venturi::learn
