#include "venturi/learn/hedged_embedding.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "venturi/core/error.hpp"
#include "venturi/learn/channel.hpp"
#include "venturi/learn/robustness.hpp"

namespace venturi::learn {
namespace {

using core::Figure;
using tensor::Tensor;

constexpr std::int64_t kSide = 28, kDigits = 10;
constexpr std::int64_t kLeastHole = 14, kMostHole = 22;  // side of the black square
constexpr std::int64_t kSlice = 500;

// Images of two digits of one part of the data, on its device.
class PairSource {
 public:
  PairSource(const data::Dataset& set, const tensor::Device& device)
      : images_(tensor::from_matrix(set.x).view({-1, kSide, kSide}).to(device)) {
    for (std::size_t i = 0; i < set.labels.size(); ++i) {
      of_digit_.at(static_cast<std::size_t>(set.labels[i])).push_back(static_cast<std::int64_t>(i));
    }
    for (const auto& rows : of_digit_) {
      if (rows.empty()) core::fail_argument("learn.hedged_figures", "a digit has no images");
    }
  }

  // classes (0..99) to n*1*28*56; each digit hidden with this probability.
  Tensor draw(const std::vector<std::int64_t>& classes, double hidden, core::Random& random) const {
    std::vector<std::int64_t> left, right;
    for (const std::int64_t c : classes) {
      left.push_back(pick(c / kDigits, random));
      right.push_back(pick(c % kDigits, random));
    }
    const auto half = [&](const std::vector<std::int64_t>& rows) {
      const Tensor index = torch::tensor(rows, torch::kInt64).to(images_.device());
      return images_.index_select(0, index) * holes(rows.size(), hidden, random);
    };
    const Tensor first = half(left);
    return torch::cat({first, half(right)}, 2).unsqueeze(1);
  }

 private:
  std::int64_t pick(std::int64_t digit, core::Random& random) const {
    const auto& rows = of_digit_[static_cast<std::size_t>(digit)];
    return rows[random.below(rows.size())];
  }

  // n*28*28, 0 within each image's square and 1 outside.
  Tensor holes(std::size_t n, double hidden, core::Random& random) const {
    std::vector<std::int64_t> top, left, side;
    for (std::size_t i = 0; i < n; ++i) {
      const auto s =
          kLeastHole + static_cast<std::int64_t>(random.below(kMostHole - kLeastHole + 1));
      side.push_back(random.uniform() < hidden ? s : 0);
      top.push_back(
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(kSide - s + 1))));
      left.push_back(
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(kSide - s + 1))));
    }
    const auto column = [&](const std::vector<std::int64_t>& v) {
      return torch::tensor(v, torch::kInt64).to(images_.device()).unsqueeze(1);
    };
    const Tensor at =
        torch::arange(kSide, torch::TensorOptions(torch::kInt64).device(images_.device()))
            .unsqueeze(0);
    const auto within = [&](const std::vector<std::int64_t>& from) {
      return at.ge(column(from)).logical_and(at.lt(column(from) + column(side)));
    };
    return within(top)
        .unsqueeze(2)
        .logical_and(within(left).unsqueeze(1))
        .logical_not()
        .to(torch::kFloat32);
  }

  Tensor images_;
  std::vector<std::vector<std::int64_t>> of_digit_ =
      std::vector<std::vector<std::int64_t>>(kDigits);
};

std::vector<std::int64_t> random_classes(std::size_t n, core::Random& random) {
  std::vector<std::int64_t> out(n);
  for (auto& c : out) c = static_cast<std::int64_t>(random.below(kDigits * kDigits));
  return out;
}

// Partners of these classes: every second one the same, the others different.
std::vector<std::int64_t> partners(const std::vector<std::int64_t>& classes, core::Random& random) {
  std::vector<std::int64_t> out = classes;
  for (std::size_t i = 1; i < out.size(); i += 2) {
    out[i] = (out[i] + 1 + static_cast<std::int64_t>(random.below(kDigits * kDigits - 1))) %
             (kDigits * kDigits);
  }
  return out;
}

class Embedding {
 public:
  Embedding(const HedgedOptions& options, bool hedged, core::Key key, const tensor::Device& device)
      : options_(options),
        hedged_(hedged),
        body_("body", net::small_cnn(options.channels, options.dense, 0), {1, kSide, 2 * kSide},
              parameters_),
        head_("head", {{.type = "linear", .out = 2 * options.size}}, {options.dense}, parameters_),
        log_a_(parameters_.add("log a", {1}, {})),
        b_(parameters_.add("b", {1}, {.centre = 2})),
        generator_(tensor::make_generator(key.split("draws"), device)) {
    parameters_.allocate(key, device);
    adam_ =
        std::make_unique<Adam>(parameters_.flat(), parameters_.flat_gradient(), 0, Adam::Options{});
  }

  struct Law {
    Tensor mean, log_scale;  // n*size
  };
  Law law(const Tensor& x) const {
    const Tensor code = head_.forward(parameters_, body_.forward(parameters_, x, {}), {});
    return {code.narrow(1, 0, options_.size), code.narrow(1, options_.size, options_.size) - 2};
  }

  // draws*n*size; one draw, the mean, of a point.
  Tensor draws(const Law& of) {
    if (!hedged_) return of.mean.unsqueeze(0);
    std::vector<std::int64_t> shape = {options_.draws, of.mean.size(0), of.mean.size(1)};
    const Tensor noise = torch::empty(shape, of.mean.options()).normal_(0, 1, generator_);
    return of.mean + of.log_scale.exp() * noise;
  }

  Tensor match(const Tensor& z1, const Tensor& z2) const {
    return match_probability(z1, z2, parameters_[log_a_], parameters_[b_]);
  }

  void train(const PairSource& source, core::Key key, core::Monitor& monitor) {
    core::Random random(key);
    const auto n = static_cast<std::size_t>(options_.batch);
    std::vector<float> wanted(n);
    for (std::size_t i = 0; i < n; ++i) wanted[i] = i % 2 == 0 ? 1.0F : 0.0F;
    const Tensor label = torch::tensor(wanted).to(parameters_.device());
    for (int s = 0; s < options_.steps; ++s) {
      if (monitor.stop_requested()) throw core::Interrupted("[learn.hedged_figures] stopped");
      const auto classes = random_classes(n, random);
      const Tensor first = source.draw(classes, 0.5, random);
      const Tensor second = source.draw(partners(classes, random), 0.5, random);
      const Law both = law(torch::cat({first, second}));
      const Tensor z = draws(both);
      const Tensor p =
          match(z.narrow(1, 0, options_.batch), z.narrow(1, options_.batch, options_.batch));
      Tensor loss = -(label * p.log() + (1 - label) * (1 - p).log()).mean();
      if (hedged_) {
        const Tensor zero = torch::zeros({options_.size}, z.options());
        loss = loss +
               2 * options_.beta * gaussian_kl_nats(both.mean, both.log_scale, zero, zero).mean();
      }
      loss.backward();
      adam_->step(options_.learning_rate * 0.5 *
                  (1 + std::cos(std::numbers::pi * s / options_.steps)));
      monitor.progress({hedged_ ? "hedged" : "point", static_cast<std::uint64_t>(s + 1),
                        static_cast<std::uint64_t>(options_.steps), "steps", ""});
      if (s + 1 == options_.steps && !std::isfinite(loss.item<double>())) {
        core::fail_data("learn.hedged_figures", "the loss is not finite");
      }
    }
  }

  Tensor embedded(const Tensor& x) {
    const torch::NoGradGuard no_grad;
    std::vector<Tensor> out;
    for (std::int64_t i = 0; i < x.size(0); i += kSlice)
      out.push_back(draws(law(x.slice(0, i, i + kSlice))));
    return torch::cat(out, 1);
  }

  // 1 - p(match | x, x), from two sets of draws.
  std::vector<double> uncertainty(const Tensor& x) {
    const Tensor first = embedded(x);
    const torch::NoGradGuard no_grad;
    return tensor::to_doubles(1 - match(first, embedded(x)));
  }

  // Of each probe the row of the image with the greatest match probability.
  std::vector<std::int64_t> nearest(const Tensor& probes, const Tensor& gallery) {
    const torch::NoGradGuard no_grad;
    const Tensor g = embedded(gallery), p = embedded(probes);
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < p.size(1); ++i) {
      const Tensor one = p.narrow(1, i, 1).expand({-1, g.size(1), -1});
      out.push_back(match(one, g).argmax().item<std::int64_t>());
    }
    return out;
  }

 private:
  const HedgedOptions& options_;
  bool hedged_;
  net::Parameters parameters_;
  net::Network body_, head_;
  std::size_t log_a_, b_;
  torch::Generator generator_;
  std::unique_ptr<Adam> adam_;
};

// What is measured of one embedding on clean or occluded images.
struct Found {
  double precision = 0, right = 0, uncertainty = 0;
  std::vector<double> of_right, of_wrong;  // uncertainties of probes
};

Found measured(Embedding& embedding, const PairSource& source, double hidden, int probes,
               core::Key key) {
  core::Random random(key);
  const auto n = static_cast<std::size_t>(probes);
  Found out;
  {
    const auto classes = random_classes(n, random);
    const Tensor first = embedding.embedded(source.draw(classes, hidden, random));
    const Tensor second =
        embedding.embedded(source.draw(partners(classes, random), hidden, random));
    const torch::NoGradGuard no_grad;
    std::vector<bool> matches(n);
    for (std::size_t i = 0; i < n; i += 2) matches[i] = true;
    out.precision = average_precision(tensor::to_doubles(embedding.match(first, second)), matches);
  }
  const auto classes = random_classes(n, random), known = random_classes(n, random);
  const Tensor x = source.draw(classes, hidden, random);
  const auto at = embedding.nearest(x, source.draw(known, 0, random));
  const auto unsure = embedding.uncertainty(x);
  for (std::size_t i = 0; i < n; ++i) {
    const bool right = known[static_cast<std::size_t>(at[i])] == classes[i];
    out.right += right ? 100.0 / probes : 0;
    out.uncertainty += unsure[i] / probes;
    (right ? out.of_right : out.of_wrong).push_back(unsure[i]);
  }
  return out;
}

}  // namespace

Tensor match_probability(const Tensor& z1, const Tensor& z2, const Tensor& log_a, const Tensor& b) {
  const Tensor distance =
      ((z1.unsqueeze(1) - z2.unsqueeze(0)).square().sum(-1) + 1e-12).sqrt();  // draws*draws*n
  const Tensor p = torch::sigmoid(b - log_a.exp() * distance).mean(std::vector<std::int64_t>{0, 1});
  return p.clamp(1e-6, 1 - 1e-6);
}

double average_precision(const std::vector<double>& scores, const std::vector<bool>& matches) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  double found = 0, sum = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    if (!matches[order[rank]]) continue;
    ++found;
    sum += found / static_cast<double>(rank + 1);
  }
  return found > 0 ? sum / found : 0;
}

std::vector<Figure> hedged_figures(const HedgedOptions& options, const data::DataPair& digits,
                                   core::Key key, const tensor::Device& device,
                                   core::Monitor& monitor) {
  core::check_options(options, "learn.hedged_figures");
  if (!digits.test || digits.train.x.cols() != kSide * kSide || digits.train.classes != kDigits) {
    core::fail_argument("learn.hedged_figures", "expected 28*28 digits with a test part, got '{}'",
                        digits.train.name);
  }
  const PairSource source(digits.train, device), test(*digits.test, device);
  double precision[2][2] = {}, right[2][2] = {}, uncertainty[2] = {}, told = 0;
  for (int s = 0; s < options.seeds; ++s) {
    const core::Key own = key.split(static_cast<std::uint64_t>(s));
    for (const bool hedged : {false, true}) {
      Embedding embedding(options, hedged, own.split("weights"), device);
      embedding.train(source, own.split("training"), monitor);
      std::vector<double> of_right, of_wrong;
      for (const bool occluded : {false, true}) {
        const Found found =
            measured(embedding, test, occluded ? 1 : 0, options.probes, own.split("test"));
        precision[hedged][occluded] += found.precision / options.seeds;
        right[hedged][occluded] += found.right / options.seeds;
        if (!hedged) continue;
        uncertainty[occluded] += found.uncertainty / options.seeds;
        of_right.insert(of_right.end(), found.of_right.begin(), found.of_right.end());
        of_wrong.insert(of_wrong.end(), found.of_wrong.begin(), found.of_wrong.end());
      }
      if (hedged) {
        told += (of_right.empty() || of_wrong.empty() ? 0.5 : auroc(of_wrong, of_right)) /
                options.seeds;
      }
    }
  }
  std::vector<Figure> out;
  for (const bool hedged : {false, true}) {
    for (const bool occluded : {false, true}) {
      const std::string name =
          fmt::format("{}, {}", hedged ? "hedged" : "point", occluded ? "occluded" : "clean");
      out.push_back({name + ": average precision", 100 * precision[hedged][occluded], "%"});
      out.push_back({name + ": nearest image right", right[hedged][occluded], "%"});
    }
  }
  out.push_back({"uncertainty, clean", uncertainty[0], ""});
  out.push_back({"uncertainty, occluded", uncertainty[1], ""});
  out.push_back({"uncertainty, occluded over clean", uncertainty[1] / uncertainty[0], "times"});
  out.push_back({"average precision, occluded, hedged less point",
                 100 * (precision[1][1] - precision[0][1]), "points"});
  out.push_back({"AUROC of the uncertainty for a wrong nearest image", told, ""});
  return out;
}

}  // namespace venturi::learn
