#include "venturi/learn/factor_codes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "venturi/core/error.hpp"
#include "venturi/learn/channel.hpp"
#include "venturi/learn/gram.hpp"
#include "venturi/learn/kernel_terms.hpp"
#include "venturi/learn/mixture_terms.hpp"
#include "venturi/measure/disentanglement.hpp"

namespace venturi::learn {
namespace {

using core::Figure;
using tensor::Tensor;

constexpr int kSide = 12;

struct Plan {
  std::string kind;  // vae, tcvae, infovae, qlae
  double beta = 1;
  bool autoregressive = false;
};

// Nats of each image's pixels, summed.
Tensor pixel_nats(const Tensor& logits, const Tensor& x) {
  return torch::binary_cross_entropy_with_logits(logits, x, {}, {}, at::Reduction::None).sum(1);
}

Tensor mmd_from_normal(const Tensor& z, torch::Generator& generator) {
  const Tensor prior = torch::empty_like(z).normal_(0, 1, generator);
  const Tensor inverse = torch::full({1, 1}, 0.5 / static_cast<double>(z.size(1)), z.options());
  return squared_mmd(gaussian_gram(z, z, inverse), gaussian_gram(prior, prior, inverse),
                     gaussian_gram(z, prior, inverse));
}

// What a trained autoencoder makes of all images.
struct Encoded {
  Tensor mean, log_scale;  // n*size; log_scale undefined of qlae
  Tensor z;
  double lost = 0;  // nats an image
  double information = 0, total_correlation = 0, mmd = 0;
  core::Matrix codes;  // what stands for factors: means, or the scalars chosen
};

class Autoencoder {
 public:
  Autoencoder(const FactorOptions& options, Plan plan, const Tensor& x, core::Key key)
      : options_(options),
        plan_(std::move(plan)),
        x_(x),
        key_(key),
        encoder_(x.size(1), options.hidden, (quantized() ? 1 : 2) * options.size,
                 key.split("encoder"), x.device()),
        generator_(tensor::make_generator(key.split("noise"), x.device())) {
    const core::Key own = key.split("decoder");
    if (plan_.autoregressive) {
      masked_ =
          std::make_unique<MaskedDecoder>(options.size, 2 * x.size(1), x.size(1), own, x.device());
    } else {
      decoder_ =
          std::make_unique<Perceptron>(options.size, options.hidden, x.size(1), own, x.device());
    }
    if (quantized()) {
      values_ = torch::linspace(-1, 1, options.values)
                    .repeat({options.size, 1})
                    .to(x.device())
                    .contiguous();
      values_slope_ = torch::zeros_like(values_);
      of_values_ =
          std::make_unique<Adam>(values_.view({-1}), values_slope_.view({-1}), 0, Adam::Options{});
    }
  }

  void train(core::Monitor& monitor) {
    Batches batches(x_.size(0), options_.batch, key_.split("order"), x_.device());
    for (int s = 0; s < options_.steps; ++s) {
      if (monitor.stop_requested()) throw core::Interrupted("[learn.factor_codes] stopped");
      const Tensor loss = loss_of(x_.index_select(0, batches.next()));
      loss.backward();
      const double rate =
          options_.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * s / options_.steps));
      const double decay = quantized() ? options_.decay : 0;
      encoder_.step(rate, decay);
      if (decoder_) decoder_->step(rate, decay);
      if (masked_) masked_->step(rate);
      if (of_values_) of_values_->step(rate);
      monitor.progress({plan_.kind, static_cast<std::uint64_t>(s + 1),
                        static_cast<std::uint64_t>(options_.steps), "steps", ""});
      if (s + 1 == options_.steps && !std::isfinite(loss.item<double>())) {
        core::fail_data("learn.factor_codes", "the loss of {} is not finite", plan_.kind);
      }
    }
  }

  Encoded encode() {
    const torch::NoGradGuard no_grad;
    Encoded out;
    const Tensor code = encoder_.forward(x_);
    if (quantized()) {
      out.z = latent_quantized(code, values_);
      out.mean = out.z;
    } else {
      out.mean = code.narrow(1, 0, options_.size);
      out.log_scale = code.narrow(1, options_.size, options_.size);
      out.z = drawn(out.mean, out.log_scale);
      const KlParts parts = kl_parts_nats(out.z, out.mean, out.log_scale);
      out.information = parts.information.item<double>();
      out.total_correlation = parts.total_correlation.item<double>();
    }
    out.mmd = mmd_from_normal(out.z, generator_).item<double>();
    out.lost = pixel_nats(logits(out.z, x_), x_).mean().item<double>();
    out.codes = tensor::to_matrix(out.mean).cast<double>();
    return out;
  }

 private:
  bool quantized() const { return plan_.kind == "qlae"; }

  Tensor drawn(const Tensor& mean, const Tensor& log_scale) {
    return mean + log_scale.exp() * torch::empty_like(mean).normal_(0, 1, generator_);
  }

  Tensor logits(const Tensor& z, const Tensor& x) const {
    return masked_ ? masked_->forward(z, x) : decoder_->forward(z);
  }

  Tensor loss_of(const Tensor& x) {
    const Tensor code = encoder_.forward(x);
    if (quantized()) return quantized_loss(code, x);
    const Tensor mean = code.narrow(1, 0, options_.size);
    const Tensor log_scale = code.narrow(1, options_.size, options_.size);
    const Tensor z = drawn(mean, log_scale);
    const Tensor lost = pixel_nats(logits(z, x), x).mean();
    if (plan_.kind == "infovae") return lost + options_.lambda * mmd_from_normal(z, generator_);
    if (plan_.kind == "tcvae") {
      const KlParts parts = kl_parts_nats(z, mean, log_scale);
      return lost + parts.information + plan_.beta * parts.total_correlation + parts.dimensions;
    }
    const Tensor zero = torch::zeros({options_.size}, x.options());
    return lost + plan_.beta * gaussian_kl_nats(mean, log_scale, zero, zero).mean();
  }

  // The scalars' own gradient: twice their distance from what chose them.
  Tensor quantized_loss(const Tensor& code, const Tensor& x) {
    const Tensor z = latent_quantized(code, values_);
    const Tensor fixed = z.detach();
    {
      const torch::NoGradGuard no_grad;
      const Tensor chosen = (fixed.unsqueeze(2) - values_).abs().argmin(2);  // n*size
      const Tensor gap = 2 * (fixed - code) / static_cast<double>(x.size(0));
      values_slope_.scatter_add_(1, chosen.t().contiguous(), gap.t().contiguous());
    }
    return pixel_nats(logits(z, x), x).mean() + (code - fixed).square().sum(1).mean();
  }

  const FactorOptions& options_;
  Plan plan_;
  Tensor x_;
  core::Key key_;
  Perceptron encoder_;
  std::unique_ptr<Perceptron> decoder_;
  std::unique_ptr<MaskedDecoder> masked_;
  Tensor values_, values_slope_;
  std::unique_ptr<Adam> of_values_;
  torch::Generator generator_;
};

Encoded trained(const FactorOptions& options, const Plan& plan, const Tensor& x, core::Key key,
                core::Monitor& monitor) {
  Autoencoder one(options, plan, x, key);
  one.train(monitor);
  Encoded out = one.encode();
  monitor.say(fmt::format("{} beta {:g}{}: {:.2f} nats lost, information {:.2f}", plan.kind,
                          plan.beta, plan.autoregressive ? ", autoregressive" : "", out.lost,
                          out.information));
  return out;
}

// Codes as info_mec takes them: it needs two active latents, which a collapsed code has not.
measure::InfoMec graded(const Encoded& encoded, const core::Matrix& factors) {
  try {
    return measure::info_mec(encoded.codes, factors);
  } catch (const core::DataError&) {
    return {};
  }
}

}  // namespace

FactorImages factor_images() {
  constexpr int kPlaces = 8, kSizes = 3, kLevels = 3;
  constexpr int kCount = kPlaces * kPlaces * kSizes * kLevels;
  FactorImages out{.x = torch::empty({kCount, kSide * kSide}), .factors = core::Matrix(kCount, 4)};
  float* pixel = out.x.data_ptr<float>();
  for (int i = 0; i < kCount; ++i) {
    const int along = i % kPlaces, down = i / kPlaces % kPlaces;
    const int side = i / (kPlaces * kPlaces) % kSizes, level = i / (kPlaces * kPlaces * kSizes);
    out.factors.row(i) << along, down, side, level;
    const double half = 1 + 0.75 * side, brightness = 0.4 + 0.3 * level;
    const auto inside = [&](int at, int place) {
      return 1 / (1 + std::exp(4 * (std::abs(at - (2 + place)) - half)));
    };
    for (int r = 0; r < kSide; ++r) {
      for (int c = 0; c < kSide; ++c) {
        *pixel++ = static_cast<float>(brightness * inside(r, down) * inside(c, along));
      }
    }
  }
  return out;
}

Tensor latent_quantized(const Tensor& z, const Tensor& values) {
  const Tensor held = z.detach();
  const Tensor chosen = (held.unsqueeze(2) - values).abs().argmin(2);
  const Tensor nearest = values.gather(1, chosen.t().contiguous()).t();
  return z + (nearest - held);
}

MaskedDecoder::MaskedDecoder(std::int64_t size, std::int64_t units, std::int64_t pixels,
                             core::Key key, const tensor::Device& device) {
  const auto bound = [](std::int64_t inputs) {
    return net::Parameters::Init{.bound = 1 / std::sqrt(static_cast<double>(inputs))};
  };
  in_ = parameters_.add("in", {units, pixels}, bound(pixels));
  in_bias_ = parameters_.add("in bias", {units}, {});
  code_ = parameters_.add("code", {units, size}, bound(size));
  out_ = parameters_.add("out", {pixels, units}, bound(units));
  out_bias_ = parameters_.add("out bias", {pixels}, {});
  code_out_ = parameters_.add("code out", {pixels, size}, bound(size));
  parameters_.allocate(key, device);
  const auto whole = torch::TensorOptions(torch::kInt64).device(device);
  const Tensor pixel = torch::arange(pixels, whole);
  const Tensor degree =
      torch::arange(units, whole).remainder(std::max<std::int64_t>(pixels - 1, 1));
  in_mask_ = pixel.unsqueeze(0).le(degree.unsqueeze(1)).to(torch::kFloat32);
  out_mask_ = degree.unsqueeze(0).lt(pixel.unsqueeze(1)).to(torch::kFloat32);
  adam_ =
      std::make_unique<Adam>(parameters_.flat(), parameters_.flat_gradient(), 0, Adam::Options{});
}

Tensor MaskedDecoder::forward(const Tensor& z, const Tensor& x) const {
  const auto& p = parameters_;
  const Tensor hidden =
      (torch::linear(x, p[in_] * in_mask_, p[in_bias_]) + torch::linear(z, p[code_])).relu();
  return torch::linear(hidden, p[out_] * out_mask_, p[out_bias_]) + torch::linear(z, p[code_out_]);
}

std::vector<Figure> tcvae_figures(const FactorOptions& options, core::Key key,
                                  const tensor::Device& device, core::Monitor& monitor) {
  core::check_options(options, "learn.tcvae_figures");
  if (options.betas.empty() || !std::ranges::is_sorted(options.betas)) {
    core::fail_argument("learn.tcvae_figures", "expected betas that rise");
  }
  const FactorImages images = factor_images();
  const Tensor x = images.x.to(device);
  std::vector<Figure> out;
  double worst_rise = -std::numeric_limits<double>::infinity(), before = 0, parts_gap = 0;
  double first_mig = 0, last_mig = 0;
  for (std::size_t b = 0; b < options.betas.size(); ++b) {
    double correlation = 0, mig = 0, lost = 0;
    for (int s = 0; s < options.seeds; ++s) {
      const Encoded e = trained(options, {.kind = "tcvae", .beta = options.betas[b]}, x,
                                key.split(static_cast<std::uint64_t>(s)), monitor);
      correlation += e.total_correlation / options.seeds;
      mig += measure::mutual_information_gap(e.codes, images.factors) / options.seeds;
      lost += e.lost / options.seeds;
      const KlParts parts = kl_parts_nats(e.z, e.mean, e.log_scale);
      const Tensor deviations = (e.z - e.mean) * (-e.log_scale).exp();
      const Tensor drawn = (0.5 * (e.z.square() - deviations.square()) - e.log_scale).sum(1).mean();
      const Tensor sum = parts.information + parts.total_correlation + parts.dimensions;
      parts_gap = std::max(parts_gap, std::abs((sum - drawn).item<double>()));
    }
    const std::string at = fmt::format("beta {:g}", options.betas[b]);
    out.push_back({at + ", total correlation", correlation, "nats"});
    out.push_back({at + ", MIG", mig, ""});
    out.push_back({at + ", lost", lost, "nats"});
    if (b > 0) worst_rise = std::max(worst_rise, correlation - before);
    if (b == 0) first_mig = mig;
    last_mig = mig;
    before = correlation;
  }
  out.push_back({"largest rise of total correlation from a beta to the next", worst_rise, "nats"});
  out.push_back({"MIG of the last beta less the first", last_mig - first_mig, ""});
  out.push_back({"parts less the KL of the same draw, largest", parts_gap, "nats"});
  return out;
}

std::vector<Figure> infovae_figures(const FactorOptions& options, core::Key key,
                                    const tensor::Device& device, core::Monitor& monitor) {
  core::check_options(options, "learn.infovae_figures");
  // Black or white: an autoregressive decoder then needs nothing of z to draw them.
  const Tensor x = factor_images().x.gt(0.2).to(torch::kFloat32).to(device);
  std::vector<Figure> out;
  for (const bool autoregressive : {true, false}) {
    double distance[2] = {};
    for (const bool info : {false, true}) {
      double information = 0, lost = 0;
      for (int s = 0; s < options.seeds; ++s) {
        const Encoded e =
            trained(options, {.kind = info ? "infovae" : "vae", .autoregressive = autoregressive},
                    x, key.split(static_cast<std::uint64_t>(s)), monitor);
        information += e.information / options.seeds;
        lost += e.lost / options.seeds;
        distance[info ? 1 : 0] += e.mmd / options.seeds;
      }
      const std::string name = fmt::format(
          "{} decoder, {}", autoregressive ? "autoregressive" : "plain", info ? "infovae" : "vae");
      out.push_back({name + ": I(X;Z)", information, "nats"});
      out.push_back({name + ": squared MMD", distance[info ? 1 : 0], ""});
      out.push_back({name + ": lost", lost, "nats"});
    }
    out.push_back({fmt::format("{} decoder: squared MMD of infovae over the vae's",
                               autoregressive ? "autoregressive" : "plain"),
                   distance[1] / distance[0], "times"});
  }
  return out;
}

std::vector<Figure> qlae_figures(const FactorOptions& options, core::Key key,
                                 const tensor::Device& device, core::Monitor& monitor) {
  core::check_options(options, "learn.qlae_figures");
  if (options.betas.empty()) core::fail_argument("learn.qlae_figures", "expected betas");
  const FactorImages images = factor_images();
  const Tensor x = images.x.to(device);
  const Plan plans[] = {{.kind = "vae", .beta = options.betas.front()},
                        {.kind = "vae", .beta = options.betas.back()},
                        {.kind = "tcvae", .beta = options.betas.back()},
                        {.kind = "qlae"}};
  std::vector<Figure> out;
  double best[3] = {}, own[3] = {};
  const char* const names[] = {"InfoM", "InfoE", "InfoC"};
  for (const Plan& plan : plans) {
    double grades[3] = {}, lost = 0;
    for (int s = 0; s < options.seeds; ++s) {
      const Encoded e =
          trained(options, plan, x, key.split(static_cast<std::uint64_t>(s)), monitor);
      const measure::InfoMec mec = graded(e, images.factors);
      grades[0] += mec.modularity / options.seeds;
      grades[1] += mec.explicitness / options.seeds;
      grades[2] += mec.compactness / options.seeds;
      lost += e.lost / options.seeds;
    }
    const bool is_qlae = plan.kind == "qlae";
    const std::string name =
        is_qlae ? plan.kind : fmt::format("{}, beta {:g}", plan.kind, plan.beta);
    for (int g = 0; g < 3; ++g) {
      out.push_back({fmt::format("{}: {}", name, names[g]), grades[g], ""});
      (is_qlae ? own[g] : best[g]) = is_qlae ? grades[g] : std::max(best[g], grades[g]);
    }
    out.push_back({name + ": lost", lost, "nats"});
  }
  for (int g = 0; g < 3; ++g) {
    out.push_back(
        {fmt::format("{} of qlae less the best of the others", names[g]), own[g] - best[g], ""});
  }
  return out;
}

}  // namespace venturi::learn
