#include "venturi/learn/disentangled_bottleneck.hpp"

#include <cmath>
#include <functional>
#include <numbers>

#include "venturi/core/error.hpp"
#include "venturi/learn/channel.hpp"
#include "venturi/learn/mixture_terms.hpp"
#include "venturi/learn/neural_bound.hpp"

namespace venturi::learn {
namespace {

using core::Figure;
using tensor::Tensor;

constexpr double kNoiseS = 0.1;
constexpr double kWall = 3;
constexpr std::int64_t kTestLimit = 5000;  // rows of the pairwise bound

Tensor cross_entropy(const Tensor& logits, const Tensor& labels) {
  return torch::nn::functional::cross_entropy(logits, labels);
}

Tensor beyond_wall(const Tensor& mean) { return (mean.abs() - kWall).relu().square().mean(); }

// What is measured of a classifier: the law of t given x, and the decoder.
struct Classifier {
  std::function<Tensor(const Tensor&x)> mean, log_scale;  // n*size (log_scale: or 1*size)
  std::function<Tensor(const Tensor& t)> decode;
};

double percent_under_fgsm(const Classifier& of, const Labelled& test, double eps) {
  Tensor x = test.x.detach().clone();
  if (eps > 0) {
    x.requires_grad_();
    const Tensor loss = cross_entropy(of.decode(of.mean(x)), test.labels);
    const Tensor slope = torch::autograd::grad({loss}, {x})[0];
    const torch::NoGradGuard no_grad;
    x = (x.detach() + eps * slope.sign()).clamp(0, 1);
  }
  const torch::NoGradGuard no_grad;
  return percent_right(of.decode(of.mean(x)), test.labels);
}

void add_figures(std::vector<Figure>& out, const std::string& name, const Classifier& of,
                 const Labelled& test, int classes, torch::Generator& generator) {
  const auto label = [&](const char* what) { return fmt::format("{}, {}", name, what); };
  out.push_back({label("accuracy"), percent_under_fgsm(of, test, 0), "%"});
  {
    const torch::NoGradGuard no_grad;
    const auto most = std::min<std::int64_t>(test.size(), kTestLimit);
    const Tensor mean = of.mean(test.x.narrow(0, 0, most));
    Tensor log_scale = of.log_scale(test.x.narrow(0, 0, most));
    out.push_back(
        {label("I(X;T) at most"), pairwise_upper_nats(mean, log_scale).item<double>(), "nats"});
    const Tensor noise = torch::empty_like(mean).normal_(0, 1, generator);
    const Tensor t = mean + log_scale.exp() * noise;
    const double lost = cross_entropy(of.decode(t), test.labels.narrow(0, 0, most)).item<double>();
    out.push_back(
        {label("I(T;Y) at least"), std::log(static_cast<double>(classes)) - lost, "nats"});
  }
  for (const double eps : {0.1, 0.2, 0.3}) {
    out.push_back({fmt::format("{}, accuracy under FGSM of {:g}", name, eps),
                   percent_under_fgsm(of, test, eps), "%"});
  }
}

double rate_at(const DisenIbOptions& options, int step, int steps) {
  return options.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * step / steps));
}

void report(core::Monitor& monitor, const char* what, int step, int steps) {
  if (monitor.stop_requested()) throw core::Interrupted("[learn.disen_ib_figures] stopped");
  monitor.progress(
      {what, static_cast<std::uint64_t>(step + 1), static_cast<std::uint64_t>(steps), "steps", ""});
}

void disen_ib(std::vector<Figure>& out, const DisenIbOptions& options, const Labelled& train,
              const Labelled& test, int classes, core::Key key, core::Monitor& monitor) {
  const tensor::Device device = train.x.device();
  const std::int64_t pixels = train.x.size(1), size = options.size;
  const auto net = [&](std::int64_t in, const std::vector<std::int64_t>& hidden, std::int64_t to,
                       const char* name) {
    return Perceptron(in, hidden, to, key.split(name), device);
  };
  Perceptron to_s = net(pixels, options.hidden, size, "to s");
  Perceptron to_t = net(pixels, options.hidden, size, "to t");
  Perceptron decoder = net(size, {}, classes, "decoder");
  Perceptron restorer = net(size + classes, options.hidden, pixels, "restorer");
  NeuralBound between(core::find_member(bounds(), "smile", "learn.disen_ib_figures").make,
                      {.critic = "joint", .hidden = {256, 256}, .learning_rate = 1e-4}, 1, size,
                      size, key.split("critic"), device);
  Batches batches(train.size(), options.batch, key.split("order"), device);
  auto generator = tensor::make_generator(key.split("noise"), device);
  const auto noisy = [&](const Tensor& mean, double scale) {
    return mean + scale * torch::empty_like(mean).normal_(0, 1, generator);
  };
  double dependence = 0, error = 0;
  for (int step = 0; step < options.steps; ++step) {
    const Labelled batch = train.rows(batches.next());
    const Tensor mean_s = to_s.forward(batch.x), mean_t = to_t.forward(batch.x);
    const Tensor s = noisy(mean_s, kNoiseS), t = noisy(mean_t, 1);
    const Tensor fixed_s = s.detach().unsqueeze(0), fixed_t = t.detach().unsqueeze(0);
    between.parameters().flat_gradient().zero_();
    for (int c = 0; c < options.critic_steps; ++c) between.step(fixed_s, fixed_t, key);
    const Tensor onehot = torch::one_hot(batch.labels, classes).to(torch::kFloat32);
    const Tensor restored = restorer.forward(torch::cat({s, onehot}, 1));
    const Tensor misfit = (restored - batch.x).square().mean();
    const Tensor shared = between.value(s.unsqueeze(0), t.unsqueeze(0)).squeeze(0);
    const Tensor loss = cross_entropy(decoder.forward(t), batch.labels) + options.restore * misfit +
                        options.apart * shared +
                        options.wall * (beyond_wall(mean_s) + beyond_wall(mean_t));
    loss.backward();
    for (Perceptron* one : {&to_s, &to_t, &decoder, &restorer}) {
      one->step(rate_at(options, step, options.steps));
    }
    if (step + 1 == options.steps) {
      dependence = shared.item<double>();
      error = misfit.item<double>();
      if (!std::isfinite(loss.item<double>())) {
        core::fail_data("learn.disen_ib_figures", "the loss is not finite");
      }
    }
    report(monitor, "DisenIB", step, options.steps);
  }
  const Classifier classifier{.mean = [&](const Tensor& x) { return to_t.forward(x); },
                              .log_scale =
                                  [&](const Tensor& x) {
                                    return torch::zeros({1, size}, x.options());
                                  },
                              .decode = [&](const Tensor& t) { return decoder.forward(t); }};
  add_figures(out, "DisenIB", classifier, test, classes, generator);
  out.push_back({"DisenIB, the critic's I(S;T) of the last batch", dependence, "nats"});
  out.push_back({"DisenIB, squared error of the last restored batch", error, ""});
}

void vib(std::vector<Figure>& out, const DisenIbOptions& options, const Labelled& train,
         const Labelled& test, int classes, core::Key key, core::Monitor& monitor) {
  const tensor::Device device = train.x.device();
  const std::int64_t size = options.size;
  Perceptron encoder(train.x.size(1), options.hidden, 2 * size, key.split("encoder"), device);
  Perceptron decoder(size, {}, classes, key.split("decoder"), device);
  Batches batches(train.size(), options.batch, key.split("order"), device);
  auto generator = tensor::make_generator(key.split("noise"), device);
  const Classifier classifier{
      .mean = [&](const Tensor& x) { return encoder.forward(x).narrow(1, 0, size); },
      .log_scale = [&](const Tensor& x) { return encoder.forward(x).narrow(1, size, size); },
      .decode = [&](const Tensor& t) { return decoder.forward(t); }};
  const Tensor zero = torch::zeros({size}, train.x.options());
  for (int step = 0; step < options.vib_steps; ++step) {
    const Labelled batch = train.rows(batches.next());
    const Tensor code = encoder.forward(batch.x);
    const Tensor mean = code.narrow(1, 0, size), log_scale = code.narrow(1, size, size);
    const Tensor t = mean + log_scale.exp() * torch::empty_like(mean).normal_(0, 1, generator);
    (cross_entropy(decoder.forward(t), batch.labels) +
     options.vib_beta * gaussian_kl_nats(mean, log_scale, zero, zero).mean())
        .backward();
    for (Perceptron* one : {&encoder, &decoder}) {
      one->step(rate_at(options, step, options.vib_steps));
    }
    report(monitor, "vib", step, options.vib_steps);
  }
  add_figures(out, "vib", classifier, test, classes, generator);
}

}  // namespace

std::vector<Figure> disen_ib_figures(const DisenIbOptions& options, const data::DataPair& pair,
                                     core::Key key, const tensor::Device& device,
                                     core::Monitor& monitor) {
  core::check_options(options, "learn.disen_ib_figures");
  if (!pair.test) core::fail_argument("learn.disen_ib_figures", "expected a test part");
  const Labelled train = labelled(pair.train, options.train_rows, device);
  const Labelled test = labelled(*pair.test, options.test_rows, device);
  std::vector<Figure> out;
  disen_ib(out, options, train, test, pair.train.classes, key, monitor);
  if (options.vib_steps > 0) vib(out, options, train, test, pair.train.classes, key, monitor);
  return out;
}

}  // namespace venturi::learn
