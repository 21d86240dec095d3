#include "venturi/learn/disentangled_bottleneck.hpp"

#include <cmath>
#include <functional>
#include <numbers>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/learn/channel.hpp"
#include "venturi/learn/mixture_terms.hpp"

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

// The loss that an attack climbs: cross-entropy, or (as the authors' code has it) the label's own
// logit downwards, blind to the others.
enum class Attack { kCrossEntropy, kLogit };

double percent_under_fgsm(const Classifier& of, const Labelled& test, double eps, Attack attack) {
  Tensor x = test.x.detach().clone();
  if (eps > 0) {
    x.requires_grad_();
    const Tensor logits = of.decode(of.mean(x));
    const Tensor loss = attack == Attack::kLogit
                            ? -logits.gather(1, test.labels.unsqueeze(1)).sum()
                            : cross_entropy(logits, test.labels) * static_cast<double>(x.size(0));
    const Tensor slope = torch::autograd::grad({loss}, {x})[0];
    const torch::NoGradGuard no_grad;
    x = (x.detach() + eps * slope.sign()).clamp(-1, 1);
  }
  const torch::NoGradGuard no_grad;
  return percent_right(of.decode(of.mean(x)), test.labels);
}

// log n less the mean entropy of which row a mean came from: I(X;T) as the authors' code has it,
// without T's noise (an estimate, no bound). mean n*d, log_scale 1*d or n*d.
double information_at_means(const Tensor& mean, const Tensor& log_scale) {
  const Tensor precision = torch::exp(-2 * log_scale.expand_as(mean));
  const Tensor distance = mean.square().matmul(precision.t()) -
                          2 * mean.matmul((mean * precision).t()) +
                          (mean.square() * precision).sum(1);
  const Tensor log_p = torch::log_softmax(-0.5 * distance - log_scale.expand_as(mean).sum(1), 1);
  const Tensor entropy = -(log_p.exp() * log_p).sum(1);
  return std::log(static_cast<double>(mean.size(0))) - entropy.mean().item<double>();
}

void add_figures(std::vector<Figure>& out, const std::string& name, const Classifier& of,
                 const Labelled& test, int classes, torch::Generator& generator) {
  const auto add = [&](const std::string& what, double value, const char* unit) {
    out.push_back({fmt::format("{}, {}", name, what), value, unit});
  };
  add("accuracy", percent_under_fgsm(of, test, 0, Attack::kCrossEntropy), "%");
  {
    const torch::NoGradGuard no_grad;
    const auto most = std::min<std::int64_t>(test.size(), kTestLimit);
    const Tensor mean = of.mean(test.x.narrow(0, 0, most));
    const Tensor log_scale = of.log_scale(test.x.narrow(0, 0, most));
    const Tensor t = mean + log_scale.exp() * torch::empty_like(mean).normal_(0, 1, generator);
    add("I(X;T)", kl_parts_nats(t, mean, log_scale).information.item<double>(), "nats");
    add("I(X;T) at most", pairwise_upper_nats(mean, log_scale).item<double>(), "nats");
    add("I(X;T) at the means", information_at_means(mean, log_scale), "nats");
    const double lost = cross_entropy(of.decode(t), test.labels.narrow(0, 0, most)).item<double>();
    add("I(T;Y) at least", std::log(static_cast<double>(classes)) - lost, "nats");
  }
  for (const double eps : {0.1, 0.2, 0.3}) {
    add(fmt::format("accuracy under FGSM of {:g}", eps),
        percent_under_fgsm(of, test, eps, Attack::kCrossEntropy), "%");
  }
  for (const double eps : {0.1, 0.2, 0.3}) {
    add(fmt::format("accuracy under the logit's FGSM of {:g}", eps),
        percent_under_fgsm(of, test, eps, Attack::kLogit), "%");
  }
}

// Scores pairs (s, t): +1 for the product of their laws, -1 for their joint law, by least squares;
// each layer's largest singular value is 1 (Miyato et al., ICLR 2018), so that its slope stays
// bounded and useful where the two laws are far apart.
class Apart {
 public:
  Apart(std::int64_t size, core::Key key, const tensor::Device& device)
      : net_(2 * size, {256, 256}, 1, key, device) {
    for (std::size_t i = 0; i < net_.parameters().count(); ++i) {
      if (net_.parameters().shape(i).size() != 2) continue;
      layers_.emplace_back(
          i, torch::ones({net_.parameters().shape(i)[1]}, net_.parameters().flat().options()));
    }
    for (int turn = 0; turn < 20; ++turn) normalise();
  }

  Tensor score(const Tensor& s, const Tensor& t) const {
    return net_.forward(torch::cat({s, t}, 1)).squeeze(1);
  }
  void step(const Tensor& joint_s, const Tensor& joint_t, const Tensor& s, const Tensor& t,
            double learning_rate) {
    net_.parameters().flat_gradient().zero_();
    ((1 + score(joint_s, joint_t)).square().mean() + (1 - score(s, t)).square().mean()).backward();
    net_.step(learning_rate);
    normalise();
  }

 private:
  // One step of the power iteration on each layer.
  void normalise() {
    const torch::NoGradGuard no_grad;
    for (auto& [index, v] : layers_) {
      const Tensor w = net_.parameters()[index];
      const Tensor u = torch::nn::functional::normalize(
          w.matmul(v), torch::nn::functional::NormalizeFuncOptions().dim(0));
      v = w.t().matmul(u);
      const Tensor largest = v.norm();
      v = v / largest;
      w.div_(largest);
    }
  }

  Perceptron net_;
  std::vector<std::pair<std::size_t, Tensor>> layers_;  // weight, its right singular vector
};

// Each row's mean over the rows that are within `radius` of it, by mean |difference|; n*d.
Tensor gathered(const Tensor& mean, double radius) {
  if (radius <= 0) return mean;
  const Tensor near =
      (mean.unsqueeze(1) - mean.unsqueeze(0)).abs().mean(2).lt(radius).to(mean.scalar_type());
  return near.matmul(mean) / near.sum(1, true);
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
  Apart critic(size, key.split("critic"), device);
  Batches batches(train.size(), options.batch, key.split("order"), device);
  auto generator = tensor::make_generator(key.split("noise"), device);
  const auto noisy = [&](const Tensor& mean, double scale) {
    return mean + scale * torch::empty_like(mean).normal_(0, 1, generator);
  };
  const auto copies = [&](const Tensor& x) { return x.repeat_interleave(options.samples, 0); };
  const auto seen = [&](const Tensor& mean) { return noisy(mean, options.critic_noise); };
  const auto shuffled = [&](const Tensor& x) {
    const Tensor order = torch::rand({x.size(0)}, generator, x.options()).argsort();
    return x.index_select(0, order);
  };
  double dependence = 0, error = 0;
  for (int step = 0; step < options.steps; ++step) {
    const Labelled batch = train.rows(batches.next());
    const double learning_rate = rate_at(options, step, options.steps);
    const Tensor mean_s = to_s.forward(batch.x), mean_t = to_t.forward(batch.x);
    const Tensor fixed_s = mean_s.detach(), fixed_t = mean_t.detach();
    for (int c = 0; c < options.critic_steps; ++c) {
      critic.step(seen(fixed_s), seen(fixed_t),
                  shuffled(seen(gathered(fixed_s, kNoiseS * options.gather))),
                  shuffled(seen(gathered(fixed_t, options.gather))),
                  options.critic_rate * learning_rate / options.learning_rate);
    }
    const Tensor labels = copies(batch.labels);
    const Tensor onehot = torch::one_hot(labels, classes).to(torch::kFloat32);
    const Tensor restored =
        restorer.forward(torch::cat({noisy(copies(mean_s), kNoiseS), onehot}, 1));
    const Tensor misfit = (restored - copies(batch.x)).square().mean();
    // In turns the one and the other code moves away from what the critic sees.
    const bool moves_s = step % (options.s_turns + 1) < options.s_turns;
    const Tensor told =
        critic.score(seen(moves_s ? mean_s : fixed_s), seen(moves_s ? fixed_t : mean_t)).mean();
    const double apart = step < options.apart_after * options.steps ? 0 : options.apart;
    const Tensor loss = cross_entropy(decoder.forward(noisy(copies(mean_t), 1)), labels) +
                        options.restore * misfit - apart * told +
                        options.wall * (beyond_wall(mean_s) + beyond_wall(mean_t)) / 2;
    loss.backward();
    for (Perceptron* one : {&to_s, &to_t, &decoder, &restorer}) one->step(learning_rate);
    if (step + 1 == options.steps) {
      dependence = told.item<double>();
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
  out.push_back({"DisenIB, the critic's score of the last batch", dependence, ""});
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
  const auto rows = [&](const data::Dataset& set, int most) {
    Labelled out = labelled(set, most, device);
    out.x = 2 * out.x - 1;
    return out;
  };
  const Labelled train = rows(pair.train, options.train_rows);
  const Labelled test = rows(*pair.test, options.test_rows);
  std::vector<Figure> out;
  disen_ib(out, options, train, test, pair.train.classes, key, monitor);
  if (options.vib_steps > 0) vib(out, options, train, test, pair.train.classes, key, monitor);
  return out;
}

}  // namespace venturi::learn
