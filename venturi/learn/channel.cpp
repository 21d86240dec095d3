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
    std::vector<std::int64_t> shape = e.sizes().vec();
    shape.pop_back();
    return {e, torch::zeros(shape, e.options()), {}, {}};
  }

 private:
  std::int64_t size_;
};

// p(z) of the channels with Gaussian noise.
class Prior {
 public:
  Prior(const ChannelOptions& options, Parameters& parameters)
      : kind_(options.prior), size_(options.size) {
    if (kind_ == "standard") return;
    const bool hierarchical = kind_ == "hierarchical";
    const std::int64_t given = hierarchical ? size_ / 2 : 0;
    if (hierarchical && size_ < 2) {
      core::fail_argument("learn.make_channel", "a hierarchical prior needs size >= 2, got {}",
                          size_);
    }
    mean_ = parameters.add("channel.prior_mean", {size_ - given}, {});
    log_scale_ = parameters.add("channel.prior_log_scale", {size_ - given}, {});
    if (hierarchical) weight_ = parameters.add("channel.prior_weight", {size_ - given, given}, {});
  }

  // KL of N(mean, diag exp(2 log_scale)), z drawn from it.
  Tensor kl_nats(const Parameters& parameters, const Tensor& z, const Tensor& mean,
                 const Tensor& log_scale) const {
    if (kind_ != "hierarchical") {
      return gaussian_kl_nats(mean, log_scale, mean_of(parameters, mean),
                              log_scale_of(parameters, mean));
    }
    const std::int64_t given = size_ / 2;
    const auto first = [&](const Tensor& t) { return t.narrow(-1, 0, given); };
    const auto second = [&](const Tensor& t) { return t.narrow(-1, given, size_ - given); };
    const Tensor zero = torch::zeros({given}, mean.options());
    const Tensor conditional =
        torch::matmul(first(z), parameters[weight_].transpose(-1, -2)) + parameters[mean_];
    return gaussian_kl_nats(first(mean), first(log_scale), zero, zero) +
           gaussian_kl_nats(second(mean), second(log_scale), conditional, parameters[log_scale_]);
  }
  bool hierarchical() const { return kind_ == "hierarchical"; }
  Tensor mean_of(const Parameters& parameters, const Tensor& like) const {
    return kind_ == "learned" ? parameters[mean_] : torch::zeros({size_}, like.options());
  }
  Tensor log_scale_of(const Parameters& parameters, const Tensor& like) const {
    return kind_ == "learned" ? parameters[log_scale_] : torch::zeros({size_}, like.options());
  }

 private:
  std::string kind_;
  std::int64_t size_;
  std::size_t mean_ = 0, log_scale_ = 0, weight_ = 0;
};

// The shift of Alemi et al.'s released demo: s = softplus(rho - 5).
Tensor scale_of(const Tensor& rho) {
  constexpr double kShift = 5;
  return torch::softplus(rho - kShift) + 1e-10;
}

Tensor normal_like(const Tensor& mean, torch::Generator& generator) {
  return torch::empty_like(mean).normal_(0, 1, generator);
}

// Alemi, Fischer, Dillon, Murphy, "Deep variational information bottleneck", ICLR 2017, eq. 17.
class GaussianChannel : public Channel {
 public:
  GaussianChannel(const ChannelOptions& options, Parameters& parameters)
      : size_(options.size), prior_(options, parameters) {}
  std::int64_t inputs() const override { return 2 * size_; }
  Signal transmit(const Parameters& parameters, const Tensor& e, const Throat& throat,
                  torch::Generator& generator) const override {
    const Tensor mean = e.narrow(-1, 0, size_);
    const Tensor scale = scale_of(e.narrow(-1, size_, size_));
    const Tensor log_scale = scale.log();
    const Tensor z =
        throat.mode == Throat::Mode::kHard ? mean : mean + scale * normal_like(mean, generator);
    return {z, prior_.kl_nats(parameters, z, mean, log_scale), mean, log_scale};
  }

 private:
  std::int64_t size_;
  Prior prior_;
};

// The same with L = diag(s) (I + strictly lower part), so that a small s means little noise.
class FullGaussianChannel : public Channel {
 public:
  FullGaussianChannel(const ChannelOptions& options, Parameters& parameters)
      : size_(options.size), prior_(options, parameters) {
    if (prior_.hierarchical()) {
      core::fail_argument("learn.make_channel",
                          "a hierarchical prior needs diagonal noise: channel gaussian");
    }
    for (std::int64_t i = 1; i < size_; ++i) {
      for (std::int64_t j = 0; j < i; ++j) below_.push_back(i * size_ + j);
    }
  }
  std::int64_t inputs() const override { return 2 * size_ + size_ * (size_ - 1) / 2; }
  Signal transmit(const Parameters& parameters, const Tensor& e, const Throat& throat,
                  torch::Generator& generator) const override {
    const Tensor mean = e.narrow(-1, 0, size_);
    const Tensor scale = scale_of(e.narrow(-1, size_, size_));
    std::vector<std::int64_t> shape = mean.sizes().vec();
    shape.back() = size_ * size_;
    const Tensor index = torch::tensor(below_, torch::kInt64).to(e.device());
    Tensor lower = torch::zeros(shape, e.options())
                       .index_copy(-1, index, e.narrow(-1, 2 * size_, inputs() - 2 * size_));
    shape.back() = size_;
    shape.push_back(size_);
    lower = (lower.view(shape) + torch::eye(size_, e.options())) * scale.unsqueeze(-1);
    const Tensor prior_log_scale = prior_.log_scale_of(parameters, mean);
    const Tensor narrowing = torch::exp(-prior_log_scale);
    const Tensor rows = lower.square().sum(-1) * narrowing.square();
    const Tensor shift = ((mean - prior_.mean_of(parameters, mean)) * narrowing).square();
    const Tensor rate = (0.5 * (rows + shift - 1) - scale.log() + prior_log_scale).sum(-1);
    if (throat.mode == Throat::Mode::kHard) return {mean, rate, {}, {}};
    const Tensor noise = normal_like(mean, generator).unsqueeze(-1);
    return {mean + torch::matmul(lower, noise).squeeze(-1), rate, {}, {}};
  }

 private:
  std::int64_t size_;
  Prior prior_;
  std::vector<std::int64_t> below_;  // of the strictly lower part, in a row-major size*size
};

// Kolchinsky, Tracey, Wolpert, "Nonlinear information bottleneck", Entropy 21(12) 1181 (2019),
// whose rate is the term `pairwise`.
class AdditiveChannel : public Channel {
 public:
  AdditiveChannel(const ChannelOptions& options, Parameters& parameters)
      : size_(options.size),
        prior_(options, parameters),
        log_scale_(parameters.add("channel.log_scale", {1}, {})) {}
  std::int64_t inputs() const override { return size_; }
  Signal transmit(const Parameters& parameters, const Tensor& e, const Throat& throat,
                  torch::Generator& generator) const override {
    std::vector<std::int64_t> shape(e.dim(), 1);
    if (e.dim() == 3) shape[0] = e.size(0);
    shape.back() = size_;
    const Tensor log_scale = parameters[log_scale_].clamp(-12, 12).expand(shape);
    const Tensor z =
        throat.mode == Throat::Mode::kHard ? e : e + log_scale.exp() * normal_like(e, generator);
    return {z, prior_.kl_nats(parameters, z, e, log_scale.expand_as(e)), e, log_scale};
  }

 private:
  std::int64_t size_;
  Prior prior_;
  std::size_t log_scale_;
};

// z = e times a mask; a rate in channels, not in nats.
// nested: Rippel, Gelbart, Adams, ICML 2014, with the truncated Gaussian law of Chen et al.,
// "Compressing features for learning with noisy labels", TNNLS 2022.
class MaskedChannel : public Channel {
 public:
  explicit MaskedChannel(const ChannelOptions& options) : options_(options) {
    double sum = 0;
    for (std::int64_t k = 1; k <= options_.size; ++k) {
      below_.push_back(static_cast<float>(sum));
      sum += std::exp(-std::pow(static_cast<double>(k) / options_.kept, 2));
    }
    for (float& value : below_) value /= static_cast<float>(sum);
  }
  std::int64_t inputs() const override { return options_.size; }
  Signal transmit(const Parameters&, const Tensor& e, const Throat& throat,
                  torch::Generator& generator) const override {
    std::vector<std::int64_t> shape = e.sizes().vec();
    shape.pop_back();
    const Tensor rate = torch::zeros(shape, e.options());
    if (throat.mode == Throat::Mode::kHard) return {e, rate, {}, {}};
    if (options_.kind == "dropout") {
      const Tensor keep = torch::empty_like(e).bernoulli_(1 - options_.drop, generator);
      return {e * keep / (1 - options_.drop), rate, {}, {}};
    }
    // Channel c (from 0) stays if k > c: if u >= P(k <= c).
    shape.push_back(1);
    const Tensor u = torch::empty(shape, e.options()).uniform_(0, 1, generator);
    return {e * (u >= torch::tensor(below_).to(e.device())).to(e.dtype()), rate, {}, {}};
  }

 private:
  ChannelOptions options_;
  std::vector<float> below_;  // P(k <= c), c from 0
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
    return {z, -density_.log_mass(parameters, z).sum(1), {}, {}};
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

std::unique_ptr<Channel> make_masked(const ChannelOptions& options, Parameters&) {
  return std::make_unique<MaskedChannel>(options);
}

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
        "gaussian-full", "z ~ N(mu, L L'), rate = KL to a fixed or learned Gaussian prior",
        "Alemi et al., ICLR 2017, with full covariance", "O(n d^2)",
        [](const ChannelOptions& o, Parameters& p) -> std::unique_ptr<Channel> {
          return std::make_unique<FullGaussianChannel>(o, p);
        }},
    core::Member<ChannelMaker>{
        "additive", "z = e + noise of one learned scale; with rate `pairwise` the nonlinear IB",
        "Kolchinsky et al., Entropy 2019", "O(n d)",
        [](const ChannelOptions& o, Parameters& p) -> std::unique_ptr<Channel> {
          return std::make_unique<AdditiveChannel>(o, p);
        }},
    core::Member<ChannelMaker>{
        "nested", "the first k channels, k random in training: ordered channels",
        "Rippel et al., ICML 2014; Chen et al., TNNLS 2022", "O(n d)", make_masked},
    core::Member<ChannelMaker>{"dropout", "each channel dropped at random in training",
                               "Srivastava et al., JMLR 2014", "O(n d)", make_masked},
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
