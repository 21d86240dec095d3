#include "venturi/learn/generalization_gap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>

#include "venturi/core/error.hpp"
#include "venturi/learn/adam.hpp"
#include "venturi/learn/critic.hpp"
#include "venturi/learn/traces.hpp"

namespace venturi::learn {
namespace {

using core::Figure;
using core::Index;
using core::Key;
using tensor::Tensor;

constexpr std::int64_t kCode = 8, kClasses = 5;
constexpr Index kFresh = 4000;
constexpr int kDraws = 8, kLastSteps = 200;
constexpr double kNoisyLabels = 0.1;

struct Points {
  Tensor x, y;  // n*2, n
};

// Clouds of all classes, and points of them.
class Clouds {
 public:
  Clouds(int clusters, Key key) {
    core::Random random(key);
    for (std::int64_t c = 0; c < kClasses * clusters; ++c) {
      centres_.emplace_back(3 * random.normal(), 3 * random.normal());
    }
  }
  Points draw(Index n, double noisy_labels, Key key) const {
    core::Random random(key);
    core::MatrixF x(n, 2);
    std::vector<std::int32_t> y;
    for (Index i = 0; i < n; ++i) {
      const std::size_t c = random.below(centres_.size());
      x(i, 0) = static_cast<float>(centres_[c].first + random.normal());
      x(i, 1) = static_cast<float>(centres_[c].second + random.normal());
      const bool noisy = random.uniform() < noisy_labels;
      y.push_back(static_cast<std::int32_t>(noisy ? random.below(kClasses) : c % kClasses));
    }
    return {tensor::from_matrix(x), tensor::from_labels(y)};
  }

 private:
  std::vector<std::pair<double, double>> centres_;
};

struct Measured {
  double loss_gap = 0, error_gap = 0, largest_loss = 0;
  double rate = 0, conditional = 0, weights = 0;  // nats
  double parameters = 0, squared_norm = 0, log_product = 0;
};

// All networks of one width.
class Group {
 public:
  Group(const GapOptions& options, std::int64_t width, const Clouds& clouds, Key key)
      : options_(options),
        copies_(static_cast<std::int64_t>(options.decays.size()) * options.sets * options.starts),
        encoder_("encoder", copies_, {2, width, width, 2 * kCode}, parameters_),
        encoder_count_(parameters_.count()),
        decoder_("decoder", copies_, {kCode, width, kClasses}, parameters_) {
    parameters_.allocate(key.split("weights"), torch::kCPU);
    share_starts();
    std::vector<Points> sets;
    for (int s = 0; s < options.sets; ++s) {
      // The same training sets for all widths.
      sets.push_back(clouds.draw(options.rows, kNoisyLabels, Key(0).split("set").split(s)));
    }
    const Points fresh = clouds.draw(kFresh, kNoisyLabels, Key(0).split("fresh"));
    std::vector<Tensor> x, y;
    std::vector<float> decays;
    for (const double decay : options.decays) {
      for (int start = 0; start < options.starts; ++start) {
        for (int s = 0; s < options.sets; ++s) {
          x.push_back(sets[static_cast<std::size_t>(s)].x);
          y.push_back(sets[static_cast<std::size_t>(s)].y);
          decays.push_back(static_cast<float>(decay));
        }
      }
    }
    x_ = torch::stack(x);
    y_ = torch::stack(y);
    fresh_x_ = fresh.x.unsqueeze(0).expand({copies_, -1, -1});
    fresh_y_ = fresh.y.unsqueeze(0).expand({copies_, -1});
    decays_ = torch::tensor(decays);
    generator_ = tensor::make_generator(key.split("noise"), torch::kCPU);
  }

  std::vector<Measured> run(core::Monitor& monitor) {
    Adam adam(parameters_.flat(), parameters_.flat_gradient(), 0, {});
    Tensor sum, squares;
    for (int step = 0; step < options_.steps; ++step) {
      if (monitor.stop_requested()) throw core::Interrupted("[learn.gap_figures] stopped");
      losses(x_, y_).mean(1).sum().backward();
      for (std::size_t p = 0; p < parameters_.count(); ++p) {
        const torch::NoGradGuard no_grad;
        parameters_[p].mutable_grad().add_(2 * decays_.view({-1, 1, 1}) * parameters_[p].detach());
      }
      adam.step(options_.learning_rate);
      if (step + kLastSteps < options_.steps) continue;
      const Tensor now = encoder_weights().to(torch::kDouble);
      sum = sum.defined() ? sum + now : now;
      squares = squares.defined() ? squares + now.square() : now.square();
    }
    const torch::NoGradGuard no_grad;
    mean_ = sum / kLastSteps;
    variance_ = (squares / kLastSteps - mean_.square()).clamp_min(1e-8);
    return measure();
  }

 private:
  // Copies lie by decay, start, training set; those of one start begin alike, so that they differ
  // by their training sets alone.
  void share_starts() {
    const torch::NoGradGuard no_grad;
    for (std::size_t p = 0; p < parameters_.count(); ++p) {
      const Tensor all = parameters_[p].detach();
      for (Index c = 0; c < copies_; ++c) all[c].copy_(all[c / options_.sets * options_.sets]);
    }
  }

  // Copies*n*kCode each.
  std::pair<Tensor, Tensor> encode(const Tensor& x) const {
    const auto parts = encoder_.forward(parameters_, x).chunk(2, 2);
    return {parts[0], parts[1].clamp(-6, 3)};  // means, log deviations
  }
  // Scores of one draw of the code.
  Tensor scores(const Tensor& x) {
    const auto [mean, log_deviation] = encode(x);
    const Tensor noise = torch::randn(mean.sizes(), generator_, mean.options());
    return decoder_.forward(parameters_, mean + log_deviation.exp() * noise);
  }
  static Tensor cross_entropy(const Tensor& scores, const Tensor& y) {
    return -scores.log_softmax(2).gather(2, y.unsqueeze(2)).squeeze(2);
  }
  Tensor losses(const Tensor& x, const Tensor& y) { return cross_entropy(scores(x), y); }

  // Copies*weights of the encoder.
  Tensor encoder_weights() const {
    std::vector<Tensor> parts;
    for (std::size_t p = 0; p < encoder_count_; ++p) {
      parts.push_back(parameters_[p].detach().flatten(1));
    }
    return torch::cat(parts, 1);
  }

  // Mean loss and error in each copy over draws, and the largest loss.
  struct Quality {
    Tensor loss, error, largest;
  };
  Quality quality(const Tensor& x, const Tensor& y) {
    Quality out;
    for (int d = 0; d < kDraws; ++d) {
      const Tensor s = scores(x);
      const Tensor loss = cross_entropy(s, y).to(torch::kDouble);
      const Tensor error = s.argmax(2).ne(y).to(torch::kDouble).mean(1);
      const Tensor largest = std::get<0>(loss.max(1));
      out.loss = d == 0 ? loss.mean(1) / kDraws : out.loss + loss.mean(1) / kDraws;
      out.error = d == 0 ? error / kDraws : out.error + error / kDraws;
      out.largest = d == 0 ? largest : torch::maximum(out.largest, largest);
    }
    return out;
  }

  // I(X;Z) and I(X;Z|Y) of one copy, from n*n log densities log p(z_i|x_j).
  static std::pair<double, double> information(const Tensor& log_density, const Tensor& y) {
    const Tensor own = log_density.diagonal(0, 0, 1);
    const auto n = static_cast<double>(own.size(0));
    const double rate = (own - log_density.logsumexp(1)).mean().item<double>() + std::log(n);
    const Tensor same = y.unsqueeze(0).eq(y.unsqueeze(1));
    const Tensor within =
        log_density.masked_fill(same.logical_not(), -std::numeric_limits<double>::infinity());
    const Tensor count = same.sum(1).to(torch::kDouble);
    const double conditional = (own - within.logsumexp(1) + count.log()).mean().item<double>();
    return {rate, conditional};
  }

  std::vector<Measured> measure() {
    const Quality train = quality(x_, y_), test = quality(fresh_x_, fresh_y_);
    auto [mean, log_deviation] = encode(x_);
    mean = mean.to(torch::kDouble);
    const Tensor deviation = log_deviation.to(torch::kDouble).exp();
    const Tensor z = mean + deviation * torch::randn(mean.sizes(), generator_, mean.options());
    std::vector<Measured> out;
    for (Index c = 0; c < copies_; ++c) {
      const Tensor away = (z[c].unsqueeze(1) - mean[c].unsqueeze(0)) / deviation[c].unsqueeze(0);
      const Tensor log_density = -0.5 * away.square().sum(2) -
                                 deviation[c].log().sum(1).unsqueeze(0) -
                                 0.5 * kCode * std::log(2 * std::numbers::pi);
      Measured m;
      std::tie(m.rate, m.conditional) = information(log_density, y_[c]);
      m.loss_gap = (test.loss[c] - train.loss[c]).item<double>();
      m.error_gap = (test.error[c] - train.error[c]).item<double>();
      m.largest_loss = train.largest[c].item<double>();
      m.weights = weight_information(c);
      for (std::size_t p = 0; p < parameters_.count(); ++p) {
        const double square = parameters_[p].detach()[c].square().sum().item<double>();
        m.parameters += static_cast<double>(parameters_[p][c].numel());
        m.squared_norm += square;
        if (parameters_[p].size(1) > 1) m.log_product += 0.5 * std::log(square);
      }
      out.push_back(m);
    }
    return out;
  }

  // Of theta with the law q(.|S): E log q(theta|S) - mean_S' E log q(theta|S'), in closed form.
  double weight_information(Index copy) const {
    const Index first = copy / options_.sets * options_.sets;
    double out = 0;
    for (Index other = first; other < first + options_.sets; ++other) {
      const Tensor ratio = variance_[copy] / variance_[other];
      const Tensor moved = (mean_[copy] - mean_[other]).square() / variance_[other];
      out += 0.5 * (ratio + moved - 1 - ratio.log()).sum().item<double>() / options_.sets;
    }
    return out;
  }

  const GapOptions& options_;
  std::int64_t copies_;
  net::Parameters parameters_;
  ParallelMlp encoder_;
  std::size_t encoder_count_;
  ParallelMlp decoder_;
  Tensor x_, y_, fresh_x_, fresh_y_, decays_;
  Tensor mean_, variance_;  // copies*weights: the law of the encoder's last iterates
  torch::Generator generator_;
};

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> out(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    for (std::size_t k = i; k < j; ++k) out[order[k]] = 0.5 * static_cast<double>(i + j - 1);
    i = j;
  }
  return out;
}

struct Measure {
  const char* name;
  double (*of)(const Measured&);
};
constexpr Measure kMeasures[] = {
    {"I(X;Z)", [](const Measured& m) { return m.rate; }},
    {"I(X;Z|Y)", [](const Measured& m) { return m.conditional; }},
    {"I(phi;S)", [](const Measured& m) { return m.weights; }},
    {"I(X;Z|Y) + I(phi;S)", [](const Measured& m) { return m.conditional + m.weights; }},
    {"parameters", [](const Measured& m) { return m.parameters; }},
    {"squared norm", [](const Measured& m) { return m.squared_norm; }},
    {"product of norms", [](const Measured& m) { return m.log_product; }},
};
constexpr std::size_t kBoth = 3, kFirstRival = 4;

std::vector<double> column(const std::vector<Measured>& all, double (*of)(const Measured&)) {
  std::vector<double> out;
  for (const Measured& m : all) out.push_back(of(m));
  return out;
}
double loss_gap(const Measured& m) { return m.loss_gap; }
double error_gap(const Measured& m) { return m.error_gap; }

double lead(const std::vector<Measured>& all, const Measure& rival) {
  const auto gaps = column(all, loss_gap);
  return rank_correlation(column(all, kMeasures[kBoth].of), gaps) -
         rank_correlation(column(all, rival.of), gaps);
}

// Over networks drawn with replacement.
double lead_error(const std::vector<Measured>& all, const Measure& rival, Key key) {
  constexpr int kResamples = 400;
  core::Random random(key);
  std::vector<double> leads;
  for (int r = 0; r < kResamples; ++r) {
    std::vector<Measured> some;
    for (std::size_t i = 0; i < all.size(); ++i) some.push_back(all[random.below(all.size())]);
    leads.push_back(lead(some, rival));
  }
  return mean_of(leads).error * std::sqrt(static_cast<double>(kResamples));
}

}  // namespace

double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size() || a.size() < 2) {
    core::fail_argument("learn.rank_correlation", "expected two lists of one length, at least 2");
  }
  const std::vector<double> ra = ranks(a), rb = ranks(b);
  const double middle = 0.5 * static_cast<double>(a.size() - 1);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (ra[i] - middle) * (rb[i] - middle);
    aa += (ra[i] - middle) * (ra[i] - middle);
    bb += (rb[i] - middle) * (rb[i] - middle);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

std::vector<Figure> gap_figures(const GapOptions& options, Key key, core::Monitor& monitor) {
  core::check_options(options, "learn.gap_figures");
  const Clouds clouds(options.clusters, key.split("clouds"));
  std::vector<Measured> all;
  for (const double width : options.widths) {
    const auto w = static_cast<std::int64_t>(std::lround(width));
    monitor.say(fmt::format("networks of {} units", w));
    Group group(options, w, clouds, key.split("group").split(static_cast<std::uint64_t>(w)));
    for (const Measured& m : group.run(monitor)) all.push_back(m);
  }
  std::vector<Figure> out = {{"networks", static_cast<double>(all.size()), ""}};
  const auto losses = column(all, loss_gap), errors = column(all, error_gap);
  out.push_back({"largest loss gap", *std::max_element(losses.begin(), losses.end()), "nats"});
  for (const Measure& m : kMeasures) {
    const auto values = column(all, m.of);
    out.push_back({fmt::format("{}, loss gap", m.name), rank_correlation(values, losses), ""});
    out.push_back({fmt::format("{}, error gap", m.name), rank_correlation(values, errors), ""});
  }
  for (std::size_t r = kFirstRival; r < std::size(kMeasures); ++r) {
    const double by = lead(all, kMeasures[r]);
    const std::string name = fmt::format("{} less {}", kMeasures[kBoth].name, kMeasures[r].name);
    out.push_back({name, by, ""});
    out.push_back({name + ", in standard errors",
                   in_errors(by, lead_error(all, kMeasures[r], key.split("bootstrap").split(r))),
                   ""});
  }
  double below = 0, smallest = std::numeric_limits<double>::infinity();
  for (const Measured& m : all) {
    const double term = std::numbers::sqrt2 * m.largest_loss *
                        std::sqrt((m.conditional + m.weights) / options.rows);
    below += term < m.loss_gap ? 1 : 0;
    smallest = std::min(smallest, term / m.loss_gap);
  }
  out.push_back({"leading term below the gap", below, "networks"});
  out.push_back({"leading term over the gap, smallest", smallest, "times"});
  return out;
}

}  // namespace venturi::learn
