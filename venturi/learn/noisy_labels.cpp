#include "venturi/learn/noisy_labels.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/learn/comparison.hpp"
#include "venturi/learn/label_noise.hpp"
#include "venturi/learn/perceptron.hpp"
#include "venturi/net/descent.hpp"
#include "venturi/tensor/repeated_work.hpp"

namespace venturi::learn {
namespace {

using core::Figure;
using tensor::Tensor;

constexpr double kMomentum = 0.9, kDecay = 5e-4;
constexpr std::int64_t kSlice = 1000;

enum class Cut { kNone, kDropout, kNested };

class ResidualNetwork {
 public:
  ResidualNetwork(std::int64_t planes, std::int64_t channels, std::int64_t classes, core::Key key,
                  const tensor::Device& device)
      : device_(device), generator_(tensor::make_generator(key, device)) {
    convolution(planes, channels, 3);
    std::int64_t in = channels;
    for (const std::int64_t out : {channels, 2 * channels, 4 * channels}) {
      convolution(in, out, 3);
      convolution(out, out, 3);
      if (out != in) convolution(in, out, 1);
      in = out;
    }
    features_ = in;
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    add(torch::empty({classes, in}, device).uniform_(-bound, bound, generator_));
    add(torch::zeros({classes}, device));
  }

  // n*planes*height*width to n*features. `training`: batches' own statistics, running ones moved.
  Tensor features(const Tensor& x, bool training) {
    std::size_t at = 0;
    const auto unit = [&](const Tensor& in, std::int64_t stride) {
      const std::size_t i = at++;
      const Tensor& weight = trained_[3 * i];
      return torch::batch_norm(torch::conv2d(in, weight, {}, stride, weight.size(2) / 2),
                               trained_[3 * i + 1], trained_[3 * i + 2], running_[2 * i],
                               running_[2 * i + 1], training, 0.1, 1e-5, true);
    };
    Tensor h = unit(x, 1).relu();
    for (int block = 0; block < 3; ++block) {
      const std::int64_t stride = block == 0 ? 1 : 2;
      const Tensor inner = unit(unit(h, stride).relu(), 1);
      h = (inner + (block == 0 ? h : unit(h, stride))).relu();
    }
    return h.mean(std::vector<std::int64_t>{2, 3});
  }
  Tensor classify(const Tensor& features) const {
    const std::size_t n = trained_.size();
    return torch::linear(features, trained_[n - 2], trained_[n - 1]);
  }

  std::int64_t feature_count() const { return features_; }
  std::vector<Tensor>& trained() { return trained_; }
  torch::Generator& generator() { return generator_; }

 private:
  void add(const Tensor& value) { trained_.push_back(value.requires_grad_(true)); }
  void convolution(std::int64_t in, std::int64_t out, std::int64_t side) {
    const double deviation = std::sqrt(2.0 / static_cast<double>(in * side * side));
    add(torch::empty({out, in, side, side}, device_).normal_(0, deviation, generator_));
    add(torch::ones({out}, device_));
    add(torch::zeros({out}, device_));
    running_.push_back(torch::zeros({out}, device_));
    running_.push_back(torch::ones({out}, device_));
  }

  tensor::Device device_;
  torch::Generator generator_;
  std::vector<Tensor> trained_,
      running_;  // weight, scale and shift of each unit; mean and variance
  std::int64_t features_ = 0;
};

// What dropout and nested dropout multiply features with (n*features).
Tensor mask_of(Cut cut, std::int64_t n, ResidualNetwork& net, const NoisyLabelOptions& options) {
  const std::int64_t features = net.feature_count();
  const auto like = net.trained()[0].options().requires_grad(false);
  if (cut == Cut::kNone) return torch::ones({n, features}, like);
  if (cut == Cut::kDropout) {
    return torch::empty({n, features}, like).bernoulli_(1 - options.drop, net.generator()) /
           (1 - options.drop);
  }
  const Tensor k = torch::arange(1, features + 1, like);
  const Tensor law = (-(k / options.kept).square()).exp();
  // P(kept > c) falls with c: one uniform number a row decides for all channels.
  const Tensor beyond = law.flip(0).cumsum(0).flip(0) / law.sum();
  return torch::empty({n, 1}, like).uniform_(0, 1, net.generator()).lt(beyond).to(torch::kFloat32);
}

// The tensors that a recorded step reads (tensor/repeated_work.hpp).
struct Step {
  Step(std::int64_t batch, std::int64_t features, double top, std::int64_t steps,
       const tensor::Device& device)
      : rates(net::cosine_rates(top, steps).to(device)),
        rows(torch::empty({batch}, torch::TensorOptions(torch::kInt64).device(device))),
        rate(torch::zeros({}, rates.options())),
        loss(torch::zeros({}, rates.options())) {
    for (Tensor& m : masks) m = torch::empty({batch, features}, rates.options());
  }
  Tensor rates;  // of all steps
  Tensor rows, rate, loss;
  Tensor masks[2];  // of the first and the second network
};

struct Sets {
  Labelled train, validation, test;  // wrong labels in the first two
};

class Study {
 public:
  Study(const NoisyLabelOptions& options, const Sets& sets, std::vector<std::int64_t> shape,
        int classes, double rate, core::Monitor& monitor)
      : options_(options),
        sets_(sets),
        shape_(std::move(shape)),
        classes_(classes),
        rate_(rate),
        monitor_(monitor) {}

  ResidualNetwork trained(Cut cut, core::Key key) const {
    const tensor::Device device = sets_.train.x.device();
    ResidualNetwork net(shape_[0], options_.channels, classes_, key.split("weights"), device);
    net::Descent descent(net.trained(), kMomentum, kDecay, device);
    Batches batches(sets_.train.size(), options_.batch, key.split("order"), device);
    const std::int64_t steps = batches.per_epoch() * options_.epochs;
    Step now(batches.batch(), net.feature_count(), options_.learning_rate, steps, device);
    tensor::RepeatedWork work(device, [&] {
      const Tensor loss = losses(net, now.rows, now.masks[0], true).mean();
      descend(descent, loss, now.rate);
      now.loss.copy_(loss.detach());
    });
    for (std::int64_t s = 0; s < steps; ++s) {
      now.rows.copy_(batches.next());
      now.rate.copy_(now.rates[s]);
      now.masks[0].copy_(mask_of(cut, batches.batch(), net, options_));
      work();
      report("noisy labels", s, steps, now.loss);
    }
    return net;
  }

  // Two networks that choose for one another.
  void teach_together(ResidualNetwork& a, ResidualNetwork& b, Cut cut, core::Key key) const {
    const tensor::Device device = sets_.train.x.device();
    net::Descent of_a(a.trained(), kMomentum, kDecay, device);
    net::Descent of_b(b.trained(), kMomentum, kDecay, device);
    Batches batches(sets_.train.size(), options_.batch, key.split("together"), device);
    const std::int64_t steps = batches.per_epoch() * options_.together_epochs;
    Step now(batches.batch(), a.feature_count(), options_.together_rate, steps, device);
    tensor::RepeatedWork work(device, [&] {
      const Tensor loss_a = losses(a, now.rows, now.masks[0], false);
      const Tensor loss_b = losses(b, now.rows, now.masks[1], false);
      const Tensor by_a = least_losses(loss_a.detach(), rate_);
      const Tensor by_b = least_losses(loss_b.detach(), rate_);
      const Tensor mean_a = loss_a.index_select(0, by_b).mean();
      descend(of_a, mean_a, now.rate);
      descend(of_b, loss_b.index_select(0, by_a).mean(), now.rate);
      now.loss.copy_(mean_a.detach());
    });
    for (std::int64_t s = 0; s < steps; ++s) {
      now.rows.copy_(batches.next());
      now.rate.copy_(now.rates[s]);
      now.masks[0].copy_(mask_of(cut, batches.batch(), a, options_));
      now.masks[1].copy_(mask_of(cut, batches.batch(), b, options_));
      work();
      report("co-teaching", s, steps, now.loss);
    }
  }

  struct Tested {
    double accuracy = 0;
    std::int64_t kept = 0;
  };
  Tested tested(ResidualNetwork& net, Cut cut) const {
    const torch::NoGradGuard no_grad;
    const Tensor held = features(net, sets_.validation.x), test = features(net, sets_.test.x);
    std::int64_t best = held.size(1);
    double most = -1;
    for (std::int64_t k = 1; cut == Cut::kNested && k <= held.size(1); ++k) {
      const double right = percent_right(net.classify(leading(held, k)), sets_.validation.labels);
      if (right > most) {
        most = right;
        best = k;
      }
    }
    return {percent_right(net.classify(leading(test, best)), sets_.test.labels), best};
  }

 private:
  static Tensor leading(const Tensor& h, std::int64_t k) {
    Tensor out = h.clone();
    out.narrow(1, k, h.size(1) - k).zero_();
    return out;
  }

  Tensor images(const Tensor& rows) const {
    std::vector<std::int64_t> shape = {rows.size(0)};
    shape.insert(shape.end(), shape_.begin(), shape_.end());
    return rows.view(shape);
  }

  Tensor features(ResidualNetwork& net, const Tensor& x) const {
    std::vector<Tensor> out;
    for (std::int64_t i = 0; i < x.size(0); i += kSlice) {
      out.push_back(net.features(images(x.slice(0, i, i + kSlice)), false));
    }
    return torch::cat(out);
  }

  // Of each image of these rows; `training`: batch normalisation learns.
  Tensor losses(ResidualNetwork& net, const Tensor& rows, const Tensor& mask, bool training) const {
    const Labelled batch = sets_.train.rows(rows);
    return torch::nn::functional::cross_entropy(
        net.classify(net.features(images(batch.x), training) * mask), batch.labels,
        torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kNone));
  }

  static void descend(net::Descent& descent, const Tensor& loss, const Tensor& rate) {
    descent.zero_grad();
    loss.backward();
    descent.step(rate);
  }

  void report(const char* what, std::int64_t s, std::int64_t steps, const Tensor& loss) const {
    if (monitor_.stop_requested()) throw core::Interrupted("[learn.noisy_labels] stopped");
    monitor_.progress(
        {what, static_cast<std::uint64_t>(s + 1), static_cast<std::uint64_t>(steps), "steps", ""});
    if (s + 1 == steps && !std::isfinite(loss.item<double>())) {
      core::fail_data("learn.noisy_labels", "the loss is not finite; try a smaller learning rate");
    }
  }

  const NoisyLabelOptions& options_;
  const Sets& sets_;
  std::vector<std::int64_t> shape_;
  int classes_;
  double rate_;
  core::Monitor& monitor_;
};

// Standardised by the training images' mean and deviation; a twelfth of the rows to validate.
Sets sets_of(const data::DataPair& pair, const NoisyLabelOptions& options, double rate,
             core::Key key, const tensor::Device& device) {
  const data::Dataset wrong = with_label_noise(pair.train, options.kind, rate, key.split("labels"));
  Labelled all = labelled(wrong, options.train_rows, device);
  Labelled test = labelled(*pair.test, options.test_rows, device);
  const double mean = all.x.mean().item<double>(), deviation = all.x.std().item<double>();
  for (Labelled* one : {&all, &test}) one->x = (one->x - mean) / (deviation + 1e-6);
  const std::int64_t held = std::max<std::int64_t>(all.size() / 12, 1);
  Batches order(all.size(), all.size(), key.split("validation"), device);
  const Tensor rows = order.next();
  return {all.rows(rows.narrow(0, held, all.size() - held)), all.rows(rows.narrow(0, 0, held)),
          test};
}

}  // namespace

Tensor least_losses(const Tensor& losses, double rate) {
  const std::int64_t n = losses.size(0);
  const auto out = static_cast<std::int64_t>(rate * static_cast<double>(n));
  return losses.argsort().narrow(0, 0, std::max<std::int64_t>(n - out, 1));
}

std::vector<Figure> noisy_label_figures(const NoisyLabelOptions& options,
                                        const data::DataPair& pair, core::Key key,
                                        const tensor::Device& device, core::Monitor& monitor) {
  core::check_options(options, "learn.noisy_label_figures");
  if (!pair.test || pair.train.shape.size() != 3) {
    core::fail_argument("learn.noisy_label_figures",
                        "expected images with labels and a test part, got '{}'", pair.train.name);
  }
  const char* const names[] = {"ce", "dropout", "nested", "dropout + co-teaching",
                               "nested + co-teaching"};
  std::vector<Figure> out;
  double least_step = 100;
  for (const double rate : options.rates) {
    std::vector<double> right[5], kept;
    for (int s = 0; s < options.seeds; ++s) {
      const core::Key own =
          key.split(fmt::format("{:g}", rate)).split(static_cast<std::uint64_t>(s));
      const Sets sets = sets_of(pair, options, rate, own, device);
      const Study study(options, sets, pair.train.shape, pair.train.classes, rate, monitor);
      ResidualNetwork plain = study.trained(Cut::kNone, own.split("first"));
      right[0].push_back(study.tested(plain, Cut::kNone).accuracy);
      for (const Cut cut : {Cut::kDropout, Cut::kNested}) {
        const std::size_t at = cut == Cut::kDropout ? 1 : 2;
        ResidualNetwork a = study.trained(cut, own.split("first"));
        ResidualNetwork b = study.trained(cut, own.split("second"));
        const auto alone = study.tested(a, cut);
        right[at].push_back(alone.accuracy);
        if (cut == Cut::kNested) kept.push_back(static_cast<double>(alone.kept));
        study.teach_together(a, b, cut, own);
        right[at + 2].push_back(study.tested(a, cut).accuracy);
      }
      monitor.say(
          fmt::format("{} {:g}, seed {}: ce {:.2f} dropout {:.2f} nested {:.2f} (k {:.0f}) "
                      "with co-teaching {:.2f} {:.2f}",
                      options.kind, rate, s + 1, right[0].back(), right[1].back(), right[2].back(),
                      kept.back(), right[3].back(), right[4].back()));
    }
    const std::string at = fmt::format("{} {:g}", options.kind, rate);
    for (std::size_t m = 0; m < 5; ++m) {
      const Spread spread = spread_of(right[m]);
      out.push_back({fmt::format("{}: {}", at, names[m]), spread.mean, "%"});
      out.push_back({fmt::format("{}: {}, deviation", at, names[m]), spread.deviation, "points"});
    }
    const auto mean = [&](std::size_t m) { return spread_of(right[m]).mean; };
    const double single = std::max(mean(1), mean(2));
    out.push_back({at + ": channels that nested kept", spread_of(kept).mean, ""});
    out.push_back({at + ": nested + co-teaching less ce", mean(4) - mean(0), "points"});
    out.push_back({at + ": better of dropout and nested less ce", single - mean(0), "points"});
    out.push_back({at + ": nested + co-teaching less that", mean(4) - single, "points"});
    least_step = std::min({least_step, single - mean(0), mean(4) - single});
  }
  out.push_back({"least step of the order", least_step, "points"});
  return out;
}

}  // namespace venturi::learn
