#include "venturi/learn/channel.hpp"

#include <array>
#include <cmath>

namespace venturi::learn {
namespace {

using net::Parameters;
using tensor::Tensor;

// z = e: no throat, for the network that the others are held against.
class NoChannel : public Channel {
 public:
  explicit NoChannel(std::int64_t size) : size_(size) {}
  std::int64_t inputs() const override { return size_; }
  Signal transmit(const Parameters&, const Tensor& e, const Throat&,
                  torch::Generator&) const override {
    return {e, torch::zeros({e.size(0)}, e.options())};
  }

 private:
  std::int64_t size_;
};

// z ~ N(mu, diag s^2), s = softplus(rho - 5); rate KL(q(z|x) || p(z)).
// Alemi, Fischer, Dillon, Murphy, "Deep variational information bottleneck", ICLR 2017, eq. 17; the
// shift of 5 as in their released demo.
class GaussianChannel : public Channel {
 public:
  GaussianChannel(const ChannelOptions& options, Parameters& parameters)
      : size_(options.size), learned_(options.prior == "learned") {
    if (!learned_) return;
    prior_mean_ = parameters.add("channel.prior_mean", {size_}, {});
    prior_log_scale_ = parameters.add("channel.prior_log_scale", {size_}, {});
  }
  std::int64_t inputs() const override { return 2 * size_; }
  Signal transmit(const Parameters& parameters, const Tensor& e, const Throat& throat,
                  torch::Generator& generator) const override {
    constexpr double kShift = 5;
    const Tensor mean = e.narrow(1, 0, size_);
    const Tensor scale = torch::softplus(e.narrow(1, size_, size_) - kShift) + 1e-10;
    const Tensor zero = learned_ ? Tensor() : torch::zeros({size_}, e.options());
    const Tensor rate =
        gaussian_kl_nats(mean, scale.log(), learned_ ? parameters[prior_mean_] : zero,
                         learned_ ? parameters[prior_log_scale_] : zero);
    if (throat.mode == Throat::Mode::kHard) return {mean, rate};
    const Tensor noise = torch::empty_like(mean).normal_(0, 1, generator);
    return {mean + scale * noise, rate};
  }

 private:
  std::int64_t size_;
  bool learned_;
  std::size_t prior_mean_ = 0;
  std::size_t prior_log_scale_ = 0;
};

// z = round(e) at use; s_a(e) + U(-1/2, 1/2) in training, where s_a rounds softly,
//   s_a(e) = m + tanh(a (e - m)) / (2 tanh(a / 2)),  m = floor(e) + 1/2,
// the more sharply the larger a; rate -log P(z) under the learned density. Noise alone teaches the
// encoder to leave clusters between integers, which rounding then splits; s_a draws them to
// integers. Sources: Balle et al., ICLR 2018 (noise); Agustsson, Theis, NeurIPS 2020, section 4.1
// (s_a).
class QuantizedChannel : public Channel {
 public:
  QuantizedChannel(const ChannelOptions& options, Parameters& parameters)
      : density_("channel", options.size, options.components, parameters) {}
  std::int64_t inputs() const override { return density_.dimensions(); }
  Signal transmit(const Parameters& parameters, const Tensor& e, const Throat& throat,
                  torch::Generator& generator) const override {
    const Tensor soft = soft_round(e, throat.sharpness);
    const Tensor z = throat.mode == Throat::Mode::kHard
                         ? soft + (e.detach().round() - soft.detach())
                         : soft + torch::empty_like(e).uniform_(-0.5, 0.5, generator);
    return {z, -density_.log_mass(parameters, z).sum(1)};
  }
  const LogisticMixture* density() const override { return &density_; }

 private:
  static Tensor soft_round(const Tensor& e, double sharpness) {
    constexpr double kIdentity = 0.1;  // below this s_a is the identity to within 1e-4
    if (sharpness < kIdentity) return e;
    const Tensor middle = e.detach().floor() + 0.5;
    return middle + torch::tanh(sharpness * (e - middle)) / (2 * std::tanh(sharpness / 2));
  }

  LogisticMixture density_;
};

constexpr std::array kChannels = {
    core::Member<ChannelMaker>{
        "none", "no throat: the network that the others are held against", "own", "O(n d)",
        [](const ChannelOptions& o, Parameters&) -> std::unique_ptr<Channel> {
          return std::make_unique<NoChannel>(o.size);
        }},
    core::Member<ChannelMaker>{
        "gaussian", "z ~ N(mu, s^2), rate = KL to a fixed or learned Gaussian prior",
        "Alemi et al., ICLR 2017", "O(n d)",
        [](const ChannelOptions& o, Parameters& p) -> std::unique_ptr<Channel> {
          return std::make_unique<GaussianChannel>(o, p);
        }},
    core::Member<ChannelMaker>{
        "quantized", "z = integers, rate = the length that the entropy coder pays",
        "Balle et al., ICLR 2018", "O(n d k), k logistics a dimension",
        [](const ChannelOptions& o, Parameters& p) -> std::unique_ptr<Channel> {
          return std::make_unique<QuantizedChannel>(o, p);
        }}};

}  // namespace

std::span<const core::Member<ChannelMaker>> channels() { return kChannels; }

std::unique_ptr<Channel> make_channel(const ChannelOptions& options, Parameters& parameters) {
  core::check_options(options, "learn.make_channel");
  return core::find_member(channels(), options.kind, "learn.make_channel")
      .make(options, parameters);
}

Tensor gaussian_kl_nats(const Tensor& mean, const Tensor& log_scale, const Tensor& prior_mean,
                        const Tensor& prior_log_scale) {
  const Tensor ratio = log_scale - prior_log_scale;
  const Tensor shift = (mean - prior_mean) * torch::exp(-prior_log_scale);
  return (0.5 * (torch::exp(2 * ratio) + shift.square() - 1) - ratio).sum(-1);
}

}  // namespace venturi::learn
