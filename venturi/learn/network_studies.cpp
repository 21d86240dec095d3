#include "venturi/learn/network_studies.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/learn/perceptron.hpp"
#include "venturi/learn/traces.hpp"
#include "venturi/measure/latent_activity.hpp"
#include "venturi/measure/probes.hpp"
#include "venturi/measure/weight_spectrum.hpp"

namespace venturi::learn {
namespace {

using core::Figure;
using core::Index;
using core::Key;
using core::Matrix;
using tensor::Tensor;

Tensor normals(Index n, Index d, Key key) {
  core::Random random(key);
  core::MatrixF out(n, d);
  for (float& v : out.reshaped<Eigen::RowMajor>()) v = static_cast<float>(random.normal());
  return tensor::from_matrix(out);
}

Tensor signs(Index n, Index d, Key key) { return normals(n, d, key).sign(); }

Tensor rows_of(const std::vector<std::size_t>& order, std::size_t from, std::size_t count) {
  const std::vector<std::int32_t> some(order.begin() + static_cast<std::ptrdiff_t>(from),
                                       order.begin() + static_cast<std::ptrdiff_t>(from + count));
  return tensor::from_labels(some);
}

// One pass over rows in batches of 128; `loss` of a batch's row numbers.
void epoch(Index n, Adam& adam, double rate, Key key,
           const std::function<Tensor(const Tensor& rows)>& loss) {
  constexpr std::size_t kBatch = 128;
  const auto order = core::Random(key).permutation(static_cast<std::size_t>(n));
  for (std::size_t at = 0; at + kBatch <= order.size(); at += kBatch) {
    loss(rows_of(order, at, kBatch)).backward();
    adam.step(rate);
  }
}

double loss_bits(const Perceptron& net, const Tensor& x, const Tensor& y) {
  const torch::NoGradGuard no_grad;
  return torch::nn::functional::cross_entropy(net.forward(x), y).item<double>() * core::kBitsPerNat;
}

// Inputs, moved by `shift`, and a random teacher's answers to them, each class about as frequent.
struct Teacher {
  Tensor x, y;
};
Teacher teach(Index n, Key teacher, Key inputs, double shift = 0) {
  const torch::NoGradGuard no_grad;
  Perceptron net(20, {32}, 5, teacher);
  const Tensor x = normals(n, 20, inputs);
  const Tensor reference = net.forward(normals(4000, 20, teacher.split("reference")));
  return {x + shift, ((net.forward(x) - reference.mean(0)) / reference.std(0)).argmax(1)};
}

struct Tuned {
  double forgetting = 0, steps = 0;
  bool reached = false;
};

// From the weights given, tunes the parameters named on the new task.
Tuned tune(Perceptron& net, const Tensor& start, const std::vector<std::size_t>& chosen,
           const Teacher& task, const Teacher& old) {
  constexpr double kTarget = 0.4;
  net::Parameters& parameters = net.parameters();
  parameters.set_values(start);
  const double before = loss_bits(net, old.x, old.y);
  Tensor mask = torch::zeros_like(parameters.flat());
  for (const std::size_t p : chosen) {
    mask.narrow(0, parameters.offset(p), parameters[p].numel()).fill_(1);
  }
  Adam adam(parameters.flat(), parameters.flat_gradient(), 0, {});
  Tuned out;
  for (; out.steps < 3000; ++out.steps) {
    const Tensor loss = torch::nn::functional::cross_entropy(net.forward(task.x), task.y);
    out.reached = loss.item<double>() <= kTarget;
    if (out.reached) break;
    loss.backward();
    parameters.flat_gradient().mul_(mask);
    adam.step(1e-3);
  }
  out.forgetting = loss_bits(net, old.x, old.y) - before;
  return out;
}

// h(Wx) from the covariance against the sum of the logarithms of the singular values.
double entropy_error(Key key) {
  double largest = 0;
  for (int t = 0; t < 20; ++t) {
    core::Random random(key.split(t));
    Matrix w(8, 8), a(8, 8);
    for (double& v : w.reshaped<Eigen::RowMajor>()) v = random.normal();
    for (double& v : a.reshaped<Eigen::RowMajor>()) v = random.normal();
    const Matrix covariance = a * a.transpose();
    const double of_x = measure::gaussian_output_entropy_bits(Matrix::Identity(8, 8), covariance);
    const double of_z = measure::gaussian_output_entropy_bits(w, covariance);
    largest = std::max(largest, std::fabs(of_z - of_x - measure::weight_spectrum(w).log2_volume));
  }
  return largest;
}

}  // namespace

std::vector<Figure> kappatune_figures(Key key, bool quick, core::Monitor& monitor) {
  const int networks = quick ? 3 : 10;
  const Index n = 1000;
  const char* const names[] = {"all", "lowest", "highest"};
  std::vector<double> forgetting[3], steps[3];
  double reached = 0;
  for (int s = 0; s < networks; ++s) {
    monitor.say(fmt::format("kappatune, network {} of {}", s + 1, networks));
    const Key own = key.split(static_cast<std::uint64_t>(s));
    const Key first = own.split("first"), second = own.split("second");
    const Teacher old = teach(n, first, own.split("x")), held = teach(n, first, own.split("held"));
    const Teacher task = teach(n, second, own.split("new"), 2);
    Perceptron net(20, {64, 64, 64}, 5, own.split("weights"));
    Adam adam(net.parameters().flat(), net.parameters().flat_gradient(), 0, {});
    for (int e = 0; e < 60; ++e) {
      epoch(n, adam, 1e-3, own.split("epoch").split(static_cast<std::uint64_t>(e)),
            [&](const Tensor& rows) {
              return torch::nn::functional::cross_entropy(net.forward(old.x.index_select(0, rows)),
                                                          old.y.index_select(0, rows));
            });
    }
    const Tensor start = net.parameters().flat().clone();
    std::vector<std::size_t> all, weights;
    std::vector<double> conditions;
    for (std::size_t p = 0; p < net.parameters().count(); ++p) {
      all.push_back(p);
      if (net.parameters().shape(p).size() != 2) continue;
      weights.push_back(p);
      const Matrix w = tensor::to_matrix(net.parameters()[p].detach()).cast<double>();
      conditions.push_back(measure::weight_spectrum(w).condition);
    }
    const auto order = measure::tuning_order(conditions);
    const std::vector<std::size_t> lowest = {weights[order[0]], weights[order[1]]};
    const std::vector<std::size_t> highest = {weights[order[2]], weights[order[3]]};
    const std::vector<std::size_t>* const chosen[] = {&all, &lowest, &highest};
    for (int c = 0; c < 3; ++c) {
      const Tuned tuned = tune(net, start, *chosen[c], task, held);
      forgetting[c].push_back(tuned.forgetting);
      steps[c].push_back(tuned.steps);
      reached += tuned.reached ? 1.0 / (3 * networks) : 0;
    }
  }
  std::vector<Figure> out = {
      {"entropy less its formula, largest", entropy_error(key.split("entropy")), "bits"}};
  for (int c = 0; c < 3; ++c) {
    out.push_back({fmt::format("forgetting, {}", names[c]), mean_of(forgetting[c]).value, "bits"});
    out.push_back({fmt::format("steps, {}", names[c]), mean_of(steps[c]).value, ""});
  }
  out.push_back({"forgetting, all less lowest, in standard errors",
                 in_errors(forgetting[0], forgetting[1]), ""});
  out.push_back({"forgetting, highest less lowest, in standard errors",
                 in_errors(forgetting[2], forgetting[1]), ""});
  out.push_back({"loss reached", 100 * reached, "%"});
  return out;
}

namespace {

// Means and variances of the latents of n rows, after training.
struct Encoded {
  Matrix mean, variance;
};
Encoded train_autoencoder(Key key) {
  constexpr Index kRows = 4096, kLatents = 8;
  Tensor x;
  {
    const torch::NoGradGuard no_grad;
    Perceptron mixing(3, {32}, 16, key.split("mixing"));
    x = mixing.forward(2 * normals(kRows, 3, key.split("factors")));
    x = (x - x.mean(0)) / x.std(0) + 0.1 * normals(kRows, 16, key.split("noise"));
  }
  Perceptron encoder(16, {64}, 2 * kLatents, key.split("encoder"));
  Perceptron decoder(kLatents, {64}, 16, key.split("decoder"));
  Adam of_encoder(encoder.parameters().flat(), encoder.parameters().flat_gradient(), 0, {});
  Adam of_decoder(decoder.parameters().flat(), decoder.parameters().flat_gradient(), 0, {});
  torch::Generator generator = tensor::make_generator(key.split("samples"), torch::kCPU);
  constexpr double kNoise = 0.3;  // deviation of the decoder's normal law
  for (int e = 0; e < 150; ++e) {
    const Key own = key.split("epoch").split(static_cast<std::uint64_t>(e));
    epoch(kRows, of_encoder, 1e-3, own, [&](const Tensor& rows) {
      // What the batch before left for the decoder.
      if (of_decoder.steps() < of_encoder.steps()) of_decoder.step(1e-3);
      const Tensor batch = x.index_select(0, rows);
      const auto parts = encoder.forward(batch).chunk(2, 1);
      const Tensor noise = torch::randn(parts[0].sizes(), generator, parts[0].options());
      const Tensor z = parts[0] + (0.5 * parts[1]).exp() * noise;
      const Tensor misfit = (decoder.forward(z) - batch).square().sum(1) / (2 * kNoise * kNoise);
      const Tensor rate = 0.5 * (parts[0].square() + parts[1].exp() - 1 - parts[1]).sum(1);
      return (misfit + rate).mean();
    });
  }
  const torch::NoGradGuard no_grad;
  const auto parts = encoder.forward(x).chunk(2, 1);
  return {tensor::to_matrix(parts[0]).cast<double>(),
          tensor::to_matrix(parts[1].exp()).cast<double>()};
}

// Latents of which every third is the prior but for a little noise.
double planted_missed(Key key) {
  constexpr Index kRows = 2000, kLatents = 12;
  core::Random random(key);
  Matrix variance(kRows, kLatents);
  for (Index i = 0; i < kRows; ++i) {
    for (Index l = 0; l < kLatents; ++l) {
      variance(i, l) = l % 3 == 0 ? 1 - 0.05 * random.uniform() : 0.5 * random.uniform();
    }
  }
  const auto kinds = measure::latent_activity(variance);
  double missed = 0;
  for (Index l = 0; l < kLatents; ++l) {
    const bool flagged = kinds[static_cast<std::size_t>(l)] == measure::Activity::passive;
    missed += flagged != (l % 3 == 0) ? 1 : 0;
  }
  return missed;
}

}  // namespace

std::vector<Figure> active_passive_figures(Key key, bool quick, core::Monitor& monitor) {
  const int networks = quick ? 1 : 4;
  double passive = 0, used = 0, unused = 0;
  measure::RepresentationCorrelation sum;
  for (int s = 0; s < networks; ++s) {
    monitor.say(fmt::format("autoencoder {} of {}", s + 1, networks));
    const Key own = key.split(static_cast<std::uint64_t>(s));
    const Encoded found = train_autoencoder(own);
    const auto kinds = measure::latent_activity(found.variance);
    for (std::size_t l = 0; l < kinds.size(); ++l) {
      const auto mean = found.mean.col(static_cast<Index>(l)).array();
      const auto variance = found.variance.col(static_cast<Index>(l)).array();
      const double kl = 0.5 * (mean.square() + variance - 1 - variance.log()).mean();
      const bool flagged = kinds[l] == measure::Activity::passive;
      passive += flagged ? 1.0 / networks : 0;
      used += flagged && kl > 0.1 ? 1 : 0;
      unused += !flagged && kl <= 0.1 ? 1 : 0;
    }
    const auto c = measure::representation_correlation(found.mean, found.variance, kinds,
                                                       own.split("correlation"));
    sum.mean_bits += c.mean_bits / networks;
    sum.sampled_bits += c.sampled_bits / networks;
    sum.used_mean_bits += c.used_mean_bits / networks;
    sum.used_sampled_bits += c.used_sampled_bits / networks;
  }
  const double all = std::fabs(sum.mean_bits - sum.sampled_bits);
  return {{"planted latents misnamed", planted_missed(key.split("planted")), ""},
          {"passive latents", passive, ""},
          {"passive, though used", used, ""},
          {"unused, not passive", unused, ""},
          {"total correlation, means", sum.mean_bits, "bits"},
          {"total correlation, samples", sum.sampled_bits, "bits"},
          {"without passive, means", sum.used_mean_bits, "bits"},
          {"without passive, samples", sum.used_sampled_bits, "bits"},
          {"disagreement kept", std::fabs(sum.used_mean_bits - sum.used_sampled_bits) / all, ""}};
}

namespace {

// Of the last hidden layer, and whether both features are learned.
struct Represented {
  double first = 0, second = 0;
  bool learned = false;
};

// Features of -1 or 1 as two outputs; the first alone for `ahead` epochs.
Represented represent(const std::function<Tensor(const Tensor&)>& features, int ahead, Key key) {
  constexpr Index kRows = 4096, kInputs = 12;
  const Tensor x = signs(kRows, kInputs, key.split("x")), y = features(x);
  const Tensor held = signs(1024, kInputs, key.split("held")), truth = features(held);
  Perceptron net(kInputs, {64, 64}, 2, key.split("weights"));
  Adam adam(net.parameters().flat(), net.parameters().flat_gradient(), 0, {});
  Represented out;
  for (int e = 0; e < 150 && !out.learned; ++e) {
    const Key own = key.split("epoch").split(static_cast<std::uint64_t>(e));
    epoch(kRows, adam, 1e-3, own, [&](const Tensor& rows) {
      const Tensor margin = net.forward(x.index_select(0, rows)) * y.index_select(0, rows);
      const Tensor loss = torch::nn::functional::softplus(-margin).mean(0);
      return e < ahead ? loss[0] : loss.sum();
    });
    if (e < ahead + 20) continue;  // as long for every network as the easiest would need
    const torch::NoGradGuard no_grad;
    const Tensor right = net.forward(held).sign().eq(truth).to(torch::kDouble).mean(0);
    out.learned = right.min().item<double>() >= 0.995;
  }
  const torch::NoGradGuard no_grad;
  const Matrix hidden = tensor::to_matrix(net.hidden(held)).cast<double>();
  const Matrix f = tensor::to_matrix(truth).cast<double>();
  out.first = measure::variance_explained(hidden, f.col(0));
  out.second = measure::variance_explained(hidden, f.col(1));
  return out;
}

void add_case(std::vector<Figure>& out, const char* first, const char* second,
              const std::vector<Represented>& seen) {
  std::vector<double> a, b;
  double learned = 0;
  for (const Represented& r : seen) {
    a.push_back(r.first);
    b.push_back(r.second);
    learned += r.learned ? 100.0 / static_cast<double>(seen.size()) : 0;
  }
  out.push_back({fmt::format("variance explained, {}", first), 100 * mean_of(a).value, "%"});
  out.push_back({fmt::format("variance explained, {}", second), 100 * mean_of(b).value, "%"});
  out.push_back(
      {fmt::format("{} less {}, in standard errors", first, second), in_errors(a, b), ""});
  out.push_back({fmt::format("{} and {} learned", first, second), learned, "%"});
}

}  // namespace

std::vector<Figure> feature_bias_figures(Key key, bool quick, core::Monitor& monitor) {
  const int networks = quick ? 3 : 8;
  std::vector<Represented> by_ease, by_order;
  for (int s = 0; s < networks; ++s) {
    monitor.say(fmt::format("feature bias, network {} of {}", s + 1, networks));
    const Key own = key.split(static_cast<std::uint64_t>(s));
    by_ease.push_back(represent(
        [](const Tensor& x) {
          return torch::stack({x.select(1, 0), x.narrow(1, 1, 3).prod(1)}, 1);
        },
        0, own.split("ease")));
    by_order.push_back(represent(
        [](const Tensor& x) {
          return torch::stack({x.narrow(1, 0, 2).prod(1), x.narrow(1, 2, 2).prod(1)}, 1);
        },
        30, own.split("order")));
  }
  std::vector<Figure> out;
  add_case(out, "easy", "hard", by_ease);
  add_case(out, "first", "later", by_order);
  return out;
}

}  // namespace venturi::learn
